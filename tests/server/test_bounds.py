"""How much a server holds at once is its operator's to say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from server.app import PARTS
from tests.server.scene import PUBLIC_URL, Site, assert_problem, token_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    OpenSite = Callable[..., Awaitable[Site]]


async def joined(site: Site, call: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Join as the first partner; the socket and the first answer."""
    headers = {"Authorization": f"Bearer {token_of(call)}", "Origin": PUBLIC_URL}
    path = f"/api/v1/calls/{call['id']}/signaling"
    socket = await site.client.ws_connect(path, protocols=["holdspace.v1"], headers=headers)
    await socket.send_json({"type": "join", "id": 1})
    return socket, await socket.receive_json(timeout=10)


async def test_no_more_calls_than_the_operator_wants(open_site: OpenSite) -> None:
    """With room for one call the second is told that the server is busy."""
    site = await open_site(max_rooms=1)
    _, first = await joined(site, await site.call())
    _, second = await joined(site, await site.call())
    assert first["type"] == "welcome"
    assert (second["type"], second["code"]) == ("error", "too-busy")


async def test_no_more_strangers_than_the_operator_wants(open_site: OpenSite) -> None:
    """With room for none a stranger gets no WebSocket at all, and reads why in plain HTTP."""
    site = await open_site(max_strangers=0)
    call = await site.call()
    upgrade = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "MDEyMzQ1Njc4OWFiY2RlZg==",
        "Sec-WebSocket-Protocol": "holdspace.v1",
    }
    response = await site.client.get(f"/api/v1/calls/{call['id']}/signaling", headers=upgrade)
    await assert_problem(response, 401, "unauthorised")


async def test_the_operator_says_how_many_conversations_are_kept(open_site: OpenSite) -> None:
    """The bound reaches the rooms."""
    site = await open_site(max_kept=7)
    parts = site.client.app[PARTS]
    assert parts.rooms.settings.max_kept == 7
