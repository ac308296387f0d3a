"""A closed microphone is silent: the audio gate, the silence at its close, and the time behind it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.plane.downlink_audio import CLOCK_RATE, AudioDownlink
from media.plane.red import LONGEST_OFFSET, primary
from media.plane.rtp import ExtensionBlock, ts_newer
from media.plane.silence import SILENCE_FRAME, SILENCE_FRAMES, SILENCE_LEVEL, SILENCE_SAMPLES
from tests.media.plane.rtp_wire import Wire, level_block, red

if TYPE_CHECKING:
    from collections.abc import Iterable

FRAME_RTP = 960


class Ear:
    """A listener's stream, and the speaker who sends a packet every 20 ms."""

    def __init__(self) -> None:
        self.wire = Wire()
        self.link = AudioDownlink(self.wire, ssrc=99, payload_type=111, extension=level_block())
        self.now = 50.0
        self.source = 5
        self._sent = 0

    def says(self, count: int = 1) -> None:
        """The speaker's next packets; each payload is `said` and its own number."""
        for _ in range(count):
            self._sent += 1
            self.link.forward(
                self.source,
                (65_500 + self._sent) & 0xFFFF,
                (0xFFFFF000 + self._sent * FRAME_RTP) & 0xFFFFFFFF,
                marker=False,
                payload=b"said %d" % self._sent,
                level=30,
                now=self.now,
            )
            self.now += 0.02

    def numbers(self, numbers: Iterable[int], delayed_by_s: int = 0) -> None:
        """These packets of the speaker's, in this order; `delayed_by_s`: what the speaker's clock is ahead by."""
        for number in numbers:
            ts = number * FRAME_RTP + delayed_by_s * CLOCK_RATE
            self.link.forward(
                5, number, ts, marker=False, payload=b"said %d" % number, level=30, now=self.now
            )
            self.now += 0.02

    def opened(self) -> None:
        """Open, and let the one packet go by that stays behind the gate."""
        self.heard(True)
        self.says(1)

    def heard(self, heard: bool) -> None:  # noqa: FBT001 - the one thing that a gate is told
        """Open or close."""
        self.link.set_heard(heard=heard, now=self.now)


def test_a_gate_starts_closed() -> None:
    """Before the plan says otherwise nothing passes; it is counted."""
    ear = Ear()
    ear.says(10)
    assert ear.wire.sent == []
    assert (ear.link.packets_sent, ear.link.gate_drops) == (0, 10)


def test_open_passes_everything_on() -> None:
    """Payload and level as they came, the view's own SSRC and payload type, one run of numbers, the source's time steps."""
    ear = Ear()
    ear.opened()
    ear.says(50)
    packets = ear.wire.take()
    assert [p.payload for p in packets] == [b"said %d" % i for i in range(2, 52)]
    assert {(p.ssrc, p.payload_type) for p in packets} == {(99, 111)}
    assert {(p.extensions.mid, p.extensions.audio_level) for p in packets} == {("m4", (False, 30))}
    first = packets[0]
    assert [(p.sequence_number - first.sequence_number) & 0xFFFF for p in packets] == list(range(50))
    assert [(p.timestamp - first.timestamp) & 0xFFFFFFFF for p in packets] == [i * 960 for i in range(50)]


def test_the_first_packet_after_an_opening_stays_behind_the_gate() -> None:
    """It repeats what was said just before, while the microphone was closed (in-band FEC): nobody gets that."""
    ear = Ear()
    ear.says(3)
    ear.heard(True)
    ear.says(3)
    ear.heard(False)
    ear.says(3)
    ear.heard(True)
    ear.says(10)
    said = [payload for payload in ear.wire.payloads if payload != SILENCE_FRAME]
    assert b"said 4" not in said
    assert said[:2] == [b"said 5", b"said 6"]
    assert b"said 10" not in said
    assert said[-1] == b"said 19"


@pytest.mark.parametrize(
    ("while_closed", "after", "passes"),
    [
        ([7, 8], [9, 10, 11], [10, 11]),
        ([8], [7, 9, 10, 11], [10, 11]),  # 7 was overtaken: 9 is the first, and repeats 8
        ([8], [10, 9, 11, 12], [11, 12]),  # 9 comes behind 10: it repeats 8
        ([8], [8, 8, 9, 10], [10]),  # the network's copies
        ([], [2, 3, 7, 8, 9], [8, 9]),  # behind what was heard before the close: 6
    ],
)
def test_what_overtakes_at_an_opening_lets_nothing_pass(
    while_closed: list[int], after: list[int], passes: list[int]
) -> None:
    """Which packet is the first after an opening is said by the speaker's numbers, not by the order of arrival."""
    ear = Ear()
    ear.heard(True)
    ear.numbers(range(1, 7))
    ear.heard(False)
    ear.numbers(while_closed)
    ear.heard(True)
    ear.wire.take()
    ear.now += 1
    ear.numbers(after, delayed_by_s=1)
    assert ear.wire.payloads == [b"said %d" % number for number in passes]


def test_closing_says_silence_and_then_nothing() -> None:
    """At the close four frames of the server's own silence, 20 ms apart, are out when the call returns; nothing after them."""
    ear = Ear()
    ear.opened()
    ear.says(5)
    last = ear.wire.take()[-1]
    ear.heard(False)
    silence = ear.wire.take()
    assert [p.payload for p in silence] == [SILENCE_FRAME] * SILENCE_FRAMES
    assert {p.extensions.audio_level for p in silence} == {(False, SILENCE_LEVEL)}
    for i, packet in enumerate(silence, 1):
        assert packet.sequence_number == (last.sequence_number + i) & 0xFFFF
        assert packet.timestamp == (last.timestamp + i * SILENCE_SAMPLES) & 0xFFFFFFFF
    ear.says(500)
    ear.heard(False)
    assert ear.wire.sent == []


def test_closing_what_was_never_heard_sends_nothing() -> None:
    """There is no sound to end: no silence frames, so that an unheard stream stays empty."""
    ear = Ear()
    ear.heard(True)
    ear.heard(False)
    assert ear.wire.sent == []


def test_reopening_goes_on_with_the_numbers_and_in_real_time() -> None:
    """After ten seconds of silence: the next sequence number, the timestamp of ten seconds later, and a marker (RFC 3551)."""
    ear = Ear()
    ear.opened()
    ear.says(1)
    opened = ear.wire.take()[-1]
    ear.heard(False)
    silence = ear.wire.take()
    ear.says(498)
    ear.opened()
    ear.says(3)
    again = ear.wire.take()
    assert [p.payload for p in again] == [b"said 502", b"said 503", b"said 504"]
    assert [p.marker for p in again] == [1, 0, 0]
    assert again[0].sequence_number == (silence[-1].sequence_number + 1) & 0xFFFF
    assert (again[0].timestamp - opened.timestamp) & 0xFFFFFFFF == 500 * FRAME_RTP


def test_a_quick_reopening_waits_for_the_silence_to_end() -> None:
    """Silence already sent fills the next 80 ms: packets that would fall into it are left out, none is stamped twice."""
    ear = Ear()
    ear.opened()
    ear.says(3)
    ear.heard(False)
    ear.heard(True)
    ear.says(8)
    packets = ear.wire.take()
    assert [p.payload for p in packets[:3]] == [b"said 2", b"said 3", b"said 4"]
    assert [p.payload for p in packets[3:7]] == [SILENCE_FRAME] * SILENCE_FRAMES
    assert [p.payload for p in packets[7:]] == [b"said 9", b"said 10", b"said 11", b"said 12"]
    first = packets[0].timestamp
    assert [(p.timestamp - first) & 0xFFFFFFFF for p in packets] == [i * 960 for i in range(11)]


def test_late_packets_from_behind_the_gate_stay_there() -> None:
    """A packet that was said before the gate opened does not pass once it is open, nor one of an earlier opening."""
    ear = Ear()
    ear.opened()
    ear.says(5)
    ear.heard(False)
    ear.says(100)
    ear.opened()
    ear.says(1)
    ear.wire.take()
    for number in (1, 4, 60, 107):
        ear.link.forward(
            5, (65_500 + number) & 0xFFFF, 0, marker=False, payload=b"late", level=0, now=ear.now
        )
    assert ear.wire.sent == []


def test_another_connection_of_the_speaker_goes_on() -> None:
    """After a restart, with numbers and times of its own: contiguous, moving on by the time that passed, marked."""
    ear = Ear()
    ear.opened()
    ear.says(10)
    last = ear.wire.take()[-1]
    ear.link.restart()
    ear.link.forward(6, 7, 123, marker=False, payload=b"anew", level=1, now=ear.now + 0.98)
    (anew,) = ear.wire.take()
    assert (anew.payload, anew.marker) == (b"anew", 1)
    assert anew.sequence_number == (last.sequence_number + 1) & 0xFFFF
    assert abs(((anew.timestamp - last.timestamp) & 0xFFFFFFFF) - 48_000) <= 2


def test_another_connection_may_reuse_the_ssrc() -> None:
    """The same SSRC with an older clock, from a new connection: heard at once, moving on by the time that passed."""
    ear = Ear()
    ear.opened()
    ear.says(10)
    last = ear.wire.take()[-1]
    ear.link.restart()
    ear.link.forward(5, 7, 0x70000000, marker=False, payload=b"anew", level=1, now=ear.now + 0.98)
    (anew,) = ear.wire.take()
    assert abs(((anew.timestamp - last.timestamp) & 0xFFFFFFFF) - 48_000) <= 2


def test_counts_are_those_of_sender_reports() -> None:
    """Packets and payload octets, silence included, without headers (RFC 3550 section 6.4.1)."""
    ear = Ear()
    ear.opened()
    ear.says(3)
    ear.heard(False)
    assert ear.link.packets_sent == len(ear.wire.sent) == 3 + SILENCE_FRAMES
    assert ear.link.octets_sent == sum(map(len, ear.wire.payloads))


def test_without_the_level_extension_no_level_is_sent() -> None:
    """What the listener did not offer is not stamped."""
    wire = Wire()
    block = ExtensionBlock(mid_id=4, mid="m4", value_id=None, value_size=1)
    link = AudioDownlink(wire, ssrc=1, payload_type=111, extension=block)
    link.set_heard(heard=True, now=1.0)
    link.forward(5, 0, 0, marker=False, payload=b"before", level=30, now=1.0)
    link.forward(5, 1, 1, marker=False, payload=b"said", level=30, now=1.0)
    (packet,) = wire.take()
    assert (packet.extensions.mid, packet.extensions.audio_level) == ("m4", None)
    assert packet.payload == b"said"


@settings(deadline=None, max_examples=60)
@given(
    steps=st.lists(st.tuples(st.booleans(), st.integers(0, 12), st.integers(0, 300)), min_size=1, max_size=25)
)
def test_any_run_of_the_gate_is_one_stream(steps: list[tuple[bool, int, int]]) -> None:
    """However it is opened and closed: only what was said while open passes, numbers are contiguous, timestamps move on."""
    ear = Ear()
    said_while_open: set[bytes] = set()
    for heard, packets, pause_ms in steps:
        ear.heard(heard)
        first = ear._sent + 1
        ear.says(packets)
        if heard:
            said_while_open |= {b"said %d" % i for i in range(first, ear._sent + 1)}
        else:  # the speaker goes on behind the gate
            ear.now += pause_ms / 1000
            ear._sent += pause_ms // 20
    packets_out = ear.wire.packets
    assert {p.payload for p in packets_out} - {SILENCE_FRAME} <= said_while_open
    for before, after in pairwise(packets_out):
        assert after.sequence_number == (before.sequence_number + 1) & 0xFFFF
        assert ts_newer(after.timestamp, before.timestamp)


def red_ear(red_payload_type: int | None) -> Ear:
    """A listener whose browser takes RED with this payload type, or not at all."""
    ear = Ear()
    ear.link = AudioDownlink(
        ear.wire, ssrc=99, payload_type=111, extension=level_block(), red_payload_type=red_payload_type
    )
    return ear


def repeats(ear: Ear, count: int) -> None:
    """The speaker's next packets, each repeating the one before."""
    for i in range(count):
        number = 100 + i
        payload = red(b"said %d" % number, b"said %d" % (number - 1))
        ear.link.forward(
            5,
            number,
            number * FRAME_RTP,
            marker=False,
            payload=payload,
            level=30,
            now=ear.now + i * 0.02,
            red=True,
        )


def test_what_is_repeated_passes_once_it_cannot_be_older_than_the_opening() -> None:
    """A third of a second after the opening nothing that RED can reach back to was said before it; until then: plain Opus."""
    ear = red_ear(63)
    ear.heard(True)
    repeats(ear, 40)
    packets = ear.wire.take()
    first_red = next(i for i, packet in enumerate(packets) if packet.payload_type == 63)
    assert first_red * FRAME_RTP >= LONGEST_OFFSET
    assert [p.payload for p in packets[:first_red]] == [b"said %d" % (101 + i) for i in range(first_red)]
    assert {p.payload_type for p in packets[:first_red]} == {111}
    assert all(p.payload_type == 63 and primary(p.payload) for p in packets[first_red:])
    assert len({p.sequence_number for p in packets}) == len(packets)


def test_a_listener_without_red_gets_plain_opus() -> None:
    """Who did not offer RED gets the newest frame of each packet alone, and so does one whose Opus has another number."""
    for ear in (red_ear(None), red_ear(63)):
        ear.link._payload_type = 111 if ear.link._red_payload_type is None else 96
        ear.heard(True)
        repeats(ear, 40)
        packets = ear.wire.take()
        assert [p.payload for p in packets] == [b"said %d" % i for i in range(101, 140)]
        assert {p.payload_type for p in packets} == {ear.link._payload_type}


def test_a_late_packet_repeats_nothing() -> None:
    """What a packet from soon after an opening repeats may be older than it, however late that packet comes."""
    ear = red_ear(63)
    ear.heard(True)
    repeats(ear, 40)
    late = ear.wire.take()[2]
    ear.link.forward(
        5,
        103,
        103 * FRAME_RTP,
        marker=False,
        payload=red(b"said 103", b"said 102"),
        level=30,
        now=ear.now + 1,
        red=True,
    )
    again = ear.wire.take()[0]
    assert (again.payload_type, again.payload, again.sequence_number) == (
        111,
        b"said 103",
        late.sequence_number,
    )
