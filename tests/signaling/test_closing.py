"""The end of everything: draining, cancelled calls, and what must not be left behind."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from signaling import promises, room
from tests.signaling.conftest import assert_nothing_left
from tests.signaling.world import CALL, World, settled

if TYPE_CHECKING:
    import pytest

    from tests.signaling.world import Client


async def both_told(clients: list[Client], code: str, close_code: int) -> None:
    """Each of them is told goodbye."""
    for client in clients:
        await client.is_told_goodbye(code, close_code)


async def test_draining_says_goodbye_to_all(world: World) -> None:
    """`close` tells everyone `draining` (1012), joined or not, closes the planes and lets nobody in."""
    clients = await world.talk()
    waiting = await world.connects("t")
    told = asyncio.create_task(both_told([*clients, waiting], "draining", 1012))
    await world.rooms.close()
    await told
    assert world.plane.closed
    late = await world.connects("a")
    await late.is_told_goodbye("draining", 1012)


async def test_closing_twice_is_fine(world: World) -> None:
    """`close` is idempotent."""
    told = asyncio.create_task(both_told([await world.joins("a")], "draining", 1012))
    await world.rooms.close()
    await world.rooms.close()
    await told
    assert world.plane.closed


async def test_a_cancelled_call_ends_for_everyone(world: World) -> None:
    """`end_call` with `cancelled`: bye `cancelled` (4410) to those in the room and those at the door."""
    clients = await world.talk()
    waiting = await world.connects("t")
    told = asyncio.create_task(both_told([*clients, waiting], "cancelled", 4410))
    await world.rooms.end_call(CALL.id, "cancelled")
    await told
    assert world.plane.closed
    assert len(world.rooms) == 0


async def test_people_come_back_into_a_changed_call(world: World) -> None:
    """`end_call` with `changed`: bye `changed` (1012) to all, joined or not; joining again opens a new room."""
    clients = [await world.joins("a"), await world.joins("b")]
    waiting = await world.connects("t")
    told = asyncio.create_task(both_told([*clients, waiting], "changed", 1012))
    await world.rooms.end_call(CALL.id, "changed")
    await told
    assert world.plane.closed
    await world.joins("a")
    assert len(world.planes) == 2


async def test_ending_a_call_that_is_not_live_is_fine(world: World) -> None:
    """`end_call` of a call without a room does nothing."""
    await world.rooms.end_call("call-9", "ended")
    assert world.planes == []


async def test_a_new_room_waits_until_the_old_one_is_closed(world: World) -> None:
    """Joining while the old room closes leads to a new room, and only after the old plane is closed."""
    ada = await world.joins("a")
    await ada.does("leave")
    old = world.plane
    release = asyncio.Event()
    close_now = old.close

    async def close_later() -> None:
        await release.wait()
        await close_now()

    old.close = close_later  # type: ignore[method-assign]
    world.clock.advance(60)
    again = await world.connects("a")
    await again.send("join", id="again")
    await settled(lambda: world.rooms._closing != {})
    assert len(world.planes) == 1
    release.set()
    await again.until("ok", re="again")
    assert old.closed
    assert len(world.planes) == 2


async def test_a_plane_that_does_not_close_cleanly_keeps_nobody(world: World) -> None:
    """An exception while closing the plane is logged; everyone is told goodbye all the same."""
    ada = await world.joins("a")

    async def fail() -> None:
        world.plane.closed = True
        raise RuntimeError("broken")

    world.plane.close = fail  # type: ignore[method-assign]
    told = asyncio.create_task(both_told([ada], "draining", 1012))
    await world.rooms.close()
    await told


async def test_a_door_that_fails_afterwards_harms_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the store can't note that the call began, the call goes on; it is noted when that is possible again."""
    monkeypatch.setattr(promises, "AGAIN_S", 0.01)
    monkeypatch.setattr(room, "STORED_WITHIN_S", 0.01)
    takes, tries = world.door.began, []

    async def fail(call_id: str) -> None:
        tries.append(call_id)
        if len(tries) < 3:
            raise RuntimeError("broken")
        await takes(call_id)

    world.door.began = fail  # type: ignore[method-assign]
    ada, _ben = await world.talk()
    await ada.does("floor.request")
    await settled(lambda: world.door.events == [("began", CALL.id)])


async def test_thirty_calls_of_everything_leave_nothing_behind() -> None:
    """Joins, offers in flight, losses and leaves, thirty times: no task, no alarm, no room stays."""
    before = asyncio.all_tasks()
    async with World() as world:
        for _ in range(30):
            ada, ben = await world.talk()
            world.plane.offer_gate = asyncio.Event()
            await ada.send("offer", sdp="v=0")
            await ada.vanishes()
            await ben.does("leave")
            await settled(lambda: world.plane.did("offer") == ["a"])
            world.clock.advance(180)
            await settled(lambda: len(world.rooms) == 0)
    assert_nothing_left(world, before)
