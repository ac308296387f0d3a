"""What a camera is told it may send (REMB): when to say it, and how much. Pure."""

from __future__ import annotations

from typing import Final

from media.plane.line_budget import LEAST_PICTURE

REPEAT_S: Final = 1.0
"""A browser forgets an estimate that is not repeated."""
SOONEST_S: Final = 0.2
WORTH_SAYING: Final = 0.05
"""A change by less waits for the next repetition."""


class Allowance:
    """Between `LEAST_PICTURE` and the most that the operator allows, bits per second."""

    __slots__ = ("_bit_rate", "_most", "_said", "_said_at")

    def __init__(self, most: int) -> None:
        self._most = most
        self._bit_rate = most
        self._said = 0
        self._said_at = float("-inf")

    def set(self, bit_rate: int | None) -> None:
        """What the slowest line can carry; None: nothing is known to limit it."""
        self._bit_rate = (
            self._most if bit_rate is None else max(min(LEAST_PICTURE, self._most), min(self._most, bit_rate))
        )

    def due(self, now: float) -> int | None:
        """What is to be said now, or None; counts it as said."""
        changed = abs(self._bit_rate - self._said) > WORTH_SAYING * self._said
        if now - self._said_at < (SOONEST_S if changed else REPEAT_S):
            return None
        self._said, self._said_at = self._bit_rate, now
        return self._bit_rate
