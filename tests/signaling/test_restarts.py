"""A server that is killed or restarted: the same call goes on, as if everybody's line had been lost while it was down."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from media.mediation.distance import Distance
from media.mediation.people import Role
from signaling import promises
from signaling import room as rooms_of
from signaling.calls import CallParticipant
from signaling.conversation_store import Found
from tests.signaling.world import CALL, Client, World, settled, shorter_turns

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from signaling.calls import CallInfo
    from signaling.conversation_store import Standing

AHEAD_S = 5000.0
"""The next process's clock shows something else."""


class Shelf:
    """A store that keeps JSON, and knows how long the server was up and down since."""

    def __init__(self) -> None:
        self.texts: dict[str, str] = {}
        self.choices_only: set[str] = set()
        self.up_s = 0.0
        self.down_s = 0.0
        self.waits: asyncio.Future[None] | None = None
        self.find_gate: asyncio.Event | None = None
        self.is_closed = False
        """The process that wrote is gone."""

    def put(self, call_id: str, standing: Standing) -> None:
        """Keep it as text."""
        if not self.is_closed:
            self.texts[call_id] = json.dumps(standing.as_json(), allow_nan=False)
            self.choices_only.discard(call_id)

    def keep_choices(self, call_id: str) -> None:
        """Remember it."""
        if not self.is_closed:
            self.choices_only.add(call_id)

    def drop(self, call_id: str) -> None:
        """Forget it."""
        if not self.is_closed:
            self.texts.pop(call_id, None)

    def stored(self) -> asyncio.Future[None] | None:
        """Nothing waits, unless a test has it wait."""
        return self.waits

    async def find(self, call_id: str) -> Found | None:
        """What was kept."""
        if self.find_gate is not None:
            await self.find_gate.wait()
        text = self.texts.get(call_id)
        if text is None:
            return None
        only = call_id in self.choices_only
        return Found(json.loads(text), self.up_s + self.down_s, self.down_s, choices_only=only)


@pytest.fixture
def shelf() -> Shelf:
    """Outlives every world."""
    return Shelf()


@asynccontextmanager
async def process(
    shelf: Shelf, *, up_s: float = 0.0, down_s: float = 0.0, call: CallInfo = CALL, **settings: Any
) -> AsyncIterator[World]:
    """A server until it is killed. The one before lived on for `up_s` after it stored last, and was killed `down_s` ago."""
    shelf.is_closed, shelf.up_s, shelf.down_s = False, up_s, down_s
    async with World(call, store=shelf, **settings) as world:
        if shelf.texts:
            world.clock.time += AHEAD_S
        yield world
        shelf.is_closed = True  # what the loss of everybody's connection does to it is not stored any more


async def both_again(world: World) -> list[Client]:
    """They join, and know the whole state."""
    clients = [await world.joins(who) for who in ("a", "b")]
    revision = await clients[-1].does("candidate")
    for client in clients:
        await client.catches_up(revision)
    return clients


def assert_closed(world: World) -> None:
    """Nobody is heard or seen."""
    assert not any(view.heard for view in world.plane.plan.views.values())


async def test_the_same_holder_has_the_same_time_left(shelf: Shelf) -> None:
    """Ada had the stick, with 180 s; after 40 s the server was killed, and 3 s later another is there."""
    async with process(shelf) as world:
        ada, _ = await world.talk()
        revision = await ada.does("floor.request")
    async with process(shelf, up_s=40.0, down_s=3.0) as world:
        ada, ben = await both_again(world)
        floor = ben.state["floor"]
        assert (ben.state["phase"], floor["holder"], floor["remaining_s"]) == ("talking", "a", 140)
        assert ben.state["revision"] > revision
        assert world.plane.plan.view("b", "a").heard
        assert not world.plane.plan.view("a", "b").heard
        world.clock.advance(139.0)
        assert world.plane.plan.view("b", "a").heard
        world.clock.advance(1.0)
        await ben.until("notice", code="turn.ended")


async def test_until_the_holder_is_back_their_clock_stands(shelf: Shelf) -> None:
    """Ben is first, and waits for Ada as he would if her line had been lost."""
    async with process(shelf) as world:
        ada, _ = await world.talk()
        await ada.does("floor.request")
    async with process(shelf, up_s=10.0, down_s=3.0) as world:
        ben = await world.joins("b")
        world.clock.advance(20.0)
        ada = await world.joins("a")
        assert ada.state["floor"]["remaining_s"] == 170
        assert ben.state["floor"]["holder"] == "a"


async def test_a_yes_from_long_ago_opens_no_microphone(shelf: Shelf) -> None:
    """After a minute without a server everybody is asked again, as after a minute without a line."""
    async with process(shelf) as world:
        ada, _ = await world.talk()
        await ada.does("floor.request")
    async with process(shelf, down_s=61.0) as world:
        _, ben = await both_again(world)
        assert (ben.state["phase"], ben.state["floor"]["holder"]) == ("waiting", None)
        assert not any(person["ready"] for person in ben.state["participants"])
        assert_closed(world)


async def test_a_break_goes_on_with_its_time_of_return(shelf: Shelf) -> None:
    """An hour of it passed with the server and an hour without: the last hour is left, and nobody is heard in it."""
    async with process(shelf) as world:
        ada, _ = await world.talk()
        await ada.does("break.start", seconds=3 * 3600)
    async with process(shelf, up_s=3600.0, down_s=3600.0) as world:
        _, ben = await both_again(world)
        assert ben.state["phase"] == "break"
        assert ben.state["break"]["returns_at"] == world.clock.time + 3600
        assert_closed(world)
        assert world.door.events == []


async def test_an_appointment_is_told_again(shelf: Shelf) -> None:
    """A return that is hours away moves the call; whether the door was still told of it a restart can't know."""
    async with process(shelf) as world:
        ada, _ = await world.talk()
        await ada.does("break.start", seconds=8 * 3600)
        assert (f"postponed by {8 * 3600}", CALL.id) in world.door.events
    async with process(shelf, down_s=600.0) as world:
        await both_again(world)
        assert world.door.events == [(f"postponed by {8 * 3600 - 600}", CALL.id)]


async def test_distances_are_as_they_were_chosen(shelf: Shelf) -> None:
    """Nobody is seen nearer, from the first packet on."""
    async with process(shelf) as world:
        ada, _ = await world.talk()
        await ada.does("distance.set", outgoing="veiled")
    async with process(shelf, down_s=3.0) as world:
        await both_again(world)
        assert world.plane.plan.view("b", "a").distance is Distance.VEILED


async def test_a_call_that_ended_leaves_nothing(shelf: Shelf) -> None:
    """Its people have ended it: what they did is forgotten at once."""
    async with process(shelf) as world:
        ada, ben = await world.talk()
        assert shelf.texts
        await ada.does("end")
        await ben.does("consent", proposal="1", answer=True)
        await ben.is_told_goodbye("ended", 1000)
        assert not shelf.texts


async def test_a_call_that_is_called_off_leaves_nothing(shelf: Shelf) -> None:
    """While nobody is in it, and by a process that never knew it."""
    async with process(shelf) as world:
        await world.talk()
    async with process(shelf, down_s=3.0) as world:
        await world.rooms.end_call(CALL.id, "cancelled")
        assert not shelf.texts


@pytest.mark.parametrize("after", [True, False])
async def test_a_changed_call_keeps_the_distances_alone(shelf: Shelf, *, after: bool) -> None:
    """Changed before or after the restart: a new conversation, in which nobody is seen nearer."""
    async with process(shelf) as world:
        ada, _ = await world.talk()
        await ada.does("distance.set", outgoing="veiled")
        if not after:
            await world.rooms.end_call(CALL.id, "changed")
    async with process(shelf, down_s=3.0, call=shorter_turns(60)) as world:
        if after:
            await world.rooms.end_call(CALL.id, "changed")
        _, ben = await both_again(world)
        assert (ben.state["phase"], ben.state["floor"]["turn_seconds"]) == ("waiting", 60)
        assert ben.state["distance"]["outgoing"]["a"] == "veiled"
        assert not shelf.choices_only


async def test_a_room_that_failed_keeps_the_distances_alone(shelf: Shelf) -> None:
    """And what it failed with is not tried again by the next process."""
    async with process(shelf) as world:
        ada, _ = await world.talk()
        await ada.does("distance.set", outgoing="veiled")
        world.plane.failures = [RuntimeError("broken"), RuntimeError("broken")]
        assert await ada.is_refused("floor.request") == "failed"
        await ada.is_told_goodbye("failed", 1011)
    async with process(shelf, down_s=3.0) as world:
        _, ben = await both_again(world)
        assert ben.state["phase"] == "waiting"
        assert ben.state["distance"]["outgoing"]["a"] == "veiled"


async def test_other_people_begin_anew(shelf: Shelf) -> None:
    """A call whose people are others now does not go on with those from before."""
    async with process(shelf) as world:
        await world.talk()
    others = replace(CALL, participants=(*CALL.participants[:2], CallParticipant("u", Role.THERAPIST, "Una")))
    async with process(shelf, down_s=3.0, call=others) as world:
        _, ben = await both_again(world)
        assert ben.state["phase"] == "waiting"


@pytest.mark.parametrize("text", ["null", "{}", '{"conversation": {"version": 999}}'])
async def test_of_what_cannot_be_read_nobody_is_seen(shelf: Shelf, text: str) -> None:
    """Closed, and not a traceback: nobody knows any more how people wished to be seen, until they say it."""
    async with process(shelf) as world:
        await world.talk()
    shelf.texts[CALL.id] = text
    async with process(shelf, down_s=3.0) as world:
        ada, ben = await both_again(world)
        assert ben.state["phase"] == "waiting"
        for client in (ada, ben):
            await client.does("ready", ready=True)
        assert world.plane.plan.view("b", "a").distance is Distance.AUDIO_ONLY
        await ada.does("distance.set", outgoing="clear")
        assert world.plane.plan.view("b", "a").distance is Distance.CLEAR


async def test_a_replaced_page_stays_replaced(shelf: Shelf) -> None:
    """A forgotten tablet that comes back first after a restart takes nobody's seat; the page that has it comes back."""
    async with process(shelf) as world:
        tablet = await world.connects("a")
        await tablet.does("join")
        old = next(m["resume"] for m in tablet.seen if m["type"] == "welcome")
        ada, _ = await world.talk()
        new = next(m["resume"] for m in ada.seen if m["type"] == "welcome")
    async with process(shelf, down_s=3.0) as world:
        tablet = await world.connects("a")
        assert await tablet.is_refused("join", resume=old) == "replaced"
        ada = await world.connects("a")
        await ada.does("join", resume=new)
        ben = await world.joins("b")
        assert [person["ready"] for person in ben.state["participants"]] == [True, True, False]


async def test_a_page_whose_word_was_not_stored_is_not_turned_away(shelf: Shelf) -> None:
    """It had joined in the moment of the kill: nobody knows its word, and nobody took its place either."""
    async with process(shelf) as world:
        await world.talk()
    async with process(shelf, down_s=3.0) as world:
        ada = await world.connects("a")
        await ada.does("join", resume="a word that was never stored")
        assert world.rooms.is_connected(CALL.id, "a")


async def test_a_replaced_page_stays_replaced_after_its_room(world: World) -> None:
    """In one process, too: after a room that closed empty."""
    tablet = await world.connects("a")
    await tablet.does("join")
    old = next(m["resume"] for m in tablet.seen if m["type"] == "welcome")
    ada = await world.joins("a")
    new = next(m["resume"] for m in ada.seen if m["type"] == "welcome")
    await ada.vanishes()
    await settled(lambda: not world.rooms._rooms[CALL.id]._connections)
    world.clock.advance(120)
    await settled(lambda: world.plane.closed)
    tablet = await world.connects("a")
    assert await tablet.is_refused("join", resume=old) == "replaced"
    ada = await world.connects("a")
    await ada.does("join", resume=new)
    assert next(m["resume"] for m in ada.seen if m["type"] == "welcome") == new


async def test_a_knock_at_a_revived_room_holds_nobodys_place(shelf: Shelf) -> None:
    """Everybody's loss is stored as soon as the room is there, though nobody has come in: a second kill changes nothing."""
    async with process(shelf) as world:
        tablet = await world.connects("a")
        await tablet.does("join")
        old = next(m["resume"] for m in tablet.seen if m["type"] == "welcome")
        await world.talk()
    async with process(shelf, down_s=3.0) as world:
        tablet = await world.connects("a")
        assert await tablet.is_refused("join", resume=old) == "replaced"
    async with process(shelf, up_s=64.0, down_s=3.0) as world:
        _, ben = await both_again(world)
        assert ben.state["phase"] == "waiting"
        assert_closed(world)


async def test_after_a_restart_a_long_break_is_still_an_appointment(shelf: Shelf) -> None:
    """Named anew, it moves the call, though what is left of it is no long break any more."""
    async with process(shelf) as world:
        ada, _ = await world.talk()
        await ada.does("break.start", seconds=4 * 3600 + 600)
    async with process(shelf, down_s=1200.0) as world:
        ada, _ = await both_again(world)
        world.door.events.clear()
        await ada.does("break.time", seconds=5 * 3600)
        assert world.door.events == [(f"postponed by {5 * 3600}", CALL.id)]


async def test_a_change_that_was_not_stored_counts_all_the_same(shelf: Shelf) -> None:
    """The call was changed, and the server killed before it was noted: nobody is seen nearer than the call allows now."""
    async with process(shelf) as world:
        await world.talk()
    call = replace(CALL, format="open-talk", room_minimum=Distance.VEILED)
    async with process(shelf, down_s=3.0, call=call) as world:
        _, ben = await both_again(world)
        assert (ben.state["phase"], ben.state["floor"]["format"]) == ("waiting", "open-talk")
        assert ben.state["distance"]["room"] == "veiled"


async def test_nothing_is_forgotten_while_a_room_closes(shelf: Shelf) -> None:
    """Somebody joins in that moment, at a server that remembers nothing in memory."""
    async with process(shelf, max_kept=0) as world:
        ada, ben = await world.talk()
        await ada.does("distance.set", outgoing="veiled")
        for client in (ada, ben):
            await client.vanishes()
        await settled(lambda: not world.rooms._rooms[CALL.id]._connections)
        world.clock.advance(120)
        back = await world.joins("a")
        assert back.state["distance"]["outgoing"]["a"] == "veiled"


async def test_a_process_goes_on_with_what_it_knows_itself(shelf: Shelf) -> None:
    """While it remembers the conversation nobody reads the store, which may be a moment behind."""
    async with process(shelf) as world:
        ada, ben = await world.talk()
        await ada.does("distance.set", outgoing="veiled")
        for client in (ada, ben):
            await client.vanishes()
        await settled(lambda: not world.rooms._rooms[CALL.id]._connections)
        world.clock.advance(120)
        await settled(lambda: world.plane.closed)
        shelf.texts.clear()
        _, ben = await both_again(world)
        assert ben.state["distance"]["outgoing"]["a"] == "veiled"


async def test_two_who_come_at_once_meet_in_one_room(shelf: Shelf) -> None:
    """Both look into the store; there is one conversation all the same."""
    async with process(shelf) as world:
        await world.talk()
    async with process(shelf, down_s=3.0) as world:
        await asyncio.gather(world.joins("a"), world.joins("b"))
        assert len(world.planes) == 1
        assert world.plane.plan.view("a", "b").distance is Distance.CLEAR


async def test_a_command_is_acknowledged_when_it_is_stored(shelf: Shelf) -> None:
    """The others see at once what it has done; `ok` says that it will not be undone, in the order of the commands."""
    async with process(shelf) as world:
        ada, ben = await world.talk()
        shelf.waits = asyncio.get_running_loop().create_future()
        for number in (1, 2):
            await ada.send("microphone.set", id=f"m{number}", on=bool(number - 1))
        await ada.send("distance.set", id="d", outgoing="veiled")
        while ben.state["distance"]["outgoing"]["a"] != "veiled":
            await ben.read()
        seen = len(ada.seen)
        shelf.waits.set_result(None)
        await ada.until("ok", re="d")
        assert [m["re"] for m in ada.seen[seen:] if m["type"] == "ok"] == ["m1", "m2", "d"]


@pytest.mark.parametrize("last", ["leave", "end"])
async def test_a_goodbye_waits_for_what_it_follows(shelf: Shelf, last: str) -> None:
    """Whoever left, or ended the call, is told so when it is stored; nothing that was done before stays unanswered."""
    async with process(shelf) as world:
        ada, ben = await world.talk()
        if last == "end":
            await ben.does("end")
        shelf.waits = asyncio.get_running_loop().create_future()
        await ada.send("microphone.set", id="m", on=False)
        if last == "end":
            await ada.send("consent", id="last", proposal="1", answer=True)
            await ben.is_told_goodbye("ended", 1000)
        else:
            await ada.send("leave", id="last")
            while not ben.state["participants"][0]["left"]:
                await ben.read()
        seen = len(ada.seen)
        shelf.waits.set_result(None)
        await ada.is_told_goodbye("left" if last == "leave" else "ended", 1000)
        answers = [m.get("re") for m in ada.seen[seen:] if m["type"] in {"ok", "bye"}]
        assert answers == ["m", "last", None]


async def test_the_end_is_told_to_nobody_before_the_door_knows(shelf: Shelf) -> None:
    """A call of which somebody was told that it is over is over, whatever happens next; until then it is stored."""
    async with process(shelf) as world:
        ada, ben = await world.talk()
        world.door.told = asyncio.Event()
        await ada.does("end")
        await ben.send("consent", id="yes", proposal="1", answer=True)
        for client in (ada, ben):
            while client.state["phase"] != "ended":
                await client.read()
        assert shelf.texts
        assert not any(m["type"] == "bye" or m.get("re") == "yes" for m in (*ada.seen, *ben.seen))
        world.door.told.set()
        for client in (ada, ben):
            await client.is_told_goodbye("ended", 1000)
        assert world.door.events[-1] == ("ended", CALL.id)
        assert not shelf.texts


async def test_a_call_that_was_ended_does_not_come_back_while_the_door_is_told(
    shelf: Shelf, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is stored until the door knows, for the next process; in this one it is over for whoever opens their link now."""
    monkeypatch.setattr(rooms_of, "STORED_WITHIN_S", 0.01)
    async with process(shelf) as world:
        ada, ben = await world.talk()
        world.door.told = asyncio.Event()
        await ada.does("end")
        await ben.send("consent", id="yes", proposal="1", answer=True)
        for client in (ada, ben):
            await client.is_told_goodbye("ended", 1000)
        assert shelf.texts
        late = await world.connects("a")
        assert await late.is_refused("join") == "wrong-phase"
        assert len(world.planes) == 1
        world.door.told.set()
        await settled(lambda: not shelf.texts)


async def test_the_door_is_told_until_it_knows(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database that somebody holds for a while: the end is told again, and what is stored stays until then."""
    monkeypatch.setattr(rooms_of, "STORED_WITHIN_S", 0.01)
    monkeypatch.setattr(promises, "AGAIN_S", 0.01)
    async with process(shelf) as world:
        ada, ben = await world.talk()
        world.door.failures = 3
        await ada.does("end")
        await ben.does("consent", proposal="1", answer=True)
        await ben.is_told_goodbye("ended", 1000)
        await settled(lambda: not shelf.texts)
        assert world.door.failures == 0
        assert world.door.events[-1] == ("ended", CALL.id)


async def test_a_held_ok_keeps_no_state_back(shelf: Shelf) -> None:
    """Whoever waits for their own `ok` learns at once what others do: that their microphone is open, say."""
    async with process(shelf) as world:
        ada, ben = await world.talk()
        shelf.waits = asyncio.get_running_loop().create_future()
        await ada.send("microphone.set", id="m", on=False)
        await ben.send("distance.set", id="d", outgoing="veiled")
        while ada.state["distance"]["outgoing"].get("b") != "veiled":
            await ada.read()
        assert not [m for m in ada.seen if m.get("re") == "m"]
        shelf.waits.set_result(None)
        await ada.until("ok", re="m")


async def test_a_slow_disk_holds_nobody_up(shelf: Shelf, monkeypatch: pytest.MonkeyPatch) -> None:
    """A break is a break, whatever the disk does."""
    monkeypatch.setattr(rooms_of, "STORED_WITHIN_S", 0.01)
    async with process(shelf) as world:
        ada, _ = await world.talk()
        shelf.waits = asyncio.get_running_loop().create_future()
        await ada.does("break.start")
        assert_closed(world)
