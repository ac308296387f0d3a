"""VP8 in RTP (RFC 7741): where a frame starts, whether it is a key frame, what is behind the descriptor.

Reads headers alone; no picture is decoded here.
"""

from __future__ import annotations

from typing import Final

PLAIN_DESCRIPTOR: Final = b"\x10"
"""Payload descriptor of a frame's first packet: start of partition 0, no picture id."""
PLAIN_CONTINUATION: Final = b"\x00"

STARTS_FRAME_MASK: Final = 0x17
STARTS_FRAME: Final = 0x10
"""In a payload's first octet, of the S bit and the partition index: S set and partition 0 (RFC 7741 section 4.2)."""

_START_CODE: Final = b"\x9d\x01\x2a"


def starts_frame(payload: bytes) -> bool:
    """Whether this payload is the first of a frame: S set and partition 0 (RFC 7741 section 4.2)."""
    return bool(payload) and payload[0] & STARTS_FRAME_MASK == STARTS_FRAME


def descriptor_size(payload: bytes) -> int:
    """Size of the payload descriptor in bytes; as long as the payload when it is cut off (RFC 7741 section 4.2)."""
    size = len(payload)
    if not size or not payload[0] & 0x80:
        return min(1, size)
    if size < 2:  # noqa: PLR2004 - the descriptor's second octet
        return size
    flags = payload[1]
    offset = 2
    if flags & 0x80:
        offset += 2 if offset < size and payload[offset] & 0x80 else 1
    if flags & 0x40:
        offset += 1
    if flags & 0x30:
        offset += 1
    return min(offset, size)


def temporal_layer(payload: bytes) -> tuple[int, bool]:
    """(TID, Y): the frame's temporal layer, and whether it leans on layer 0 alone; (0, False) where neither is said.

    Frames of a layer are made from frames of that layer and of lower ones only (RFC 7741 section 4.2).
    """
    if len(payload) < 2 or not payload[0] & 0x80 or not payload[1] & 0x20:  # noqa: PLR2004 - the descriptor's second octet
        return 0, False
    offset = descriptor_size(payload) - 1  # TID, Y and KEYIDX share the last octet
    return payload[offset] >> 6, bool(payload[offset] & 0x20)


def starts_key_frame(payload: bytes) -> bool:
    """Whether this payload is the first packet of a key frame (RFC 6386 section 9.1: the lowest bit is 0)."""
    if not payload or payload[0] & STARTS_FRAME_MASK != STARTS_FRAME:
        return False
    offset = descriptor_size(payload)
    return offset < len(payload) and not payload[offset] & 1


def key_frame_size(frame: bytes) -> tuple[int, int] | None:
    """(width, height) in pixels of a key frame, or None for a delta frame or bytes that are no key frame."""
    if len(frame) < 10 or frame[0] & 1 or frame[3:6] != _START_CODE:  # noqa: PLR2004 - a key frame's header
        return None
    return int.from_bytes(frame[6:8], "little") & 0x3FFF, int.from_bytes(frame[8:10], "little") & 0x3FFF


def packetise(frame: bytes, size: int) -> list[bytes]:
    """Split one frame into RTP payloads of at most `size` bytes, each behind a plain descriptor."""
    step = size - 1
    parts = [frame[i : i + step] for i in range(0, len(frame), step)]
    return [(PLAIN_DESCRIPTOR if i == 0 else PLAIN_CONTINUATION) + part for i, part in enumerate(parts)]
