"""What one participant may send us, and who takes it: the allowance of a second, and a receiver for each payload type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_PACKETS_PER_S: Final = 1500
MAX_OCTETS_PER_S: Final = 1_000_000
"""From one participant, about five times what a camera is told it may use; the rest is dropped."""

_TYPE_MASK: Final = 0x7F


class Intake:
    """Stands behind the decryption of one connection. Without receivers it takes nothing."""

    __slots__ = ("began_at", "dropped", "octets", "packets", "receivers")

    def __init__(self) -> None:
        self.receivers: dict[int, Callable[[bytes, float], None]] = {}
        """By payload type."""
        self.began_at = 0.0
        """When the second began in which these were counted."""
        self.packets = 0
        self.octets = 0
        self.dropped = 0
        """Packets beyond the allowance, ever."""

    def open(self, receivers: Mapping[int, Callable[[bytes, float], None]]) -> None:
        """Take these payload types too."""
        self.receivers |= receivers

    def close(self) -> None:
        """Take nothing more."""
        self.receivers.clear()

    def take(self, packet: bytes, now: float) -> None:
        """One decrypted RTP packet: sound or picture by its payload type; anything else was never negotiated."""
        if not self.within_rate(len(packet), now):
            self.dropped += 1
            return
        receive = self.receivers.get(packet[1] & _TYPE_MASK)
        if receive is not None:
            receive(packet, now)

    def within_rate(self, size: int, now: float) -> bool:
        """Whether this second's allowance still has room for a packet; counts it."""
        if now - self.began_at >= 1:
            self.began_at, self.packets, self.octets = now, 0, 0
        self.packets += 1
        self.octets += size
        return self.packets <= MAX_PACKETS_PER_S and self.octets <= MAX_OCTETS_PER_S
