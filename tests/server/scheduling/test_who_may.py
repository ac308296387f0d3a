"""Who may schedule, look after and list calls, and how an organizer's link becomes a cookie."""

from __future__ import annotations

from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any

import pytest

from server.app import PARTS
from server.erasing import erase_calls
from tests.server.scene import CALLS, PUBLIC_URL, assert_problem, token_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.server.scene import Site

    OpenSite = Callable[..., Awaitable[Site]]

SAME_ORIGIN = {"Sec-Fetch-Site": "same-origin"}


def _bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def _operator(site: Site) -> dict[str, str]:
    return _bearer(site.client.app[PARTS].sealer.operator_token.value)  # type: ignore[union-attr]


def _manage_cookie(call: dict[str, Any]) -> dict[str, str]:
    return {"Cookie": f"holdspace_manage_{call['id']}={call['manage_token']}"}


async def test_nobody_schedules_on_a_public_address_without_a_right(open_site: OpenSite) -> None:
    """Unless the operator opens it, a public server takes calls from a key, a desk or the operator alone."""
    site = await open_site(open_scheduling=None)
    await assert_problem(await site.post(), 401, "unauthorised")
    await assert_problem(await site.post(headers=_bearer("guess")), 401, "unauthorised")
    assert (await site.post(headers=_operator(site))).status == 201


@pytest.mark.parametrize(
    ("settings", "status"),
    [
        ({"public_url": "", "open_scheduling": None}, 201),
        ({"public_url": "", "open_scheduling": False}, 401),
        ({"public_url": "", "organizer_key": "sesame"}, 401),
        ({"organizer_key": "sesame", "open_scheduling": True}, 201),
    ],
)
async def test_a_setting_opens_and_closes_scheduling(
    open_site: OpenSite, settings: dict[str, object], status: int
) -> None:
    """This machine's own server is open until a key is set or it is closed; a setting opens any other."""
    assert (await (await open_site(**settings)).post()).status == status


async def test_the_operator_looks_after_every_call(open_site: OpenSite) -> None:
    """The organizer key, and the token of the server's own key, are good for any call's organizer."""
    site = await open_site(organizer_key="sesame")
    call = await (await site.post(headers=_bearer("sesame"))).json()
    for headers in (_bearer("sesame"), _operator(site)):
        answer = await site.client.get(f"{CALLS}/{call['id']}", headers=headers)
        assert (answer.status, (await answer.json())["you"]) == (200, None)
    change = await site.ask("PATCH", call, "sesame", json={"title": "Another"})
    assert (await change.json())["title"] == "Another"


async def test_an_organizers_link_becomes_a_cookie(site: Site) -> None:
    """The secret leaves the address bar, into a strict cookie for this call's own addresses."""
    call = await site.call()
    link = call["manage_url"]
    assert link == f"{PUBLIC_URL}/m/{call['manage_token']}"
    response = await site.client.get(link.removeprefix(PUBLIC_URL), allow_redirects=False)
    assert (response.status, response.headers["Location"]) == (303, f"/calls/{call['id']}/manage")
    name = f"holdspace_manage_{call['id']}"
    morsels = [SimpleCookie(line)[name] for line in response.headers.getall("Set-Cookie")]
    assert [m["path"] for m in morsels] == [f"/calls/{call['id']}", f"/api/v1/calls/{call['id']}"]
    for morsel in morsels:
        assert morsel.value == call["manage_token"]
        assert (morsel["httponly"], morsel["samesite"], morsel["secure"]) == (True, "Strict", True)


async def test_an_organizers_link_that_leads_nowhere(site: Site) -> None:
    """An unknown one, an invitation and one whose call is erased are told apart by nobody."""
    call = await site.call()
    wrong = [await site.client.get(f"/m/{token}") for token in ("unknown", token_of(call), "x" * 5000)]
    async with site.client.app[PARTS].database.writing() as connection:  # type: ignore[union-attr]
        await erase_calls(connection, [call["id"]], site.clock())
    late = await site.client.get(f"/m/{call['manage_token']}", allow_redirects=False)
    assert {page.status for page in (*wrong, late)} == {404}
    assert len({await page.text() for page in (*wrong, late)}) == 1


async def test_a_cookie_changes_a_call_from_our_own_pages_alone(site: Site) -> None:
    """Another site's page makes the browser send the cookie along: that is refused."""
    call = await site.call()
    where, cookie = f"{CALLS}/{call['id']}", _manage_cookie(call)
    for method, body in (("PATCH", {"title": "Theirs"}), ("DELETE", None)):
        refused = await site.client.request(method, where, json=body, headers=cookie)
        await assert_problem(refused, 403, "cross-site")
    ours = await site.client.patch(where, json={"title": "Ours"}, headers={**cookie, **SAME_ORIGIN})
    assert (await ours.json())["title"] == "Ours"


async def test_a_browser_may_hold_an_invitation_and_the_organizers_link(site: Site) -> None:
    """Asked in general the participant is meant, `as=organizer` means the other, and only that one changes the call."""
    call = await site.call()
    person = call["participants"][0]["id"]
    both = {"Cookie": f"{_manage_cookie(call)['Cookie']}; holdspace_{person}={token_of(call)}", **SAME_ORIGIN}
    where = f"{CALLS}/{call['id']}"
    seen = [
        (await (await site.client.get(where + query, headers=both)).json())["you"]
        for query in ("", "?as=organizer", f"?as={person}")
    ]
    assert seen == [person, None, person]
    assert (await site.client.patch(where, json={"title": "Mine"}, headers=both)).status == 200


async def test_a_call_by_cookie_needs_the_right_cookie(site: Site) -> None:
    """Neither another call's token nor a participant's cookie is the organizer's."""
    call, other = await site.call(), await site.call()
    where = f"{CALLS}/{call['id']}"
    wrong = {"Cookie": f"holdspace_manage_{call['id']}={other['manage_token']}", **SAME_ORIGIN}
    await assert_problem(await site.client.delete(where, headers=wrong), 401, "unauthorised")
    person = call["participants"][0]["id"]
    theirs = {"Cookie": f"holdspace_{person}={token_of(call)}", **SAME_ORIGIN}
    await assert_problem(await site.client.delete(where, headers=theirs), 403, "forbidden")
    await assert_problem(await site.client.get(f"{where}?as=organizer", headers=theirs), 401, "unauthorised")
