"""Coming in, being replaced, getting lost, leaving, coming back."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import ANY

from tests.signaling.world import CALL, settled

if TYPE_CHECKING:
    from tests.signaling.world import World


def person(state: dict, who: str) -> dict:
    """One participant of a `conversation` message."""
    return next(entry for entry in state["participants"] if entry["id"] == who)


async def test_join_is_answered_with_welcome_state_and_ok(world: World) -> None:
    """After `join` come `welcome`, the whole state and `ok`, in this order."""
    client = await world.connects("a")
    await client.does("join")
    assert [message["type"] for message in client.seen] == ["welcome", "conversation", "ok"]


async def test_welcome_has_the_documented_shape(world: World) -> None:
    """`welcome` tells who I am, how many seats there are, and what the call is."""
    client = await world.joins("a")
    assert client.seen[0] == {
        "type": "welcome",
        "resume": ANY,
        "media": False,
        "you": {"id": "a", "role": "partner", "name": "Ada"},
        "seats": 3,
        "ice_servers": [],
        "call": {
            "id": CALL.id,
            "title": CALL.title,
            "status": "open",
            "starts_at": CALL.starts_at,
            "duration_minutes": 50,
            "format": "timed-turns",
            "turn_seconds": 180,
            "distance": "clear",
            "room_minimum": "clear",
            "participants": [
                {"id": "a", "role": "partner", "name": "Ada"},
                {"id": "b", "role": "partner", "name": "Ben"},
                {"id": "t", "role": "therapist", "name": "Tea"},
            ],
        },
        "server_time": 1000.0,
    }


async def test_state_has_the_documented_shape(world: World) -> None:
    """`conversation` has exactly the documented keys, names included."""
    client = await world.joins("a")
    state = client.state
    assert set(state) == {
        *("type", "revision", "server_time", "phase", "participants", "floor", "distance"),
        *("break", "caucus", "caucus_time", "proposals"),
    }
    ada = {"id": "a", "role": "partner", "name": "Ada", "present": True, "ready": False, "line": "good"}
    assert person(state, "a") == ada | {"left": False, "microphone": True, "admitted": True}
    assert set(state["floor"]) == {
        *("mode", "format", "turn_seconds", "holder", "turn", "started_at", "ends_at", "paused"),
        *("remaining_s", "queue", "last_holder", "length_s", "grace_ends_at", "return_turn", "return_queue"),
        *("rest_seconds", "rest_ends_at", "done", "airtime", "course", "mirror", "mirror_answer_due"),
    }
    assert set(state["distance"]) == {"room", "outgoing", "outgoing_to", "incoming", "listening", "views"}
    assert len(state["distance"]["views"]) == 6
    assert (state["break"], state["caucus"], state["proposals"]) == (None, None, [])


async def test_others_see_who_comes(world: World) -> None:
    """Everyone gets the whole state after a change, with a higher revision."""
    ada = await world.joins("a")
    before = ada.state["revision"]
    await world.joins("b")
    state = await ada.catches_up(before + 1)
    assert person(state, "b")["present"]


async def test_first_message_is_join(world: World) -> None:
    """Whatever comes before `join` is refused with `not-joined`, and joining still works."""
    client = await world.connects("a")
    assert await client.is_refused("ready", ready=True) == "not-joined"
    await client.does("join")


async def test_joining_twice_on_one_connection_is_refused(world: World) -> None:
    """A second `join` of the same connection is `already-joined`."""
    client = await world.joins("a")
    assert await client.is_refused("join") == "already-joined"


async def test_somebody_without_a_seat_is_refused(world: World) -> None:
    """The core's refusal of a join reaches the client; nobody is in the room."""
    client = await world.connects("stranger")
    assert await client.is_refused("join") == "unknown-participant"


async def test_second_connection_replaces_the_first(world: World) -> None:
    """The older connection gets `replaced` (4409); the conversation hears of neither loss nor leave."""
    ada, ben = await world.talk()
    await ada.does("floor.request")
    await ada.does("microphone.set", on=False)
    await ada.does("distance.set", outgoing="veiled")
    revision = await ben.does("candidate")
    newer = await world.joins("a")
    await ada.is_told_goodbye("replaced", 4409)
    assert newer.state["revision"] == revision
    assert newer.state["floor"]["holder"] == "a"
    assert newer.state["distance"]["outgoing"]["a"] == "veiled"
    kept = person(newer.state, "a")
    assert (kept["present"], kept["ready"], kept["microphone"]) == (True, True, False)
    assert await ben.does("candidate") == revision


async def test_it_is_known_who_is_connected(world: World) -> None:
    """`is_connected` is about joined connections alone: not before `join`, not after a loss or in another call."""
    client = await world.connects("a")
    assert not world.rooms.is_connected(CALL.id, "a")
    await client.does("join")
    assert world.rooms.is_connected(CALL.id, "a")
    assert not world.rooms.is_connected(CALL.id, "b")
    assert not world.rooms.is_connected("call-9", "a")
    await world.joins("a")
    await client.is_told_goodbye("replaced", 4409)
    assert world.rooms.is_connected(CALL.id, "a"), "the newer connection counts"
    await world.clients[-1].vanishes()
    await settled(lambda: not world.rooms.is_connected(CALL.id, "a"))


async def test_nobody_is_connected_after_leaving(world: World) -> None:
    """`is_connected` is false as soon as `leave` is acknowledged, while the socket may still be closing."""
    ada, _ben = await world.talk()
    await ada.does("leave")
    assert not world.rooms.is_connected(CALL.id, "a")
    assert world.rooms.is_connected(CALL.id, "b")


async def test_replaced_connection_commands_nothing(world: World) -> None:
    """What the older connection sends after it was replaced has no effect."""
    older = await world.joins("a")
    newer = await world.joins("a")
    await older.send("ready", ready=True)
    await older.is_told_goodbye("replaced", 4409)
    await newer.does("candidate")
    assert not person(newer.state, "a")["ready"]


async def test_leaving_is_acknowledged_and_told(world: World) -> None:
    """`leave`: `ok`, then bye `left` (1000); the others see it, the media is removed, readiness is gone."""
    ada, ben = await world.talk()
    revision = await ada.does("leave")
    await ada.is_told_goodbye("left", 1000)
    state = await ben.catches_up(revision)
    assert state["phase"] == "waiting"
    assert (person(state, "a")["ready"], person(state, "a")["left"]) == (False, True)
    await settled(lambda: world.plane.did("remove") == ["a"])


async def test_vanishing_is_being_lost(world: World) -> None:
    """A socket that closes without `leave` is a loss: still ready, still talking, waited for."""
    ada, ben = await world.talk()
    await ada.vanishes()
    state = await ben.catches_up(ben.state["revision"] + 1)
    assert state["phase"] == "talking"
    lost = person(state, "a")
    assert (lost["present"], lost["ready"], lost["line"], lost["left"]) == (False, True, "lost", False)


async def test_lost_person_comes_back_to_the_same_turn(world: World) -> None:
    """Who is back in time still holds the stick, with the time that was left."""
    ada, ben = await world.talk()
    revision = await ada.does("floor.request")
    await ben.catches_up(revision)
    world.clock.advance(30)
    await ada.vanishes()
    await ben.catches_up(revision + 1)
    world.clock.advance(20)
    back = await world.joins("a")
    assert back.state["floor"]["holder"] == "a"
    assert back.state["floor"]["remaining_s"] == 150


async def test_media_of_a_lost_person_is_held_for_a_while(world: World) -> None:
    """A WebSocket that drops alone costs no media connection; one that stays away does."""
    ada, ben = await world.talk()
    await ada.vanishes()
    await ben.catches_up(ben.state["revision"] + 1)
    world.clock.advance(59)
    assert world.plane.did("remove") == []
    world.clock.advance(1)
    await settled(lambda: world.plane.did("remove") == ["a"])


async def test_media_of_a_person_who_came_back_stays(world: World) -> None:
    """Coming back in time keeps the media connection."""
    ada, ben = await world.talk()
    await ada.vanishes()
    await ben.catches_up(ben.state["revision"] + 1)
    await world.joins("a")
    world.clock.advance(120)
    await ben.does("candidate")
    assert world.plane.did("remove") == []


async def test_receive_is_repeated_when_a_seat_is_taken(world: World) -> None:
    """Who has an answer is told again which m-line carries whom when somebody comes."""
    ada = await world.joins("a")
    await ada.does("offer", sdp="v=0")
    answer = next(message for message in ada.seen if message["type"] == "answer")
    await world.joins("b")
    assert (await ada.until("receive"))["receive"] == answer["receive"]


async def test_the_call_begins_once(world: World) -> None:
    """The door hears `began` the first time both talk, and not again after an interruption."""
    ada, ben = await world.talk()
    await ben.does("ready", ready=False)
    await ben.does("ready", ready=True)
    await ada.does("candidate")
    assert world.door.events == [("began", CALL.id)]


async def test_too_many_unjoined_connections_are_turned_away(world: World) -> None:
    """A participant's fifth connection that has not joined gets `too-many` and is closed (4429)."""
    waiting = [await world.connects("a") for _ in range(4)]
    fifth = await world.connects("a")
    assert (await fifth.until("error"))["code"] == "too-many"
    await fifth.is_told_goodbye("too-many", 4429)
    await waiting[0].does("join")


async def test_nobody_waits_at_the_door_for_ever(world: World) -> None:
    """A connection that does not join in time gets `join-expected` (4408)."""
    client = await world.connects("a")
    await client.is_refused("ready", ready=True)
    world.clock.advance(10)
    await client.is_told_goodbye("join-expected", 4408)
