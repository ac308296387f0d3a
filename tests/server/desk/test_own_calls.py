"""A therapist who is in the calls of their own desk: who sets a call up or moves it there is not asked whether they come."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.server.desk.scene import THERAPIST
from tests.server.scene import token_of
from tests.server.scheduling.letters import ADA, BEN, answers, letters

if TYPE_CHECKING:
    from tests.server.desk.scene import Practice

THEA = {"role": "therapist", "name": "Thea", "email": THERAPIST.upper()}
"""As people write addresses."""
SUNDAY = {"starts_at": "2026-12-06T19:00", "timezone": "Europe/Berlin"}


async def _schedule(practice: Practice, headers: dict[str, str]) -> dict[str, Any]:
    response = await practice.site.post(headers, participants=[ADA, BEN, THEA], **SUNDAY)
    assert response.status == 201, await response.text()
    made: dict[str, Any] = await response.json()
    return made


async def test_who_schedules_at_their_desk_has_said_yes(practice: Practice) -> None:
    """They are not asked, and get the letter with the calendar entry all the same; a stranger's address is asked."""
    headers = await practice.sign_in()
    call = await _schedule(practice, headers)
    assert answers(call) == ["needs-action", "needs-action", "accepted"]
    assert ("invitation", 2) in await letters(practice.site, "invitation")
    elsewhere = await practice.site.call(participants=[ADA, BEN, THEA], **SUNDAY)
    assert answers(elsewhere) == ["needs-action"] * 3


async def test_a_move_at_the_desk_asks_the_others_alone(practice: Practice) -> None:
    """Whoever moves it knows that they come; when others agree on another time, the therapist is asked."""
    headers = await practice.sign_in()
    call = await _schedule(practice, headers)
    address = f"/api/v1/calls/{call['id']}"
    await practice.site.accept(call)
    moved = await practice.site.client.patch(
        address, json={"starts_at": "2026-12-07T19:00", "timezone": "Europe/Berlin"}, headers=headers
    )
    assert answers(await moved.json()) == ["needs-action", "needs-action", "accepted"]
    proposed = await practice.site.ask(
        "POST", call, token_of(call), "/proposals", json={"starts_at": "2026-12-08T19:00"}
    )
    (proposal,) = (await proposed.json())["proposals"]
    agreed = await practice.site.ask(
        "POST", call, token_of(call, 1), f"/proposals/{proposal['id']}/answer", json={"answer": "accepted"}
    )
    assert answers(await agreed.json()) == ["accepted", "accepted", "needs-action"]


async def test_a_move_by_the_operator_asks_everybody(practice: Practice) -> None:
    """Somebody else's change is nobody's yes."""
    call = await _schedule(practice, await practice.sign_in())
    operator = practice.parts.sealer.operator_token.value
    moved = await practice.site.ask("PATCH", call, operator, json={"duration_minutes": 75})
    assert moved.status == 200, await moved.text()
    assert answers(await moved.json()) == ["needs-action"] * 3


async def test_a_move_by_the_calls_own_link_asks_everybody(practice: Practice) -> None:
    """Whoever was given the link may be somebody else; only the desk's own wish is the therapist's."""
    call = await _schedule(practice, await practice.sign_in())
    moved = await practice.site.ask("PATCH", call, call["manage_token"], json={"duration_minutes": 75})
    assert answers(await moved.json()) == ["needs-action"] * 3


async def test_the_desk_says_no_yes_for_a_partner(practice: Practice) -> None:
    """A partner with the desk's address is asked like any other: a door opens by two people's own yes."""
    headers = await practice.sign_in()
    partner = {**THEA, "role": "partner"}
    response = await practice.site.post(headers, participants=[ADA, partner], **SUNDAY)
    call = await response.json()
    assert answers(call) == ["needs-action"] * 2
    moved = await practice.site.client.patch(
        f"/api/v1/calls/{call['id']}", json={"duration_minutes": 75}, headers=headers
    )
    assert answers(await moved.json()) == ["needs-action"] * 2
