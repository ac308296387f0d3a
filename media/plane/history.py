"""What one viewer was really sent, for retransmission (RFC 4585 NACK). Lies behind the gate.

Emptied whenever the gate closes or the distance changes, so that a NACK can never fetch what may no longer be seen.
"""

from __future__ import annotations

from typing import Final

MAX_PACKETS: Final = 512
"""About four seconds of 1 Mbit/s video, 600 KiB."""
MAX_RESENDS_PER_S: Final = 200
"""More than any honest viewer of a 1 Mbit/s picture asks for; a flood of NACKs gets no more."""


class History:
    """A bounded map from outgoing sequence number to packet, oldest dropped first."""

    __slots__ = ("_packets", "_resent", "_window_started_at")

    def __init__(self) -> None:
        self._packets: dict[int, bytes] = {}
        self._resent = 0
        self._window_started_at = float("-inf")

    def __len__(self) -> int:
        return len(self._packets)

    def add(self, seq: int, packet: bytes) -> None:
        """Remember a packet that was sent."""
        packets = self._packets
        packets.pop(seq, None)
        packets[seq] = packet
        if len(packets) > MAX_PACKETS:
            del packets[next(iter(packets))]

    def clear(self) -> None:
        """Forget everything."""
        self._packets.clear()

    def resend(self, lost: list[int], now: float) -> list[bytes]:
        """The packets among `lost` that may be sent once more, within the budget of this second."""
        if now - self._window_started_at >= 1:
            self._window_started_at = now
            self._resent = 0
        found = [self._packets[seq] for seq in lost if seq in self._packets]
        allowed = found[: max(0, MAX_RESENDS_PER_S - self._resent)]
        self._resent += len(allowed)
        return allowed
