"""Where a call stands, from its record and the present moment alone.

Theory: a record notes three moments (began, ended, cancelled); everything else follows from the clock. The
door opens `before` the start. A call that has not begun is over `after` its planned end; one that has begun
may run over, and people find their way back into it, until it is ended or a day has passed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from server.records import Call

LONGEST_OVERRUN = timedelta(days=1)
"""A call that nobody ended is over this long after its planned end."""


class Timed(Protocol):
    """The moments of a call, which say where it stands."""

    @property
    def starts_at(self) -> datetime: ...  # noqa: D102 - as in `Call`
    @property
    def planned_end(self) -> datetime: ...  # noqa: D102 - the same
    @property
    def began_at(self) -> datetime | None: ...  # noqa: D102 - the same
    @property
    def ended_at(self) -> datetime | None: ...  # noqa: D102 - the same
    @property
    def cancelled_at(self) -> datetime | None: ...  # noqa: D102 - the same


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

    def opens_at(self, call: Timed) -> datetime:
        """Return the moment from which people may come in."""
        return call.starts_at - self.before

    def status(self, call: Timed, now: datetime) -> Status:
        """Return where the call stands at `now`."""
        if call.cancelled_at is not None:
            return Status.CANCELLED
        if call.ended_at is not None or now >= self._over_at(call):
            return Status.ENDED
        if call.began_at is not None:
            return Status.LIVE
        return Status.OPEN if now >= self.opens_at(call) else Status.SCHEDULED

    def over_since(self, call: Timed) -> datetime:
        """Return since when the call is over, or from when on it will be unless it is moved."""
        return call.cancelled_at or call.ended_at or self._over_at(call)

    def _over_at(self, call: Timed) -> datetime:
        return call.planned_end + (self.after if call.began_at is None else LONGEST_OVERRUN)


def latest_end(call: Call) -> datetime:
    """Return the moment at which the call is over, whoever came and whatever they did."""
    return call.planned_end + LONGEST_OVERRUN


def next_call(calls: Sequence[Call], now: datetime) -> Call | None:
    """Return the call of a series, ordered by time, that a link leads to at `now`: the one that goes on or comes next.

    A cancelled one is passed over while another is still to come; when all are over, it is the last.
    """
    ahead = [call for call in calls if call.ended_at is None and now < latest_end(call)]
    waiting = [call for call in ahead if call.cancelled_at is None]
    near = [call for call in waiting if now < call.planned_end or _runs_over(call, waiting, now)]
    for choice in (near, waiting, ahead):
        if choice:
            return choice[0]
    return calls[-1] if calls else None


def _runs_over(call: Call, others: Sequence[Call], now: datetime) -> bool:
    """Whether people may still be in a call after its planned end: it has begun, and no other one is nearer.

    Who closes their page without ending the call would otherwise be led there for a day: past tomorrow's call, if they
    talk daily.
    """
    over_for = now - call.planned_end
    return call.began_at is not None and not any(
        other is not call and abs(other.starts_at - now) < over_for for other in others
    )
