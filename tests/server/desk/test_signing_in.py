"""Signing in by a mailed link: for those who are listed, once, for a quarter of an hour; and nobody else learns anything."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from server.app import PARTS
from server.desk.links import MAX_AT_ONCE, MAX_LIVE_LINKS
from server.desk.sessions import COOKIE, MAX_SESSIONS
from server.secret import Pii, token_hash
from server.settings import Settings
from server.tables import desk_tokens, mails, therapists
from tests.server.desk.scene import DESK, OURS, THERAPIST, Practice
from tests.server.scene import assert_problem

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.server.scene import Site


async def test_a_link_opens_the_desk(practice: Practice) -> None:
    """The address that is listed gets a link; its secret becomes a cookie of this browser alone, and the desk is there."""
    response = await practice.redeem(await practice.link())
    assert response.status == 201
    cookie = response.cookies[COOKIE]
    assert cookie["httponly"]
    assert cookie["secure"]
    assert (cookie["samesite"], cookie["path"], cookie["max-age"]) == ("Strict", "/", str(30 * 86400))
    desk = await practice.ask("GET", "", {"Cookie": f"{COOKIE}={cookie.value}"})
    assert desk.status == 200
    assert (await desk.json())["email"] == THERAPIST


async def test_nobody_learns_who_is_a_therapist(practice: Practice) -> None:
    """A stranger's address is answered alike, and nothing is stored or sent for it."""
    known, stranger = [await practice.ask_for_link(one) for one in (THERAPIST, "ada@example.org")]
    assert (known.status, await known.json()) == (stranger.status, await stranger.json()) == (202, {})
    assert set(known.headers) == set(stranger.headers)
    assert await practice.rows() == (1, 1, 1)


async def test_the_answer_is_given_before_anything_is_looked_up(practice: Practice) -> None:
    """While somebody else writes to the database, a therapist is answered as quickly as a stranger: at once."""
    async with practice.parts.database.writing():
        for email in (THERAPIST, "ada@example.org"):
            body = {"email": email}
            async with asyncio.timeout(2):
                response = await practice.site.client.post(f"{DESK}/links", json=body)
            assert response.status == 202
        assert await practice.rows() == (0, 0, 0)
    await practice.parts.desk.links.finish()
    assert await practice.rows() == (1, 1, 1)


async def test_only_hashes_and_sealed_words_are_stored(practice: Practice) -> None:
    """Neither the address nor the link nor the session's secret stands in the database."""
    token = await practice.link()
    headers = await practice.sign_in()
    session = headers["Cookie"].partition("=")[2]
    files = b"".join(path.read_bytes() for path in practice.site.folder.glob("*.sqlite3*"))
    for word in (token, session, THERAPIST, THERAPIST.lower(), "practice.example"):
        assert word.encode() not in files
    async with practice.parts.database.reading() as connection:
        hashes = (await connection.scalars(select(desk_tokens.c.token_hash))).all()
    assert token_hash(Pii(session)) in hashes


async def test_a_link_is_good_once(practice: Practice) -> None:
    """Who finds a used link in a mailbox gets no further; nor with one that was asked for beside it."""
    first = await practice.link()
    second = await practice.link()
    assert first != second
    assert (await practice.redeem(second)).status == 201
    for spent in (second, first):
        await assert_problem(await practice.redeem(spent), 410, "link-spent")


async def test_a_letter_whose_link_is_spent_does_not_go_out(practice: Practice) -> None:
    """Signing in drops the letters that still wait, and what they enclose."""
    await practice.link()
    await practice.sign_in()
    async with practice.parts.database.reading() as connection:
        states = (await connection.execute(select(mails.c.state, mails.c.enclosed))).all()
    assert states == [("dropped", None)] * 2


async def test_a_link_is_good_for_a_quarter_of_an_hour(practice: Practice) -> None:
    """To the second."""
    token = await practice.link()
    practice.site.clock.move(minutes=15)
    await assert_problem(await practice.redeem(token), 410, "link-spent")
    token = await practice.link()
    practice.site.clock.move(minutes=14, seconds=59)
    assert (await practice.redeem(token)).status == 201


@pytest.mark.parametrize("token", ["x", "ä" * 64, "a" * 128])
async def test_a_link_that_never_was_opens_nothing(practice: Practice, token: str) -> None:
    """It is told apart from a spent one by nothing."""
    await practice.link()
    await assert_problem(await practice.redeem(token), 410, "link-spent")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/token"),
        ({"token": ""}, "/token"),
        ({"token": "a" * 129}, "/token"),
        ({"token": "a", "more": 1}, "/more"),
    ],
)
async def test_what_is_no_secret_is_refused(practice: Practice, body: dict[str, Any], pointer: str) -> None:
    """The field is named."""
    response = await practice.site.client.post(f"{DESK}/sessions", json=body, headers=OURS)
    await assert_problem(response, 422, "invalid", pointer)


@pytest.mark.parametrize("email", ["", "thea", "thea@x.org\r\nBcc: eve@x.org", "thea@x.org, eve@x.org"])
async def test_what_is_no_address_is_refused(practice: Practice, email: str) -> None:
    """Nothing is stored and nothing is sent."""
    await assert_problem(await practice.ask_for_link(email), 422, "invalid", "/email")
    assert await practice.rows() == (0, 0, 0)


async def test_letters_go_to_the_address_that_is_listed(open_site: Callable[..., Awaitable[Site]]) -> None:
    """The Kelvin sign is a `k` to a comparison that knows no case, but another mailbox to the mail server: no letter to it."""
    site = await open_site(therapists=("kim@practice.example",))
    practice = Practice(site, site.client.app[PARTS])
    await practice.link("\N{KELVIN SIGN}IM@practice.example")
    async with practice.parts.database.reading() as connection:
        row = (await connection.execute(select(therapists.c.data_key, therapists.c.email))).one()
    assert practice.parts.sealer.open(row.data_key, row.email) == "kim@practice.example"


async def test_a_mailbox_is_not_flooded(practice: Practice) -> None:
    """Five links at a time; when they are over, there is another."""
    for _ in range(MAX_LIVE_LINKS + 2):
        assert (await practice.ask_for_link()).status == 202
    assert len(await practice.waiting_links()) == MAX_LIVE_LINKS
    practice.site.clock.move(minutes=16)
    await practice.ask_for_link()
    assert len(await practice.waiting_links()) == MAX_LIVE_LINKS + 1


async def test_one_address_asks_ten_times_an_hour(practice: Practice) -> None:
    """Whoever it asks for; the refusal says when to come back."""
    for place in range(10):
        assert (await practice.ask_for_link(f"a{place}@example.org")).status == 202
    problem = await assert_problem(await practice.ask_for_link(), 429, "too-many")
    assert "sign-in links" in problem["detail"]
    practice.site.clock.move(hours=1)
    assert (await practice.ask_for_link()).status == 202


async def test_no_more_is_begun_than_can_be_done(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the database stands still, requests don't pile up without end."""
    monkeypatch.setattr("server.desk.links.MAX_AT_ONCE", 2)
    assert MAX_AT_ONCE > 2
    async with practice.parts.database.writing():
        for _ in range(2):
            await practice.site.client.post(f"{DESK}/links", json={"email": THERAPIST})
        refused = await practice.site.client.post(f"{DESK}/links", json={"email": THERAPIST})
        await assert_problem(refused, 503, "too-busy")
        assert refused.headers["Retry-After"] == "5"


async def test_without_a_list_a_public_server_has_no_desk(open_site: Callable[..., Awaitable[Site]]) -> None:
    """Nobody is sent a link, and nobody can tell."""
    site = await open_site()
    practice = Practice(site, site.client.app[PARTS])
    assert (await practice.ask_for_link()).status == 202
    assert await practice.rows() == (0, 0, 0)


async def test_on_a_machine_of_ones_own_anybody_has_a_desk(
    open_site: Callable[..., Awaitable[Site]],
) -> None:
    """Where nobody else can reach the server, there is no list to keep, until somebody keeps one."""
    site = await open_site(public_url="http://127.0.0.1:8080")
    practice = Practice(site, site.client.app[PARTS])
    await practice.ask_for_link("somebody@example.org")
    assert await practice.rows() == (1, 1, 1)
    listed = await open_site(public_url="http://127.0.0.1:8080", therapists=(THERAPIST,))
    practice = Practice(listed, listed.client.app[PARTS])
    await practice.ask_for_link("another@example.org")
    assert await practice.rows() == (1, 1, 1)


async def test_a_therapist_who_is_taken_off_the_list_is_out(
    practice: Practice, open_site: Callable[..., Awaitable[Site]]
) -> None:
    """At once: neither the session nor a link that still waits opens anything; back on the list, the session goes on."""
    headers, link = await practice.sign_in(), await practice.link()
    after = Practice(await open_site(therapists=("another@practice.example",)), practice.parts)
    await assert_problem(await after.ask("GET", "", headers), 401, "unauthorised")
    await assert_problem(await after.redeem(link), 410, "link-spent")
    assert (await practice.ask("GET", "", headers)).status == 200


async def test_a_session_is_over_after_thirty_days(practice: Practice) -> None:
    """However much it is used."""
    headers = await practice.sign_in()
    practice.site.clock.move(days=29, hours=23)
    assert (await practice.ask("GET", "", headers)).status == 200
    practice.site.clock.move(hours=1)
    await assert_problem(await practice.ask("GET", "", headers), 401, "unauthorised")


async def test_signing_out_ends_the_session(practice: Practice) -> None:
    """In the database, not only in the browser; another browser stays signed in."""
    here, there = await practice.sign_in(), await practice.sign_in()
    response = await practice.ask("DELETE", "/sessions", here)
    assert response.status == 204
    assert response.cookies[COOKIE]["max-age"] == "0"
    await assert_problem(await practice.ask("GET", "", here), 401, "unauthorised")
    assert (await practice.ask("GET", "", there)).status == 200
    assert (await practice.ask("DELETE", "/sessions", here)).status == 204


async def test_the_oldest_session_gives_way(practice: Practice) -> None:
    """A therapist has so many sessions; one more ends the first."""
    headers = []
    for _ in range(MAX_SESSIONS + 1):
        headers.append(await practice.sign_in())
        practice.site.clock.move(hours=1)
    await assert_problem(await practice.ask("GET", "", headers[0]), 401, "unauthorised")
    assert (await practice.ask("GET", "", headers[1])).status == 200
    assert (await practice.ask("GET", "", headers[-1])).status == 200


async def test_a_link_is_no_session_and_a_session_no_link(practice: Practice) -> None:
    """One secret is never good for the other."""
    token = await practice.link()
    await assert_problem(await practice.ask("GET", "", {"Cookie": f"{COOKIE}={token}"}), 401, "unauthorised")
    headers = await practice.sign_in()
    session = headers["Cookie"].partition("=")[2]
    await assert_problem(await practice.redeem(session), 410, "link-spent")


@pytest.mark.parametrize(
    "foreign",
    [
        {},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.talk.example.org", "Sec-Fetch-Site": "same-site"},
        {"Origin": "http://["},
    ],
)
async def test_another_site_changes_nothing(practice: Practice, foreign: dict[str, str]) -> None:
    """Neither signs anybody in or out, nor writes defaults, whatever cookie the browser sends along."""
    headers = await practice.sign_in()
    cookie = {"Cookie": headers["Cookie"], **foreign}
    token = await practice.link()
    response = await practice.site.client.post(f"{DESK}/sessions", json={"token": token}, headers=foreign)
    await assert_problem(response, 403, "cross-site")
    defaults = {"duration_minutes": 90}
    await assert_problem(await practice.ask("PUT", "/defaults", cookie, json=defaults), 403, "cross-site")
    await assert_problem(await practice.ask("DELETE", "/sessions", cookie), 403, "cross-site")
    desk = await (await practice.ask("GET", "", headers)).json()
    assert desk["defaults"]["duration_minutes"] is None


@pytest.mark.parametrize("listed", ["thea", "thea@practice.example, x y@z", "a@b\nc"])
def test_an_address_that_no_letter_reaches_is_refused_at_the_start(listed: str) -> None:
    """The operator is told before the therapist waits for a link."""
    with pytest.raises(ValueError, match="must be e-mail addresses such as"):
        Settings(therapists=listed)
