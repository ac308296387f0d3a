"""How much of one kind a participant may send us in a second; the rest is dropped, and counted. Pure."""

from __future__ import annotations


class FloodLimit:
    """Counts the second that goes on."""

    __slots__ = ("_began_at", "_most_octets", "_most_packets", "_octets", "_packets", "dropped")

    def __init__(self, most_packets: int, most_octets: int) -> None:
        self._most_packets = most_packets
        self._most_octets = most_octets
        self._began_at = float("-inf")
        self._packets = self._octets = 0
        self.dropped = 0
        """Packets beyond it, ever."""

    def lets_through(self, size: int, now: float) -> bool:
        """Whether this second still has room for a packet of so many octets; counts it."""
        if now - self._began_at >= 1:
            self._began_at, self._packets, self._octets = now, 0, 0
        self._packets += 1
        self._octets += size
        if self._packets <= self._most_packets and self._octets <= self._most_octets:
            return True
        self.dropped += 1
        return False
