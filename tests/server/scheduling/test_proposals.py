"""Another time: proposed by one, answered by the others, and the call moves when all of them say yes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from server.scheduling.proposals import MAX_PROPOSALS
from tests.server.scene import assert_problem, token_of
from tests.server.scheduling.letters import THREE, answers, letters, rows, seen

if TYPE_CHECKING:
    from aiohttp import ClientResponse

    from tests.server.scene import Site

LATER = {"starts_at": "2026-12-06T19:00", "timezone": "Europe/Berlin", "participants": THREE}
MONDAY = {"starts_at": "2026-12-07T13:30", "timezone": "America/New_York"}
TUESDAY = {"starts_at": "2026-12-08T18:00:00Z"}


async def _propose(site: Site, call: dict[str, Any], place: int, wish: dict[str, Any]) -> str:
    response = await site.ask("POST", call, token_of(call, place), "/proposals", json=wish)
    assert response.status == 201, await response.text()
    made: str = (await response.json())["proposals"][-1]["id"]
    return made


async def _say(site: Site, call: dict[str, Any], place: int, proposal: str, answer: str) -> ClientResponse:
    tail = f"/proposals/{proposal}/answer"
    return await site.ask("POST", call, token_of(call, place), tail, json={"answer": answer})


async def test_a_proposal_asks_the_other_partner(site: Site) -> None:
    """It is shown as it was written, to everyone; the other partner gets a letter, the call stays where it is."""
    call = await site.call(**LATER)
    proposal = await _propose(site, call, 1, MONDAY)
    told = await seen(site, call)
    assert told["proposals"] == [
        {
            "id": proposal,
            "by": call["participants"][1]["id"],
            "starts_at": "2026-12-07T13:30:00-05:00",
            "timezone": "America/New_York",
            "state": "open",
            "agreed": [],
        }
    ]
    assert told["starts_at"] == call["starts_at"]
    assert await letters(site, "proposed") == [("proposed", 0)]


async def test_a_yes_moves_the_call(site: Site) -> None:
    """The call is at the new time, both partners have accepted it, the therapist is asked, and all are told."""
    call = await site.call(**LATER)
    await site.answer(call, 2, "accepted")
    proposal = await _propose(site, call, 1, MONDAY)
    moved = await (await _say(site, call, 0, proposal, "accepted")).json()
    assert moved["starts_at"] == "2026-12-07T19:30:00+01:00"
    assert (moved["sequence"], moved["agreed"]) == (1, True)
    assert answers(moved) == ["accepted", "accepted", "needs-action"]
    assert moved["proposals"][0]["state"] == "accepted"
    assert moved["proposals"][0]["agreed"] == [call["participants"][0]["id"]]
    assert await letters(site, "changed") == [("changed", place) for place in range(3)]


async def test_a_therapists_proposal_needs_both_partners(site: Site) -> None:
    """One yes is noted, two move the call; the therapist's own yes is given with the proposal."""
    call = await site.call(**LATER)
    proposal = await _propose(site, call, 2, TUESDAY)
    half = await (await _say(site, call, 0, proposal, "accepted")).json()
    assert (half["starts_at"], half["proposals"][0]["state"]) == (call["starts_at"], "open")
    whole = await (await _say(site, call, 1, proposal, "accepted")).json()
    assert (whole["starts_at"], answers(whole)) == ("2026-12-08T19:00:00+01:00", ["accepted"] * 3)


async def test_a_no_closes_the_proposal(site: Site) -> None:
    """Whoever proposed learns of it; the call stays, and nobody can answer any more."""
    call = await site.call(**LATER)
    proposal = await _propose(site, call, 1, MONDAY)
    told = await (await _say(site, call, 0, proposal, "declined")).json()
    assert (told["proposals"][0]["state"], told["starts_at"]) == ("declined", call["starts_at"])
    assert await letters(site, "proposal-declined") == [("proposal-declined", 1)]
    await assert_problem(await _say(site, call, 0, proposal, "accepted"), 409, "proposal-closed")


async def test_a_proposal_is_taken_back_by_its_own_person(site: Site) -> None:
    """By nobody else."""
    call = await site.call(**LATER)
    proposal = await _propose(site, call, 1, MONDAY)
    tail = f"/proposals/{proposal}"
    await assert_problem(await site.ask("DELETE", call, token_of(call, 0), tail), 403, "forbidden")
    told = await (await site.ask("DELETE", call, token_of(call, 1), tail)).json()
    assert told["proposals"][0]["state"] == "withdrawn"
    await assert_problem(await site.ask("DELETE", call, token_of(call, 1), tail), 409, "proposal-closed")


async def test_a_newer_proposal_overtakes_ones_own(site: Site) -> None:
    """One open proposal for each person; the other's stays open."""
    call = await site.call(**LATER)
    for place, wish in ((0, TUESDAY), (1, MONDAY), (1, {"starts_at": "2026-12-09T18:00:00Z"})):
        await _propose(site, call, place, wish)
        site.clock.move(seconds=1)
    states = [each["state"] for each in (await seen(site, call))["proposals"]]
    assert states == ["open", "overtaken", "open"]


@pytest.mark.parametrize("how", ["moved", "cancelled", "another accepted"])
async def test_a_call_that_moves_overtakes_what_was_proposed(site: Site, how: str) -> None:
    """What nobody has answered yet is about a time that is no longer there."""
    call = await site.call(**LATER)
    proposal = await _propose(site, call, 1, MONDAY)
    site.clock.move(seconds=1)
    if how == "moved":
        await site.ask("PATCH", call, call["manage_token"], json={"starts_at": "2026-12-10T19:00"})
    elif how == "cancelled":
        await site.ask("DELETE", call, call["manage_token"])
    else:
        await _say(site, call, 1, await _propose(site, call, 0, TUESDAY), "accepted")
    assert (await seen(site, call))["proposals"][0]["state"] == "overtaken"
    slug = "call-cancelled" if how == "cancelled" else "proposal-closed"
    await assert_problem(await _say(site, call, 0, proposal, "accepted"), 409, slug)


async def test_only_who_is_asked_answers(site: Site) -> None:
    """Not whoever proposed, not the therapist, not the organizer; and not what does not exist."""
    call, other = await site.call(**LATER), await site.call(**LATER)
    proposal = await _propose(site, call, 1, MONDAY)
    for place in (1, 2):
        await assert_problem(await _say(site, call, place, proposal, "accepted"), 403, "forbidden")
    organizer = await site.ask(
        "POST", call, call["manage_token"], f"/proposals/{proposal}/answer", json={"answer": "accepted"}
    )
    await assert_problem(organizer, 401, "unauthorised")
    await assert_problem(await _say(site, call, 0, "nowhere", "accepted"), 404, "proposal-unknown")
    await assert_problem(await _say(site, other, 0, proposal, "accepted"), 404, "proposal-unknown")


async def test_a_time_that_has_passed_is_not_accepted(site: Site) -> None:
    """A yes that comes too late moves the call into no past."""
    call = await site.call(**LATER)
    proposal = await _propose(site, call, 1, {"starts_at": "2026-11-24T13:00:00Z"})
    site.clock.move(hours=2)
    await assert_problem(await _say(site, call, 0, proposal, "accepted"), 409, "proposal-past")


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"starts_at": "2026-11-24T11:00:00Z"}, "/starts_at"),
        ({"starts_at": "2029-11-24T11:00:00Z"}, "/starts_at"),
        ({"starts_at": "2026-12-06T18:00:00Z"}, "/starts_at"),
        ({"starts_at": "2027-03-28T02:30", "timezone": "Europe/Berlin"}, "/starts_at"),
        ({"starts_at": "2026-12-07T19:00", "timezone": "Mars/Olympus"}, "/timezone"),
        ({"timezone": "Europe/Berlin"}, "/starts_at"),
        ({"starts_at": "2026-12-07T19:00", "title": "Mine"}, "/title"),
    ],
)
async def test_what_can_not_be_proposed(site: Site, wish: dict[str, Any], pointer: str) -> None:
    """Refused at its field; nothing is stored and nobody is told."""
    call = await site.call(**LATER)
    before = await rows(site)
    refused = await site.ask("POST", call, token_of(call), "/proposals", json=wish)
    await assert_problem(refused, 422, "invalid", pointer)
    assert await rows(site) == before


async def test_there_is_an_end_to_proposing(site: Site) -> None:
    """So many for one call, whatever became of them: each is a letter."""
    call = await site.call(**LATER)
    for minute in range(MAX_PROPOSALS):
        await _propose(site, call, minute % 2, {"starts_at": f"2026-12-08T18:{minute:02}:00Z"})
    before = await rows(site)
    refused = await site.ask(
        "POST", call, token_of(call), "/proposals", json=TUESDAY | {"starts_at": "2026-12-09T18:00Z"}
    )
    await assert_problem(refused, 409, "too-many-proposals")
    assert await rows(site) == before


async def test_one_of_a_series_is_moved_by_agreement(site: Site) -> None:
    """A proposal is about its own call; the others of the series stay."""
    call = await site.call(**LATER, recurrence={"count": 3})
    await _say(site, call, 0, await _propose(site, call, 1, MONDAY), "accepted")
    told = (await seen(site, call))["series"]["calls"]
    assert [one["starts_at"] != one["occurrence_at"] for one in told] == [True, False, False]
