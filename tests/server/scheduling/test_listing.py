"""Lists of calls: for the operator and for therapists, a page at a time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text
from sqlalchemy.dialects import sqlite

from server.app import PARTS
from server.scheduling.listing import page_query
from tests.server.desk.scene import THERAPIST, Practice
from tests.server.scene import CALLS, assert_problem, token_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from tests.server.scene import Site


async def _page(site: Site, **query: Any) -> dict[str, Any]:
    token = site.client.app[PARTS].sealer.operator_token.value  # type: ignore[union-attr]
    headers = {"Authorization": f"Bearer {token}"}
    response = await site.client.get(CALLS, params=query, headers=headers)
    assert response.status == 200, await response.text()
    page: dict[str, Any] = await response.json()
    return page


async def _pages(site: Site, **query: Any) -> list[str]:
    """Follow `next` to the end; the titles of all, in their order."""
    found, page = [], await _page(site, **query)
    while True:
        found += [call["title"] for call in page["calls"]]
        if page["next"] is None:
            return found
        page = await _page(site, **query, after=page["next"])


async def _some(site: Site) -> None:
    """Calls on several days, one of them over, one cancelled, one that goes on; two at the same time."""
    for title, day, hour in (
        ("over", 24, 13),
        ("live", 24, 14),
        ("cancelled", 25, 12),
        ("a", 26, 12),
        ("a", 26, 12),
    ):
        call = await site.call(title=title, starts_at=f"2026-11-{day}T{hour}:00:00Z")
        if title == "cancelled":
            await site.ask("DELETE", call, call["manage_token"])
        if title == "live":
            await site.client.app[PARTS].door.began(call["id"])  # type: ignore[union-attr]
    site.clock.now = datetime(2026, 11, 24, 16, 0, tzinfo=UTC)


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
async def test_every_call_is_on_one_page(site: Site, limit: int) -> None:
    """However long a page is, each call comes once: to come with the earliest first, over with the latest first."""
    await _some(site)
    assert await _pages(site, limit=limit) == ["live", "cancelled", "a", "a"]
    assert await _pages(site, limit=limit, when="past") == ["over"]
    assert await _pages(site, limit=limit, when="all") == ["a", "a", "cancelled", "live", "over"]
    site.clock.move(days=7)
    assert await _pages(site, limit=limit) == []
    assert await _pages(site, limit=limit, when="past") == ["a", "a", "cancelled", "live", "over"]


async def test_a_list_tells_what_an_organizer_may_know(site: Site) -> None:
    """Each entry is the call as its organizer sees it; a series is named, its other calls are entries of their own."""
    made = await site.call(starts_at="2026-12-06T19:00", timezone="Europe/Berlin", recurrence={"count": 2})
    page = await _page(site)
    assert len(page["calls"]) == 2
    first = await (await site.ask("GET", made, made["manage_token"])).json()
    assert page["calls"][0] == {**first, "series": {**first["series"], "calls": None}}


async def test_a_list_is_not_for_everybody(site: Site) -> None:
    """Not for strangers, not for an invitation, not even for a call's organizer."""
    call = await site.call()
    for token in ("", "guess", token_of(call), call["manage_token"]):
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        await assert_problem(await site.client.get(CALLS, headers=headers), 401, "unauthorised")


@pytest.mark.parametrize(
    "query",
    [
        {"when": "never"},
        {"limit": 0},
        {"limit": 101},
        {"limit": "many"},
        {"after": "x"},
        {"after": "ü"},
        {"after": "eA"},
        {"after": "a" * 121},
        {"after": "OTk5OS0xMi0zMVQyMzo1OTo1OS0xNDowMCB4"},
    ],
)
async def test_a_wrong_question_is_a_problem(site: Site, query: dict[str, Any]) -> None:
    """Each wrong parameter is named; a mark that is none of ours is no way into other pages."""
    token = site.client.app[PARTS].sealer.operator_token.value  # type: ignore[union-attr]
    response = await site.client.get(CALLS, params=query, headers={"Authorization": f"Bearer {token}"})
    problem = await assert_problem(response, 400, "invalid-query")
    assert f"`{next(iter(query))}`" in problem["detail"]


@pytest.mark.parametrize("when", ["coming", "past", "all"])
@pytest.mark.parametrize(
    ("therapist", "index"), [(None, "ix_calls_starts_at"), ("t1", "ix_calls_therapist_id")]
)
async def test_a_page_is_read_along_an_index(
    site: Site, when: Any, therapist: str | None, index: str
) -> None:
    """Neither the first page nor a later one sorts or scans the table."""
    for place in (None, (site.clock.now, "x")):
        query = page_query(when, site.clock.now, site.client.app[PARTS].hours, 51, place, therapist)
        written = query.compile(dialect=sqlite.dialect(), compile_kwargs={"literal_binds": True})
        async with site.client.app[PARTS].database.reading() as connection:  # type: ignore[union-attr]
            plan = [row.detail for row in await connection.execute(text(f"EXPLAIN QUERY PLAN {written}"))]
        assert len(plan) == 1, plan
        assert f"USING INDEX {index}" in plan[0]


async def test_a_therapist_lists_and_looks_after_their_own(open_site: Callable[..., Awaitable[Site]]) -> None:
    """A call from the desk is the therapist's to see and to change; calls of others are not among them."""
    site = await open_site(therapists=THERAPIST)
    desk = await Practice(site, site.client.app[PARTS]).sign_in()
    mine = await (await site.post(headers=desk, title="mine")).json()
    others = await site.call(title="another's")
    page = await (await site.client.get(CALLS, headers=desk)).json()
    assert [call["title"] for call in page["calls"]] == ["mine"]
    changed = await site.client.patch(f"{CALLS}/{mine['id']}", json={"title": "ours"}, headers=desk)
    assert (await changed.json())["title"] == "ours"
    for method in ("GET", "DELETE"):
        refused = await site.client.request(method, f"{CALLS}/{others['id']}", headers=desk)
        await assert_problem(refused, 401, "unauthorised")
    elsewhere = {**desk, "Origin": "https://elsewhere.example", "Sec-Fetch-Site": "cross-site"}
    refused = await site.client.delete(f"{CALLS}/{mine['id']}", headers=elsewhere)
    await assert_problem(refused, 403, "cross-site")
    await assert_problem(await site.post(headers=elsewhere), 403, "cross-site")
