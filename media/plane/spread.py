"""How figures of many reports are spread over fixed steps, as operators' histograms want them. Pure."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass
from typing import Final

LOSS_STEPS: Final = (0.0, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5)
"""Parts of the packets; the last step of each list is followed by "more"."""
JITTER_STEPS: Final = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2)
"""Seconds."""
ROUND_TRIP_STEPS: Final = (0.01, 0.025, 0.05, 0.1, 0.2, 0.4, 0.8)
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Spread:
    """A reading: how many figures fell on each step (the last one: above all of them), and their sum."""

    steps: tuple[float, ...]
    counts: tuple[int, ...]
    total: float = 0.0

    def __add__(self, other: Spread) -> Spread:
        counts = tuple(map(sum, zip(self.counts, other.counts, strict=True)))
        return Spread(self.steps, counts, self.total + other.total)

    def running(self) -> list[tuple[float, int]]:
        """For each step, and at last for infinity, how many figures were no larger."""
        seen, running = 0, []
        for step, count in zip((*self.steps, float("inf")), self.counts, strict=True):
            seen += count
            running.append((step, seen))
        return running


def nothing(steps: tuple[float, ...]) -> Spread:
    """The reading of a counter that has counted nothing."""
    return Spread(steps, (0,) * (len(steps) + 1))


class SpreadCounter:
    """Counts figures by step."""

    __slots__ = ("_counts", "_steps", "_total")

    def __init__(self, steps: tuple[float, ...]) -> None:
        self._steps = steps
        self._counts = [0] * (len(steps) + 1)
        self._total = 0.0

    def add(self, figure: float) -> None:
        """Count one."""
        self._counts[bisect_left(self._steps, figure)] += 1
        self._total += figure

    def read(self) -> Spread:
        """What was counted until now."""
        return Spread(self._steps, tuple(self._counts), self._total)
