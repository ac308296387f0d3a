"""Every calendar object that we write, property by property, against the tables of RFC 5546 and the types of RFC 5545."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from server.calendar.objects import (
    cancel_calendar,
    occurrence_cancel,
    occurrence_request,
    published_calendar,
    request_calendar,
)
from server.calendar.recurrence import Recurrence
from server.records import Rsvp
from tests.server.calendar.diary import ENTRY, LINK, NOW, changed, lines, one_call, person, series_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from server.records import Call
    from tests.server.calendar.diary import Component

LATER = NOW + timedelta(days=1)
ONCE, AT_MOST_ONCE, NEVER, ANY = (1, 1), (0, 1), (0, 0), (0, 1000)

# RFC 5546, 3.2: how often each property of a VEVENT stands, where the three methods agree.
COMMON: Mapping[str, tuple[int, int]] = {
    "DTSTAMP": ONCE, "ORGANIZER": ONCE, "UID": ONCE, "REQUEST-STATUS": NEVER,
    "ATTACH": ANY, "CATEGORIES": ANY, "CLASS": AT_MOST_ONCE, "COMMENT": ANY, "CREATED": AT_MOST_ONCE,
    "DESCRIPTION": AT_MOST_ONCE, "DTEND": AT_MOST_ONCE, "DURATION": AT_MOST_ONCE, "EXDATE": ANY, "GEO": AT_MOST_ONCE,
    "LAST-MODIFIED": AT_MOST_ONCE, "LOCATION": AT_MOST_ONCE, "PRIORITY": AT_MOST_ONCE, "RDATE": ANY,
    "RECURRENCE-ID": AT_MOST_ONCE, "RELATED-TO": ANY, "RESOURCES": ANY, "RRULE": AT_MOST_ONCE,
    "STATUS": AT_MOST_ONCE, "TRANSP": AT_MOST_ONCE, "URL": AT_MOST_ONCE,
}  # fmt: skip
TABLES: Mapping[str, Mapping[str, tuple[int, int]]] = {
    # 3.2.1
    "PUBLISH": {**COMMON, "DTSTART": ONCE, "SUMMARY": ONCE, "SEQUENCE": AT_MOST_ONCE, "ATTENDEE": NEVER, "CONTACT": AT_MOST_ONCE},
    # 3.2.2
    "REQUEST": {**COMMON, "DTSTART": ONCE, "SUMMARY": ONCE, "SEQUENCE": AT_MOST_ONCE, "ATTENDEE": (1, 1000), "CONTACT": ANY},
    # 3.2.5
    "CANCEL": {
        **COMMON, "DTSTART": AT_MOST_ONCE, "SUMMARY": AT_MOST_ONCE, "SEQUENCE": ONCE, "ATTENDEE": (1, 1000), "CONTACT": ANY,
    },
}  # fmt: skip
STATUSES = {
    "PUBLISH": {"TENTATIVE", "CONFIRMED", "CANCELLED"},
    "REQUEST": {"TENTATIVE", "CONFIRMED"},
    "CANCEL": {"CANCELLED"},
}
IN_UTC = re.compile(r"\d{8}T\d{6}Z")
LOCAL = re.compile(r"\d{8}T\d{6}(,\d{8}T\d{6})*")


def lively_series() -> tuple[Call, ...]:
    """Return a series with one call skipped, one moved to another zone, and one that Ada can't come to."""
    calls = series_of("2026-10-04T19:00:00", "Europe/Berlin", Recurrence(count=8))
    calls = changed(calls, 2, LATER, cancelled_at=LATER)
    calls = changed(
        calls, 4, LATER, starts_at=calls[4].starts_at + timedelta(hours=3), timezone="America/New_York"
    )
    return changed(calls, 6, LATER, people=(person(0, "Ada", rsvp=Rsvp.DECLINED), person(1, "Ben")))


def everything() -> dict[str, bytes]:
    """Return one of each object that is ever sent or shown."""
    call, calls = one_call(), lively_series()
    cancelled = replace(call, cancelled_at=LATER, sequence=1)
    return {
        "request": request_calendar([call], ENTRY, LATER),
        "request of a series": request_calendar(calls, ENTRY, LATER),
        "request of an occurrence": occurrence_request(calls[4], ENTRY, LATER),
        "cancel": cancel_calendar([cancelled], ENTRY, LATER),
        "cancel of a series": cancel_calendar(calls, ENTRY, LATER),
        "cancel of an occurrence": occurrence_cancel(calls[2], ENTRY, LATER),
        "publish": published_calendar([([call], ENTRY)], LATER),
        "publish of a series": published_calendar([(calls, ENTRY)], LATER),
        "publish of a cancelled call": published_calendar([([cancelled], ENTRY)], LATER),
        "publish in UTC": published_calendar([([one_call(timezone="UTC")], ENTRY)], LATER),
        "feed": published_calendar([([call], ENTRY), (calls, ENTRY)], LATER, name="Appointments"),
    }


@pytest.fixture(params=list(everything()))
def calendar(request: pytest.FixtureRequest) -> Component:
    """Return each object in turn, read by RFC 5545's grammar."""
    return lines(everything()[request.param])


def events(calendar: Component) -> list[Component]:
    """Return the events; there is at least one (RFC 5546, 3.2: VEVENT 1+)."""
    found = calendar.named("VEVENT")
    assert found
    return found


def test_each_property_stands_as_often_as_its_method_allows(calendar: Component) -> None:
    """RFC 5546's tables, and nothing that is in none of them."""
    table = TABLES[calendar.one("METHOD").value]
    for event in events(calendar):
        for name, (least, most) in table.items():
            assert least <= len(event.all(name)) <= most, name
        assert {one.name for one in event.properties} <= table.keys()


def test_the_calendar_says_what_it_is(calendar: Component) -> None:
    """PRODID and VERSION once each (RFC 5545, 3.6), METHOD once (RFC 5546, 3.2)."""
    assert calendar.one("VERSION").value == "2.0"
    assert calendar.one("PRODID").value.startswith("-//Holdspace//")
    assert calendar.one("METHOD").value in TABLES
    assert {part.name for part in calendar.parts} <= {"VEVENT", "VTIMEZONE"}


def test_the_status_is_one_that_its_method_allows(calendar: Component) -> None:
    """A request is never of a cancelled call, and a cancellation of nothing else."""
    for event in events(calendar):
        assert event.one("STATUS").value in STATUSES[calendar.one("METHOD").value]


def test_one_message_is_about_one_entry(calendar: Component) -> None:
    """RFC 5546, 3.2.2 and 3.2.5: all components have the same UID; 3.2.1 allows others, which a feed needs."""
    if calendar.one("METHOD").value != "PUBLISH":
        assert len({event.one("UID").value for event in events(calendar)}) == 1


def test_moments_have_the_shape_of_their_property(calendar: Component) -> None:
    """RFC 5545: DTSTAMP, CREATED and LAST-MODIFIED in UTC; what recurs in local time with its zone, all in the same."""
    for event in events(calendar):
        for name in ("DTSTAMP", "CREATED", "LAST-MODIFIED"):
            assert IN_UTC.fullmatch(event.one(name).value)
        for one in (
            each
            for each in event.properties
            if each.name in {"DTSTART", "DTEND", "EXDATE", "RDATE", "RECURRENCE-ID"}
        ):
            shape = LOCAL if "TZID" in one.parameters else IN_UTC
            assert shape.fullmatch(one.value), one
        assert event.one("DTSTART").parameters == event.one("DTEND").parameters
        assert event.one("DTSTART").value < event.one("DTEND").value
        for one in event.all("EXDATE"):
            assert one.parameters == event.one("DTSTART").parameters


def test_every_zone_that_is_named_is_described_once(calendar: Component) -> None:
    """RFC 5546: VTIMEZONE must be present if any date/time refers to a timezone; RFC 5545, 3.6.5: TZID is unique."""
    named = {
        one.parameters["TZID"]
        for event in events(calendar)
        for one in event.properties
        if "TZID" in one.parameters
    }
    described = [zone.one("TZID").value for zone in calendar.named("VTIMEZONE")]
    assert named <= set(described)
    assert len(described) == len(set(described))
    for part in (part for zone in calendar.named("VTIMEZONE") for part in zone.parts):
        assert part.name in {"STANDARD", "DAYLIGHT"}
        assert "TZID" not in part.one("DTSTART").parameters
        assert LOCAL.fullmatch(part.one("DTSTART").value)
        for name in ("TZOFFSETFROM", "TZOFFSETTO"):
            assert re.fullmatch(r"[+-]\d{4}", part.one(name).value)


def test_a_reminder_is_of_its_own_kind_and_never_for_what_is_cancelled(calendar: Component) -> None:
    """RFC 5545, 3.6.6: a DISPLAY alarm has an action, a trigger and words; RFC 5546, 3.2.5: none in a cancellation."""
    for event in events(calendar):
        alarms = event.named("VALARM")
        assert len(alarms) == (0 if event.one("STATUS").value == "CANCELLED" else 1)
        for alarm in alarms:
            assert {one.name: one.value for one in alarm.properties} == {
                "ACTION": "DISPLAY",
                "TRIGGER": "-PT10M",
                "DESCRIPTION": "Your call begins in ten minutes.",
            }


def test_screens_tell_nothing(calendar: Component) -> None:
    """Neutral words where a calendar shows them unasked; what it is about stands in the description alone."""
    for event in events(calendar):
        assert event.one("SUMMARY").value == "An appointment"
        assert event.one("CLASS").value == "PRIVATE"
        assert event.one("TRANSP").value == "OPAQUE"
        assert event.one("URL").value == LINK
        assert "About last winter" in event.one("DESCRIPTION").value


def test_nobody_is_told_the_others_address(calendar: Component) -> None:
    """The organizer is the server's own address, and the only attendee is whoever the object is for."""
    for event in events(calendar):
        assert event.one("ORGANIZER").value == "mailto:appointments@talk.example.org"
        assert [one.value for one in event.all("ATTENDEE")] in ([], ["mailto:ada@example.org"])
        assert "ben" not in str(event).lower()


def test_an_attendee_is_asked_to_answer() -> None:
    """RFC 5545, 3.8.4.1: who they are, what they answered so far, and that an answer is wished for."""
    for rsvp in Rsvp:
        call = one_call(people=(person(0, "Ada", rsvp=rsvp), person(1, "Ben")))
        (event,) = events(lines(request_calendar([call], ENTRY, LATER)))
        assert event.one("ATTENDEE").parameters == {
            "CUTYPE": "INDIVIDUAL",
            "ROLE": "REQ-PARTICIPANT",
            "PARTSTAT": rsvp.value.upper(),
            "RSVP": "TRUE",
        }


def test_a_series_says_its_rule_once_and_names_what_differs() -> None:
    """One entry with a rule; EXDATE for what is skipped; RECURRENCE-ID in the series' zone for what is moved or answered."""
    calls = lively_series()
    master, moved, answered = events(lines(request_calendar(calls, ENTRY, LATER)))
    assert master.one("RRULE").value == "FREQ=WEEKLY;COUNT=8"
    assert master.one("EXDATE").value == "20261018T190000"
    assert master.one("SEQUENCE").value == "3"
    assert master.all("RECURRENCE-ID") == []
    assert (moved.one("RECURRENCE-ID").value, moved.one("RECURRENCE-ID").parameters) == (
        "20261101T190000",
        {"TZID": "Europe/Berlin"},
    )
    assert (moved.one("DTSTART").value, moved.one("DTSTART").parameters) == (
        "20261101T160000",
        {"TZID": "America/New_York"},
    )
    assert moved.one("SEQUENCE").value == "2"
    assert answered.one("RECURRENCE-ID").value == "20261115T190000"
    assert answered.one("ATTENDEE").parameters["PARTSTAT"] == "DECLINED"
    assert all(one.all("RRULE") == [] for one in (moved, answered))


def test_what_the_zone_no_longer_means_takes_place_all_the_same() -> None:
    """Rules of a zone change in its country's parliament: a stored moment stays, as an addition to the rule."""
    calls = series_of("2026-10-04T19:00:00", "Europe/Berlin", Recurrence(count=3))
    hour = timedelta(hours=1)
    shifted = replace(calls[2], starts_at=calls[2].starts_at + hour, occurrence_at=calls[2].starts_at + hour)
    (master,) = events(lines(request_calendar([*calls[:2], shifted], ENTRY, LATER)))
    assert master.one("RDATE").value == "20261018T200000"
    assert master.one("EXDATE").value == "20261018T190000"


def test_an_erased_call_leaves_a_gap() -> None:
    """What is no longer stored is taken out of the rule."""
    calls = series_of("2026-10-04T19:00:00", "Europe/Berlin", Recurrence(count=4))
    (master,) = events(lines(published_calendar([(calls[1:], ENTRY)], LATER)))
    assert (master.one("DTSTART").value, master.one("EXDATE").value) == ("20261004T190000", "20261004T190000")


def test_a_feed_says_how_it_is_to_be_read() -> None:
    """RFC 7986, 5.1 and 5.7, and the names that calendars older than it know."""
    calendar = lines(published_calendar([([one_call()], ENTRY)], LATER, name="Appointments"))
    assert calendar.one("NAME").value == calendar.one("X-WR-CALNAME").value == "Appointments"
    assert (calendar.one("REFRESH-INTERVAL").value, calendar.one("REFRESH-INTERVAL").parameters) == (
        "PT1H",
        {"VALUE": "DURATION"},
    )
    assert calendar.one("X-PUBLISHED-TTL").value == "PT1H"


@pytest.mark.parametrize("address", ["o'hara+talk@example.org", "a%b?c@example.org", "žofie@příklad.cz"])
def test_an_unusual_address_is_written_as_a_uri(address: str) -> None:
    """RFC 6068: what has a meaning of its own in a URI is encoded, and nothing else of the entry moves."""
    call = one_call(people=(person(0, "Ada", email=address), person(1, "Ben")))
    (event,) = events(lines(request_calendar([call], ENTRY, LATER)))
    value = event.one("ATTENDEE").value
    assert value.startswith("mailto:")
    assert not set(value[7:]) & set("?#[]")


def test_words_inject_no_lines() -> None:
    """What looks like calendar syntax in a title stays text, and lines are folded without tearing a character apart."""
    words = "END:VEVENT\r\nBEGIN:VALARM;X=1,2:3\\n" + "ä€😀" * 60
    entry = replace(ENTRY, description=words, summary=words)
    (event,) = events(lines(request_calendar([one_call()], entry, LATER)))
    assert [part.name for part in event.parts] == ["VALARM"]
    assert event.one("SUMMARY").value.endswith("ä€😀")


def test_nobody_is_asked_without_an_address() -> None:
    """A request without an attendee would be none (RFC 5546, 3.2.2)."""
    call = one_call(people=(person(0, "Ada", email=None), person(1, "Ben")))
    with pytest.raises(ValueError, match="address"):
        request_calendar([call], ENTRY, LATER)


def test_nobody_is_asked_to_what_is_cancelled() -> None:
    """RFC 5546, 3.2.2 has no such status; whoever would send it has overlooked the cancellation."""
    with pytest.raises(ValueError, match="cancelled"):
        request_calendar([one_call(cancelled_at=LATER)], ENTRY, LATER)
    with pytest.raises(ValueError, match="cancelled"):
        occurrence_request(lively_series()[2], ENTRY, LATER)
