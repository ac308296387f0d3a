"""A weekly series across both changes of the clocks: every call at the organizer's local time, whoever reads it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
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
    local_times,
    series_of,
)

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
    """Read by dateutil, the component gives the offset of every hour of four years, the hours round each change included."""
    zone = ZoneInfo(name)
    text = f"BEGIN:VCALENDAR\r\n{vtimezone(name, 2026, 2029).to_ical().decode()}END:VCALENDAR\r\n"
    (described,) = (tzical(_Text(text)).get(key) for key in [name])
    wrong = []
    at = datetime(2026, 1, 1, tzinfo=UTC)
    while at.year < 2030:
        local = at.astimezone(zone).replace(tzinfo=None)
        offsets = {local.replace(tzinfo=zone, fold=fold).utcoffset() for fold in (0, 1)}
        # A local time that comes twice or never has no one offset; such times are asked back.
        if len(offsets) == 1 and local.replace(tzinfo=described).utcoffset() not in offsets:
            wrong.append(local)
        at += timedelta(hours=1)
    assert wrong == []


class _Text:
    """What dateutil takes for an open file."""

    def __init__(self, text: str) -> None:
        self._text = text

    def read(self) -> str:
        """Return all of it."""
        return self._text
