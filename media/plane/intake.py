"""What one participant may send us, and who takes it: the allowance of a second, and a receiver for each payload type."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from media.plane.flood_limit import FloodLimit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MAX_PACKETS_PER_S: Final = 1500
MAX_OCTETS_PER_S: Final = 1_000_000
"""From one participant, about five times what a camera is told it may use; the rest is dropped."""

_TYPE_MASK: Final = 0x7F


class Intake(FloodLimit):
    """Stands behind the decryption of one connection. Without receivers it takes nothing."""

    __slots__ = ("receivers",)

    def __init__(self) -> None:
        super().__init__(MAX_PACKETS_PER_S, MAX_OCTETS_PER_S)
        self.receivers: dict[int, Callable[[bytes, float], None]] = {}
        """By payload type."""

    def open(self, receivers: Mapping[int, Callable[[bytes, float], None]]) -> None:
        """Take these payload types too."""
        self.receivers |= receivers

    def close(self) -> None:
        """Take nothing more."""
        self.receivers.clear()

    def take(self, packet: bytes, now: float) -> None:
        """One decrypted RTP packet: sound or picture by its payload type; anything else was never negotiated."""
        # `lets_through`, written out: every packet comes here.
        if now - self.began_at >= 1:
            self.began_at, self.packets, self.octets = now, 0, 0
        self.packets += 1
        self.octets += len(packet)
        if self.packets > self._most_packets or self.octets > self._most_octets:
            self.dropped += 1
            return
        receive = self.receivers.get(packet[1] & _TYPE_MASK)
        if receive is not None:
            receive(packet, now)
