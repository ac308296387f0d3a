"""What one viewer was really sent, for retransmission (RFC 4585 NACK). Lies behind the gate.

Emptied whenever the gate closes or the distance changes, so that a NACK can never fetch what may no longer be seen.
"""

from __future__ import annotations

from typing import Final

MAX_PACKETS: Final = 512
"""About four seconds of 1 Mbit/s video, 600 KiB."""
MOST_RESENT: Final = 250_000
"""Octets a second on a good line: more than any honest viewer of a 1 Mbit/s picture asks for; a flood of NACKs gets no more."""
LEAST_RESENT: Final = 5_000
"""Octets a second on the slowest line: a few packets, since what is sent again takes the place of what is new."""
AGAIN_AFTER_S: Final = 0.04
"""A packet that is asked for again sooner may still be on its way."""


_SLOT: Final = MAX_PACKETS - 1
"""Mask: a sequence number's place in the ring."""


class History:
    """A ring of the latest packets, by outgoing sequence number."""

    __slots__ = ("_budget", "_filled_at", "_per_second", "_resent_at", "_ring", "_seqs")

    def __init__(self) -> None:
        self._ring: list[bytes | None] = [None] * MAX_PACKETS
        self._seqs = [-1] * MAX_PACKETS
        self._resent_at: dict[int, float] = {}
        self._per_second = MOST_RESENT
        self._budget = float(MOST_RESENT)
        self._filled_at = float("-inf")

    def __len__(self) -> int:
        return MAX_PACKETS - self._ring.count(None)

    def allow(self, octets_per_s: int) -> None:
        """How much the line can take for what is sent again."""
        self._per_second = max(LEAST_RESENT, min(MOST_RESENT, octets_per_s))

    def add(self, seq: int, packet: bytes) -> None:
        """Remember a packet that was sent, in place of the one MAX_PACKETS before."""
        slot = seq & _SLOT
        self._seqs[slot] = seq
        self._ring[slot] = packet
        if self._resent_at:
            self._resent_at.pop(seq, None)

    def clear(self) -> None:
        """Forget everything."""
        self._ring = [None] * MAX_PACKETS
        self._resent_at.clear()

    def resend(self, lost: list[int], now: float) -> list[bytes]:
        """The packets among `lost` that may be sent once more, within what the line can take."""
        self._budget = min(float(self._per_second), self._budget + (now - self._filled_at) * self._per_second)
        self._filled_at = now
        again = []
        for seq in lost:
            packet = self._packet(seq)
            if packet is None or now - self._resent_at.get(seq, float("-inf")) < AGAIN_AFTER_S:
                continue
            if len(packet) > self._budget:
                break
            self._budget -= len(packet)
            if len(self._resent_at) >= MAX_PACKETS:
                self._resent_at.clear()
            self._resent_at[seq] = now
            again.append(packet)
        return again

    def _packet(self, seq: int) -> bytes | None:
        slot = seq & _SLOT
        return self._ring[slot] if self._seqs[slot] == seq else None
