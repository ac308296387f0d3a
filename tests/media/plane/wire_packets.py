"""What a client reads off its own wire: RTP packets and RTCP reports, taken apart by aiortc's parser, not by the plane's own."""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import av
import numpy as np
from aiortc import rtp
from aiortc.codecs.vpx import VpxPayloadDescriptor
from av.video.frame import VideoFrame
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Packet:
    """One RTP packet as it arrived, decrypted."""

    order: int
    """The how-manieth packet of its client it was, from 0."""
    at: float
    """Seconds on the event loop's clock."""
    starved_s: float
    """How long this thread had waited for a processor so far: what a busy machine adds to a gap."""
    ssrc: int
    payload_type: int
    seq: int
    ts: int
    marker: bool
    payload: bytes
    size: int


@dataclass(frozen=True, slots=True)
class Report:
    """One sender report as it arrived: `ntp` (32.32 fixed point) and `ts` (RTP time) are the same instant."""

    ssrc: int
    ntp: int
    ts: int


@dataclass(frozen=True, slots=True)
class Picture:
    """One VP8 frame put together from the packets of one timestamp."""

    ts: int
    first: Packet
    data: bytes
    payloads: tuple[bytes, ...]

    @property
    def key(self) -> bool:
        """Whether it is a key frame (RFC 6386 section 9.1)."""
        return not self.data[0] & 1


def read_packet(data: bytes, order: int, at: float) -> Packet:
    """Take one decrypted RTP packet apart."""
    packet = rtp.RtpPacket.parse(data)
    return Packet(
        order=order,
        at=at,
        starved_s=starved_s(),
        ssrc=packet.ssrc,
        payload_type=packet.payload_type,
        seq=packet.sequence_number,
        ts=packet.timestamp,
        marker=bool(packet.marker),
        payload=packet.payload,
        size=len(data),
    )


def starved_s() -> float:
    """Seconds that this thread has waited for a processor since it began; 0 where the kernel doesn't tell."""
    try:
        return int(os.pread(_schedstat(), 64, 0).split()[1]) / 1e9
    except (OSError, IndexError):
        return 0.0


@cache
def _schedstat() -> int:
    """Open for as long as the tests run: it is read at every arrival."""
    return os.open("/proc/thread-self/schedstat", os.O_RDONLY)  # ON_CPU WAITING SLICES, in ns


def longest_gap_s(packets: Sequence[Packet]) -> float:
    """The longest time between two arrivals, less what this thread spent waiting for a busy machine's processor."""
    return max((b.at - a.at) - (b.starved_s - a.starved_s) for a, b in pairwise(packets))


def unwrap(values: Iterable[int], bits: int) -> list[int]:
    """Wrapping numbers as whole ones, each the nearest to its forerunner."""
    whole: list[int] = []
    for value in values:
        last = whole[-1] if whole else value
        step = (value - last) & ((1 << bits) - 1)
        whole.append(last + (step if step < 1 << (bits - 1) else step - (1 << bits)))
    return whole


def in_sequence(packets: Sequence[Packet]) -> list[Packet]:
    """One stream's packets by sequence number, each once; a repetition must be the same packet again."""
    numbered: dict[int, Packet] = {}
    for number, packet in zip(unwrap([p.seq for p in packets], 16), packets, strict=True):
        first = numbered.setdefault(number, packet)
        assert first.payload == packet.payload, "one sequence number carried two different packets"
        assert first.ts == packet.ts, "one sequence number carried two timestamps"
    return [numbered[number] for number in sorted(numbered)]


def pictures(packets: Sequence[Packet]) -> list[Picture]:
    """The frames of one stream whose packets are in sequence; each ends with the marker or a new timestamp."""
    found: list[Picture] = []
    parts: list[Packet] = []
    for packet in packets:
        if parts and parts[0].ts != packet.ts:
            found.append(_picture(parts))
            parts = []
        parts.append(packet)
        if packet.marker:
            found.append(_picture(parts))
            parts = []
    return found


def _picture(parts: Sequence[Packet]) -> Picture:
    data = b"".join(VpxPayloadDescriptor.parse(part.payload)[1] for part in parts)
    return Picture(parts[0].ts, parts[0], data, tuple(part.payload for part in parts))


class Screen:
    """A viewer's decoder: shows what a browser would show of the frames it is given, in order."""

    def __init__(self) -> None:
        self._decoder = av.CodecContext.create("vp8", "r")
        self.luma: NDArray[np.uint8] | None = None

    def show(self, frames: Iterable[Picture]) -> NDArray[np.uint8]:
        """Decode every frame; the brightness of the last one, rows x columns.

        Raises:
            av.error.FFmpegError: something in between can't be decoded.
        """
        for frame in frames:
            for shown in self._decoder.decode(av.Packet(frame.data)):
                assert isinstance(shown, VideoFrame)
                self.luma = shown.to_ndarray(format="gray8")
        assert self.luma is not None, "no picture was shown"
        return self.luma
