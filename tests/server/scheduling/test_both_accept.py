"""The door of a call that people were asked about: it opens once both partners have accepted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.app import PARTS
from tests.server.scene import CALLS, token_of

if TYPE_CHECKING:
    from tests.server.scene import Site

THREE = [
    {"role": role, "name": name}
    for role, name in (("partner", "Ada"), ("partner", "Ben"), ("therapist", "Tess"))
]
SOON = "2026-11-24T12:05:00Z"


async def _knock(site: Site, call: dict[str, Any], place: int) -> tuple[str | None, str]:
    """Open the signaling socket and join; the refusal's code and detail, or nothing and the welcome's type."""
    headers = {"Authorization": f"Bearer {token_of(call, place)}"}
    where = f"{CALLS}/{call['id']}/signaling"
    async with site.client.ws_connect(where, protocols=("holdspace.v1",), headers=headers) as socket:
        await socket.send_json({"type": "join"})
        first = await socket.receive_json(timeout=5)
        return first.get("code"), first.get("detail", first["type"])


async def test_the_door_waits_for_both_partners(site: Site) -> None:
    """With one yes it stays closed and names who is missing; with both it opens, whatever the therapist says."""
    call = await site.call(starts_at=SOON, participants=THREE)
    code, detail = await _knock(site, call, 0)
    assert code == "not-agreed"
    assert "you and Ben" in detail
    await site.answer(call, 0, "accepted")
    assert await _knock(site, call, 2) == (
        "not-agreed",
        "The door opens once both partners have accepted. It still waits for Ben.",
    )
    await site.answer(call, 2, "declined")
    seen = await site.answer(call, 1, "accepted")
    assert seen["agreed"] is True
    assert await _knock(site, call, 0) == (None, "welcome")


async def test_a_no_closes_the_door_again(site: Site) -> None:
    """Who declines after all is waited for."""
    call = await site.call(starts_at=SOON)
    await site.accept(call)
    await site.answer(call, 1, "declined")
    assert (await _knock(site, call, 0))[0] == "not-agreed"


async def test_a_call_that_has_begun_lets_its_people_back_in(site: Site) -> None:
    """Whatever is answered later, nobody is locked out of a live call."""
    call = await site.call(starts_at=SOON)
    await site.accept(call)
    await site.client.app[PARTS].door.began(call["id"])  # type: ignore[union-attr]
    await site.answer(call, 1, "declined")
    assert await _knock(site, call, 0) == (None, "welcome")


async def test_nobody_is_asked_about_a_call_on_the_spot(site: Site) -> None:
    """A call that begins now opens at once, and so does a later one that says so; asking can be wished for now, too."""
    now, later = await site.call(), await site.call(starts_at=SOON, on_the_spot=True)
    asked = await site.call(on_the_spot=False)
    assert [one["on_the_spot"] for one in (now, later, asked)] == [True, True, False]
    assert [one["agreed"] for one in (now, later, asked)] == [True, True, False]
    assert [(await _knock(site, one, 0))[0] for one in (now, later, asked)] == [None, None, "not-agreed"]


async def test_the_time_comes_before_the_answer(site: Site) -> None:
    """Too early and not agreed: it is the hour that is told."""
    call = await site.call(starts_at="2026-11-25T12:00:00Z")
    assert (await _knock(site, call, 0))[0] == "call-not-open"
