"""One VEVENT: a single call, one occurrence of a series, or the series as a whole (RFC 5545, 3.6.1).

What other people may see on a screen says nothing of what the call is about: the summary is the operator's neutral words,
the entry is private, and the reminder's words are neutral too.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from icalendar import Alarm, Event, vCalAddress, vUri
from icalendar.prop import vRecur

from server.calendar.recurrence import expanded
from server.times import zone

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from server.records import Call, Rsvp, Series

ALARM_BEFORE: Final = timedelta(minutes=10)
ALARM_WORDS: Final = "Your call begins in ten minutes."
_IN_AN_ADDRESS: Final = "!$&'*+-=^_`{|}~.@"
"""What stands in an e-mail address as it is; the rest is written as RFC 6068 has it."""


class Method(StrEnum):
    """What a calendar is to do with it (RFC 5546, 1.4)."""

    PUBLISH = "PUBLISH"
    REQUEST = "REQUEST"
    CANCEL = "CANCEL"


@dataclass(frozen=True, slots=True)
class Entry:
    """How one person's calendar shows a call, or all calls of a series."""

    place: int
    """Whose it is."""
    summary: str
    """What a screen shows: neutral words."""
    description: str
    """What is read when the entry is opened."""
    link: str | None
    """The person's own; None: the organizer's file."""
    organizer: str | None
    """The server's address, which answers go to."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What is written, for whom and when."""

    method: Method
    entry: Entry
    now: datetime


def single_event(call: Call, kind: Kind) -> Event:
    """Return a call, or the occurrence of a series that it is."""
    event = Event()
    _add_identity(event, call, kind)
    if call.series is not None and call.occurrence_at is not None:
        event.add("recurrence-id", call.occurrence_at.astimezone(zone(call.series.timezone)))
    _add_times(event, call)
    _add_words(event, kind.entry)
    _add_people(event, call, kind)
    cancelled = kind.method is Method.CANCEL or call.cancelled_at is not None
    if cancelled and kind.method is Method.REQUEST:
        raise ValueError("nobody is asked to a cancelled call")
    event.add("status", "CANCELLED" if cancelled else "CONFIRMED")
    event.add("transp", "OPAQUE")
    if not cancelled:
        event.add_component(_alarm())
    return event


def series_events(calls: Sequence[Call], series: Series, kind: Kind) -> Iterator[Event]:
    """Return the series, and each of its occurrences that is otherwise than the rule has it.

    What the rule means and does not take place is taken out of it (EXDATE): skipped, cancelled or erased.
    """
    # Of a long series the first calls are erased while it goes on: nobody can be written to about them.
    kept = [call for call in calls if call.erased_at is None] or calls
    on = [call for call in kept if call.cancelled_at is None]
    cancelled = kind.method is Method.CANCEL or not on
    usual = _usual(on or kept, kind)
    by_rule = expanded(series.rule, series.starts_local, series.timezone)
    yield _master(
        _face(usual, series, by_rule[0], cancelled=cancelled), series, kind, by_rule, () if cancelled else on
    )
    if not cancelled:
        yield from (single_event(call, kind) for call in on if _differs(call, usual, kind))


def _face(usual: Call, series: Series, first: datetime, *, cancelled: bool) -> Call:
    """The series as if it were one call, at its first time."""
    return replace(
        usual,
        starts_at=first,
        timezone=series.timezone,
        occurrence_at=None,
        sequence=series.sequence,
        created_at=series.created_at,
        changed_at=series.changed_at,
        cancelled_at=series.changed_at if cancelled else None,
    )


def _master(face: Call, series: Series, kind: Kind, by_rule: Sequence[datetime], on: Sequence[Call]) -> Event:
    place = zone(series.timezone)
    event = single_event(face, kind)
    event.add("rrule", vRecur.from_ical(series.rule))
    if not on:
        return event
    taking_place = {call.occurrence_at for call in on if call.occurrence_at is not None}
    if left_out := [at.astimezone(place) for at in by_rule if at not in taking_place]:
        event.add("exdate", left_out)
    # A zone's rules may have changed since: what the rule no longer means takes place all the same.
    if added := [at.astimezone(place) for at in sorted(taking_place.difference(by_rule))]:
        event.add("rdate", added)
    return event


def _usual(calls: Sequence[Call], kind: Kind) -> Call:
    """Return a call with the length and the answer that most have."""
    (length, answer), _ = Counter((call.duration_minutes, _answer(call, kind)) for call in calls).most_common(
        1
    )[0]
    return next(call for call in calls if (call.duration_minutes, _answer(call, kind)) == (length, answer))


def _differs(call: Call, usual: Call, kind: Kind) -> bool:
    return (
        call.starts_at != call.occurrence_at
        or call.duration_minutes != usual.duration_minutes
        or _answer(call, kind) != _answer(usual, kind)
    )


def _answer(call: Call, kind: Kind) -> Rsvp | None:
    """What the person answered, where it is written at all."""
    person = call.at_place(kind.entry.place)
    return person.rsvp if person and kind.method is Method.REQUEST else None


def _add_identity(event: Event, call: Call, kind: Kind) -> None:
    event.add("uid", call.uid)
    event.add("sequence", call.sequence)
    event.add("dtstamp", kind.now)
    event.add("created", call.created_at)
    event.add("last-modified", call.changed_at)


def _add_times(event: Event, call: Call) -> None:
    place = zone(call.timezone)
    event.add("dtstart", call.starts_at.astimezone(place))
    event.add("dtend", call.planned_end.astimezone(place))


def _add_words(event: Event, entry: Entry) -> None:
    event.add("summary", entry.summary)
    event.add("description", entry.description)
    event.add("class", "PRIVATE")
    if entry.link is not None:
        event.add("url", vUri(entry.link))


def _add_people(event: Event, call: Call, kind: Kind) -> None:
    """Name the server and the one person: addresses are never told to the others."""
    if kind.entry.organizer is not None:
        event.add("organizer", _address(kind.entry.organizer))
    if kind.method is Method.PUBLISH:
        return
    person = call.at_place(kind.entry.place)
    if person is None or person.email is None or kind.entry.organizer is None:
        raise ValueError("a request or a cancellation goes from an address to an address")
    attendee = _address(person.email)
    attendee.params |= {
        "CUTYPE": "INDIVIDUAL",
        "ROLE": "REQ-PARTICIPANT",
        "PARTSTAT": person.rsvp.value.upper(),
    }
    if kind.method is Method.REQUEST:
        attendee.params["RSVP"] = "TRUE"
    event.add("attendee", attendee)


def _address(email: str) -> vCalAddress:
    return vCalAddress(f"mailto:{quote(email, safe=_IN_AN_ADDRESS)}")


def _alarm() -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -ALARM_BEFORE)
    alarm.add("description", ALARM_WORDS)
    return alarm
