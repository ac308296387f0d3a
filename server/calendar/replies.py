"""What a person's calendar answers: an iCalendar object with METHOD:REPLY (RFC 5546, 3.2.3), read once and then trusted.

Comes from outside and may be anything. Knows nothing of calls: whether the reply is about one of ours is its caller's to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from icalendar import Calendar, Event, vCalAddress, vDDDTypes

from server.records import Rsvp

if TYPE_CHECKING:
    from icalendar.cal.component import Component

MAX_BYTES: Final = 64 * 1024
"""A reply holds one event and perhaps its zone: a few KiB."""
MAX_COMPONENTS: Final = 32
"""Parts within parts: a zone's history takes some, and nothing real comes near it."""
MAX_LINES: Final = 2000
MAX_UID_CHARS: Final = 255
_ANSWERS: Final = {answer.value.upper(): answer for answer in Rsvp if answer is not Rsvp.NEEDS_ACTION}


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


def read_reply(data: bytes) -> CalendarReply:
    """Read a reply; takes some milliseconds for a large one. Raises CalendarReplyError."""
    calendar = _calendar(data)
    _check_method(str(_single(calendar, "METHOD") or "").upper())
    event = _event(calendar)
    attendee, partstat = _attendee(event)
    recurrence_id, and_later = _recurrence_id(event)
    return CalendarReply(
        uid=_uid(event),
        sequence=_sequence(event),
        dtstamp=_dtstamp(event),
        attendee=attendee,
        partstat=partstat,
        recurrence_id=recurrence_id,
        and_later=and_later,
    )


def _calendar(data: bytes) -> Calendar:
    if len(data) > MAX_BYTES:
        raise CalendarReplyError("This is too large for a calendar's reply.")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CalendarReplyError("A calendar's reply is text in UTF-8.") from None
    lines = text.splitlines()
    begun = sum(line[:6].upper() == "BEGIN:" for line in lines)
    if begun > MAX_COMPONENTS or len(lines) > MAX_LINES:
        raise CalendarReplyError("This has more parts than a calendar's reply has.")
    try:
        found = Calendar.from_ical(text, multiple=True)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError):
        # The library has no error of its own: what it meets in garbage is whatever went wrong.
        found = []
    if len(found) != 1 or not isinstance(found[0], Calendar):
        raise CalendarReplyError("Send one iCalendar object (RFC 5545): a VCALENDAR with METHOD:REPLY.")
    return found[0]


def _check_method(method: str) -> None:
    if method == "COUNTER":
        raise CalendarReplyError(
            "A calendar's counter-proposal can't be taken; propose another time on the page that your own link leads to."
        )
    if method != "REPLY":
        raise CalendarReplyError("Only replies are taken here: METHOD must be REPLY.")


def _event(calendar: Calendar) -> Event:
    events = calendar.walk("VEVENT")
    if len(events) != 1 or not isinstance(events[0], Event):
        raise CalendarReplyError("A reply holds exactly one VEVENT; send several answers one by one.")
    return events[0]


def _single(component: Component, name: str) -> Any:
    """Return a property that may stand once; None when it is missing."""
    value = component.get(name)
    if isinstance(value, list):
        raise CalendarReplyError(f"{name} may stand only once.")
    return value


def _uid(event: Event) -> str:
    uid = str(_single(event, "UID") or "")
    if not 0 < len(uid) <= MAX_UID_CHARS:
        raise CalendarReplyError("UID must say which call is answered.")
    return uid


def _sequence(event: Event) -> int:
    value = _single(event, "SEQUENCE")
    if value is None:
        return 0
    if not isinstance(value, int) or value < 0:
        raise CalendarReplyError("SEQUENCE must be a number.")
    return int(value)


def _dtstamp(event: Event) -> datetime:
    at = _moment(_single(event, "DTSTAMP"))
    if at is None:
        raise CalendarReplyError("DTSTAMP must say when the reply was made, in UTC.")
    return at


def _recurrence_id(event: Event) -> tuple[datetime | None, bool]:
    value = _single(event, "RECURRENCE-ID")
    if value is None:
        return None, False
    at = _moment(value)
    if at is None:
        raise CalendarReplyError("RECURRENCE-ID must be the time of one occurrence, with its time zone.")
    return at, str(value.params.get("RANGE", "")).upper() == "THISANDFUTURE"


def _moment(value: Any) -> datetime | None:
    """Return an aware moment in UTC; None for what is no such thing."""
    # What the library could not read is of another class, and raises on being looked at.
    at = value.dt if isinstance(value, vDDDTypes) else None
    if not isinstance(at, datetime) or at.tzinfo is None:
        return None
    try:
        return at.astimezone(UTC)
    except (OverflowError, ValueError):
        return None


def _attendee(event: Event) -> tuple[str, Rsvp]:
    value = event.get("ATTENDEE")
    if not isinstance(value, vCalAddress):
        raise CalendarReplyError("A reply names exactly one ATTENDEE: whoever answers.")
    address = str(value)
    if address[:7].lower() != "mailto:" or "@" not in address:
        raise CalendarReplyError("ATTENDEE must be an e-mail address: mailto:…")
    partstat = str(value.params.get("PARTSTAT", "")).upper()
    if partstat not in _ANSWERS:
        raise CalendarReplyError(f"PARTSTAT must be one of {', '.join(_ANSWERS)}.")
    return unquote(address[7:]).strip(), _ANSWERS[partstat]
