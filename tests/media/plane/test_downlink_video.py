"""Distance holds: what passes at each level, the veil at every step away, and nothing of before to be had again."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media.mediation.distance import Distance
from media.plane.aiortc_seam import MAX_SRTP_PACKET, MAX_SRTP_TRAILER
from media.plane.downlink_video import MAX_PAYLOAD, VEIL_COPIES, VEIL_REPEAT_S, Gate
from media.plane.rtp import abs_send_time, ts_newer
from tests.media.plane.picture_view import View, kinds

PICTURES = (Distance.CLEAR, Distance.SOFT, Distance.VEILED)
BLURRED = (Distance.SOFT, Distance.VEILED)
STEPS = list(itertools.product(Distance, Distance))
AWAY = [(a, b) for a, b in STEPS if b.rank > a.rank]


@pytest.mark.parametrize("distance", Distance)
def test_only_the_level_itself_passes(distance: Distance) -> None:
    """With every kind of frame on offer a view carries its own level's and no other; audio-only carries none."""
    sent = View().settled(distance)
    assert kinds(sent) == ([] if distance is Distance.AUDIO_ONLY else [distance.value] * 2)


@pytest.mark.parametrize(("before", "after"), STEPS)
def test_each_step_between_levels(before: Distance, after: Distance) -> None:
    """From any level to any: after the step only the new level's frames and the veil pass, from a key frame on."""
    view = View()
    view.settled(before)
    view.to(after)
    view.all_kinds(key=False)
    waiting = view.wire.take()
    view.all_kinds(key=True)
    view.all_kinds(key=False)
    flowing = view.wire.take()
    picture = [] if after is Distance.AUDIO_ONLY else [after.value]
    veiled = after.rank > before.rank and before is not Distance.AUDIO_ONLY
    assert kinds(waiting) == (picture if after is before else ["veil"] * VEIL_COPIES * veiled)
    assert kinds(flowing) == picture * 2


@pytest.mark.parametrize(("before", "after"), STEPS)
def test_each_step_leaves_nothing_to_be_asked_for(before: Distance, after: Distance) -> None:
    """A NACK of all 65,536 numbers, at once and when the new picture flows, fetches the new level or the veil alone."""
    view = View()
    view.settled(before)
    view.to(after)
    view.wire.take()
    at_once = kinds(view.asked_again())
    allowed = {"veil", after.value} if after is not Distance.AUDIO_ONLY else set()
    assert set(at_once) <= allowed
    if after is not before:
        assert after.value not in at_once
    view.all_kinds(key=True)
    view.wire.take()
    assert set(kinds(view.asked_again())) <= allowed


@pytest.mark.parametrize(("before", "after"), AWAY)
def test_the_veil_comes_first_and_is_newer(before: Distance, after: Distance) -> None:
    """A step away puts three veils out before it returns: whole frames, numbered on, each newer than what stood there."""
    view = View()
    last = view.settled(before)[-1]
    view.now += 0.02
    view.to(after)
    veils = view.wire.take()
    assert kinds(veils) == ["veil"] * VEIL_COPIES
    for earlier, later in itertools.pairwise([last, *veils]):
        assert later.sequence_number == (earlier.sequence_number + 1) & 0xFFFF
        assert ts_newer(later.timestamp, earlier.timestamp)
        assert later.marker == 1
    assert {(v.ssrc, v.payload_type, v.extensions.mid) for v in veils} == {(44, 96, "m5")}


@pytest.mark.parametrize(("before", "after"), [(a, b) for a, b in AWAY if b is not Distance.AUDIO_ONLY])
def test_the_picture_after_a_veil_is_newer_still(before: Distance, after: Distance) -> None:
    """The blur's first frame follows the veils in number and time, even of a picture that was taken before them."""
    view = View()
    view.settled(before)
    view.to(after)
    veil = view.wire.take()[-1]
    view.blur(after, key=True)
    view.camera()
    view.blur(after)
    first, second = view.wire.take()
    assert first.sequence_number == (veil.sequence_number + 1) & 0xFFFF
    assert ts_newer(first.timestamp, veil.timestamp)
    assert ts_newer(second.timestamp, first.timestamp)


@pytest.mark.parametrize("after", Distance)
def test_where_nothing_was_seen_no_veil_is_needed(after: Distance) -> None:
    """A view that never carried anything starts without a veil."""
    view = View()
    view.to(Distance.CLEAR)
    view.to(after)
    assert view.wire.sent == []


@pytest.mark.parametrize("before", PICTURES)
def test_audio_only_is_final(before: Distance) -> None:
    """After the veils not a packet: no frame of any kind, no repeated veil, no answer to a NACK."""
    view = View()
    view.settled(before)
    view.to(Distance.AUDIO_ONLY)
    view.wire.take()
    for _ in range(5):
        view.all_kinds(key=True)
        view.now += 10
        view.link.repeat_veil(view.now)
        view.link.restart()
    assert view.asked_again() == []
    assert not view.link.flowing


def test_clear_opens_on_a_key_frame_only() -> None:
    """Delta frames, and packets within a key frame, are held back and counted until a key frame starts."""
    view = View()
    view.to(Distance.CLEAR)
    view.camera(count=20)
    view.link.forward(8, 21, 1, marker=False, payload=b"\x00\x10inside", now=view.now)
    assert (view.wire.sent, view.link.gate, view.link.gate_drops) == ([], Gate.WAITING, 21)
    view.camera(key=True)
    view.camera()
    assert kinds(view.wire.take()) == ["clear", "clear"]


@pytest.mark.parametrize("level", BLURRED)
def test_a_blurred_view_opens_on_a_key_frame_only(level: Distance) -> None:
    """The blur's delta frames build on pictures that this viewer has not got."""
    view = View()
    view.to(level)
    view.blur(level)
    assert view.wire.sent == []
    view.blur(level, key=True)
    assert kinds(view.wire.take()) == [level.value]


def test_late_clear_packets_do_not_pass_a_reopened_gate() -> None:
    """Sent before the gate opened, arriving after it: they stay behind it."""
    view = View()
    view.settled(Distance.CLEAR)
    view.to(Distance.SOFT)
    view.camera(count=10)
    view.to(Distance.CLEAR)
    view.camera(key=True)
    view.wire.take()
    for number in (1, 3, 12):
        view.link.forward(8, number, 1, marker=True, payload=b"\x10\x11clear delta", now=view.now)
    assert view.wire.sent == []


@pytest.mark.parametrize("level", BLURRED)
def test_the_veil_is_repeated_until_a_picture_flows(level: Distance) -> None:
    """Once a second while a blurred picture is awaited, in case all copies were lost; never over a picture."""
    view = View()
    view.settled(Distance.CLEAR)
    view.to(level)
    view.wire.take()
    for _ in range(10):
        view.now += VEIL_REPEAT_S / 4
        view.link.repeat_veil(view.now)
    veils = view.wire.take()
    assert kinds(veils) == ["veil"] * 2
    assert ts_newer(veils[1].timestamp, veils[0].timestamp)
    view.blur(level, key=True)
    view.wire.take()
    view.now += 5
    view.link.repeat_veil(view.now)
    assert view.wire.sent == []


def test_a_clear_view_gets_no_repeated_veil() -> None:
    """While a clear key frame is awaited the picture from before may stand."""
    view = View()
    view.settled(Distance.CLEAR)
    view.link.restart()
    view.now += 5
    view.link.repeat_veil(view.now)
    assert view.wire.sent == []


@pytest.mark.parametrize("distance", PICTURES)
def test_a_restart_waits_for_a_key_frame_and_forgets(distance: Distance) -> None:
    """Another connection of the subject's, or a blur that failed: shut until a key frame, numbers and time go on."""
    view = View()
    last = view.settled(distance)[-1]
    view.link.restart()
    assert not view.link.flowing
    assert view.asked_again() == []
    view.source = 9
    view.all_kinds(key=False)
    assert view.wire.sent == []
    view.all_kinds(key=True)
    (first,) = view.wire.take()
    assert kinds([first]) == [distance.value]
    assert first.sequence_number == (last.sequence_number + 1) & 0xFFFF
    assert ts_newer(first.timestamp, last.timestamp)


@pytest.mark.parametrize("distance", PICTURES)
def test_a_nack_fetches_identical_bytes(distance: Distance) -> None:
    """What is sent again is what was sent, stamp included, and is counted as sent once."""
    view = View()
    view.to(distance)
    view.all_kinds(key=True)
    view.all_kinds(key=False)
    sent = list(view.wire.sent)
    counted = view.link.packets_sent
    numbers = [packet.sequence_number for packet in view.wire.take()]
    view.link.resend(numbers[::-1], view.now + 3)
    assert view.wire.sent == sent[::-1]
    assert view.link.packets_sent == counted


def test_packets_bear_the_time_of_sending() -> None:
    """The abs-send-time of each packet is that of its leaving, so that the viewer can estimate the line."""
    view = View()
    view.settled(Distance.CLEAR)
    view.camera()
    (packet,) = view.wire.take()
    assert packet.extensions.abs_send_time == int.from_bytes(abs_send_time(view.now), "big")


def test_a_large_blurred_frame_is_cut() -> None:
    """Packets fit any path, share the frame's timestamp, and only the last has the marker."""
    view = View()
    view.to(Distance.SOFT)
    view.blur(Distance.SOFT, key=True, size=3 * MAX_PAYLOAD)
    assert max(map(len, view.wire.sent)) <= MAX_SRTP_PACKET - MAX_SRTP_TRAILER
    packets = view.wire.take()
    assert [p.marker for p in packets] == [0, 0, 0, 1]
    assert len({p.timestamp for p in packets}) == 1


def test_counts_are_those_of_sender_reports() -> None:
    """Packets and payload octets, veils included."""
    view = View()
    view.to(Distance.CLEAR)
    view.camera(key=True, count=4)
    view.to(Distance.AUDIO_ONLY)
    assert view.link.packets_sent == len(view.wire.sent) == 4 + VEIL_COPIES
    assert view.link.octets_sent == sum(map(len, view.wire.payloads))


ACTIONS = st.one_of(
    st.sampled_from(list(Distance)),
    st.sampled_from(["key", "delta", "camera", "veil", "restart", "nack", "reload"]),
)


@settings(deadline=None, max_examples=150)
@given(actions=st.lists(ACTIONS, max_size=40), first_seq=st.integers(0, 0xFFFF))
def test_any_run_of_levels_is_one_stream_that_keeps_its_distance(
    actions: list[Distance | str], first_seq: int
) -> None:
    """In any order of commands, frames, reloads and NACKs: never a frame of another level, and one contiguous stream."""
    view = View(first_seq)
    stream = []
    for action in actions:
        if isinstance(action, Distance):
            view.to(action)
        elif action == "veil":
            view.now += 1.5
            view.link.repeat_veil(view.now)
        elif action == "restart":
            view.link.restart()
        elif action == "reload":
            view.source += 1
            view._sent += 5000
            view.link.restart()
        elif action == "camera":
            view.camera(count=7)
        elif action == "nack":
            assert set(kinds(view.asked_again())) <= {"veil", view.link.distance.value}
        else:
            view.all_kinds(key=action == "key")
        packets = view.wire.take()
        assert set(kinds(packets)) <= {"veil", view.link.distance.value}
        stream += packets if action != "nack" else []
    numbers = [packet.sequence_number for packet in stream]
    assert numbers == [(first_seq + i) & 0xFFFF for i in range(len(numbers))]
    for before, after in itertools.pairwise(stream):
        assert ts_newer(after.timestamp, before.timestamp)
