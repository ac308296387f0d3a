"""How much of one kind a participant may send us in a second; the rest is dropped, and counted. Pure."""

from __future__ import annotations


class FloodLimit:
    """Counts the second that goes on."""

    __slots__ = ("_most_octets", "_most_packets", "began_at", "dropped", "octets", "packets")

    def __init__(self, most_packets: int, most_octets: int) -> None:
        self._most_packets = most_packets
        self._most_octets = most_octets
        self.began_at = float("-inf")
        """When the second began in which these were counted."""
        self.packets = self.octets = 0
        self.dropped = 0
        """Packets beyond it, ever."""

    def lets_through(self, size: int, now: float) -> bool:
        """Whether this second still has room for a packet of so many octets; counts it."""
        if now - self.began_at >= 1:
            self.began_at, self.packets, self.octets = now, 0, 0
        self.packets += 1
        self.octets += size
        if self.packets <= self._most_packets and self.octets <= self._most_octets:
            return True
        self.dropped += 1
        return False
