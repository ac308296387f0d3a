"""A call whose room is gone while nobody is in it: what holds on when somebody comes back, and what does not."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from media.mediation.distance import Distance
from media.mediation.distance_choices import DistanceChoices
from media.mediation.formats import PLAIN
from signaling.kept_conversations import KeptConversations, new_conversation
from tests.signaling.world import CALL, World, settled, shorter_turns

if TYPE_CHECKING:
    from tests.signaling.world import Client


async def everyone_goes(world: World, clients: list[Client]) -> None:
    """All of them are lost, and the room dissolves."""
    for client in clients:
        await client.vanishes()
    await settled(lambda: not world.rooms._rooms[CALL.id]._connections)
    world.clock.advance(120)
    await settled(lambda: world.plane.closed)


async def chosen(world: World) -> list[Client]:
    """Both partners talk, and have chosen distances."""
    ada, ben = await world.talk()
    await ada.does("distance.set", outgoing="veiled")
    await ada.does("distance.set", outgoing="soft", to="t")
    await ben.does("distance.set", incoming="audio-only", of="a")
    await ben.does("distance.set", room="soft")
    return [ada, ben]


def wishes(client: Client) -> dict[str, object]:
    """The distances without the views."""
    return {key: value for key, value in client.state["distance"].items() if key != "views"}


async def test_a_conversation_goes_on_after_its_room(world: World) -> None:
    """Whoever comes back after the room was dissolved finds distances, format and count of turns as they were."""
    ada, ben = await chosen(world)
    await ada.does("format.set", format="open-talk", turn_seconds=60)
    await ben.does("consent", proposal="1", answer=True)
    revision = await ada.does("floor.request")
    state = await ada.catches_up(revision)
    await everyone_goes(world, [ada, ben])
    back = await world.joins("a")
    assert len(world.planes) == 2
    assert wishes(back) == {key: value for key, value in state["distance"].items() if key != "views"}
    assert (back.state["floor"]["format"], back.state["floor"]["holder"]) == ("open-talk", None)
    assert back.state["revision"] > revision
    ben = await world.joins("b")
    for client in (back, ben):  # what they said before the room was dissolved counts no more
        await client.does("ready", ready=True)
    await ben.does("floor.request")
    assert ben.state["floor"]["turn"] == 2
    assert world.plane.plan.view("b", "a").distance is Distance.AUDIO_ONLY


@pytest.mark.parametrize("code", ["ended", "cancelled"])
async def test_nothing_is_kept_of_a_call_that_is_over(world: World, code: str) -> None:
    """The conversation of a call that was ended or cancelled is forgotten, with a room and without."""
    clients = await chosen(world)
    told = asyncio.create_task(clients[0].until("bye"))
    await world.rooms.end_call(CALL.id, code)
    await told
    assert len(world.rooms._kept) == 0
    await everyone_goes(world, await chosen(world))
    await world.rooms.end_call(CALL.id, code)
    assert len(world.rooms._kept) == 0


@pytest.mark.parametrize("with_room", [True, False])
async def test_a_changed_call_keeps_everyones_distance(world: World, *, with_room: bool) -> None:
    """A change begins a new conversation, in which nobody is seen nearer than they have said."""
    clients = await chosen(world)
    state = await clients[1].catches_up(await clients[1].does("candidate"))
    if not with_room:
        await everyone_goes(world, clients)
    told = [asyncio.create_task(client.until("bye")) for client in clients if with_room]
    world.door.call = shorter_turns(60)
    await world.rooms.end_call(CALL.id, "changed")
    await asyncio.gather(*told)
    back = await world.joins("a")
    assert wishes(back) == {key: value for key, value in state["distance"].items() if key != "views"}
    assert back.state["floor"]["turn_seconds"] == 60
    assert not back.state["participants"][0]["ready"]


async def test_a_failed_room_keeps_everyones_distance(world: World) -> None:
    """After `failed` people meet in a new conversation, at the distance they had chosen."""
    ada, _ = await chosen(world)
    world.plane.failures = [RuntimeError("broken"), RuntimeError("broken")]
    assert await ada.is_refused("floor.request") == "failed"
    await ada.is_told_goodbye("failed", 1011)
    back = await world.joins("a")
    assert back.state["distance"]["outgoing"]["a"] == "veiled"
    assert back.state["phase"] == "waiting"


def test_the_oldest_is_forgotten_first() -> None:
    """Only so many conversations are kept; one that was put away again is the newest."""
    kept = KeptConversations(2)
    for call_id in ("one", "two", "one", "three"):
        kept.keep(call_id, DistanceChoices(chosen_room=Distance.VEILED), {})
    assert len(kept) == 2
    assert kept.take("two") is None
    assert kept.take("one") is not None
    assert len(kept) == 1


def test_a_conversation_is_handed_out_once() -> None:
    """While a room goes on with a conversation it is kept nowhere else."""
    kept = KeptConversations(2)
    conversation = new_conversation(CALL, PLAIN)
    kept.keep(CALL.id, conversation, {})
    found = kept.take(CALL.id)
    assert found is not None
    assert found.conversation is conversation
    assert kept.take(CALL.id) is None


async def test_a_call_begins_at_its_distance_and_keeps_what_was_chosen_when_it_is_scheduled_anew(
    world: World,
) -> None:
    """The first plan knows the call's own distances; a change reaches those who have not chosen, and the room's least."""
    world.door.call = replace(CALL, distance=Distance.SOFT, room_minimum=Distance.SOFT)
    ada, _ben = await world.talk()
    assert all(plan.view("b", "a").distance is not Distance.CLEAR for plan in world.plane.did("apply"))
    assert world.plane.plan.view("b", "a").distance is Distance.SOFT
    await ada.does("distance.set", outgoing="clear")
    world.door.call = replace(CALL, distance=Distance.AUDIO_ONLY, room_minimum=Distance.VEILED)
    await world.rooms.end_call(CALL.id, "changed")
    back = await world.joins("a")
    assert back.state["distance"]["outgoing"] == {"a": "clear", "b": "audio-only", "t": "audio-only"}
    assert back.state["distance"]["room"] == "veiled"
