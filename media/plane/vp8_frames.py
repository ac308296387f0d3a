"""Whole VP8 frames out of RTP packets, for the blur (RFC 7741). Pure.

Frames come out complete and in order or not at all: a decoder that is fed past a gap shows rubbish. After a gap that is not
filled in time nothing comes out until the next key frame, and the caller is told to ask for one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from media.plane.rtp import seq_newer
from media.plane.vp8 import descriptor_size, key_frame_size, starts_frame, starts_key_frame, temporal_layer

MAX_WAITING: Final = 64
"""Packets held behind a gap: about half a second of 1 Mbit/s video."""
MAX_FRAME_BYTES: Final = 512 * 1024
"""A key frame of 1080p at high quality has about 200 KiB."""
MAX_FRAME_PACKETS: Final = 1024
"""More than the largest frame needs; empty packets count too."""
MAX_PIXELS: Final = 1920 * 1088
"""A larger picture is refused: it would cost more to decode than a call is given."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One complete VP8 frame, with the RTP timestamp (90 kHz) of its source."""

    data: bytes
    ts: int
    key: bool
    layer: int = 0
    """Temporal layer: no frame of a lower one is made from this one."""
    sync: bool = False
    """Made from layer 0 alone."""


@dataclass(frozen=True, slots=True)
class _Packet:
    ts: int
    marker: bool
    payload: bytes


class FrameAssembler:
    """Collects packets; `add` returns the frames that became complete."""

    def __init__(self) -> None:
        self._waiting: dict[int, _Packet] = {}
        self._next: int | None = None
        self._parts: list[bytes] = []
        self._bytes = 0
        self._layer = 0, False
        self.needs_key_frame = True
        """Nothing comes out until a key frame does."""
        self.given_up = 0
        """How often a gap or an oversized frame was given up: each time the publisher is to be asked for a key frame."""

    def restart(self) -> None:
        """Forget everything and wait for a key frame."""
        self._waiting.clear()
        self._parts.clear()
        self._bytes = 0
        self._next = None
        self.needs_key_frame = True

    def add(self, seq: int, ts: int, *, marker: bool, payload: bytes) -> list[Frame]:
        """Take one packet in any order."""
        if self._next is not None and seq != self._next and not seq_newer(seq, self._next):
            return []
        if self._next is None:
            if not starts_key_frame(payload):
                return []
            self._next = seq
        self._waiting[seq] = _Packet(ts, marker, payload)
        if len(self._waiting) > MAX_WAITING:
            self._give_up()
            return []
        return self._drain()

    def _give_up(self) -> None:
        self.given_up += 1
        self.restart()

    def _drain(self) -> list[Frame]:
        frames: list[Frame] = []
        while self._next is not None and (packet := self._waiting.pop(self._next, None)) is not None:
            self._next = (self._next + 1) & 0xFFFF
            frame = self._take(packet)
            if frame is not None:
                frames.append(frame)
        return frames

    def _take(self, packet: _Packet) -> Frame | None:
        if starts_frame(packet.payload):
            self._parts.clear()
            self._bytes = 0
            self._layer = temporal_layer(packet.payload)
        self._parts.append(packet.payload[descriptor_size(packet.payload) :])
        self._bytes += len(self._parts[-1])
        if self._bytes > MAX_FRAME_BYTES or len(self._parts) > MAX_FRAME_PACKETS:
            self._give_up()
            return None
        if not packet.marker:
            return None
        data = b"".join(self._parts)
        self._parts.clear()
        self._bytes = 0
        return self._checked(data, packet.ts)

    def _checked(self, data: bytes, ts: int) -> Frame | None:
        size = key_frame_size(data)
        if size is not None:
            if size[0] * size[1] > MAX_PIXELS or 0 in size:
                self._give_up()
                return None
            self.needs_key_frame = False
        elif self.needs_key_frame or not data:
            return None
        return Frame(data, ts, size is not None, *self._layer)
