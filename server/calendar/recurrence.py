"""How calls recur: a rule, and the moments that it means in local time across daylight saving (RFC 5545, 3.3.10).

Says no to what is unclear: an occurrence at a local time that a clock change skips or repeats is asked back, with its date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, Literal

from dateutil.rrule import DAILY, WEEKLY, rrule, rrulestr

from server.times import DAYS, MONTHS, MomentError, moment, zone

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_OCCURRENCES: Final = 104
"""Calls in one series: a weekly one fills two years."""
MIN_OCCURRENCES: Final = 2
FURTHEST: Final = timedelta(days=2 * 366)
"""A series ends at most two years ahead, as every call lies within them."""
MAX_INTERVAL: Final = 52
"""Weeks or days between two calls: a year of weeks."""
_FREQUENCIES: Final = {"daily": DAILY, "weekly": WEEKLY}
_UTC_SHAPE: Final = "%Y%m%dT%H%M%SZ"


class RecurrenceError(ValueError):
    """Calls can't recur so. `field` is a JSON pointer into a new call, without its first slash."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Recurrence:
    """How often calls recur, and until when: either a number of calls or the last day."""

    frequency: Literal["weekly", "daily"] = "weekly"
    interval: int = 1
    """Every so many weeks or days."""
    count: int | None = None
    """How many calls there are in all."""
    until: date | None = None
    """The last day on which one may be, in local time."""


def occurrences(
    recurrence: Recurrence, starts_local: datetime, timezone: str, now: datetime
) -> tuple[str, tuple[datetime, ...]]:
    """Return the RRULE's value and the moments it means, in UTC; the first is `starts_local` itself.

    Raises:
        RecurrenceError: it has no end or too late an end, too many or too few calls, or a call at an unclear time.
    """
    _check(recurrence)
    try:
        place = zone(timezone)
        first = moment(starts_local.isoformat(), timezone)
    except MomentError as error:
        raise RecurrenceError(error.field, error.detail) from None
    latest = (now + FURTHEST).astimezone(place).replace(tzinfo=None)
    if starts_local > latest:
        raise RecurrenceError("starts_at", "Calls are scheduled at most two years ahead.")
    if recurrence.until and recurrence.until > latest.date():
        raise RecurrenceError("recurrence/until", "A series ends at most two years ahead.")
    locals_ = list(islice(_local_times(recurrence, starts_local, latest), MAX_OCCURRENCES + 1))
    _check_number(recurrence, len(locals_), "recurrence/until")
    moments = (first, *(_moment(local, timezone) for local in locals_[1:]))
    return _rule(recurrence, moments[-1]), moments


def expanded(rule: str, starts_local: str, timezone: str) -> tuple[datetime, ...]:
    """Return the moments that a stored rule means, in UTC."""
    first = datetime.fromisoformat(starts_local).replace(tzinfo=zone(timezone))
    # The library counts in wall time, so that the hour stays the same across daylight saving.
    found: Iterator[Any] = islice(iter(rrulestr(rule, dtstart=first)), MAX_OCCURRENCES)
    return tuple(each.astimezone(UTC) for each in found)


def ended_rule(rule: str, last: datetime) -> str:
    """Return a rule that ends with the occurrence that was to begin at `last`, an aware moment."""
    if last.tzinfo is None:
        raise ValueError("UNTIL is a moment (RFC 5545, 3.3.10): it needs a time zone")
    kept = [part for part in rule.split(";") if not part.startswith(("COUNT=", "UNTIL="))]
    return ";".join([*kept, f"UNTIL={last.astimezone(UTC):{_UTC_SHAPE}}"])


def _check(recurrence: Recurrence) -> None:
    if recurrence.frequency not in _FREQUENCIES:
        raise RecurrenceError("recurrence/frequency", "Calls recur weekly or daily.")
    if not 1 <= recurrence.interval <= MAX_INTERVAL:
        raise RecurrenceError("recurrence/interval", f"The interval is a number from 1 to {MAX_INTERVAL}.")
    if recurrence.count is None and recurrence.until is None:
        raise RecurrenceError(
            "recurrence",
            "Say when the series ends: after how many calls (`count`) or on which day (`until`).",
        )
    if recurrence.count is not None and recurrence.until is not None:
        raise RecurrenceError("recurrence", "A series ends by `count` or by `until`, not by both.")
    if recurrence.count is not None:
        _check_number(recurrence, recurrence.count, "recurrence/count")


def _local_times(recurrence: Recurrence, first: datetime, latest: datetime) -> Iterator[datetime]:
    """The local times up to the end of the rule, or to the first one that is too far ahead."""
    until = datetime.combine(recurrence.until, time.max) if recurrence.until else None
    times = rrule(
        _FREQUENCIES[recurrence.frequency],
        dtstart=first,
        interval=recurrence.interval,
        count=recurrence.count,
        until=until,
    )
    for local in times:
        if local > latest:
            raise RecurrenceError(
                "recurrence/count",
                f"A series ends at most two years ahead; this one would end after {latest:%Y-%m-%d}.",
            )
        yield local


def _check_number(recurrence: Recurrence, number: int, field: str) -> None:
    if number > MAX_OCCURRENCES:
        raise RecurrenceError(field, f"A series has at most {MAX_OCCURRENCES} calls.")
    if number < MIN_OCCURRENCES:
        words = (
            "one that ends on this day has fewer" if recurrence.until else "a single one needs no recurrence"
        )
        raise RecurrenceError(field, f"A series has at least {MIN_OCCURRENCES} calls; {words}.")


def _moment(local: datetime, timezone: str) -> datetime:
    try:
        return moment(local.isoformat(), timezone)
    except MomentError as error:
        day = f"{DAYS[local.weekday()]}, {local.day} {MONTHS[local.month - 1]} {local.year}"
        what = "jump over" if "jump over" in error.detail else "show twice"
        raise RecurrenceError(
            "starts_at",
            f"On {day} the clocks in {timezone} change and {what} {local:%H:%M}; choose another time of day.",
        ) from None


def _rule(recurrence: Recurrence, last: datetime) -> str:
    parts = [f"FREQ={recurrence.frequency.upper()}"]
    if recurrence.interval > 1:
        parts.append(f"INTERVAL={recurrence.interval}")
    if recurrence.count is not None:
        return ";".join([*parts, f"COUNT={recurrence.count}"])
    return ended_rule(";".join(parts), last)
