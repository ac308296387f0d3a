"""What a participant sends: only the negotiated streams get through, and what is missing is asked for."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from aiortc import rtp
from hypothesis import given, settings
from hypothesis import strategies as st

from media.plane.key_frame_requests import MIN_INTERVAL_S
from media.plane.line_budget import LEAST_PICTURE
from media.plane.reception import MAX_GAP, MAX_TRIES
from media.plane.sdp_offer import LEVEL_URI, Media
from media.plane.uplink import AudioUplink, VideoUplink
from tests.media.plane.rtp_wire import LEVEL_ID, Header

if TYPE_CHECKING:
    from collections.abc import Callable

OWN_SSRC, CAMERA = 77, 5
KEY, DELTA = b"\x10\x10key", b"\x10\x11delta"


def media(kind: str, *, ssrc: int | None = None, feedback: tuple[str, ...] = ()) -> Media:
    """One m-line on which a client sends."""
    extensions = ((LEVEL_ID, LEVEL_URI),) if kind == "audio" else ()
    return Media(kind, "0", "sendonly", 111 if kind == "audio" else 96, extensions, ssrc, feedback)


class Ears:
    """Takes what an uplink hands on."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def __call__(self, source: int, seq: int, ts: int, **rest: Any) -> None:
        """One packet."""
        self.calls.append({"source": source, "seq": seq, "ts": ts, **rest})

    @property
    def sources(self) -> list[int]:
        """Whose packets came."""
        return [call["source"] for call in self.calls]


class Microphone(Ears):
    """An audio uplink and what comes out of it."""

    def __init__(self, ssrc: int | None = None) -> None:
        super().__init__()
        self.uplink = AudioUplink(media("audio", ssrc=ssrc), self)


class Picture(Ears):
    """A video uplink, what comes out of it, and what it sends back."""

    def __init__(self, ssrc: int | None = CAMERA, feedback: tuple[str, ...] = ("nack", "nack pli")) -> None:
        super().__init__()
        self.rtcp: list[bytes] = []
        self.uplink = VideoUplink(
            media("video", ssrc=ssrc, feedback=feedback), OWN_SSRC, self.rtcp.append, self
        )

    def receives(self, *numbers: int, payload: bytes = DELTA, now: float = 1.0) -> None:
        """Packets of the camera's with these sequence numbers."""
        for seq in numbers:
            self.uplink.receive(Header(seq=seq, ssrc=CAMERA).packet(payload), now)

    def requests(self) -> list[Any]:
        """The requests that went back since the last look, without the empty reports before them, and without REMB."""
        parts = [part for data in self.rtcp for part in rtp.RtcpPacket.parse(data)[1:]]
        self.rtcp.clear()
        return [part for part in parts if part.fmt != rtp.RTCP_PSFB_APP]

    def asked_for(self) -> list[list[int]]:
        """The sequence numbers of each NACK."""
        return [part.lost for part in self.requests()]

    def key_frames_asked(self) -> int:
        """How many PLIs went back."""
        return sum(part.fmt == rtp.RTCP_PSFB_PLI for part in self.requests())


BOTH_KINDS = pytest.mark.parametrize("make", [Microphone, Picture])


@BOTH_KINDS
def test_a_declared_ssrc_is_the_only_one(make: Callable[[int | None], Microphone | Picture]) -> None:
    """Packets of another SSRC than the offer declared go nowhere, before and after the declared one's."""
    sender = make(5)
    for ssrc in (6, 5, 6, 0, 5):
        sender.uplink.receive(Header(ssrc=ssrc).packet(b"xx"), 1.0)
    assert sender.sources == [5, 5]


@BOTH_KINDS
def test_undeclared_the_first_that_comes_is_the_one(
    make: Callable[[int | None], Microphone | Picture],
) -> None:
    """Without a declaration the first SSRC is taken, and strangers after it are ignored."""
    sender = make(None)
    for ssrc in (9, 10, 9):
        sender.uplink.receive(Header(ssrc=ssrc).packet(b"xx"), 1.0)
    assert sender.sources == [9, 9]


@BOTH_KINDS
def test_a_malformed_packet_claims_no_stream(make: Callable[[int | None], Microphone | Picture]) -> None:
    """Bytes that are no RTP packet are dropped, and the SSRC that they name is not taken for the stream's."""
    sender = make(None)
    cut_csrcs, cut_extension = Header(ssrc=3, csrcs=(1, 2)).packet()[:-1], Header(ssrc=3, extension=b"\xbe")
    for broken in (b"", b"\x80" * 11, cut_csrcs, cut_extension.packet()):
        sender.uplink.receive(broken, 1.0)
    sender.uplink.receive(Header(ssrc=9).packet(b"xx"), 1.0)
    assert sender.sources == [9]


@BOTH_KINDS
@settings(deadline=None)
@given(data=st.binary(max_size=60))
def test_no_bytes_break_an_uplink(make: Callable[[int | None], Microphone | Picture], data: bytes) -> None:
    """Whatever a client sends, decrypted: a packet handed on or nothing."""
    sender = make(None)
    sender.uplink.receive(data, 1.0)
    assert len(sender.calls) <= 1


def test_sound_is_handed_on_with_its_level() -> None:
    """Number, time, marker, level without the voice flag, and the payload without padding."""
    microphone = Microphone()
    packet = Header(
        seq=65_535, ts=0xFFFFFFFF, ssrc=4, payload_type=111, marker=True,
        extension=b"\xbe\xde\x00\x01" + bytes((LEVEL_ID << 4, 0x80 | 30, 0, 0)), padding=b"\x00\x02",
    ).packet(b"said")  # fmt: skip
    microphone.uplink.receive(packet, 3.5)
    assert microphone.calls == [
        {"source": 4, "seq": 65_535, "ts": 0xFFFFFFFF, "marker": True, "payload": b"said", "level": 30, "now": 3.5, "red": False}
    ]  # fmt: skip
    assert microphone.uplink.last_packet_at == 3.5


def test_sound_without_a_level_counts_as_silent() -> None:
    """A packet that does not say how loud it is, or says it in another element, is given the quietest level."""
    microphone = Microphone()
    microphone.uplink.receive(Header().packet(b"said"), 1.0)
    microphone.uplink.receive(Header(seq=2, extension=b"\xbe\xde\x00\x01\x50\x11\x00\x00").packet(b"s"), 1.0)
    assert [call["level"] for call in microphone.calls] == [127, 127]


def test_pictures_are_handed_on() -> None:
    """Number, time, marker and payload as they came."""
    picture = Picture()
    picture.uplink.receive(Header(seq=3, ts=9, ssrc=CAMERA, marker=True).packet(KEY), 2.0)
    assert picture.calls == [
        {"source": CAMERA, "seq": 3, "ts": 9, "marker": True, "payload": KEY, "now": 2.0}
    ]


def test_lost_packets_are_asked_for_and_given_up() -> None:
    """A gap is asked for when it shows, then every 100 ms eight times in all; what never comes is worth a key frame."""
    picture = Picture()
    picture.receives(10, 13)
    assert picture.asked_for() == [[11, 12]]
    picture.receives(12)
    for tick in range(1, MAX_TRIES):
        picture.uplink.tick(1.0 + tick * 0.11)
    assert picture.asked_for() == [[11]] * (MAX_TRIES - 1)
    picture.uplink.tick(1.0 + MAX_TRIES * 0.11)
    assert picture.key_frames_asked() == 1


def test_a_gap_too_wide_to_be_filled_is_worth_a_key_frame() -> None:
    """After an outage the viewers would stand for seconds: the camera is asked at once, for itself and not for its packets."""
    picture = Picture()
    picture.receives(10)
    picture.receives(10 + MAX_GAP + 1)
    assert picture.key_frames_asked() == 1


def test_without_nack_nothing_is_asked_for() -> None:
    """A client that did not offer NACK gets none."""
    picture = Picture(feedback=("nack pli",))
    picture.receives(10, 13)
    picture.uplink.tick(2.0)
    assert picture.requests() == []


def test_jumping_numbers_break_no_tick() -> None:
    """A hostile publisher whose numbers jump half round the circle between gaps: requests go on, nothing raises."""
    picture = Picture()
    for jump in range(12):
        picture.receives((jump * 30_000) & 0xFFFF, (jump * 30_000 + 9) & 0xFFFF)
    picture.rtcp.clear()
    picture.uplink.tick(1.2)
    requests = [
        part for part in picture.requests() if part.fmt == rtp.RTCP_RTPFB_NACK and hasattr(part, "lost")
    ]
    assert sum(len(part.lost) for part in requests) == 12 * 8


def test_key_frames_are_asked_for_at_most_every_half_second() -> None:
    """However many viewers wish for one, and again until it comes; then no more."""
    picture = Picture()
    picture.receives(1)
    for viewer in range(20):
        picture.uplink.want_key_frame(1.0 + viewer / 100)
    assert picture.key_frames_asked() == 1
    for tick in range(1, 31):
        picture.uplink.tick(1.0 + tick / 20)
    assert picture.key_frames_asked() == int(1.5 / MIN_INTERVAL_S)
    picture.receives(2, payload=KEY, now=2.6)
    picture.uplink.tick(9.0)
    assert picture.key_frames_asked() == 0


def test_a_wish_before_the_first_packet_is_kept() -> None:
    """Before anything came there is no SSRC to ask; once there is, the wish is still open."""
    picture = Picture()
    picture.uplink.want_key_frame(1.0)
    assert picture.requests() == []
    picture.receives(1, now=1.2)
    picture.uplink.tick(1.6)
    (request,) = picture.requests()
    assert (request.ssrc, request.media_ssrc) == (OWN_SSRC, CAMERA)


def test_reports_answer_the_publishers_own() -> None:
    """LSR and DLSR are of the last sender report, zero before one; there is no report before the first packet."""
    picture = Picture()
    assert picture.uplink.report(1.0) is None
    picture.receives(1, 2, 4)
    block, lsr, dlsr = picture.uplink.report(1.0) or pytest.fail("no report")
    assert (block.ssrc, block.packets_lost, lsr, dlsr) == (CAMERA, 1, 0, 0)
    picture.uplink.sender_report(0x11112222_33334444, 2.0)
    _, lsr, dlsr = picture.uplink.report(3.5) or pytest.fail("no report")
    assert (lsr, dlsr) == (0x22223333, int(1.5 * 65_536))


def test_an_honest_stream_asks_for_nothing() -> None:
    """Packets in order, or a little out of it and in time, are not asked for twice."""
    picture = Picture()
    numbers = [(65_000 + i) & 0xFFFF for i in range(2000)]
    for now, seq in zip(itertools.count(1.0, 0.002), numbers, strict=False):
        picture.receives(seq, now=now)
        picture.uplink.tick(now)
    assert picture.requests() == []
    assert len(picture.calls) == 2000


def test_a_retransmission_counts_as_the_lost_packet() -> None:
    """It is handed on with its original number and time, is not asked for again, and fills nothing when it is only padding."""
    picture = Picture()
    offered = replace(media("video", ssrc=CAMERA, feedback=("nack",)), repair_payload_type=97, repair_ssrc=6)
    picture.uplink = VideoUplink(offered, OWN_SSRC, picture.rtcp.append, picture)
    picture.receives(10, 12)
    assert picture.asked_for() == [[11]]
    again = Header(seq=500, ts=77, ssrc=6, payload_type=97, marker=True)
    picture.uplink.receive(again.packet(b"\x00\x0b" + DELTA), 1.05)
    picture.uplink.receive(again.packet(b""), 1.06)
    picture.uplink.receive(replace(again, ssrc=8).packet(b"\x00\x0b" + DELTA), 1.07)
    assert [(call["seq"], call["source"], call["payload"]) for call in picture.calls][2:] == [
        (11, CAMERA, DELTA)
    ]
    assert (picture.calls[-1]["ts"], picture.calls[-1]["marker"]) == (77, True)
    picture.uplink.tick(2.0)
    assert picture.asked_for() == []


def test_redundant_sound_is_marked_as_such() -> None:
    """A packet of the RED payload type says so, an Opus packet does not."""
    microphone = Microphone()
    microphone.uplink = AudioUplink(replace(media("audio"), repair_payload_type=63), microphone)
    for payload_type in (63, 111):
        microphone.uplink.receive(Header(ssrc=4, payload_type=payload_type).packet(b"said"), 1.0)
    assert [call["red"] for call in microphone.calls] == [True, False]


def test_the_camera_is_told_what_it_may_send() -> None:
    """The most at first, less at once when a line is slow, never below the least, and repeated every second."""
    picture = Picture()
    told: list[int] = []

    def tick(now: float) -> None:
        picture.uplink.tick(now)
        parts = [part for data in picture.rtcp for part in rtp.RtcpPacket.parse(data)[1:]]
        told.extend(rtp.unpack_remb_fci(part.fci)[0] for part in parts if part.fmt == rtp.RTCP_PSFB_APP)
        picture.rtcp.clear()

    picture.receives(1)
    for now, allowed in (
        (1.0, None),
        (1.1, None),
        (1.3, 400_000),
        (1.4, 399_000),
        (2.4, 10_000),
        (3.5, None),
    ):
        picture.uplink.allow(allowed)
        tick(now)
    assert told == [1_500_000, 400_000, LEAST_PICTURE, 1_500_000]
