"""What can't be is refused clearly, and leaves no trace: nothing stored, nothing queued, whatever the field."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest

from tests.server.scene import CALLS, assert_problem, token_of
from tests.server.scheduling.letters import ADA, BEN, TESS, rows, seen

if TYPE_CHECKING:
    from tests.server.scene import Site

LATER = {"starts_at": "2026-12-06T19:00", "timezone": "Europe/Berlin", "participants": [ADA, BEN]}
INJECTED = [
    "\r\nBcc: eve@example.org",
    "\nX: y",
    "\r",
    "\x00",
    "\u2028",
    "\u202e",
    "\u2066",
    "\x1b[2J",
    "\x85",
]


def _with_person(**fields: Any) -> dict[str, Any]:
    return {"participants": [ADA, {**BEN, **fields}]}


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"starts_at": "2026-11-24T11:00:00Z"}, "/starts_at"),
        ({"timezone": "Europe/Atlantis"}, "/timezone"),
        (_with_person(timezone="Europe/Atlantis"), "/participants/1/timezone"),
        (_with_person(timezone=""), "/participants/1/timezone"),
        (_with_person(timezone="localtime"), "/participants/1/timezone"),
        (_with_person(name="\u200b\u2060"), "/participants/1/name"),
        ({"title": "\u200b"}, "/title"),
        (_with_person(email="ada@example\u200b.org"), "/participants/1/email"),
        (_with_person(email=ADA["email"].upper()), "/participants/1/email"),
        ({"participants": [ADA, BEN, {**TESS, "email": BEN["email"]}]}, "/participants/2/email"),
        ({"participants": [ADA, BEN, TESS, {**TESS, "email": "t2@example.org"}]}, "/participants"),
        ({"recurrence": {"frequency": "weekly"}}, "/recurrence"),
        ({"recurrence": {"until": "2028-12-31"}}, "/recurrence/until"),
        ({"reminder_words": "x" * 301}, "/reminder_words"),
        ({"on_the_spot": "yes"}, "/on_the_spot"),
        ({"therapist_id": "t1"}, "/therapist_id"),
    ],
)
async def test_a_wish_that_can_not_be(site: Site, wish: dict[str, Any], pointer: str) -> None:
    """Past times, zones that there are not, two therapists, one mailbox for two, a series without end."""
    before = await rows(site)
    await assert_problem(await site.post(**{**LATER, **wish}), 422, "invalid", pointer)
    assert await rows(site) == before


@pytest.mark.parametrize("injected", INJECTED)
async def test_nothing_is_smuggled_into_a_letters_head(site: Site, injected: str) -> None:
    """Line ends, control characters and turned-round text in a name, a title, an address or a reminder are refused."""
    before = await rows(site)
    wishes = [
        ({"title": f"Talk{injected}x"}, "/title"),
        ({"reminder_words": f"Breathe{injected}x"}, "/reminder_words"),
        (_with_person(name=f"Ben{injected}x"), "/participants/1/name"),
        (_with_person(email=f"ben@example.org{injected}x"), "/participants/1/email"),
        (_with_person(email=f"b{injected}x@example.org"), "/participants/1/email"),
    ]
    for wish, pointer in wishes:
        await assert_problem(await site.post(**{**LATER, **wish}), 422, "invalid", pointer)
    assert await rows(site) == before


@pytest.mark.parametrize(
    "address",
    [
        "a@b, eve@example.org",
        "eve@example.org;a@b",
        "Eve <eve@example.org>",
        '"a b"@example.org',
        "(x)a@b",
        "a@b@c",
        "a@",
    ],
)
async def test_an_address_is_one_address(site: Site, address: str) -> None:
    """No list, no name before it, no comment: a letter goes to one mailbox."""
    before = await rows(site)
    response = await site.post(**LATER | _with_person(email=address))
    await assert_problem(response, 422, "invalid", "/participants/1/email")
    assert await rows(site) == before


@pytest.mark.parametrize(
    ("method", "tail"),
    [("POST", ""), ("PATCH", ""), ("POST", "/rsvp"), ("POST", "/proposals"), ("POST", "/letters")],
)
async def test_ten_megabytes_are_too_much(site: Site, method: str, tail: str) -> None:
    """Wherever a body is read, one of 10 MB is refused before it is kept."""
    call = await site.call(**LATER)
    before, told = await rows(site), await seen(site, call)
    token = token_of(call) if tail in {"/rsvp", "/proposals"} else call["manage_token"]
    where = CALLS if (method, tail) == ("POST", "") else f"{CALLS}/{call['id']}{tail}"
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    body = io.BytesIO(b'{"title": "' + b"x" * 10_000_000)
    response = await site.client.request(method, where, data=body, headers=headers)
    await assert_problem(response, 413, "too-large")
    assert (await rows(site), await seen(site, call)) == (before, told)


@pytest.mark.parametrize(
    ("wish", "pointer"),
    [
        ({"starts_at": "2026-11-24T11:00:00Z"}, "/starts_at"),
        ({"starts_at": "2026-12-07T19:00", "timezone": "Europe/Atlantis"}, "/timezone"),
        ({"starts_at": "2027-03-28T02:30"}, "/starts_at"),
        ({"title": "Talk\r\nBcc: eve@example.org"}, "/title"),
        ({"participants": []}, "/participants"),
        ({"recurrence": {"count": 2}}, "/recurrence"),
    ],
)
async def test_a_change_that_can_not_be(site: Site, wish: dict[str, Any], pointer: str) -> None:
    """The call stays as it was, for a series too, and nobody is written to."""
    call = await site.call(**LATER, recurrence={"count": 2})
    before, told = await rows(site), await seen(site, call)
    refused = await site.ask("PATCH", call, call["manage_token"], json={"duration_minutes": 90, **wish})
    await assert_problem(refused, 422, "invalid", pointer)
    assert (await rows(site), await seen(site, call)) == (before, told)
