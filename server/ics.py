"""A call as an iCalendar file (RFC 5545, published as RFC 5546 METHOD:PUBLISH).

Moments are written in UTC: a single call needs no VTIMEZONE. No ORGANIZER and no ATTENDEE is named: both are
e-mail addresses, which a participant need not tell the others.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from icalendar import Alarm, Calendar, Event, vUri

if TYPE_CHECKING:
    from datetime import datetime

    from server.records import Call

PRODUCT = "-//Holdspace//Holdspace//EN"
ALARM_BEFORE = timedelta(minutes=10)
ALARM_WORDS = "Your call begins in ten minutes."
"""Neutral: others may see a screen on which it appears."""
OWN_LINK = "Your own link into the call, for you alone:\n{link}"


def calendar_file(call: Call, now: datetime, link: str | None) -> bytes:
    """Return the call's calendar file; with a participant's own link, or without any for the organizer."""
    calendar = Calendar()
    calendar.add("prodid", PRODUCT)
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add_component(_event(call, now, link))
    text: bytes = calendar.to_ical()
    return text


def _event(call: Call, now: datetime, link: str | None) -> Event:
    event = Event()
    event.add("uid", f"{call.id}@holdspace")
    event.add("dtstamp", now)
    event.add("created", call.created_at)
    event.add("last-modified", call.changed_at)
    event.add("sequence", call.sequence)
    event.add("dtstart", call.starts_at)
    event.add("dtend", call.planned_end)
    event.add("summary", call.title)
    event.add("class", "PRIVATE")
    event.add("status", "CANCELLED" if call.cancelled_at else "CONFIRMED")
    if link is not None:
        event.add("url", vUri(link))
        event.add("description", OWN_LINK.format(link=link))
    if call.cancelled_at is None:
        event.add_component(_alarm())
    return event


def _alarm() -> Alarm:
    alarm = Alarm()
    alarm.add("action", "DISPLAY")
    alarm.add("trigger", -ALARM_BEFORE)
    alarm.add("description", ALARM_WORDS)
    return alarm
