"""The calendar file of a call, read by independent parsers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import recurring_ical_events
from icalendar import Calendar

from tests.server.scene import CALLS, assert_problem, token_of

if TYPE_CHECKING:
    from icalendar import Event

    from tests.server.scene import Site

LATER = {"starts_at": "2026-12-06T19:00", "timezone": "Europe/Berlin"}


async def _event(site: Site, call: dict[str, Any], token: str) -> Event:
    response = await site.ask("GET", call, token, "/calendar.ics")
    assert response.status == 200
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8; method=PUBLISH"
    calendar = Calendar.from_ical(await response.read())
    assert calendar["METHOD"] == "PUBLISH"
    (event,) = calendar.walk("VEVENT")
    return event


async def test_a_participants_file_holds_their_own_link(site: Site) -> None:
    """Each participant's file holds their link alone; the organizer's holds none."""
    call = await site.call(**LATER)
    for place in range(2):
        event = await _event(site, call, token_of(call, place))
        assert event["URL"] == call["participants"][place]["invitation_url"]
        assert token_of(call, 1 - place) not in event.to_ical().decode().replace("\r\n ", "")
    organizers = await _event(site, call, call["manage_token"])
    assert "URL" not in organizers
    assert "/i/" not in organizers.to_ical().decode().replace("\r\n ", "")


async def test_a_cookie_is_enough_for_the_own_link(site: Site) -> None:
    """In the browser the link is known from the cookie."""
    call = await site.call()
    cookie = f"holdspace_{call['participants'][0]['id']}={token_of(call)}"
    response = await site.client.get(f"{CALLS}/{call['id']}/calendar.ics", headers={"Cookie": cookie})
    assert token_of(call) in (await response.text()).replace("\r\n ", "")


async def test_the_calendar_shows_the_call_at_its_moment(site: Site) -> None:
    """An independent reader finds one event at the right moment, with the right length."""
    call = await site.call(**LATER, title="Sunday; talk, over dinner")
    response = await site.ask("GET", call, token_of(call), "/calendar.ics")
    calendar = Calendar.from_ical(await response.read())
    (event,) = recurring_ical_events.of(calendar).between((2026, 12, 6), (2026, 12, 7))
    assert event["DTSTART"].dt == datetime(2026, 12, 6, 18, 0, tzinfo=UTC)
    assert event["DTEND"].dt == datetime(2026, 12, 6, 18, 50, tzinfo=UTC)
    assert (event["SUMMARY"], event["CLASS"], event["STATUS"]) == ("An appointment", "PRIVATE", "CONFIRMED")
    assert event["DESCRIPTION"].startswith("Sunday; talk, over dinner\n\nYour own link")


async def test_changes_keep_the_uid_and_raise_the_sequence(site: Site) -> None:
    """A calendar replaces its entry: same UID, higher SEQUENCE, and CANCELLED in the end (RFC 5545)."""
    call = await site.call(**LATER)
    events = [await _event(site, call, token_of(call))]
    await site.ask("PATCH", call, call["manage_token"], json={"duration_minutes": 75})
    events.append(await _event(site, call, token_of(call)))
    await site.ask("PATCH", call, call["manage_token"], json={"duration_minutes": 75})
    site.clock.move(minutes=1)
    await site.ask("DELETE", call, call["manage_token"])
    events.append(await _event(site, call, token_of(call)))
    assert len({event["UID"] for event in events}) == 1
    assert [event["SEQUENCE"] for event in events] == [0, 1, 2]
    assert [event["STATUS"] for event in events] == ["CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert events[2]["LAST-MODIFIED"].dt == site.clock.now


async def test_a_title_injects_no_calendar_lines(site: Site) -> None:
    """What looks like calendar syntax in a title stays text."""
    title = "END:VEVENT\\nBEGIN:VALARM;X=1,2:3"
    call = await site.call(title=title)
    event = await _event(site, call, token_of(call))
    assert event["DESCRIPTION"].startswith(f"{title}\n\n")
    assert [part.name for part in event.subcomponents] == ["VALARM"]
    (alarm,) = event.subcomponents
    assert set(alarm) == {"ACTION", "TRIGGER", "DESCRIPTION"}


async def test_the_calendar_reminds_ten_minutes_before(site: Site) -> None:
    """One reminder, in words that tell nothing to others who see the screen; none for a cancelled call."""
    call = await site.call(**LATER, title="About last winter")
    (alarm,) = (await _event(site, call, token_of(call))).walk("VALARM")
    assert (alarm["ACTION"], alarm["TRIGGER"].dt) == ("DISPLAY", timedelta(minutes=-10))
    assert alarm["DESCRIPTION"] == "Your call begins in ten minutes."
    await site.ask("DELETE", call, call["manage_token"])
    assert (await _event(site, call, token_of(call))).walk("VALARM") == []


async def test_strangers_get_no_calendar_file(site: Site) -> None:
    """The file is for participants and the organizer."""
    call = await site.call()
    await assert_problem(await site.ask("GET", call, "x", "/calendar.ics"), 401, "unauthorised")
