"""A weekly series across both changes of the clocks: every call at the organizer's local time, whoever reads it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from dateutil.tz import tzical

from server.calendar.objects import published_calendar, request_calendar
from server.calendar.recurrence import Recurrence
from server.calendar.timezones import vtimezone
from tests.server.calendar.diary import (
    ENTRY,
    NOW,
    by_recurring_events,
    by_vobject,
    changed,
    lines,
    local_times,
    series_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.server.calendar.diary import Component

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
# Each goes from September to the next July, over both changes of both zones, which are on different days.
YEARS = (2026, 2027)
WEEKS = 44
# Days on which the clocks change; the gap between them is one or three weeks in which the zones are an hour closer.
CHANGES = {
    2026: {BERLIN: ("2026-10-25", "2027-03-28"), NEW_YORK: ("2026-11-01", "2027-03-14")},
    2027: {BERLIN: ("2027-10-31", "2028-03-26"), NEW_YORK: ("2027-11-07", "2028-03-12")},
}


def sunday(year: int) -> date:
    """Return the first Sunday of September."""
    first = date(year, 9, 1)
    return first + timedelta(days=6 - first.weekday())


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize(
    ("zone", "other"), [(BERLIN, NEW_YORK), (NEW_YORK, BERLIN)], ids=["Berlin", "New York"]
)
def test_every_call_is_at_the_organizers_local_time(year: int, zone: ZoneInfo, other: ZoneInfo) -> None:
    """Our own moments, and what two independent readers make of the file; the partner elsewhere sees three other times."""
    first = datetime.combine(sunday(year), time(19))
    calls = series_of(first.isoformat(), zone.key, Recurrence(count=WEEKS), datetime(year, 8, 1, tzinfo=UTC))
    moments = [call.starts_at for call in calls]
    assert [at.astimezone(zone).replace(tzinfo=None) for at in moments] == [
        first + timedelta(weeks=week) for week in range(WEEKS)
    ]

    data = request_calendar(calls, ENTRY, NOW)
    assert by_recurring_events(data) == moments
    assert by_vobject(data) == moments

    days = [at.astimezone(zone).date().isoformat() for at in moments]
    for changing in (zone, other):
        for day in CHANGES[year][changing]:
            assert day in days, "the series has a call on the very day of the change"
    usual, closer = ("13:00", "14:00") if zone is BERLIN else ("01:00", "00:00")
    assert local_times(moments, zone) == {"19:00"}
    assert local_times(moments, other) == {usual, closer}
    between = [at for at in moments if f"{at.astimezone(other):%H:%M}" == closer]
    assert len(between) == {2026: 3, 2027: 3}[year]


@pytest.mark.parametrize("year", YEARS)
@pytest.mark.parametrize("zone", [BERLIN, NEW_YORK], ids=["Berlin", "New York"])
def test_one_skipped_one_moved_and_the_series_ended(year: int, zone: ZoneInfo) -> None:
    """The readers see what takes place: without the skipped one, with the moved one, and nothing after the end."""
    first = datetime.combine(sunday(year), time(19))
    until = sunday(year) + timedelta(weeks=WEEKS)
    calls = series_of(first.isoformat(), zone.key, Recurrence(until=until), datetime(year, 8, 1, tzinfo=UTC))
    skipped = next(
        place
        for place, call in enumerate(calls)
        if call.starts_at.astimezone(zone).date().isoformat() in CHANGES[year][zone]
    )
    calls = changed(calls, skipped, NOW, cancelled_at=NOW)
    moved_to = calls[skipped + 1].starts_at + timedelta(days=2, hours=1)
    calls = changed(calls, skipped + 1, NOW, starts_at=moved_to)
    expected = sorted(call.starts_at for call in calls if call.cancelled_at is None)
    assert moved_to in expected
    assert len(expected) == WEEKS
    for data in (request_calendar(calls, ENTRY, NOW), published_calendar([(calls, ENTRY)], NOW)):
        assert by_recurring_events(data) == expected
        assert by_vobject(data) == expected


@pytest.mark.parametrize(
    "name",
    [
        "Europe/Berlin", "Europe/Dublin", "America/New_York", "America/St_Johns", "America/Santiago", "Africa/Casablanca",
        "Africa/Cairo", "Asia/Kolkata", "Asia/Tehran", "Australia/Lord_Howe", "Pacific/Chatham", "Asia/Jerusalem", "Etc/GMT+5",
    ],
)  # fmt: skip
def test_a_zone_is_described_as_it_is(name: str) -> None:
    """Read by dateutil, the component gives the zone's offset: of each day of four years, of each hour round a change."""
    zone = ZoneInfo(name)
    text = f"BEGIN:VCALENDAR\r\n{vtimezone(name, 2026, 2029).to_ical().decode()}END:VCALENDAR\r\n"
    described = tzical(_Text(text)).get(name)
    assert [local for local in looked_at(zone) if not is_alike(local, zone, described)] == []


@pytest.mark.parametrize(
    "name", ["Europe/Berlin", "America/New_York", "Africa/Casablanca", "Australia/Lord_Howe"]
)
def test_a_change_is_written_in_the_time_that_was_shown_until_then(name: str) -> None:
    """RFC 5545, 3.6.5: an onset is local time by TZOFFSETFROM; read so, it is the very second of the change."""
    zone = ZoneInfo(name)
    for part in lines(vtimezone(name, 2026, 2029).to_ical(), "VTIMEZONE").parts:
        before, after = offset_of(part, "TZOFFSETFROM"), offset_of(part, "TZOFFSETTO")
        onsets = [
            part.one("DTSTART").value,
            *(at for one in part.all("RDATE") for at in one.value.split(",")),
        ]
        for onset in onsets:
            at = datetime.strptime(onset, "%Y%m%dT%H%M%S").replace(tzinfo=UTC) - before
            assert at.astimezone(zone).utcoffset() == after
            assert (at - timedelta(seconds=1)).astimezone(zone).utcoffset() == before


def test_a_yearly_rule_is_written_as_one() -> None:
    """As in the example of RFC 5545, 3.6.5."""
    daylight, standard = lines(vtimezone("America/New_York", 2026, 2029).to_ical(), "VTIMEZONE").parts
    assert (daylight.name, daylight.one("RRULE").value) == ("DAYLIGHT", "FREQ=YEARLY;BYDAY=2SU;BYMONTH=3")
    assert (daylight.one("DTSTART").value, daylight.one("TZNAME").value) == ("20250309T020000", "EDT")
    assert (standard.name, standard.one("RRULE").value) == ("STANDARD", "FREQ=YEARLY;BYDAY=1SU;BYMONTH=11")
    assert (standard.one("DTSTART").value, standard.one("TZNAME").value) == ("20251102T020000", "EST")
    (still,) = lines(vtimezone("Asia/Kolkata", 2026, 2029).to_ical(), "VTIMEZONE").parts
    assert (still.name, still.one("TZOFFSETTO").value, still.all("RRULE")) == ("STANDARD", "+0530", [])


def offset_of(part: Component, name: str) -> timedelta:
    """Return an offset as a duration."""
    value = part.one(name).value
    hours = timedelta(hours=int(value[1:3]), minutes=int(value[3:5]))
    return -hours if value[0] == "-" else hours


def looked_at(zone: ZoneInfo) -> Iterator[datetime]:
    """Local times of four years: noon of each day, and every half hour of a day on which the clocks change."""
    days = (datetime(2026, 1, 1, tzinfo=zone) + timedelta(days=count) for count in range(4 * 365))
    for day in days:
        changes = day.utcoffset() != (day + timedelta(days=1)).utcoffset()
        for half_hour in range(-12, 72) if changes else (24,):
            yield (day + timedelta(minutes=30 * half_hour)).replace(tzinfo=None)


def is_alike(local: datetime, zone: ZoneInfo, described: tzinfo) -> bool:
    """Whether a local time has the same offset in both; one that comes twice or never has no one offset, and is asked back."""
    offsets = {local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)}
    return len(offsets) > 1 or local.replace(tzinfo=described).utcoffset() in offsets


class _Text:
    """What dateutil takes for an open file."""

    def __init__(self, text: str) -> None:
        self._text = text

    def read(self) -> str:
        """Return all of it."""
        return self._text
