"""The room's one timer: turns end by it, it moves only with the deadline, and an empty room goes away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.signaling.world import World, settled, shorter_turns

if TYPE_CHECKING:
    from tests.signaling.world import Client


async def holder_after(client: Client, revision: int) -> str | None:
    """Who holds the stick in the first state after a revision."""
    holder: str | None = (await client.catches_up(revision + 1))["floor"]["holder"]
    return holder


async def test_a_turn_ends_by_the_rooms_timer() -> None:
    """When the time is up the stick goes to the other partner, with nobody sending anything."""
    async with World(shorter_turns(10)) as world:
        ada, ben = await world.talk()
        await ada.does("floor.request")
        revision = ada.state["revision"]
        world.clock.advance(10)
        closing = await ben.until("notice", code="turn.closing")
        assert closing["ends_at"] == world.clock.time + 15
        ended = await ben.until("notice", code="turn.ended")
        assert (ended["holder"], ended["reason"]) == ("a", "time")
        assert ben.state["floor"]["holder"] == "b"
        assert await holder_after(ada, revision + 2) == "b"
        assert world.plane.plan.view("a", "b").heard
        assert not world.plane.plan.view("b", "a").heard


async def test_the_cue_comes_before_the_end() -> None:
    """`turn.ending` is told at a fifth of a short turn, once."""
    async with World(shorter_turns(50)) as world:
        ada, _ben = await world.talk()
        await ada.does("floor.request")
        world.clock.advance(45)
        cue = await ada.until("notice", code="turn.ending")
        assert (cue["turn"], cue["seconds"]) == (1, 10)


async def test_a_late_timer_is_caught_up_by_the_next_command() -> None:
    """A command after a missed deadline finds the deadline carried out, in its own right."""
    async with World(shorter_turns(10)) as world:
        ada, _ben = await world.talk()
        await ada.does("floor.request")
        world.clock.time += 26
        assert await ada.is_refused("floor.release") == "not-holder"
        assert ada.state["floor"]["holder"] == "b"


async def test_the_timer_is_armed_again_only_when_the_deadline_moves(world: World) -> None:
    """Commands that leave the next deadline where it is do not touch the timer."""
    ada, _ben = await world.talk()
    await ada.does("floor.request")
    armed = world.clock.armed
    for level in ("soft", "veiled", "clear"):
        await ada.does("distance.set", outgoing=level)
    assert world.clock.armed == armed


async def test_one_timer_at_a_time(world: World) -> None:
    """However many things are due, the room has one alarm set."""
    ada, ben = await world.talk()
    await ada.does("floor.request")
    await ben.does("end")
    await ada.vanishes()
    await ben.catches_up(ben.state["revision"] + 1)
    rings = [alarm for alarm in world.clock.pending() if "WakeUp" in alarm.call.__qualname__]
    assert len(rings) == 1


async def test_an_empty_room_dissolves_after_a_grace(world: World) -> None:
    """A minute with nobody in it closes the plane and forgets the room; sooner it is still there."""
    ada = await world.joins("a")
    await ada.does("leave")
    await ada.is_told_goodbye("left", 1000)
    world.clock.advance(59)
    assert len(world.rooms) == 1
    world.clock.advance(1)
    await settled(lambda: world.plane.closed)
    assert len(world.rooms) == 0


async def test_coming_back_in_time_keeps_the_room(world: World) -> None:
    """Somebody who comes back within the grace finds the same room."""
    ada = await world.joins("a")
    await ada.does("distance.set", outgoing="soft")
    await ada.vanishes()
    await settled(lambda: any(alarm.when == 1060 for alarm in world.clock.pending()))
    world.clock.advance(59)
    back = await world.joins("a")
    world.clock.advance(600)
    await back.does("candidate")
    assert back.state["distance"]["outgoing"]["a"] == "soft"
    assert len(world.planes) == 1


async def test_a_room_that_nobody_could_enter_dissolves_too(world: World) -> None:
    """A room opened for somebody who was then refused does not stay."""
    stranger = await world.connects("stranger")
    await stranger.is_refused("join")
    world.clock.advance(60)
    await settled(lambda: world.plane.closed)
    assert len(world.rooms) == 0


async def test_a_failing_plane_at_a_deadline_fails_closed() -> None:
    """If the plan can't be applied when the time is up, everyone is silent and told so."""
    async with World(shorter_turns(10)) as world:
        ada, ben = await world.talk()
        await ada.does("floor.request")
        world.clock.advance(8)
        world.plane.failures = [RuntimeError("broken")]
        world.clock.advance(2)
        await ben.until("notice", code="media.stopped")
        assert dict(world.plane.plan.views) == {}
