"""More than the server takes, and calls that change while somebody stands at their door."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from aiohttp import WSServerHandshakeError

from signaling.calls import DoorRefusedError
from tests.signaling.world import CALL, World, settled

if TYPE_CHECKING:
    from tests.signaling.world import Client


async def at_the_door(world: World) -> asyncio.Task[Client]:
    """Somebody whom the door has looked at and not yet let in."""
    world.door.gate = asyncio.Event()
    coming = asyncio.create_task(world.connects("a"))
    await settled(lambda: len(world.rooms.lobby._calls) == 1)
    return coming


@pytest.mark.parametrize(("code", "close_code"), [("cancelled", 4410), ("ended", 1000), ("changed", 1012)])
async def test_what_happens_to_a_call_reaches_those_at_its_door(
    world: World, code: str, close_code: int
) -> None:
    """Nobody gets into a call that was ended or changed while the door was looking them up."""
    coming = await at_the_door(world)
    await world.rooms.end_call(CALL.id, code)
    assert world.door.gate is not None
    world.door.gate.set()
    client = await coming
    await client.send("join")
    await client.is_told_goodbye(code, close_code)
    assert world.planes == []


async def test_another_call_disturbs_nobody_at_the_door(world: World) -> None:
    """The end of one call is nothing to those who ask for another."""
    coming = await at_the_door(world)
    await world.rooms.end_call("call-9", "cancelled")
    assert world.door.gate is not None
    world.door.gate.set()
    await (await coming).does("join")


async def test_draining_reaches_those_at_the_door(world: World) -> None:
    """A server that stops lets nobody in whom the door is just looking up."""
    coming = await at_the_door(world)
    await world.rooms.close()
    assert world.door.gate is not None
    world.door.gate.set()
    await (await coming).is_told_goodbye("draining", 1012)


async def test_giving_up_at_the_door_leaves_nothing(world: World) -> None:
    """Somebody who hangs up while the door looks them up is forgotten, and harms nobody."""
    world.door.gate = asyncio.Event()
    url = world.server.make_url(f"/api/v1/calls/{CALL.id}/signaling")
    _, writer = await asyncio.open_connection(str(url.host), url.port)
    lines = (
        f"GET {url.path}?as=a HTTP/1.1",
        f"Host: {url.host}:{url.port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==",
        "Sec-WebSocket-Protocol: holdspace.v1",
    )
    writer.write(("\r\n".join(lines) + "\r\n\r\n").encode())
    await settled(lambda: len(world.rooms.lobby._calls) == 1)
    writer.transport.abort()
    await asyncio.sleep(0)
    world.door.gate.set()
    await settled(lambda: not world.rooms.lobby._calls)
    world.door.gate = None
    await (await world.connects("a")).does("join")


async def test_a_full_server_opens_no_further_call() -> None:
    """With as many rooms as it takes: `too-busy`, and closed with 1013; those who talk are not disturbed."""
    async with World(max_rooms=1) as world:
        ada = await world.joins("a")
        world.door.call = replace(CALL, id="call-2")
        other = await world.connects("a", "call-2")
        assert await other.is_refused("join") == "too-busy"
        await other.is_told_goodbye("too-busy", 1013)
        await ada.does("candidate")
        world.door.call = CALL
        await world.joins("b")
        assert len(world.planes) == 1


async def test_a_room_that_makes_place_is_taken() -> None:
    """Once a call's room is dissolved another call may open one."""
    async with World(max_rooms=1) as world:
        ada = await world.joins("a")
        await ada.does("leave")
        world.clock.advance(60)
        await settled(lambda: world.plane.closed)
        await settled(lambda: not world.rooms._closing)
        world.door.call = replace(CALL, id="call-2")
        await (await world.connects("a", "call-2")).does("join")


async def test_a_crowd_of_strangers_is_told_in_plain_http() -> None:
    """Beyond so many sockets that are not authorised the rest get the door's HTTP status and no socket."""
    async with World(max_strangers=2) as world:
        world.door.refusal = DoorRefusedError("unauthorised", "This call needs your own link.", 401)
        for _ in range(2):
            await world.connects("x")
        with pytest.raises(WSServerHandshakeError) as refused:
            await world.connects("x")
        assert refused.value.status == 401
        assert refused.value.headers is not None
        assert refused.value.headers["WWW-Authenticate"] == "Bearer"
        assert refused.value.headers["Content-Type"].startswith("application/problem+json")
        for stranger in world.clients:
            await stranger.is_told_goodbye("unauthorised", 4401)


async def test_a_crowd_of_strangers_keeps_nobody_out() -> None:
    """Whoever has an invitation comes in, however many strangers stand at the door."""
    async with World(max_strangers=2) as world:
        world.door.refusal = DoorRefusedError("unauthorised", "This call needs your own link.", 401)
        for _ in range(2):
            await world.connects("x")
        world.door.refusal = None
        await world.joins("a")
