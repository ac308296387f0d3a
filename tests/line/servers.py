"""Whose call it is: the whole of Holdspace, or Janus's VideoRoom beside it. Either says where each person goes in."""

from __future__ import annotations

from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

import aiohttp
from aiohttp import web

from tests.bench.child import Child
from tests.bench.janus_api import JanusSession
from tests.bench.janus_server import janus_libraries

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping
    from contextlib import AbstractAsyncContextManager

    Opening = Callable[[Mapping[str, str], frozenset[str]], AbstractAsyncContextManager[dict[str, str]]]
    """Takes everybody's role by name, and who of them sends; gives everybody's link."""

JANUS_MISSING: Final = "Janus is left out: it is not installed (on Debian: apt-get install janus)."
_PAGE: Final = Path(__file__).with_name("janus_page.html")
_ROOM: Final = 1


@asynccontextmanager
async def holdspace(roles: Mapping[str, str], senders: frozenset[str]) -> AsyncIterator[dict[str, str]]:
    """A call in open talk; who has no devices doesn't send, whatever the server knows of it."""
    del senders
    async with Child("product_server") as server:
        yield await _schedule((await server.ask("serve"))["base_url"], roles)


@asynccontextmanager
async def janus(roles: Mapping[str, str], senders: frozenset[str]) -> AsyncIterator[dict[str, str]]:
    """A room with in-band FEC, everything else as Janus sets it; each subscribes to all who send. VideoRoom has no RED."""
    numbers = {name: number for number, name in enumerate(roles, 1)}
    async with Child("janus_server") as child, _page() as page:
        url = (await child.ask("run", event_loops=0))["url"]
        async with JanusSession(url) as session:
            room = await session.attach()
            await room.ask(request="create", room=_ROOM, publishers=len(roles), opus_fec=True)
            yield {
                name: f"{page}?{urlencode([('janus', url), *_others(name, numbers, senders), ('as', number)])}"
                for name, number in numbers.items()
            }


SERVERS: Final[Mapping[str, Opening]] = {"holdspace": holdspace, "janus": janus}


def is_here(server: str) -> bool:
    """Whether this server can be run on this machine."""
    return server != "janus" or janus_libraries() is not None


def _others(name: str, numbers: Mapping[str, int], senders: frozenset[str]) -> list[tuple[str, int]]:
    return [("other", number) for other, number in numbers.items() if other != name and other in senders]


@asynccontextmanager
async def _page() -> AsyncIterator[str]:
    """The page by HTTP on loopback: elsewhere a browser gives it no camera."""
    app = web.Application()
    app.router.add_get("/", _give_page)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        yield f"http://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()


async def _give_page(_request: web.Request) -> web.FileResponse:
    return web.FileResponse(_PAGE)


async def _schedule(base_url: str, roles: Mapping[str, str]) -> dict[str, str]:
    people = [{"role": role, "name": name.title()} for name, role in roles.items()]
    wanted = {"format": "open-talk", "participants": people}
    async with (
        aiohttp.ClientSession(raise_for_status=True) as session,
        session.post(f"{base_url}/api/v1/calls", json=wanted) as response,
    ):
        call: dict[str, Any] = await response.json()
    return {one["name"].lower(): one["invitation_url"] for one in call["participants"]}
