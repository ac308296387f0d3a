"""Where time enters signaling: the event loop's monotonic clock, behind a seam that tests replace."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable


class Alarm(Protocol):
    """A call that is due later."""

    def cancel(self) -> None:
        """Do not make the call."""


class Clock(Protocol):
    """Monotonic seconds, and calls at a later time."""

    def now(self) -> float:
        """Monotonic seconds."""
        ...

    def call_at(self, when: float, call: Callable[[], None]) -> Alarm:
        """Make the call at `when`, on the event loop."""
        ...


class LoopClock:
    """The running event loop's clock."""

    def now(self) -> float:
        """Monotonic seconds of the loop."""
        return asyncio.get_running_loop().time()

    def call_at(self, when: float, call: Callable[[], None]) -> Alarm:
        """Make the call at `when`."""
        return asyncio.get_running_loop().call_at(when, call)


class WakeUp:
    """One alarm that moves: whoever owns it says when it is due next, as often as they like."""

    def __init__(self, clock: Clock, call: Callable[[], None]) -> None:
        self._clock = clock
        self._call = call
        self._alarm: Alarm | None = None
        self._at: float | None = None

    def move(self, when: float | None) -> None:
        """Ring at `when` (monotonic s), or not at all; the clock is asked only if that is another time."""
        if when == self._at:
            return
        if self._alarm is not None:
            self._alarm.cancel()
        self._at = when
        self._alarm = None if when is None else self._clock.call_at(when, self._ring)

    def _ring(self) -> None:
        self._alarm = self._at = None
        self._call()
