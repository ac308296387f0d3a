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
