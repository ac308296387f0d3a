"""What an organizer is told of letters, sending one again, and how much of it there may be."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server import app as application
from server.app import PARTS
from tests.server.scene import assert_problem, token_of
from tests.server.scheduling.letters import ADA, letters, rows, seen

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    import pytest
    from aiohttp import ClientResponse

    from tests.server.scene import Site

LATER = {"starts_at": "2026-12-06T19:00:00Z", "participants": [ADA, {"role": "partner", "name": "Ben"}]}


async def _again(site: Site, call: dict[str, Any], token: str, place: int = 0) -> ClientResponse:
    body = {"participant": call["participants"][place]["id"]}
    return await site.ask("POST", call, token, "/letters", json=body)


async def test_the_organizer_sees_how_a_letter_fares(site: Site) -> None:
    """It waits, it is sent; who has no address has no letter, and participants are told nothing of it."""
    call = await site.call(**LATER)
    mails = [person["mail"] for person in (await seen(site, call))["participants"]]
    assert mails == [
        {"kind": "invitation", "state": "queued", "at": "2026-11-24T12:00:00+00:00", "reason": None},
        None,
    ]
    await site.client.app[PARTS].postman.send_due()  # type: ignore[union-attr]
    assert (await seen(site, call))["participants"][0]["mail"]["state"] == "sent"
    answer = await (await site.ask("GET", call, token_of(call, 1))).json()
    assert [person["mail"] for person in answer["participants"]] == [None, None]


async def test_a_letter_is_sent_again(site: Site) -> None:
    """A new letter of the same kind waits; the answer shows it."""
    call = await site.call(**LATER)
    await site.client.app[PARTS].postman.send_due()  # type: ignore[union-attr]
    site.clock.move(minutes=1)
    response = await _again(site, call, call["manage_token"])
    assert response.status == 202
    assert (await response.json())["participants"][0]["mail"]["state"] == "queued"
    assert await letters(site) == [("invitation", 0)] * 2


async def test_letters_are_sent_again_by_the_organizer_alone(site: Site) -> None:
    """Not by a participant, not to a stranger, not to somebody without an address; nothing is queued then."""
    call = await site.call(**LATER)
    before = await rows(site)
    await assert_problem(await _again(site, call, token_of(call)), 403, "forbidden")
    await assert_problem(await _again(site, call, call["manage_token"], 1), 409, "no-address")
    unknown = await site.ask("POST", call, call["manage_token"], "/letters", json={"participant": "x"})
    await assert_problem(unknown, 422, "invalid", "/participant")
    assert await rows(site) == before


async def test_there_is_an_end_to_changing(
    open_site: Callable[..., Awaitable[Site]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each change is a letter to everyone: one address makes only so many in an hour; the operator is not counted."""
    monkeypatch.setattr(application, "CHANGES_PER_HOUR", 2)
    site = await open_site(organizer_key="sesame")
    call = await (await site.post(headers={"Authorization": "Bearer sesame"}, **LATER)).json()
    for title, status in (("one", 200), ("two", 200), ("three", 429)):
        changed = await site.ask("PATCH", call, call["manage_token"], json={"title": title})
        assert changed.status == status
    before = await rows(site)
    refused = await site.ask("PATCH", call, call["manage_token"], json={"title": "four"})
    await assert_problem(refused, 429, "too-many")
    assert await rows(site) == before
    assert (await site.ask("PATCH", call, "sesame", json={"title": "five"})).status == 200
    site.clock.move(hours=1)
    assert (await site.ask("PATCH", call, call["manage_token"], json={"title": "six"})).status == 200


async def test_there_is_an_end_to_changing_ones_mind(
    open_site: Callable[..., Awaitable[Site]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A no and a yes are letters to the others: one address answers only so often in an hour."""
    monkeypatch.setattr(application, "CHANGES_PER_HOUR", 2)
    site = await open_site()
    call = await site.call(**LATER)
    for answer, status in (("declined", 200), ("accepted", 200), ("declined", 429)):
        response = await site.ask("POST", call, token_of(call, 1), "/rsvp", json={"answer": answer})
        assert response.status == status
    assert (await seen(site, call))["participants"][1]["rsvp"] == "accepted"


async def test_there_is_an_end_to_proposing(
    open_site: Callable[..., Awaitable[Site]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A proposal, and a no to one, are letters: a long series would make room for thousands of them."""
    monkeypatch.setattr(application, "CHANGES_PER_HOUR", 3)
    site = await open_site()
    call = await site.call(**LATER)
    for day in (10, 11):
        proposed = await _propose(site, call, day)
        assert proposed.status == 201
    (open_one,) = (one for one in (await proposed.json())["proposals"] if one["state"] == "open")
    way = f"/proposals/{open_one['id']}/answer"
    answered = await site.ask("POST", call, token_of(call, 1), way, json={"answer": "declined"})
    assert answered.status == 200
    await assert_problem(await _propose(site, call, 12), 429, "too-many")


async def _propose(site: Site, call: dict[str, Any], day: int) -> ClientResponse:
    """Ada proposes a day in December."""
    body = {"starts_at": f"2026-12-{day}T19:00:00Z"}
    return await site.ask("POST", call, token_of(call), "/proposals", json=body)
