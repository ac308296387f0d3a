"""A series that outlives its first calls: they are erased while it goes on, and what comes later works as before."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

import pytest

from server.app import PARTS
from server.retention import Retention
from tests.server.calendar.test_reply_api import hand_on, says
from tests.server.scene import token_of
from tests.server.scheduling.letters import ADA, BEN, answers

if TYPE_CHECKING:
    from email.message import EmailMessage

    from tests.server.scene import Site

WEEKLY = {"starts_at": "2026-11-25T19:00", "timezone": "Europe/Berlin", "participants": [ADA, BEN]}


async def _letters(site: Site) -> list[EmailMessage]:
    """Send what is due; return all letters to Ada that lie in the outbox, and take them out of it."""
    await site.client.app[PARTS].postman.send_due()  # type: ignore[union-attr]
    paths = list((site.folder / "outbox").glob("*.eml"))
    found = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in paths]
    for path in paths:
        path.unlink()
    return [letter for letter in found if "ada@example.org" in letter["To"]]


def _calendar(letter: EmailMessage) -> str:
    """The calendar's part of a letter, its lines unfolded."""
    part = next(one for one in letter.walk() if one.get_content_type() == "text/calendar")
    return str(part.get_content()).replace("\r\n", "\n").replace("\n ", "")


async def _erase(site: Site) -> int:
    """Erase what is kept too long; how many calls that were."""
    parts = site.client.app[PARTS]  # type: ignore[union-attr]
    keep, outbox = timedelta(days=30), site.folder / "outbox"
    retention = Retention(parts.database, parts.hours, parts.desk.listed, keep=keep, outbox=outbox)
    return await retention.run(site.clock())


@pytest.fixture
async def weekly(site: Site) -> dict[str, Any]:
    """Return twelve weekly calls, told of and accepted, six weeks on: the first two are erased."""
    call = await site.call(**WEEKLY, recurrence={"count": 12})
    await _letters(site)
    await site.accept(call)
    await _letters(site)
    site.clock.move(days=45)
    assert await _erase(site) == 2
    return call


async def test_its_end_is_told(site: Site, weekly: dict[str, Any]) -> None:
    """The letter has the calls that remain; the erased ones are in it no more."""
    tenth = {"id": weekly["series"]["calls"][9]["id"]}
    response = await site.ask("DELETE", tenth, weekly["manage_token"], "?scope=series")
    assert response.status == 200
    (letter,) = await _letters(site)
    entry = _calendar(letter)
    assert "METHOD:REQUEST" in entry
    assert "UNTIL=20270120T180000Z" in entry
    assert "EXDATE;TZID=Europe/Berlin:20261125T190000,20261202T190000" in entry


async def test_a_series_is_called_off_whose_first_call_was_skipped_long_before(site: Site) -> None:
    """What was called off is erased first; the letter about all the others goes out as well."""
    call = await site.call(**{**WEEKLY, "starts_at": "2027-03-03T19:00"}, recurrence={"count": 3})
    await _letters(site)
    assert (await site.ask("DELETE", call, call["manage_token"])).status == 200
    await _letters(site)
    site.clock.move(days=45)
    assert await _erase(site) == 1
    second = call["series"]["calls"][1]
    assert (await site.ask("DELETE", second, call["manage_token"], "?scope=series")).status == 200
    (letter,) = await _letters(site)
    assert "STATUS:CANCELLED" in _calendar(letter)


async def test_a_skipped_call_is_told_as_that(site: Site, weekly: dict[str, Any]) -> None:
    """Nobody is invited anew to what they were invited to long ago, though that letter is erased."""
    ninth = weekly["series"]["calls"][8]
    assert (await site.ask("DELETE", ninth, weekly["manage_token"])).status == 200
    (letter,) = await _letters(site)
    entry = _calendar(letter)
    assert "METHOD:CANCEL" in entry
    assert "RECURRENCE-ID;TZID=Europe/Berlin:20270120T190000" in entry


async def test_calendars_still_answer(site: Site, weekly: dict[str, Any]) -> None:
    """An invitation and the manage token are good for replies, as they were at first."""
    stamp = "DTSTAMP:20270101T120000Z"
    for token in (token_of(weekly), weekly["manage_token"]):
        response = await hand_on(site, says(weekly, "DECLINED", DTSTAMP=stamp), token)
        assert response.status == 200, await response.text()
        assert answers(await response.json()) == ["declined", "accepted"]
