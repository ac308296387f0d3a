"""Invitation links, cookies, and who is let in at which time."""

from __future__ import annotations

import re
from datetime import timedelta
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any

import pytest

from server.app import PARTS
from server.retention import Retention
from tests.server.scene import CALLS, assert_problem, token_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.server.scene import Site


def _cookie(call: dict[str, Any], *places: int) -> dict[str, str]:
    pairs = (f"holdspace_{call['participants'][place]['id']}={token_of(call, place)}" for place in places)
    return {"Cookie": "; ".join(pairs)}


async def _knock(site: Site, call: dict[str, Any], headers: dict[str, str], query: str = "") -> list[Any]:
    """Open the signaling socket and return the first message's type and code, and the close code."""
    place = f"{CALLS}/{call['id']}/signaling{query}"
    async with site.client.ws_connect(place, protocols=("holdspace.v1",), headers=headers) as socket:
        first = await socket.receive_json(timeout=5)
        await socket.receive(timeout=5)
        await socket.receive(timeout=5)
        return [first["type"], first.get("code"), socket.close_code]


def _retention(site: Site) -> Retention:
    parts = site.client.app[PARTS]  # type: ignore[union-attr]
    keep = timedelta(days=30)
    return Retention(parts.database, parts.hours, parts.desk.listed, keep=keep, outbox=site.folder / "outbox")


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_a_link_becomes_a_cookie(site: Site) -> None:
    """The secret leaves the address bar: a strict cookie is set for this call's own addresses, and the browser moves on."""
    call = await site.call(starts_at="2026-11-25T12:00:00Z")
    person = call["participants"][0]
    response = await site.client.get(f"/i/{token_of(call)}", allow_redirects=False)
    assert response.status == 303
    assert response.headers["Location"] == f"/calls/{call['id']}?as={person['id']}"
    name = f"holdspace_{person['id']}"
    morsels = [SimpleCookie(line)[name] for line in response.headers.getall("Set-Cookie")]
    assert [m["path"] for m in morsels] == [f"/calls/{call['id']}", f"/api/v1/calls/{call['id']}"]
    for morsel in morsels:
        assert morsel.value == token_of(call)
        assert (morsel["httponly"], morsel["samesite"], morsel["secure"]) == (True, "Strict", True)
        assert int(morsel["max-age"]) == (24 + 24) * 3600 + 50 * 60 + 30 * 24 * 3600


async def test_a_cookie_without_tls_is_not_secure(open_site: Callable[..., Awaitable[Site]]) -> None:
    """On plain http (the embedded default) a Secure cookie would never come back."""
    site = await open_site(public_url="")
    response = await site.client.get(f"/i/{token_of(await site.call())}", allow_redirects=False)
    assert "Secure" not in response.headers["Set-Cookie"]


async def test_looking_at_a_link_sets_nothing(site: Site) -> None:
    """HEAD, which link checkers send, sets no cookie and is alike for every token."""
    call = await site.call()
    answers = [
        await site.client.head(f"/i/{token}", allow_redirects=False) for token in (token_of(call), "x")
    ]
    assert all("Set-Cookie" not in answer.headers for answer in answers)
    assert [answer.status for answer in answers] == [204, 204]


@pytest.mark.parametrize("ending", ["passed", "cancelled"])
async def test_a_link_is_good_while_the_call_is_kept(site: Site, ending: str) -> None:
    """It leads behind a closed door, to what is kept about oneself and to erasing it; also the organizer's stays good."""
    call = await site.call()
    if ending == "cancelled":
        assert (await site.ask("DELETE", call, call["manage_token"])).status == 200
    site.clock.move(days=29)
    assert await _retention(site).run(site.clock()) == 0
    for way, token in (("i", token_of(call)), ("m", call["manage_token"])):
        led = await site.client.get(f"/{way}/{token}", allow_redirects=False)
        assert (led.status, "Set-Cookie" in led.headers) == (303, True)
    page = await site.client.get(f"/calls/{call['id']}", headers=_cookie(call, 0))
    assert page.status == 410
    assert 'id="kept' in await page.text()
    assert (await site.ask("DELETE", call, token_of(call), "/my-data")).status == 204


async def test_unknown_and_erased_links_look_the_same(site: Site) -> None:
    """One page for both: nobody learns from it that a call existed."""
    call = await site.call()
    site.clock.move(days=32)
    assert await _retention(site).run(site.clock()) == 1
    pages = [
        await site.client.get(f"/i/{token}", allow_redirects=False)
        for token in (token_of(call), "unknown", "x" * 5000, "%C3%BC")
    ]
    assert {page.status for page in pages} == {404}
    assert len({await page.text() for page in pages}) == 1
    assert all("Set-Cookie" not in page.headers for page in pages)


async def test_a_link_leads_to_the_call(site: Site) -> None:
    """Cookie in hand, the call's page opens; without one it looks once more and then says what is missing."""
    call = await site.call()
    person = call["participants"][0]
    place = f"/calls/{call['id']}?as={person['id']}"
    assert (await site.client.get(place, headers=_cookie(call, 0))).status == 200
    assert (await site.client.get(place)).status == 200
    assert (await site.client.get(f"{place}&again=1")).status == 401


async def test_one_of_several_cookies_must_be_named(site: Site) -> None:
    """With one valid cookie `as` may be missing; with two it says which; a wrong one is no way in."""
    call = await site.call()
    first, second = (one["id"] for one in call["participants"])
    where = f"{CALLS}/{call['id']}"
    assert (await site.client.get(where, headers=_cookie(call, 0))).status == 200
    both = await site.client.get(where, headers=_cookie(call, 0, 1))
    await assert_problem(both, 400, "ambiguous-participant")
    assert (await site.client.get(f"{where}?as={second}", headers=_cookie(call, 0, 1))).status == 200
    wrong = await site.client.get(f"{where}?as={second}", headers=_cookie(call, 0))
    await assert_problem(wrong, 401, "unauthorised")
    mixed = {"Cookie": f"holdspace_{first}={token_of(call, 1)}"}
    await assert_problem(await site.client.get(where, headers=mixed), 401, "unauthorised")


async def test_a_bearer_token_wins_over_cookies(site: Site) -> None:
    """Whoever shows a token is judged by it, even if a cookie would be better; other schemes are ignored."""
    call = await site.call()
    where = f"{CALLS}/{call['id']}"
    wrong = await site.client.get(where, headers={**_cookie(call, 0), **_bearer("x")})
    await assert_problem(wrong, 401, "unauthorised")
    proxied = {**_cookie(call, 0), "Authorization": "Basic dTpw"}
    assert (await site.client.get(where, headers=proxied)).status == 200


@pytest.mark.parametrize(
    ("minutes", "code", "close"),
    [(-11, "call-not-open", 4403), (110, "call-over", 4410)],
)
async def test_the_door_keeps_its_hours(site: Site, minutes: int, code: str, close: int) -> None:
    """Too early and too late are refused, with a code that says which."""
    call = await site.call(starts_at="2026-11-24T18:00:00+01:00")
    site.clock.move(hours=5, minutes=minutes)
    assert await _knock(site, call, _bearer(token_of(call))) == ["error", code, close]


async def test_a_closed_door_names_the_time(site: Site) -> None:
    """Too early: the invitation says when the door opens, in words with the call's zone, and for the script exactly."""
    call = await site.call(starts_at="2026-12-06T19:00", timezone="Europe/Berlin")
    page = await site.client.get(f"/calls/{call['id']}", headers=_cookie(call, 0))
    assert page.status == 200
    text = await page.text()
    for clock in ("18:50", "19:00"):
        exact = f'<time datetime="2026-12-06T{clock}:00+01:00">'
        assert f"{exact}Sunday, 6 December 2026, {clock} (Europe/Berlin)</time>" in text
    assert not re.search(r"\d{4}-\d\d-\d\dT", re.sub("<[^>]*>", "", text))


@pytest.mark.parametrize(
    ("ended", "place", "words"),
    [
        (True, 0, "You ended this call together."),
        (True, 2, "The two partners ended this call together."),
        (False, 0, "Its time has passed."),
    ],
)
async def test_a_call_that_is_over_says_why(site: Site, ended: bool, place: int, words: str) -> None:  # noqa: FBT001 - a case
    """Ended by the two and over by the clock are told apart; neither sentence repeats the heading."""
    people = [{"role": role, "name": role} for role in ("partner", "partner", "therapist")]
    call = await site.call(participants=people)
    if ended:
        await site.client.app[PARTS].door.ended(call["id"])
    else:
        site.clock.move(hours=4)
    page = await site.client.get(f"/calls/{call['id']}", headers=_cookie(call, place))
    text = await page.text()
    assert page.status == 410
    assert words in text
    assert text.count("This call is over") == 2  # the title and the heading


async def test_a_cancelled_call_lets_nobody_in(site: Site) -> None:
    """Cancelled is said as such to whoever was invited."""
    call = await site.call()
    await site.ask("DELETE", call, call["manage_token"])
    assert await _knock(site, call, _cookie(call, 0)) == ["error", "call-cancelled", 4410]


async def test_strangers_and_organizers_stay_outside(site: Site) -> None:
    """A call is entered with an invitation to it: not without, not with a manage token, not with another's."""
    call, other = await site.call(), await site.call()
    for headers in ({}, _bearer(call["manage_token"]), _bearer(token_of(other)), _cookie(other, 0)):
        assert await _knock(site, call, headers) == ["error", "unauthorised", 4401]
    assert await _knock(site, {"id": "nowhere"}, {}) == ["error", "call-unknown", 4404]


async def test_people_find_back_into_a_call_that_runs_over(site: Site) -> None:
    """A reload two hours after the planned end of a live call is no reason to lose it."""
    call = await site.call()
    await site.client.app[PARTS].door.began(call["id"])
    site.clock.move(hours=3)
    page = await site.client.get(f"/calls/{call['id']}", headers=_cookie(call, 0))
    assert page.status == 200


async def test_began_and_ended_count_once(site: Site) -> None:
    """The first moment stays; a cancelled call neither begins nor ends."""
    parts = site.client.app[PARTS]
    call, cancelled = await site.call(), await site.call()
    await site.ask("DELETE", cancelled, cancelled["manage_token"])
    for _ in range(2):
        for one in (call, cancelled):
            await parts.door.began(one["id"])
            await parts.door.ended(one["id"])
        site.clock.move(minutes=1)
    stored, never = await parts.store.get(call["id"]), await parts.store.get(cancelled["id"])
    assert stored is not None
    assert never is not None
    assert (stored.began_at, stored.ended_at) == (stored.created_at, stored.created_at)
    assert (never.began_at, never.ended_at) == (None, None)
