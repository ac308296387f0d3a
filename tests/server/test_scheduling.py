"""Scheduling: what a good request makes, and what is refused at which field."""

from __future__ import annotations

import asyncio
import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.server.scene import CALLS, PUBLIC_URL, assert_problem, token_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.server.scene import Site

PARTNER = {"role": "partner", "name": "Ada"}
THERAPIST = {"role": "therapist", "name": "Tess"}


async def test_a_call_needs_nothing_but_its_people(site: Site) -> None:
    """Everything but the people has a default: now, 50 minutes, timed turns of three minutes."""
    call = await site.call()
    assert {name: call[name] for name in ("title", "starts_at", "timezone", "duration_minutes")} == {
        "title": "A talk",
        "starts_at": "2026-11-24T12:00:00+00:00",
        "timezone": "UTC",
        "duration_minutes": 50,
    }
    assert (call["format"], call["turn_seconds"], call["status"]) == ("timed-turns", 180, "open")
    assert (call["distance"], call["room_minimum"]) == ("clear", "clear")
    assert [person["rsvp"] for person in call["participants"]] == ["needs-action"] * 2


async def test_every_person_gets_a_link_of_their_own(site: Site) -> None:
    """The links are different, lead to the public URL, and hold 256 bits (43 characters)."""
    call = await site.call(participants=[PARTNER, PARTNER, THERAPIST])
    links = [person["invitation_url"] for person in call["participants"]]
    assert len({*links, call["manage_token"]}) == 4
    assert all(link.startswith(f"{PUBLIC_URL}/i/") for link in links)
    assert all(len(token_of(call, place)) == 43 for place in range(3))


async def test_a_local_time_is_meant_in_its_zone(site: Site) -> None:
    """A local time plus an IANA zone comes back with the offset it has there."""
    call = await site.call(starts_at="2026-12-06T19:00", timezone="Europe/Berlin")
    assert (call["starts_at"], call["timezone"]) == ("2026-12-06T19:00:00+01:00", "Europe/Berlin")
    assert call["status"] == "scheduled"


async def test_an_offset_settles_the_moment(site: Site) -> None:
    """A time with an offset needs no zone, and is shown in the zone when one is given."""
    assert (await site.call(starts_at="2026-12-06T19:00:00Z"))["starts_at"] == "2026-12-06T19:00:00+00:00"
    call = await site.call(starts_at="2026-12-06T19:00:00+01:00", timezone="America/New_York")
    assert call["starts_at"] == "2026-12-06T13:00:00-05:00"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("title", ""),
        ("title", "   "),
        ("title", "x" * 121),
        ("title", "one\r\nSet-Cookie: two"),
        ("title", "one\u2028two"),
        ("title", "\u202eback to front"),
        ("title", "nul\x00"),
        ("title", 7),
        ("duration_minutes", 4),
        ("duration_minutes", 481),
        ("duration_minutes", "50"),
        ("duration_minutes", 50.5),
        ("duration_minutes", True),
        ("turn_seconds", 9),
        ("turn_seconds", 3601),
        ("format", "shouting"),
        ("distance", "near"),
        ("distance", "AUDIO_ONLY"),
        ("distance", 1),
        ("room_minimum", "private"),
        ("room_minimum", None),
        ("timezone", "Europe/Atlantis"),
        ("timezone", "../../etc/passwd"),
        ("timezone", "Europe"),
        ("starts_at", "tomorrow"),
        ("starts_at", "2026-12-06"),
        ("starts_at", "2026-12-06T19:00"),
        ("starts_at", "2026-13-06T19:00Z"),
        ("starts_at", "2026-12-06T19:00:60Z"),
        ("starts_at", "2026-W50-1T19:00Z"),
        ("starts_at", "0001-01-01T00:00+14:00"),
        ("starts_at", "9999-12-31T23:59-12:00"),
        ("starts_at", "2026-11-24T11:54:00Z"),
        ("starts_at", "2028-12-01T12:00:00Z"),
        ("starts_at", 1796583600),
        ("recurrence", "FREQ=WEEKLY;COUNT=8"),
        ("seats", 3),
        ("a/b~c", 1),
        ("participants", []),
        ("participants", [PARTNER]),
        ("participants", [PARTNER] * 3),
        ("participants", [PARTNER, PARTNER, THERAPIST, THERAPIST]),
        ("participants", [PARTNER, THERAPIST]),
        ("participants", [PARTNER] * 9),
        ("participants", None),
    ],
)
async def test_what_is_not_valid_is_refused_at_its_field(site: Site, field: str, value: Any) -> None:
    """A refused field is named by its JSON pointer (RFC 6901), and no call is made."""
    pointer = "/" + field.replace("~", "~0").replace("/", "~1")
    await assert_problem(await site.post(**{field: value}), 422, "invalid", pointer)


@pytest.mark.parametrize(
    ("person", "field"),
    [
        ({"role": "partner"}, "name"),
        ({"role": "partner", "name": ""}, "name"),
        ({"role": "partner", "name": "x" * 81}, "name"),
        ({"role": "partner", "name": "a\nb"}, "name"),
        ({"role": "lawyer", "name": "Lee"}, "role"),
        ({"role": "partner", "name": "Lee", "email": "no address"}, "email"),
        ({"role": "partner", "name": "Lee", "email": "a@b\r\nBcc: c@d"}, "email"),
        ({"role": "partner", "name": "Lee", "id": "1"}, "id"),
    ],
)
async def test_each_person_is_checked(site: Site, person: dict[str, Any], field: str) -> None:
    """A bad field of one person is named with that person's place."""
    response = await site.post(participants=[PARTNER, person])
    await assert_problem(response, 422, "invalid", f"/participants/1/{field}")


@pytest.mark.parametrize(
    ("local", "word"), [("2027-10-31T02:30", "twice"), ("2027-03-28T02:30", "jump over")]
)
async def test_a_clock_change_is_never_guessed_at(site: Site, local: str, word: str) -> None:
    """A local time that comes twice or not at all is refused; with an offset it is clear."""
    problem = await assert_problem(
        await site.post(starts_at=local, timezone="Europe/Berlin"), 422, "invalid", "/starts_at"
    )
    assert word in problem["errors"][0]["detail"]
    assert (await site.call(starts_at=f"{local}:00+02:00", timezone="Europe/Berlin"))[
        "timezone"
    ] == "Europe/Berlin"


@pytest.mark.parametrize(
    ("body", "status", "slug"),
    [
        (b"", 400, "not-json"),
        (b"{", 400, "not-json"),
        (b"\xff\xfe", 400, "not-json"),
        (b'{"title": "\\ud800"}', 400, "not-json"),
        (b"[" * 60_000, 400, "not-json"),
        (b"[]", 422, "invalid"),
        (b"null", 422, "invalid"),
        (b" " * 65_537, 413, "too-large"),
        (b" " * 10_000_000, 413, "too-large"),
    ],
)
async def test_what_is_no_body_is_refused(site: Site, body: bytes, status: int, slug: str) -> None:
    """Broken, nested or large bodies get a clear problem, whatever their size."""
    headers = {"Content-Type": "application/json"}
    await assert_problem(await site.client.post(CALLS, data=io.BytesIO(body), headers=headers), status, slug)


async def test_a_form_is_no_body(site: Site) -> None:
    """Only application/json is read: another site's form can't send that."""
    body = json.dumps({"participants": site.people})
    response = await site.client.post(CALLS, data=body, headers={"Content-Type": "text/plain"})
    await assert_problem(response, 415, "unsupported-media-type")


async def test_markup_in_a_title_stays_text(site: Site) -> None:
    """A title may hold any characters; the call's page shows them as text."""
    call = await site.call(title='<script>alert("1")</script>')
    assert call["title"] == '<script>alert("1")</script>'
    place = f"/calls/{call['id']}"
    page = await site.client.get(place, headers={"Authorization": f"Bearer {token_of(call)}"})
    assert page.status == 200
    assert "<script>alert" not in await page.text()


async def test_tokens_are_kept_as_hashes_alone(site: Site) -> None:
    """No file of the database holds a token, and none is shown a second time."""
    call = await site.call()
    tokens = [token_of(call, 0), token_of(call, 1), call["manage_token"]]
    stored = b"".join(path.read_bytes() for path in site.folder.iterdir())
    assert call["id"].encode() in stored
    assert b"Ada" not in stored
    assert not any(token.encode() in stored for token in tokens)
    shown = await (await site.ask("GET", call, call["manage_token"])).text()
    assert not any(token in shown for token in tokens)


async def test_twenty_calls_at_once(site: Site) -> None:
    """Writers wait for each other: twenty requests at once make twenty calls."""
    calls = await asyncio.gather(*(site.call(title=f"Talk {n}") for n in range(20)))
    assert len({call["id"] for call in calls}) == 20


async def test_an_organizer_key_closes_scheduling(open_site: Callable[..., Awaitable[Site]]) -> None:
    """With a key set, scheduling needs exactly that key as a bearer token."""
    site = await open_site(organizer_key="sesame")
    for headers in ({}, {"Authorization": "Bearer Sesame"}, {"Authorization": "Basic sesame"}):
        response = await site.post(headers=headers)
        await assert_problem(response, 401, "unauthorised")
        assert response.headers["WWW-Authenticate"] == "Bearer"
    assert (await site.post(headers={"Authorization": "Bearer sesame"})).status == 201


async def test_a_setting_allows_a_second_therapist(open_site: Callable[..., Awaitable[Site]]) -> None:
    """The most therapists of a call are a setting; none may be one as well."""
    two = await open_site(max_therapists=2)
    assert (await two.post(participants=[PARTNER, THERAPIST, PARTNER, THERAPIST])).status == 201
    none = await open_site(max_therapists=0)
    response = await none.post(participants=[PARTNER, THERAPIST, PARTNER])
    await assert_problem(response, 422, "invalid", "/participants")
