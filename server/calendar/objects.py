"""Calls as iCalendar objects (RFC 5545) with what a calendar is to do with them (RFC 5546).

Every change raises SEQUENCE and keeps the UID, so that a calendar takes the newer for the older. A series is one entry with
a rule; an occurrence that was moved is a component of its own beside it (RECURRENCE-ID).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from icalendar import Calendar
from icalendar.prop import vDuration

from server.calendar.events import Entry, Kind, Method, series_events, single_event
from server.calendar.timezones import vtimezone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from icalendar import Event

    from server.records import Call

__all__ = [
    "Entry",
    "cancel_calendar",
    "occurrence_cancel",
    "occurrence_request",
    "published_calendar",
    "request_calendar",
]

PRODUCT: Final = "-//Holdspace//Holdspace//EN"
REFRESH: Final = timedelta(hours=1)
"""How often a calendar that has subscribed is asked to look again."""


def request_calendar(calls: Sequence[Call], entry: Entry, now: datetime) -> bytes:
    """Ask a person to come to a single call, or to all calls of a series."""
    return _written(Method.REQUEST, [(calls, entry)], now)


def occurrence_request(call: Call, entry: Entry, now: datetime) -> bytes:
    """Ask a person to come to this one call, of a series or not."""
    return _written(Method.REQUEST, [((call,), entry)], now, each_alone=True)


def cancel_calendar(calls: Sequence[Call], entry: Entry, now: datetime) -> bytes:
    """Cancel a single call, or a series as a whole."""
    return _written(Method.CANCEL, [(calls, entry)], now)


def occurrence_cancel(call: Call, entry: Entry, now: datetime) -> bytes:
    """Cancel this one call, of a series or not."""
    return _written(Method.CANCEL, [((call,), entry)], now, each_alone=True)


def published_calendar(
    groups: Sequence[tuple[Sequence[Call], Entry]], now: datetime, *, name: str | None = None
) -> bytes:
    """Show single calls and whole series, without asking anything.

    Args:
        groups: each a single call, or all calls of one series.
        now: the present moment.
        name: what a calendar that subscribes to them is called; None: a file to take in once.
    """
    return _written(Method.PUBLISH, groups, now, name=name)


def _written(
    method: Method,
    groups: Sequence[tuple[Sequence[Call], Entry]],
    now: datetime,
    *,
    each_alone: bool = False,
    name: str | None = None,
) -> bytes:
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", method.value)
    if name is not None:
        _add_subscription(calendar, name)
    everything = [call for calls, _ in groups for call in calls]
    for zone_name in sorted(_zones(everything)):
        first, last = _years(everything)
        calendar.add_component(vtimezone(zone_name, first, last))
    for calls, entry in groups:
        for event in _events(calls, Kind(method, entry, now), each_alone=each_alone):
            calendar.add_component(event)
    text: bytes = calendar.to_ical()
    return text


def _events(calls: Sequence[Call], kind: Kind, *, each_alone: bool) -> Iterator[Event]:
    series = calls[0].series
    if each_alone or series is None:
        return (single_event(call, kind) for call in calls)
    return series_events(calls, series, kind)


def _add_subscription(calendar: Calendar, name: str) -> None:
    """RFC 7986, and what calendars older than it look for."""
    calendar.add("name", name)
    calendar.add("x-wr-calname", name)
    calendar.add("refresh-interval", vDuration(REFRESH), parameters={"VALUE": "DURATION"})
    calendar.add("x-published-ttl", vDuration(REFRESH))


def _zones(calls: Iterable[Call]) -> set[str]:
    """The zones that times are written in; UTC needs no component."""
    named = {call.timezone for call in calls} | {call.series.timezone for call in calls if call.series}
    return named - {"UTC"}


def _years(calls: Sequence[Call]) -> tuple[int, int]:
    moments = [at for call in calls for at in (call.starts_at, call.occurrence_at) if at is not None]
    firsts = [int(call.series.starts_local[:4]) for call in calls if call.series]
    return min([*firsts, *(at.year for at in moments)]), max(at.year for at in moments)
