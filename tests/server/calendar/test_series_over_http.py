"""A year of a couple's weekly calls on a real server, as the organizer plans it and two calendars in two zones show it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import pytest

from server.app import PARTS
from server.calendar.events import Entry
from server.calendar.objects import occurrence_cancel, occurrence_request, request_calendar
from tests.server.calendar.diary import Diary, by_recurring_events, by_vobject, lines, local_times
from tests.server.scene import token_of
from tests.server.scheduling.letters import ADA, BEN, seen

if TYPE_CHECKING:
    from server.records import Call
    from tests.server.scene import Site

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
WEEKS = 44
"""From September to July: over both changes of both zones."""


def first_sunday(year: int) -> datetime:
    """Return seven in the evening of the first Sunday of September, as people write it."""
    first = date(year, 9, 1)
    return datetime.combine(first + timedelta(days=6 - first.weekday()), time(19))


async def planned(site: Site, year: int, zone: ZoneInfo, other: ZoneInfo) -> dict[str, Any]:
    """Schedule the series in the August before."""
    site.clock.now = datetime(year, 8, 1, 12, tzinfo=UTC)
    people = [{**ADA, "timezone": zone.key}, {**BEN, "timezone": other.key}]
    first = first_sunday(year).isoformat()
    return await site.call(
        starts_at=first, timezone=zone.key, recurrence={"count": WEEKS}, participants=people
    )


async def coming(site: Site, made: dict[str, Any]) -> list[datetime]:
    """Return when the calls that take place begin, as the server's own pages and doors have it."""
    shown = await seen(site, made)
    on = [one for one in shown["series"]["calls"] if one["status"] == "scheduled"]
    return sorted(datetime.fromisoformat(one["starts_at"]).astimezone(UTC) for one in on)


async def in_calendars(site: Site, made: dict[str, Any], place: int) -> list[datetime]:
    """Return when a person's calendar shows them, after two independent readers agree on it."""
    response = await site.ask("GET", made, token_of(made, place), "/calendar.ics")
    data = await response.read()
    assert by_vobject(data) == by_recurring_events(data)
    return by_vobject(data)


@pytest.mark.parametrize("year", [2026, 2027])
@pytest.mark.parametrize(
    ("zone", "other"), [(BERLIN, NEW_YORK), (NEW_YORK, BERLIN)], ids=["Berlin", "New York"]
)
async def test_a_year_of_weekly_calls(site: Site, year: int, zone: ZoneInfo, other: ZoneInfo) -> None:
    """Every call at the organizer's local time; one is skipped, one moved, and the series ended before the summer."""
    made = await planned(site, year, zone, other)
    first = first_sunday(year)
    expected = [(first + timedelta(weeks=week)).replace(tzinfo=zone).astimezone(UTC) for week in range(WEEKS)]
    assert await coming(site, made) == expected
    for place in range(2):
        assert await in_calendars(site, made, place) == expected
    assert local_times(expected, zone) == {"19:00"}
    # For some weeks of the year the zones are an hour closer to each other.
    assert len(local_times(expected, other)) == 2

    ids = [one["id"] for one in made["series"]["calls"]]
    manage = made["manage_token"]
    assert (await site.ask("DELETE", {"id": ids[8]}, manage, "?scope=this")).status == 200
    moved_to = (first + timedelta(weeks=30, days=2)).replace(hour=20)
    body = {"starts_at": moved_to.isoformat()}
    assert (await site.ask("PATCH", {"id": ids[30]}, manage, json=body)).status == 200
    assert (await site.ask("DELETE", {"id": ids[40]}, manage, "?scope=series")).status == 200
    expected[30] = moved_to.replace(tzinfo=zone).astimezone(UTC)
    expected = expected[:8] + expected[9:40]
    assert await coming(site, made) == expected
    for place in range(2):
        assert await in_calendars(site, made, place) == expected


async def test_what_is_mailed_is_taken_as_updates_of_the_one_entry(site: Site) -> None:
    """Over HTTP too each change outranks what calendars were sent before: of the series, and of other calls of it."""
    made = await planned(site, 2026, BERLIN, NEW_YORK)
    ids = [one["id"] for one in made["series"]["calls"]]
    entry = Entry(0, "An appointment", "About us", None, "appointments@talk.example.org")

    async def call(place: int) -> Call:
        found = await site.client.app[PARTS].store.get(ids[place])  # type: ignore[union-attr]
        assert found is not None
        return found

    diary = Diary()
    series = (await call(0)).series
    assert series is not None
    calls = await site.client.app[PARTS].store.series_calls(series.id)  # type: ignore[union-attr]
    assert diary.receive(request_calendar(calls, entry, site.clock.now))
    for place in (3, 5, 3):
        body = {"duration_minutes": 60 if (await call(place)).duration_minutes == 50 else 70}
        assert (await site.ask("PATCH", {"id": ids[place]}, made["manage_token"], json=body)).status == 200
        assert diary.receive(occurrence_request(await call(place), entry, site.clock.now))
    assert (await site.ask("DELETE", {"id": ids[3]}, made["manage_token"], "?scope=this")).status == 200
    assert diary.receive(occurrence_cancel(await call(3), entry, site.clock.now))
    calls = await site.client.app[PARTS].store.series_calls(series.id)  # type: ignore[union-attr]
    whole = request_calendar(calls, entry, site.clock.now)
    assert diary.receive(whole)
    assert max(int(event.one("SEQUENCE").value) for event in lines(whole).named("VEVENT")) == 4
