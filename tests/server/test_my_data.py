"""What is kept about me: shown to me alone, and gone when I wish it, while the others learn that I won't come."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from server.app import PARTS
from server.mail.facts import UNNAMED
from server.records import ERASED_NAME
from server.tables import mails, people
from tests.server.scene import CALLS, PUBLIC_URL, assert_problem, token_of
from tests.server.scheduling.letters import ADA, BEN, THREE, answers, letters, rows, seen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import pytest
    from aiohttp import ClientResponse

    from server.app import Parts
    from tests.server.scene import Site

SUNDAY = {"starts_at": "2026-12-06T19:00", "timezone": "Europe/Berlin", "title": "Our Sunday"}
TWO = [{**ADA, "timezone": "Europe/Lisbon"}, BEN]


def _parts(site: Site) -> Parts:
    return site.client.app[PARTS]  # type: ignore[union-attr]


async def _my_data(site: Site, call: dict[str, Any], place: int = 0) -> dict[str, Any]:
    response = await site.ask("GET", call, token_of(call, place), "/my-data")
    assert response.status == 200, await response.text()
    found: dict[str, Any] = await response.json()
    return found


async def _erase(site: Site, call: dict[str, Any], token: str) -> ClientResponse:
    return await site.ask("DELETE", call, token, "/my-data")


async def _secrets(site: Site, place: int) -> set[bytes]:
    """Every byte string about who has this place that could help to read it, or to find them."""
    async with _parts(site).database.reading() as connection:
        found = (await connection.execute(select(people).where(people.c.place == place))).mappings().all()
    hashes = ("token_hash", "address_hash", "feed_hash")
    sealed = {value for row in found for value in row.values() if isinstance(value, bytes)}
    return sealed | {row[name].encode() for row in found for name in hashes}


def _files(site: Site) -> bytes:
    return b"".join(path.read_bytes() for path in site.folder.glob("*.sqlite3*"))


async def test_one_sees_all_that_is_kept_about_oneself(site: Site) -> None:
    """Name, address, zone, answer, proposals and letters, each with when it will be gone; as a file to keep."""
    call = await site.call(**SUNDAY, participants=TWO)
    await site.answer(call, 0, "accepted")
    proposal = {"starts_at": "2026-12-07T20:00", "timezone": "Europe/Lisbon"}
    proposed = await site.ask("POST", call, token_of(call), "/proposals", json=proposal)
    assert proposed.status == 201, await proposed.text()
    response = await site.ask("GET", call, token_of(call), "/my-data")
    assert response.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    assert response.headers["Cache-Control"] == "no-store"
    found = await response.json()
    assert found["you"] == {
        "name": "Ada",
        "email": "ada@example.org",
        "timezone": "Europe/Lisbon",
        "role": "partner",
    }
    (kept,) = found["calls"]
    assert (kept["id"], kept["title"], kept["your_answer"]) == (call["id"], "Our Sunday", "accepted")
    assert kept["kept_until"] == "2027-01-05T19:50:00Z"
    (mine,) = kept["proposals"]
    assert (mine["starts_at"], mine["state"], mine["proposed_by_you"]) == (
        "2026-12-07T20:00:00+00:00",
        "open",
        True,
    )
    assert {letter["kind"] for letter in kept["letters"]} == {"invitation"}
    assert (found["made_at"], found["series"]) == ("2026-11-24T12:00:00Z", None)


async def test_nothing_about_the_others_is_shown(site: Site) -> None:
    """Not their address, name or letters; and not the secret of one's own feed, which goes to one's mailbox alone."""
    call = await site.call(**SUNDAY, participants=TWO)
    text = await (await site.ask("GET", call, token_of(call), "/my-data")).text()
    assert "Ben" not in text
    assert "ben@" not in text
    assert "/feeds/" not in text


async def test_all_calls_of_a_series_are_shown(site: Site) -> None:
    """From the link of any of them."""
    call = await site.call(**SUNDAY, recurrence={"count": 3}, participants=TWO)
    found = await _my_data(site, call)
    assert [one["id"] for one in found["calls"]] == [one["id"] for one in call["series"]["calls"]]
    assert found["series"]["starts_local"] == "2026-12-06T19:00:00"


async def test_whoever_is_erased_is_gone(site: Site) -> None:
    """No key, no name, no hash in the files; the link leads nowhere; letters that waited are dropped."""
    call = await site.call(**SUNDAY, participants=TWO)
    mine, others = await _secrets(site, 0), await _secrets(site, 1)
    assert not [one for one in mine | others if one not in _files(site)]
    assert (await _erase(site, call, token_of(call))).status == 204
    files = _files(site)
    assert not [one for one in mine if one in files]
    assert not [one for one in others if one not in files]
    assert await letters(site) == [("cancelled", 1), ("invitation", 1)]
    page = await site.client.get(f"/i/{token_of(call)}", allow_redirects=False)
    unknown = await site.client.get("/i/nobodys", allow_redirects=False)
    assert page.status == unknown.status == 404
    assert await page.text() == await unknown.text()
    for method in ("GET", "DELETE"):
        again = await site.ask(method, call, token_of(call), "/my-data")
        await assert_problem(again, 401, "unauthorised")


async def test_whoever_reads_meanwhile_keeps_nothing_for_long(
    open_site: Callable[..., Awaitable[Site]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal can't be emptied under a reader; it is as soon as housekeeping comes by once they have finished."""
    monkeypatch.setattr("server.housekeeping.EVERY_S", 0.02)
    site = await open_site()
    call = await site.call(**SUNDAY, participants=TWO)
    mine = await _secrets(site, 0)
    with closing(sqlite3.connect(site.folder / "holdspace.sqlite3", isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT name FROM people").fetchall()
        assert (await _erase(site, call, token_of(call))).status == 204
        assert [one for one in mine if one in _files(site)]
    async with asyncio.timeout(10):
        while [one for one in mine if one in _files(site)]:  # noqa: ASYNC110 - tells nobody
            await asyncio.sleep(0.02)


async def test_a_call_is_called_off_without_a_partner(site: Site) -> None:
    """Nobody waits for a yes that can't come: the others read why, without the name, and nothing can be answered."""
    call = await site.call(**SUNDAY, participants=THREE)
    await site.accept(call)
    await _erase(site, call, token_of(call))
    left = await seen(site, call)
    assert [one["name"] for one in left["participants"]] == [ERASED_NAME, "Ben", "Tess"]
    assert (left["status"], left["title"]) == ("cancelled", "Our Sunday")
    opened = await site.client.get(f"/i/{token_of(call, 1)}", allow_redirects=False)
    cookie = opened.headers["Set-Cookie"].partition(";")[0]
    page = await site.client.get(f"/calls/{call['id']}", headers={"Cookie": cookie})
    text = await page.text()
    assert "Somebody who was to come has had what is kept about them erased" in text
    assert 'id="kept' in text
    assert "Ada" not in text
    late = await site.ask("POST", call, token_of(call, 1), "/rsvp", json={"answer": "accepted"})
    await assert_problem(late, 409, "call-cancelled")


async def test_a_call_goes_on_without_a_therapist(site: Site) -> None:
    """It is the partners'; they read that the therapist will not come."""
    call = await site.call(**SUNDAY, participants=THREE)
    await site.accept(call)
    await _erase(site, call, token_of(call, 2))
    left = await seen(site, call)
    assert [one["name"] for one in left["participants"]] == ["Ada", "Ben", ERASED_NAME]
    assert answers(left)[2] == "declined"
    assert (left["status"], left["agreed"]) == ("scheduled", True)
    assert await letters(site, "declined") == [("declined", 0), ("declined", 1)]


async def test_the_others_are_written_to_without_the_name(site: Site) -> None:
    """The letter has words for somebody whose name nobody knows any more."""
    call = await site.call(**SUNDAY, participants=TWO)
    await _parts(site).postman.send_due()
    await _erase(site, call, token_of(call))
    await _parts(site).postman.send_due()
    written = [message_from_bytes(path.read_bytes(), policy=policy.default) for path in _outbox(site)]
    bodies = [part.get_content() for one in written if (part := one.get_body(("plain",))) is not None]
    (told,) = [body for body in bodies if "has had what is kept about them erased" in " ".join(body.split())]
    assert UNNAMED in " ".join(told.split())
    assert "Ada" not in told
    assert ERASED_NAME not in told


def _outbox(site: Site) -> list[Any]:
    return sorted((site.folder / "outbox").iterdir())


async def test_letters_in_the_outbox_are_removed(site: Site) -> None:
    """One's own, which hold the name and the link; not those to the others."""
    call = await site.call(**SUNDAY, participants=TWO)
    await _parts(site).postman.send_due()
    assert len(_outbox(site)) == 2
    await _erase(site, call, token_of(call))
    (left,) = _outbox(site)
    assert b"ben@example.org" in left.read_bytes()


async def test_a_proposal_goes_with_who_made_it(site: Site) -> None:
    """The others are not asked about it any more, by letter either."""
    call = await site.call(**SUNDAY, participants=TWO)
    await _parts(site).postman.send_due()
    proposal = {"starts_at": "2026-12-07T20:00", "timezone": "Europe/Berlin"}
    await site.ask("POST", call, token_of(call), "/proposals", json=proposal)
    await _erase(site, call, token_of(call))
    assert (await seen(site, call))["proposals"] == []
    await _parts(site).postman.send_due()
    async with _parts(site).database.reading() as connection:
        states = (await connection.execute(select(mails.c.kind, mails.c.state))).all()
    assert ("proposed", "dropped") in states
    assert ("cancelled", "sent") in states


async def test_one_is_erased_from_the_whole_series(site: Site) -> None:
    """With one letter to each of the others, and every call still to come called off."""
    call = await site.call(**SUNDAY, recurrence={"count": 4}, participants=THREE)
    await site.accept(call)
    mine = await _secrets(site, 0)
    third = {**call["series"]["calls"][2], "manage_token": call["manage_token"]}
    site.clock.move(days=13)
    assert (await _erase(site, third, token_of(call))).status == 204
    assert not [one for one in mine if one in _files(site)]
    for place, one in enumerate(call["series"]["calls"]):
        left = await seen(site, {**one, "manage_token": call["manage_token"]})
        assert left["participants"][0]["name"] == ERASED_NAME
        assert left["status"] == ("ended" if place == 0 else "cancelled")
    assert await letters(site, "series-ended") == [("series-ended", 1), ("series-ended", 2)]


async def test_after_a_call_one_is_erased_without_a_word(site: Site) -> None:
    """Nobody has to learn of it when nothing is to come."""
    call = await site.call(**SUNDAY, participants=TWO)
    site.clock.move(days=20)
    assert (await _erase(site, call, token_of(call))).status == 204
    assert await letters(site, "declined") == []
    assert (await seen(site, call))["participants"][0]["name"] == ERASED_NAME


async def test_nobody_is_erased_in_the_middle_of_a_call(site: Site) -> None:
    """It has to end first: the others would sit there with somebody who is not known."""
    call = await site.call(participants=TWO)
    before = await rows(site)
    await _parts(site).door.began(call["id"])
    await assert_problem(await _erase(site, call, token_of(call)), 409, "call-live")
    assert await rows(site) == before
    assert (await _my_data(site, call))["you"]["name"] == "Ada"
    await _parts(site).door.ended(call["id"])
    assert (await _erase(site, call, token_of(call))).status == 204


async def test_only_a_participant_may(site: Site) -> None:
    """Neither the organizer nor somebody of another call sees or erases anything."""
    call, other = await site.call(**SUNDAY), await site.call(**SUNDAY)
    for method in ("GET", "DELETE"):
        for token in (call["manage_token"], token_of(other), "nobodys"):
            await assert_problem(await site.ask(method, call, token, "/my-data"), 401, "unauthorised")
        missing = await site.ask(method, {"id": "nope"}, token_of(call), "/my-data")
        await assert_problem(missing, 404, "call-unknown")
    assert (await _my_data(site, call))["you"]["name"] == "Ada"


async def test_another_site_erases_nobody(site: Site) -> None:
    """With the browser's cookie it takes our own page."""
    call = await site.call(**SUNDAY)
    opened = await site.client.get(f"/i/{token_of(call)}", allow_redirects=False)
    cookie = opened.headers["Set-Cookie"].partition(";")[0]
    url = f"{CALLS}/{call['id']}/my-data"
    for origin in ({}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        refused = await site.client.delete(url, headers={"Cookie": cookie, **origin})
        await assert_problem(refused, 403, "cross-site")
    done = await site.client.delete(url, headers={"Cookie": cookie, "Origin": PUBLIC_URL})
    assert done.status == 204


async def test_without_an_address_there_is_as_little(open_site: Callable[..., Awaitable[Site]]) -> None:
    """Somebody who was never written to is shown and erased alike."""
    site = await open_site(keep_days=0)
    call = await site.call(**SUNDAY)
    found = await _my_data(site, call)
    assert (found["you"]["email"], found["calls"][0]["letters"]) == (None, [])
    assert found["calls"][0]["kept_until"] == "2026-12-06T19:50:00Z"
    assert (await _erase(site, call, token_of(call))).status == 204
