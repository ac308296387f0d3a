"""Moments as people write them: RFC 3339 with an offset, or local time with an IANA zone.

Says no to what is unclear: a local time that a clock change skips or repeats is never guessed at.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

_NO_PLACE = {"Factory", "localtime"}
"""Names that some machines have beside IANA's: whatever zone the machine itself is set to, or none."""
_SHAPE = re.compile(
    r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?P<offset>[Zz]|[+-]\d\d:\d\d)?", re.ASCII
)

# Written out, so that no locale of the server's machine ever mixes in.
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


class MomentError(ValueError):
    """A time that can't be understood as one moment. `field` is `starts_at` or `timezone`."""

    def __init__(self, field: str, detail: str) -> None:
        super().__init__(detail)
        self.field = field
        self.detail = detail


class UnclearMomentError(MomentError):
    """A local time that a clock change skips or repeats; an offset would settle which moment is meant."""


def zone(name: str) -> ZoneInfo:
    """Return the zone with this IANA name; raises MomentError for an unknown one."""
    if name not in _zone_names():
        raise MomentError("timezone", "There is no such time zone; write an IANA name such as Europe/Berlin.")
    return ZoneInfo(name)


def moment(text: str, timezone: str | None) -> datetime:
    """Return the moment meant, in UTC and whole seconds.

    An offset in the text settles the moment by itself; without one the zone does. Raises MomentError.
    """
    shape = _SHAPE.fullmatch(text)
    place = zone(timezone) if timezone is not None else None
    try:
        parsed = datetime.fromisoformat(text) if shape else None
    except ValueError:
        parsed = None
    if shape is None or parsed is None:
        raise MomentError("starts_at", "Write the time like 2026-12-06T19:00 or 2026-12-06T19:00:00+01:00.")
    parsed = parsed.replace(microsecond=0)
    if parsed.tzinfo is None and place is None:
        raise MomentError("starts_at", "Add an offset, such as +01:00, or say which timezone is meant.")
    try:
        return parsed.astimezone(UTC) if parsed.tzinfo else _local(parsed, place or ZoneInfo("UTC"))
    except OverflowError:
        raise MomentError("starts_at", "This time is too far away.") from None


def shown(at: datetime, timezone: str) -> str:
    """Return a moment as RFC 3339 with the offset it has in the zone."""
    return at.astimezone(zone(timezone)).isoformat(timespec="seconds")


def in_words(at: datetime, timezone: str) -> str:
    """Return a moment as people read it, such as `Sunday, 6 December 2026, 19:00 (Europe/Berlin)`."""
    there = at.astimezone(zone(timezone))
    day = f"{DAYS[there.weekday()]}, {there.day} {MONTHS[there.month - 1]} {there.year}"
    return f"{day}, {there:%H:%M} ({timezone})"


def _local(naive: datetime, place: ZoneInfo) -> datetime:
    earlier, later = (naive.replace(tzinfo=place, fold=fold) for fold in (0, 1))
    if earlier.utcoffset() == later.utcoffset():
        return earlier.astimezone(UTC)
    if earlier.astimezone(UTC).astimezone(place).replace(tzinfo=None) != naive:
        raise UnclearMomentError(
            "starts_at", "The clocks jump over this time on that day; choose another one or write an offset."
        )
    raise UnclearMomentError(
        "starts_at",
        "This time comes twice on that day, when the clocks go back; write the offset that is meant, "
        f"{_offset(earlier)} or {_offset(later)}.",
    )


def _offset(at: datetime) -> str:
    return at.isoformat()[-6:]


@cache
def _zone_names() -> frozenset[str]:
    return frozenset(available_timezones() - _NO_PLACE)
