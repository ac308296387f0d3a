"""Stepping back as clients live through it: by message, by time, and across lost lines and closed rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from media.mediation.plan import SILENT
from tests.signaling.test_coming_back import everyone_goes
from tests.signaling.world import CALL, settled

if TYPE_CHECKING:
    from tests.signaling.world import Client, World


def assert_all_closed(world: World, client: Client) -> None:
    """The media path was told that nobody hears or sees anybody, and so were the people."""
    assert set(world.plane.plan.views.values()) == {SILENT}
    assert client.state["phase"] == "break"
    assert not any(view["heard"] for view in client.state["distance"]["views"])
    assert {view["distance"] for view in client.state["distance"]["views"]} == {"audio-only"}


async def told(client: Client, code: str, **fields: Any) -> dict[str, Any]:
    """The notice, whether it has been read already or is still to come."""
    wanted = {"type": "notice", "code": code, **fields}
    read = (message for message in client.seen if wanted.items() <= message.items())
    return next(read, None) or await client.until("notice", code=code, **fields)


@pytest.mark.parametrize("by", [0, 1, 2])
async def test_one_message_of_anyone_closes_all(world: World, by: int) -> None:
    """When the `ok` comes the plan is silence, whoever held the stick; everyone is told who, and until when."""
    clients = await world.talk("t")
    await clients[2].does("floor.grant", to="t")
    revision = await clients[by].does("break.start")
    for client in clients:
        await client.catches_up(revision)
        assert_all_closed(world, client)
        started = await told(client, "break.started")
        assert (started["by"], started["returns_at"]) == ("abt"[by], world.clock.time + 1200)
    assert clients[0].state["break"] == {
        "by": "abt"[by],
        "started_at": world.clock.time,
        "returns_at": world.clock.time + 1200,
        "due": False,
        "back": [],
    }


async def test_a_return_is_said_by_both(world: World) -> None:
    """The time is told and opens nothing; both `break.end` lead to one short turn each."""
    ada, ben = await world.talk()
    await ada.does("break.start", seconds=1800)
    world.clock.advance(1800)
    await told(ben, "break.due")
    assert_all_closed(world, ben)
    await ada.does("break.end")
    assert ada.state["break"]["back"] == ["a"]
    await ben.does("break.end")
    await told(ben, "turn.started", holder="a")
    floor = ben.state["floor"]
    assert (ben.state["phase"], ben.state["break"]) == ("talking", None)
    assert (floor["return_turn"], floor["return_queue"], floor["length_s"]) == (True, ["b"], 60)
    world.clock.advance(60)
    await told(ada, "turn.started", holder="b")


async def test_later_is_so_at_once_and_earlier_is_asked(world: World) -> None:
    """`break.time` of one moves the return away; towards now it opens a question with the time in it."""
    ada, ben = await world.talk()
    await ada.does("break.start")
    revision = await ben.does("break.time", seconds=3600)
    assert (await ada.catches_up(revision))["break"]["returns_at"] == world.clock.time + 3600
    revision = await ada.does("break.time", seconds=1800)
    asked = (await ben.catches_up(revision))["proposals"][0]
    assert (asked["kind"], asked["returns_at"]) == ("return", world.clock.time + 1800)
    await ben.does("consent", proposal=asked["id"], answer=True)
    assert ben.state["break"]["returns_at"] == world.clock.time + 1800
    moved = await told(ada, "break.moved", by="a")
    assert moved["returns_at"] == world.clock.time + 1800


@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("break.start", {}, "wrong-phase"),
        ("break.start", {"seconds": 60}, "wrong-phase"),
        ("break.time", {"seconds": 30}, "out-of-range"),
        ("break.time", {"seconds": 1200}, "unchanged"),
        ("floor.request", {}, "wrong-phase"),
        ("end", {}, "wrong-phase"),
    ],
)
async def test_refusals_in_a_break(world: World, kind: str, fields: dict[str, int], code: str) -> None:
    """Each has its code, and the break stays."""
    ada, ben = await world.talk()
    await ada.does("break.start")
    assert await ben.is_refused(kind, **fields) == code
    assert_all_closed(world, ben)


async def test_the_therapist_does_not_return_for_others(world: World) -> None:
    """`break.end` of the therapist is `forbidden`."""
    _ada, _ben, tea = await world.talk("t")
    await tea.does("break.start")
    assert await tea.is_refused("break.end") == "forbidden"


async def test_a_break_survives_lost_and_replaced_connections(world: World) -> None:
    """Whoever comes back, on the same connection's heirs, finds the same break, and nobody is heard or seen."""
    ada, ben = await world.talk()
    await ada.does("break.start")
    before = ada.state["break"]
    await ben.vanishes()
    world.clock.advance(300)
    ben = await world.joins("b")
    again = await world.joins("a")
    await ada.is_told_goodbye("replaced", 4409)
    for client in (ben, again):
        assert client.state["break"] == before
        assert_all_closed(world, client)


async def test_a_break_outlives_its_room(world: World) -> None:
    """Everyone may close the page: the room goes, the break and its time stay, and the return is theirs."""
    ada, ben = await world.talk()
    await ada.does("floor.request")
    await ada.does("break.start")
    before = ada.state["break"]
    await everyone_goes(world, [ada, ben])
    ada = await world.joins("a")
    assert len(world.planes) == 2
    assert ada.state["break"] == before
    ben = await world.joins("b")
    assert_all_closed(world, ben)
    for client in (ada, ben):
        await client.does("break.end")
    assert (ben.state["floor"]["holder"], ben.state["floor"]["queue"]) == ("a", ["a"])


async def test_a_long_break_moves_the_call(world: World) -> None:
    """Beyond four hours the return is an appointment, told to the door; a short break is not; another time moves it along."""
    ada, ben = await world.talk()
    await ada.does("break.start", seconds=4 * 3600)
    await settled(lambda: ("began", CALL.id) in world.door.events)
    assert not [event for event, _ in world.door.events if event.startswith("postponed")]
    await ben.does("break.time", seconds=20 * 3600)
    await settled(lambda: ("postponed by 72000", CALL.id) in world.door.events)
    await ada.does("break.time", seconds=3600)
    await ben.does("consent", proposal="1", answer=True)
    await settled(lambda: ("postponed by 3600", CALL.id) in world.door.events)
    assert len([event for event, _ in world.door.events if event.startswith("postponed")]) == 2


async def test_a_short_break_after_a_long_one_moves_nothing(world: World) -> None:
    """The appointment was kept with the return."""
    ada, ben = await world.talk()
    await ada.does("break.start", seconds=20 * 3600)
    await settled(lambda: ("postponed by 72000", CALL.id) in world.door.events)
    for client in (ada, ben):
        await client.does("break.end")
    await ada.does("break.start", seconds=1200)
    await ada.does("break.time", seconds=1800)
    await ada.does("break.time", seconds=20 * 3600)
    await settled(lambda: _postponements(world) == ["postponed by 72000"] * 2)


async def test_a_short_break_that_outlives_its_room_moves_nothing(world: World) -> None:
    """A later return is told to the people alone, whoever went and came meanwhile; a long one is still moved along."""
    ada, ben = await world.talk()
    await ada.does("break.start", seconds=1200)
    await everyone_goes(world, [ada, ben])
    ada = await world.joins("a")
    await ada.does("break.time", seconds=1800)
    await ada.does("break.time", seconds=20 * 3600)
    await settled(lambda: _postponements(world) == ["postponed by 72000"])
    await everyone_goes(world, [ada])
    ada = await world.joins("a")
    await ada.does("break.time", seconds=21 * 3600)
    await settled(lambda: _postponements(world) == ["postponed by 72000", "postponed by 75600"])


def _postponements(world: World) -> list[str]:
    return [event for event, _ in world.door.events if event.startswith("postponed")]


@pytest.mark.parametrize("stop", ["break.start", "leave"])
async def test_a_burst_of_messages_keeps_nobody_from_stopping(world: World, stop: str) -> None:
    """Beyond the limit of messages everything else is refused, and stepping back and leaving are heard."""
    ada, ben = await world.talk()
    for _ in range(60):
        await ada.send("candidate")
    assert await ada.is_refused("floor.request") == "too-many"
    await ada.does(stop)
    await ben.until("conversation", phase="break" if stop == "break.start" else "waiting")
