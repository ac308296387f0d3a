"""RTP headers as bytes and ints (RFC 3550 section 5.1, RFC 8285 for header extensions).

Decides nothing about who may be heard or seen: it reads and writes headers. There is no object per packet.
"""

from __future__ import annotations

from struct import Struct
from typing import Final

HEADER: Final = Struct("!BBHII")
"""The fixed header: first octet, marker and payload type, sequence number, timestamp, SSRC."""

HEADER_SIZE: Final = 12

_read_header: Final = HEADER.unpack_from

_EXTENSION_FLAG: Final = 0x10
_PADDING_FLAG: Final = 0x20
_ONE_BYTE_MARK: Final = b"\xbe\xde"
"""The profile of a header extension in one-byte elements."""
_HALF_16: Final = 0x8000
_HALF_32: Final = 0x80000000


class MalformedPacketError(ValueError):
    """The bytes are no RTP packet."""


def read_packet(data: bytes) -> tuple[int, int, int, int, bytes]:
    """Second octet (marker and payload type), sequence number, timestamp, SSRC, payload.

    The payload comes without RTP padding (RFC 3550 section 5.1) and may be empty. In one step, since every packet takes it.

    Raises:
        MalformedPacketError: the header promises more than there is.
    """
    size = len(data)
    if size < HEADER_SIZE:
        raise MalformedPacketError("shorter than an RTP header")
    first, second, seq, ts, ssrc = _read_header(data)
    offset = HEADER_SIZE + 4 * (first & 0x0F)
    if first & _EXTENSION_FLAG:
        if size < offset + 4:
            raise MalformedPacketError("truncated header extension")
        offset += 4 + 4 * (data[offset + 2] << 8 | data[offset + 3])
    if offset > size:
        raise MalformedPacketError("header longer than the packet")
    if first & _PADDING_FLAG:
        return second, seq, ts, ssrc, data[offset : max(offset, size - data[-1])]
    return second, seq, ts, ssrc, data[offset:]


def extension_octet(data: bytes, wanted_id: int) -> int | None:
    """First octet of the one-byte header extension element `wanted_id`; None when absent (RFC 8285 section 4.2)."""
    if not data[0] & _EXTENSION_FLAG:
        return None
    position = HEADER_SIZE + 4 * (data[0] & 0x0F)
    if data[position : position + 2] != _ONE_BYTE_MARK:
        return None
    end = min(len(data), position + 4 + 4 * int.from_bytes(data[position + 2 : position + 4], "big"))
    position += 4
    while position + 1 < end:
        octet = data[position]
        if octet == 0:  # padding between elements
            position += 1
            continue
        if octet >> 4 == wanted_id:
            return data[position + 1]
        position += 2 + (octet & 0x0F)
    return None


def seq_newer(a: int, b: int) -> bool:
    """Whether 16-bit sequence number `a` comes after `b` (serial arithmetic, RFC 1982)."""
    return a != b and (a - b) & 0xFFFF < _HALF_16


def ts_newer(a: int, b: int) -> bool:
    """Whether 32-bit RTP timestamp `a` comes after `b`."""
    return a != b and (a - b) & 0xFFFFFFFF < _HALF_32


class ExtensionBlock:
    """The header extension that one downlink stamps on every packet: MID and one changing value.

    The value is the audio level (1 octet, RFC 6464) or abs-send-time (3 octets). What was not negotiated is left out.
    """

    __slots__ = ("after", "before", "value_size")

    def __init__(self, *, mid_id: int | None, mid: str, value_id: int | None, value_size: int) -> None:
        body = b""
        encoded = mid.encode()
        if mid_id is not None and len(encoded) <= 16:  # noqa: PLR2004 - a one-byte element holds 1 to 16 octets
            body = bytes(((mid_id << 4) | (len(encoded) - 1),)) + encoded
        self.value_size = value_size if value_id is not None else 0
        if value_id is not None:
            body += bytes(((value_id << 4) | (value_size - 1),))
        size = len(body) + self.value_size
        words = (size + 3) // 4
        prefix = _ONE_BYTE_MARK + words.to_bytes(2, "big")
        self.before = prefix + body
        self.after = bytes(4 * words - size)


def abs_send_time(now: float) -> bytes:
    """Seconds as 6.18 fixed point, 3 octets, wrapping every 64 s (the abs-send-time header extension)."""
    return (int(now * 262144) & 0xFFFFFF).to_bytes(3, "big")
