"""A vocabulary for calendars: calls as they are stored, readers that know nothing of our code, and a diary that is sent things.

Three readers look at the same bytes: `lines` is strict about RFC 5545's grammar, vobject goes by the zones that the file
itself describes, and recurring-ical-events expands a series.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

import recurring_ical_events
import vobject
from icalendar import Calendar

from media.mediation.distance import Distance
from media.mediation.people import Role
from server.calendar.objects import Entry
from server.calendar.recurrence import Recurrence, occurrences
from server.records import Call, Person, Rsvp, Series

if TYPE_CHECKING:
    from collections.abc import Iterable

NOW = datetime(2026, 9, 1, 12, tzinfo=UTC)
LINK = "https://talk.example.org/i/adas-own-secret"
ENTRY = Entry(0, "An appointment", f"About last winter\n\n{LINK}", LINK, "appointments@talk.example.org")


def person(place: int, name: str, **changes: Any) -> Person:
    """Return a partner with an address."""
    known = Person(
        id=f"person{place}",
        place=place,
        role=Role.PARTNER,
        name=name,
        email=f"{name.lower()}@example.org",
        rsvp=Rsvp.NEEDS_ACTION,
        token_hash=f"hash{place}",
    )
    return replace(known, **changes)


def one_call(**changes: Any) -> Call:
    """Return a single call on a Sunday evening in Berlin."""
    known = Call(
        id="call",
        title="About last winter",
        starts_at=datetime(2026, 12, 6, 18, tzinfo=UTC),
        timezone="Europe/Berlin",
        duration_minutes=50,
        format="open-talk",
        turn_seconds=120,
        distance=Distance.CLEAR,
        room_minimum=Distance.CLEAR,
        manage_hash="manage",
        sequence=0,
        created_at=NOW,
        changed_at=NOW,
        began_at=None,
        ended_at=None,
        cancelled_at=None,
        people=(person(0, "Ada", timezone="Europe/Berlin"), person(1, "Ben", timezone="America/New_York")),
        on_the_spot=False,
    )
    return replace(known, **changes)


def series_of(
    first_local: str, timezone: str, recurrence: Recurrence, now: datetime = NOW
) -> tuple[Call, ...]:
    """Return all the calls of a series."""
    rule, moments = occurrences(recurrence, datetime.fromisoformat(first_local), timezone, now)
    series = Series("series", rule, first_local, timezone, 0, now, now)
    return tuple(
        one_call(id=f"call{place}", starts_at=at, occurrence_at=at, timezone=timezone, series=series)
        for place, at in enumerate(moments)
    )


def changed(calls: tuple[Call, ...], place: int, now: datetime, **changes: Any) -> tuple[Call, ...]:
    """Return the series with one call changed, as a change is stored: both SEQUENCEs rise above everything told so far."""
    series = calls[place].series
    assert series is not None
    sequence = series.sequence + 1
    series = replace(series, sequence=sequence, changed_at=now)
    new = replace(calls[place], sequence=sequence, changed_at=now, **changes)
    return tuple(replace(new if at == place else call, series=series) for at, call in enumerate(calls))


@dataclass
class Property:
    """One content line."""

    name: str
    parameters: dict[str, str]
    value: str


@dataclass
class Component:
    """What stands between a BEGIN and its END."""

    name: str
    properties: list[Property] = field(default_factory=list)
    parts: list[Component] = field(default_factory=list)

    def all(self, name: str) -> list[Property]:
        """Return the properties with this name."""
        return [one for one in self.properties if one.name == name]

    def one(self, name: str) -> Property:
        """Return the only property with this name."""
        (found,) = self.all(name)
        return found

    def named(self, name: str) -> list[Component]:
        """Return the parts with this name."""
        return [part for part in self.parts if part.name == name]


_LINE = re.compile(r'([A-Z0-9-]+)((?:;[A-Z0-9-]+=(?:"[^"]*"|[^";:,]*)(?:,(?:"[^"]*"|[^";:,]*))*)*):(.*)')
_PARAMETER = re.compile(r';([A-Z0-9-]+)=("[^"]*"|[^";:]*)')


def lines(data: bytes, whole: str = "VCALENDAR") -> Component:
    """Read a calendar, or a component by itself, by RFC 5545's grammar alone, and fail for whatever breaks it."""
    assert data.endswith(f"END:{whole}\r\n".encode())
    raw = data.split(b"\r\n")[:-1]
    assert all(len(line) <= 75 for line in raw), "a line holds at most 75 octets (3.1)"
    assert not re.search(rb"[\x00-\x08\x0b-\x1f\x7f]", data.replace(b"\r\n", b"")), "no control characters"
    for line in raw:
        line.decode()  # no character is torn apart by folding
    text = data.decode().replace("\r\n ", "").replace("\r\n\t", "")
    stack: list[Component] = []
    for line in text.split("\r\n")[:-1]:
        found = _LINE.fullmatch(line)
        assert found, f"no content line: {line}"
        name, value = found[1], found[3]
        if name == "BEGIN":
            part = Component(value)
            if stack:
                stack[-1].parts.append(part)
            stack.append(part)
        elif name == "END":
            assert stack[-1].name == value
            ended = stack.pop()
            if not stack:
                return ended
        else:
            parameters = {key: text.strip('"') for key, text in _PARAMETER.findall(found[2])}
            stack[-1].properties.append(Property(name, parameters, value))
    raise AssertionError("the calendar has no end")


def by_vobject(data: bytes) -> list[datetime]:
    """Return when events begin, as vobject has it by the file's own VTIMEZONE; cancelled ones left out."""
    events = vobject.readOne(data.decode()).vevent_list
    moved = {_utc(event.recurrence_id.value): event for event in events if hasattr(event, "recurrence_id")}
    starts = []
    for event in events:
        if hasattr(event, "recurrence_id") or event.status.value == "CANCELLED":
            continue
        rules = event.getrruleset(addRDate=True)
        times = [event.dtstart.value] if rules is None else list(rules)
        starts += [at for each in times if (at := _utc(each)) not in moved]
    starts += [_utc(event.dtstart.value) for event in moved.values() if event.status.value != "CANCELLED"]
    return sorted(starts)


def by_recurring_events(data: bytes) -> list[datetime]:
    """Return when events begin, as recurring-ical-events expands them; cancelled ones left out."""
    expanded = recurring_ical_events.of(Calendar.from_ical(data)).between(date(2026, 1, 1), date(2031, 1, 1))
    return sorted(_utc(event["DTSTART"].dt) for event in expanded if event["STATUS"] != "CANCELLED")


def _utc(at: datetime) -> datetime:
    return at.astimezone(UTC)


class Diary:
    """What a calendar keeps of what it is sent, by the rules of RFC 5546, 2.1.5.

    Of the same UID and RECURRENCE-ID the greater SEQUENCE counts, and with the same SEQUENCE the later DTSTAMP.
    """

    def __init__(self) -> None:
        self.entries: dict[tuple[str, str | None], Component] = {}

    def receive(self, data: bytes) -> bool:
        """Take what is newer; whether anything was."""
        calendar = lines(data)
        taken = [self._take(event) for event in calendar.named("VEVENT")]
        return any(taken)

    def is_cancelled(self, uid: str, occurrence: str | None = None) -> bool:
        """Whether the entry, or one occurrence of it, is shown as cancelled."""
        return self.entries[uid, occurrence].one("STATUS").value == "CANCELLED"

    def _take(self, event: Component) -> bool:
        occurrences = event.all("RECURRENCE-ID")
        key = event.one("UID").value, occurrences[0].value if occurrences else None
        # An occurrence that was not yet told of is as the whole series is.
        known = self.entries.get(key) or self.entries.get((key[0], None))
        if known is not None and _rank(event) <= _rank(known):
            return False
        self.entries[key] = event
        return True


def _rank(event: Component) -> tuple[int, str]:
    return int(event.one("SEQUENCE").value), event.one("DTSTAMP").value


def local_times(moments: Iterable[datetime], zone: Any) -> set[str]:
    """Return the times of day that clocks in a zone show at these moments."""
    return {f"{at.astimezone(zone):%H:%M}" for at in moments}
