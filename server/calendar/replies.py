"""What a person's calendar answers: an iCalendar object with METHOD:REPLY (RFC 5546, 3.2.3), read once and then trusted.

Comes from outside and may be anything. Knows nothing of calls: whether the reply is about one of ours is its caller's to say.

The library splits lines and no more. Left to read components, it would work out every zone that a file describes, whose rules
may go on for ever, and keep them as long as the process lives.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from icalendar.parser import Contentlines
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from server.records import Rsvp
from server.times import MomentError, zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

MAX_BYTES: Final = 64 * 1024
"""A reply holds one event and perhaps its zone: a few KiB."""
MAX_LINES: Final = 2000
"""A zone's history takes some; nothing real comes near it."""
MAX_UID_CHARS: Final = 255
MAX_DIGITS: Final = 9
_ANSWERS: Final = {answer.value.upper(): answer for answer in Rsvp if answer is not Rsvp.NEEDS_ACTION}
_MOMENT: Final = re.compile(r"(\d{8}T\d{6})(Z?)", re.ASCII)
_MAILTO: Final = "mailto:"


class CalendarReplyError(ValueError):
    """This is no reply that can be followed. `detail` is for people."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


@dataclass(frozen=True, slots=True)
class CalendarReply:
    """One person's answer to a call, or to a series."""

    uid: str
    sequence: int
    """Of the entry that was answered."""
    dtstamp: datetime
    """When it was answered."""
    attendee: str
    """Whose answer it is: an e-mail address."""
    partstat: Rsvp
    recurrence_id: datetime | None
    """Which occurrence alone is meant; None: all of them."""
    and_later: bool = False
    """Whether the occurrences after that one are meant too (RANGE=THISANDFUTURE)."""


@dataclass(frozen=True, slots=True)
class _Property:
    name: str
    parameters: Mapping[str, Any]
    value: str

    def parameter(self, name: str) -> str:
        return str(self.parameters.get(name, ""))


@dataclass(frozen=True, slots=True)
class _Part:
    """The properties of one component, without those of the parts within it."""

    properties: list[_Property] = field(default_factory=list)

    def all(self, name: str) -> Sequence[_Property]:
        return [one for one in self.properties if one.name == name]

    def single(self, name: str) -> _Property | None:
        """Return a property that may stand once; None when it is missing."""
        found = self.all(name)
        if len(found) > 1:
            raise CalendarReplyError(f"{name} may stand only once.")
        return found[0] if found else None


def read_reply(data: bytes) -> CalendarReply:
    """Read a reply; takes up to some ten milliseconds for a large one. Raises CalendarReplyError."""
    event = _answered_event(_lines(_text(data)))
    attendee, partstat = _attendee(event)
    occurrence = event.single("RECURRENCE-ID")
    return CalendarReply(
        uid=_uid(event),
        sequence=_sequence(event),
        dtstamp=_dtstamp(event),
        attendee=attendee,
        partstat=partstat,
        recurrence_id=None if occurrence is None else _occurrence(occurrence),
        and_later=occurrence is not None and occurrence.parameter("RANGE").upper() == "THISANDFUTURE",
    )


def _text(data: bytes) -> str:
    if len(data) > MAX_BYTES:
        raise CalendarReplyError("This is too large for a calendar's reply.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CalendarReplyError("A calendar's reply is text in UTF-8.") from None
    if len(text.splitlines()) > MAX_LINES:
        raise CalendarReplyError("This has more lines than a calendar's reply has.")
    return text


def _lines(text: str) -> Sequence[_Property]:
    try:
        parts = [line.parts() for line in Contentlines.from_ical(text) if line]  # type: ignore[no-untyped-call]
    except ValueError:
        raise _no_calendar() from None
    return [_Property(name.upper(), parameters, value) for name, parameters, value in parts]


def _answered_event(lines: Sequence[_Property]) -> _Part:
    """Return the one event of a calendar that is a reply."""
    calendars: list[_Part] = []
    events: list[_Part] = []
    found: Mapping[tuple[str, ...], list[_Part]] = {
        ("VCALENDAR",): calendars,
        ("VCALENDAR", "VEVENT"): events,
    }
    within: tuple[str, ...] = ()
    for line in lines:
        if line.name == "BEGIN":
            within = (*within, line.value.upper())
            found.get(within, []).append(_Part())
        elif not within or (line.name == "END" and line.value.upper() != within[-1]):
            raise _no_calendar()
        elif line.name == "END":
            within = within[:-1]
        elif within in found:
            found[within][-1].properties.append(line)
    if within or len(calendars) != 1:
        raise _no_calendar()
    _check_method(calendars[0])
    if len(events) != 1:
        raise CalendarReplyError("A reply holds exactly one VEVENT; send several answers one by one.")
    return events[0]


def _no_calendar() -> CalendarReplyError:
    return CalendarReplyError("Send one iCalendar object (RFC 5545): a VCALENDAR with METHOD:REPLY.")


def _check_method(calendar: _Part) -> None:
    method = calendar.single("METHOD")
    name = method.value.upper() if method else ""
    if name == "COUNTER":
        raise CalendarReplyError(
            "A calendar's counter-proposal can't be taken; propose another time on the page that your own link leads to."
        )
    if name != "REPLY":
        raise CalendarReplyError("Only replies are taken here: METHOD must be REPLY.")


def _uid(event: _Part) -> str:
    uid = event.single("UID")
    if uid is None or not 0 < len(uid.value) <= MAX_UID_CHARS:
        raise CalendarReplyError("UID must say which call is answered.")
    return uid.value


def _sequence(event: _Part) -> int:
    sequence = event.single("SEQUENCE")
    if sequence is None:
        return 0
    if not re.fullmatch(rf"\d{{1,{MAX_DIGITS}}}", sequence.value, re.ASCII):
        raise CalendarReplyError("SEQUENCE must be a number.")
    return int(sequence.value)


def _dtstamp(event: _Part) -> datetime:
    stamp = event.single("DTSTAMP")
    at = _moment(stamp) if stamp else None
    if at is None:
        raise CalendarReplyError("DTSTAMP must say when the reply was made, in UTC.")
    return at


def _occurrence(recurrence_id: _Property) -> datetime:
    at = _moment(recurrence_id)
    if at is None:
        raise CalendarReplyError(
            "RECURRENCE-ID must be the time of one occurrence, in UTC or in an IANA time zone."
        )
    return at


def _moment(written: _Property) -> datetime | None:
    """Return an aware moment in UTC; None for what is no such thing. A zone goes by its name alone."""
    found = _MOMENT.fullmatch(written.value)
    if found is None:
        return None
    name = "UTC" if found[2] else written.parameter("TZID")
    try:
        there = zone(WINDOWS_TO_OLSON.get(name, name))
        return datetime.strptime(found[1], "%Y%m%dT%H%M%S").replace(tzinfo=there).astimezone(UTC)
    except (MomentError, ValueError, OverflowError):
        return None


def _attendee(event: _Part) -> tuple[str, Rsvp]:
    found = event.all("ATTENDEE")
    if len(found) != 1:
        raise CalendarReplyError("A reply names exactly one ATTENDEE: whoever answers.")
    address = found[0].value
    if address[: len(_MAILTO)].lower() != _MAILTO or "@" not in address:
        raise CalendarReplyError("ATTENDEE must be an e-mail address: mailto:…")
    partstat = found[0].parameter("PARTSTAT").upper()
    if partstat not in _ANSWERS:
        raise CalendarReplyError(f"PARTSTAT must be one of {', '.join(_ANSWERS)}.")
    return unquote(address[len(_MAILTO) :]).strip(), _ANSWERS[partstat]
