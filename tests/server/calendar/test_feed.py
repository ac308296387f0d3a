"""A person's feed: all their calls with their own links, for whoever holds its secret and nobody else."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

from server.app import PARTS
from server.calendar import feed
from server.calendar.objects import published_calendar
from server.secret import Pii, token_hash
from tests.server.calendar.diary import by_recurring_events, by_vobject, lines
from tests.server.scene import assert_problem, token_of
from tests.server.scheduling.letters import ADA, BEN

if TYPE_CHECKING:
    import pytest
    from aiohttp import ClientResponse

    from server.sealing import Sealer
    from tests.server.calendar.diary import Component
    from tests.server.scene import Site

ONCE = {"starts_at": "2026-12-06T19:00", "timezone": "Europe/Berlin", "participants": [ADA, BEN]}


def _sealer(site: Site) -> Sealer:
    return site.client.app[PARTS].sealer  # type: ignore[union-attr]


def _of_address(site: Site, address: str) -> str:
    sealer = _sealer(site)
    return sealer.feed_token(sealer.address_hash(address)).value


async def _get(site: Site, secret: str, **headers: str) -> ClientResponse:
    return await site.client.get(
        f"/feeds/{secret}.ics", headers={name.replace("_", "-"): value for name, value in headers.items()}
    )


async def _events(site: Site, secret: str) -> list[Component]:
    response = await _get(site, secret)
    assert response.status == 200
    return lines(await response.read()).named("VEVENT")


async def test_a_feed_lists_all_calls_of_an_address(site: Site) -> None:
    """Single calls and series of different organizers, each with the person's own link and nobody else's."""
    single = await site.call(**ONCE)
    series = await site.call(
        **{**ONCE, "starts_at": "2026-12-08T20:00", "recurrence": {"count": 3}, "participants": [BEN, ADA]}
    )
    await site.call(**{**ONCE, "participants": [{**ADA, "email": "eve@example.org"}, BEN]})
    response = await _get(site, _of_address(site, "ADA@example.org"))
    assert response.headers["Content-Type"] == "text/calendar; charset=utf-8; method=PUBLISH"
    data = await response.read()
    calendar = lines(data)
    links = {event.one("UID").value: event.one("URL").value for event in calendar.named("VEVENT")}
    assert links == {
        f"{single['id']}@holdspace": single["participants"][0]["invitation_url"],
        f"{series['series']['id']}@holdspace": series["participants"][1]["invitation_url"],
    }
    assert (len(by_vobject(data)), by_vobject(data)) == (4, by_recurring_events(data))
    assert (calendar.one("METHOD").value, calendar.one("NAME").value) == ("PUBLISH", "Appointments")
    assert token_of(single, 1).encode() not in data.replace(b"\r\n ", b"")


async def test_without_an_address_the_link_alone_has_a_feed(site: Site) -> None:
    """It lists what the link leads to, and no other call of somebody with the same name."""
    call = await site.call(**{**ONCE, "participants": [{"role": "partner", "name": "Ada"}, BEN]})
    await site.call(**{**ONCE, "participants": [{"role": "partner", "name": "Ada"}, BEN]})
    secret = _sealer(site).feed_token(token_hash(Pii(token_of(call)))).value
    (event,) = await _events(site, secret)
    assert event.one("UID").value == f"{call['id']}@holdspace"


async def test_a_feed_follows_what_becomes_of_the_calls(site: Site) -> None:
    """Cancelled calls are marked; a skipped one leaves its series; SEQUENCE rises."""
    call = await site.call(**ONCE)
    series = await site.call(**{**ONCE, "recurrence": {"count": 3}})
    secret = _of_address(site, "ada@example.org")
    assert {event.one("STATUS").value for event in await _events(site, secret)} == {"CONFIRMED"}
    await site.ask("DELETE", call, call["manage_token"])
    skipped = {"id": series["series"]["calls"][1]["id"]}
    await site.ask("DELETE", skipped, series["manage_token"], "?scope=this")
    found = {event.one("UID").value: event for event in await _events(site, secret)}
    off, rest = found[f"{call['id']}@holdspace"], found[f"{series['series']['id']}@holdspace"]
    assert (off.one("STATUS").value, off.one("SEQUENCE").value) == ("CANCELLED", "1")
    assert (rest.one("EXDATE").value, rest.one("SEQUENCE").value) == ("20261213T190000", "1")


async def test_a_reader_that_has_it_already_is_told_so(site: Site) -> None:
    """ETag and 304 as long as nothing changes, however late it is; caches on the way keep nothing (RFC 9111)."""
    call = await site.call(**ONCE)
    secret = _of_address(site, "ada@example.org")
    first = await _get(site, secret)
    assert first.headers["Cache-Control"] == "private, no-cache"
    site.clock.move(hours=3)
    again = await _get(site, secret, If_None_Match=first.headers["ETag"])
    assert (again.status, await again.read(), again.headers["ETag"]) == (304, b"", first.headers["ETag"])
    await site.ask("PATCH", call, call["manage_token"], json={"duration_minutes": 80})
    changed = await _get(site, secret, If_None_Match=first.headers["ETag"])
    assert changed.status == 200
    assert changed.headers["ETag"] != first.headers["ETag"]


async def test_guesses_find_nothing(site: Site) -> None:
    """Unknown secrets are alike, an invitation's token among them: it opens its call and no feed."""
    call = await site.call(**ONCE)
    for secret in (
        "x",
        "x" * 500,
        token_of(call),
        call["manage_token"],
        _of_address(site, "eve@example.org"),
    ):
        await assert_problem(await _get(site, secret), 404, "feed-unknown")


async def test_who_is_erased_is_listed_nowhere(site: Site) -> None:
    """Erased from one call, a person's feed shows the others alone; the last one leaves nothing to find."""
    first, second = await site.call(**ONCE), await site.call(**ONCE)
    secret = _of_address(site, "ada@example.org")
    assert len(await _events(site, secret)) == 2
    assert (await site.ask("DELETE", first, token_of(first), "/my-data")).status < 300
    assert [event.one("UID").value for event in await _events(site, secret)] == [f"{second['id']}@holdspace"]
    assert (await site.ask("DELETE", second, token_of(second), "/my-data")).status < 300
    response = await _get(site, secret)
    assert response.status == 404 or b"VEVENT" not in await response.read()


async def test_writing_a_feed_holds_nobody_up(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hundreds of calls take a while: they are written beside the loop, which answers others in the meantime."""
    began, others_are_answered = threading.Event(), threading.Event()

    def held_up(*arguments: Any, **more: Any) -> bytes:
        began.set()
        assert others_are_answered.wait(10), "the loop stood still"
        return published_calendar(*arguments, **more)

    monkeypatch.setattr(feed, "published_calendar", held_up)
    await site.call(**{**ONCE, "recurrence": {"frequency": "daily", "count": 104}})
    await site.call(**{**ONCE, "recurrence": {"frequency": "daily", "count": 104}})
    asked = asyncio.ensure_future(_events(site, _of_address(site, "ada@example.org")))
    assert await asyncio.to_thread(began.wait, 10)
    assert (await site.client.get("/healthz")).status == 200
    others_are_answered.set()
    assert len(await asked) == 2
