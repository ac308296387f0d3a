"""The real application on a real SQLite file, with planes that carry no media.

Letters wait until a test has them sent: `await app[PARTS].postman.send_due()`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from server.app import make_app
from server.settings import Settings
from tests.server.scene import PUBLIC_URL, ObedientClock, QuietPlane, Site

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable
    from pathlib import Path

    from aiohttp import web


@pytest.fixture
def clock() -> ObedientClock:
    """Return a clock at noon UTC on 24 November 2026."""
    return ObedientClock()


@pytest.fixture
async def open_site(tmp_path: Path, clock: ObedientClock) -> AsyncIterator[Callable[..., Awaitable[Site]]]:
    """Return a function that starts a server with the settings given."""
    clients: list[TestClient[web.Request, web.Application]] = []

    async def start(**settings: Any) -> Site:
        usual = {"data_dir": tmp_path, "public_url": PUBLIC_URL}
        if "organizer_key" not in settings:
            usual["open_scheduling"] = True
        chosen = Settings(**{**usual, **settings})
        app = make_app(chosen, clock=clock, plane_factory=lambda _seats, _events: QuietPlane(), posts=False)
        client = TestClient(TestServer(app))
        clients.append(client)
        await client.start_server()
        return Site(client, clock, tmp_path)

    yield start
    for client in clients:
        await client.close()


@pytest.fixture
async def site(open_site: Callable[..., Awaitable[Site]]) -> Site:
    """Return a server with the default settings."""
    return await open_site()
