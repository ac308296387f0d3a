"""What every answer has in common: problems, security headers, and health."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from server.app import PARTS
from tests.server.scene import CALLS, assert_problem, token_of

if TYPE_CHECKING:
    from tests.server.scene import Site


async def test_the_server_is_alive_and_ready(site: Site) -> None:
    """Both health addresses answer without any right."""
    assert await (await site.client.get("/healthz")).json() == {"status": "ok"}
    assert await (await site.client.get("/readyz")).json() == {"status": "ready"}


async def test_a_lost_store_is_not_ready(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without its store the server lives but takes no calls, and says when to ask again."""

    async def fail(_store: object) -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(type(site.client.app[PARTS].store), "check", fail)
    response = await site.client.get("/readyz")
    await assert_problem(response, 503, "store-unavailable")
    assert response.headers["Retry-After"] == "5"
    assert (await site.client.get("/healthz")).status == 200


async def test_a_mistake_of_ours_gives_nothing_away(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown error is a plain 500; its text is logged, not told."""

    async def fail(_store: object, call_id: str) -> None:
        raise RuntimeError(f"the secret of {call_id}")

    monkeypatch.setattr(type(site.client.app[PARTS].store), "get", fail)
    with capture_logs() as lines:
        problem = await assert_problem(await site.client.get(f"{CALLS}/abc"), 500, "internal")
    assert "secret" not in str(problem)
    assert [(line["log_level"], line["kind"]) for line in lines] == [("error", "RuntimeError")]


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", "/api/v1/nowhere", 404, "not-found"),
        ("PUT", CALLS, 405, "method-not-allowed"),
        ("PUT", f"{CALLS}/x", 405, "method-not-allowed"),
        ("GET", f"{CALLS}/%00", 404, "call-unknown"),
        ("GET", f"{CALLS}/{'x' * 3000}", 404, "call-unknown"),
    ],
)
async def test_wrong_addresses_are_problems_too(
    site: Site, method: str, path: str, status: int, slug: str
) -> None:
    """Whatever goes wrong has the same shape."""
    await assert_problem(await site.client.request(method, path), status, slug)


async def test_a_person_gets_a_page(site: Site) -> None:
    """A browser that asks for a page gets one, with the same status; the API never answers with pages."""
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    page = await site.client.get("/nowhere", headers=browser)
    assert (page.status, page.content_type) == (404, "text/html")
    assert "There is no such page" in await page.text()
    await assert_problem(await site.client.get(f"{CALLS}/x", headers=browser), 404, "call-unknown")


async def test_a_person_is_told_when_to_come_back(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page about a lost store has words of its own, and the header that says when to ask again."""

    async def fail(_store: object, _call_id: str) -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr(type(site.client.app[PARTS].store), "get", fail)
    page = await site.client.get("/calls/x", headers={"Accept": "text/html"})
    assert (page.status, page.headers["Retry-After"]) == (503, "5")
    assert "The server can&#39;t look up calls just now" in await page.text()


async def test_signaling_refuses_in_its_own_words(site: Site) -> None:
    """A problem that signaling has written itself reaches the client as it is."""
    call = await site.call()
    place = f"{CALLS}/{call['id']}/signaling"
    await assert_problem(await site.client.get(place), 400, "websocket-expected")


async def test_a_wrong_method_names_the_right_ones(site: Site) -> None:
    """A 405 keeps its Allow header (RFC 9110)."""
    assert "POST" in (await site.client.put(CALLS)).headers["Allow"]


async def test_every_answer_is_strict_with_browsers(site: Site) -> None:
    """Pages, errors, API answers and files carry the security headers; only files may be kept."""
    call = await site.call()
    places = ("/", "/nowhere", "/healthz", f"/i/{token_of(call)}", f"/calls/{call['id']}", "/static/mark.svg")
    for place in places:
        headers = (await site.client.get(place, allow_redirects=False)).headers
        policy = headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert "camera=(self), microphone=(self)" in headers["Permissions-Policy"]
        assert headers["Cache-Control"] == ("no-cache" if place.startswith("/static/") else "no-store")
        assert headers["Server"] == "holdspace"
