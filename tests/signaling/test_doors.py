"""Who may open a socket: the page's origin, the subprotocol, and the door."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from aiohttp import WSServerHandshakeError

from signaling.calls import DoorRefusedError
from signaling.socket import SUBPROTOCOL
from tests.signaling.world import World

if TYPE_CHECKING:
    from yarl import URL

PUBLIC = "https://talk.example.org"


def address(world: World) -> URL:
    """The socket of the call."""
    return world.server.make_url("/api/v1/calls/call-1/signaling").with_query({"as": "a"})


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "", "file://"])
async def test_foreign_pages_are_refused(world: World, origin: str) -> None:
    """A page from elsewhere gets 403 before anything else happens."""
    with pytest.raises(WSServerHandshakeError) as refused:
        await world.connects("a", headers={"Origin": origin})
    assert refused.value.status == 403


async def test_own_pages_are_let_in(world: World) -> None:
    """The request's own host is a good origin, and so is a client that is no browser."""
    own = f"http://{address(world).host}:{address(world).port}"
    await (await world.connects("a", headers={"Origin": own})).does("join")
    await (await world.connects("b")).does("join")


async def test_the_public_url_is_let_in() -> None:
    """Behind a proxy that changes the host, the configured public URL is a good origin."""
    async with World(public_url=f"{PUBLIC}/") as world:
        await (await world.connects("a", headers={"Origin": PUBLIC})).does("join")
        with pytest.raises(WSServerHandshakeError):
            await world.connects("a", headers={"Origin": PUBLIC + ".evil.example"})


@pytest.mark.parametrize("protocols", [(), ("holdspace.v2",), ("chat",)])
async def test_the_subprotocol_is_needed(world: World, protocols: tuple[str, ...]) -> None:
    """Without `holdspace.v1` among the subprotocols: 400."""
    with pytest.raises(WSServerHandshakeError) as refused:
        await world.session.ws_connect(address(world), protocols=protocols)
    assert refused.value.status == 400


async def test_the_subprotocol_is_confirmed(world: World) -> None:
    """The server chooses `holdspace.v1` out of several."""
    async with world.session.ws_connect(address(world), protocols=("other", SUBPROTOCOL)) as socket:
        assert socket.protocol == SUBPROTOCOL


@pytest.mark.parametrize(
    ("headers", "status", "slug"),
    [
        ({}, 400, "websocket-expected"),
        ({"Upgrade": "websocket", "Origin": "https://evil.example"}, 403, "origin-refused"),
        ({"Upgrade": "websocket"}, 400, "subprotocol-expected"),
    ],
)
async def test_plain_refusals_are_problems(
    world: World, headers: dict[str, str], status: int, slug: str
) -> None:
    """What fails before the upgrade is answered with problem+json and a stable slug."""
    async with world.session.get(address(world), headers=headers) as answer:
        assert (answer.status, answer.content_type) == (status, "application/problem+json")
        problem = await answer.json(content_type=None)
        assert (problem["type"], problem["status"]) == (slug, status)


@pytest.mark.parametrize(
    ("code", "status", "close_code"),
    [
        ("unauthorised", 401, 4401),
        ("call-unknown", 404, 4404),
        ("call-not-open", 403, 4403),
        ("call-full", 403, 4403),
        ("call-over", 410, 4410),
        ("call-cancelled", 410, 4410),
        ("ambiguous-participant", 400, 4400),
    ],
)
async def test_a_closed_door_says_why(world: World, code: str, status: int, close_code: int) -> None:
    """A refusal comes through the socket, where a page can read it: `error`, `bye`, the close code."""
    world.door.refusal = DoorRefusedError(code, "It opens at 18:50.", status)
    client = await world.connects("a")
    error = await client.until("error")
    assert (error["code"], error["detail"]) == (code, "It opens at 18:50.")
    await client.is_told_goodbye(code, close_code)


async def test_a_broken_door_shows_no_traceback(world: World) -> None:
    """Any other exception at the door is `failed` (1011), without its text."""
    world.door.refusal = RuntimeError("secret inside")
    client = await world.connects("a")
    error = await client.until("error")
    assert (error["code"], "secret" in error["detail"]) == ("failed", False)
    await client.is_told_goodbye("failed", 1011)
