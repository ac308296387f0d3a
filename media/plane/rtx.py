"""Retransmission in a stream of its own (RTX, RFC 4588): the original sequence number stands before the payload. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from media.plane.rtp import HEADER, HEADER_SIZE

_OSN_SIZE: Final = 2


@dataclass(slots=True)
class RtxStream:
    """An outgoing RTX stream with its own SSRC and numbers."""

    ssrc: int
    payload_type: int
    next_seq: int = 0

    def wrap(self, packet: bytes, payload_at: int) -> bytes:
        """The retransmission of a whole RTP packet whose payload starts at `payload_at`."""
        first, marked, _, ts, _ = HEADER.unpack_from(packet)
        seq, self.next_seq = self.next_seq, (self.next_seq + 1) & 0xFFFF
        header = HEADER.pack(first, (marked & 0x80) | self.payload_type, seq, ts, self.ssrc)
        return header + packet[HEADER_SIZE:payload_at] + packet[2:4] + packet[payload_at:]


def unwrap(payload: bytes) -> tuple[int, bytes] | None:
    """(original sequence number, payload) of a retransmission; None for one that only fills the line (padding)."""
    if len(payload) <= _OSN_SIZE:
        return None
    return int.from_bytes(payload[:_OSN_SIZE], "big"), payload[_OSN_SIZE:]
