"""Where a call stands, from its record and the present moment alone.

Theory: a record notes three moments (began, ended, cancelled); everything else follows from the clock. The
door opens `before` the start. A call that has not begun is over `after` its planned end; one that has begun
may run over, and people find their way back into it, until it is ended or a day has passed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from server.records import Call

LONGEST_OVERRUN = timedelta(days=1)
"""A call that nobody ended is over this long after its planned end; cookies live as long."""


class Status(StrEnum):
    """Where a call stands."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    LIVE = "live"
    ENDED = "ended"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class DoorHours:
    """How long the door is open round a call."""

    before: timedelta
    after: timedelta

    def opens_at(self, call: Call) -> datetime:
        """Return the moment from which people may come in."""
        return call.starts_at - self.before

    def status(self, call: Call, now: datetime) -> Status:
        """Return where the call stands at `now`."""
        if call.cancelled_at is not None:
            return Status.CANCELLED
        if call.ended_at is not None or now >= self._over_at(call):
            return Status.ENDED
        if call.began_at is not None:
            return Status.LIVE
        return Status.OPEN if now >= self.opens_at(call) else Status.SCHEDULED

    def _over_at(self, call: Call) -> datetime:
        return call.planned_end + (self.after if call.began_at is None else LONGEST_OVERRUN)


def link_expires_at(call: Call) -> datetime:
    """Return the moment after which the call's links and cookies lead nowhere."""
    return call.planned_end + LONGEST_OVERRUN
