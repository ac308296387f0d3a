"""`ok` comes only after the media path has obeyed, and what happens when it can't."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from media.mediation.commands import DistanceOutgoing, FloorRequest, Ready
from media.mediation.distance import Distance
from media.plane.interface import LineDown
from signaling.connection import Connection
from signaling.errors import FailedError
from signaling.farewells import Bye
from signaling.promises import Promises
from signaling.room import Room
from signaling.settings import SignalingSettings
from signaling.tasks import OwnedTasks
from tests.signaling.world import CALL, FakeClock, FakeDoor, FakePlane, settled

if TYPE_CHECKING:
    from collections.abc import Sequence

    from media.plane.interface import PlaneEvents
    from signaling.messages import ByeMessage, ServerMessage
    from tests.signaling.world import World


class JournalConnection(Connection):
    """Writes what is sent into the plane's own journal, so that the order of both can be read."""

    def __init__(self, participant: str, plane: FakePlane) -> None:
        super().__init__(participant, None, lambda: None, SignalingSettings())  # type: ignore[arg-type]
        self._plane = plane

    def send(self, message: ServerMessage, after: object = (), within_s: float = 0.0) -> None:
        """Into the journal."""
        del after, within_s  # nothing is stored here
        self._plane.journal.append((message.encode().split('"')[3], message))

    def end(self, message: ByeMessage, close_code: int, after: object = (), within_s: float = 0.0) -> None:
        """Into the journal."""
        del after, within_s
        self._plane.journal.append(("bye", (message.code, close_code)))


class Bare:
    """One room without sockets, on a clock that is moved by hand."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.planes: list[FakePlane] = []
        self.byes: list[str] = []
        self.room = Room(
            CALL,
            Promises(FakeDoor(), OwnedTasks()),
            self._make_plane,
            SignalingSettings(),
            self.clock,
            lambda _, bye: self.byes.append(bye),
        )
        self.plane = self.planes[0]

    def _make_plane(self, seats: Sequence[str], events: PlaneEvents) -> FakePlane:
        self.planes.append(FakePlane(seats, events))
        return self.planes[-1]

    def talk(self) -> list[JournalConnection]:
        """Both partners are there and ready."""
        both = [JournalConnection(who, self.plane) for who in "ab"]
        for one in both:
            self.room.join(one, None)
            self.room.command(one, None, Ready(one.participant, ready=True))
        return both

    def present(self) -> list[str]:
        """Who is there, as the conversation has it."""
        people = self.room.conversation.snapshot(self.clock.now()).participants
        return [person.id for person in people if person.present]


async def test_apply_then_state_then_notices_then_ok() -> None:
    """A command's effects come in one order: media path, whole state, notices, `ok` of that revision."""
    bare = Bare()
    room, planes = bare.room, bare.planes
    ada = JournalConnection("a", planes[0])
    room.join(ada, None)
    planes[0].journal.clear()
    room.command(ada, 7, DistanceOutgoing("a", Distance.VEILED, None))
    assert [what for what, _ in planes[0].journal] == ["apply", "conversation", "ok"]
    state, ok = (message for _, message in planes[0].journal[1:])
    assert (ok.re, ok.revision) == (7, state.revision)


async def test_ok_means_the_plan_is_in_force(world: World) -> None:
    """When `ok` arrives, the plane's last plan contains the effect."""
    ada, _ = await world.talk()
    for level in Distance:
        await ada.does("distance.set", outgoing=level.value)
        assert world.plane.plan.view("b", "a").distance is level
    await ada.does("floor.request")
    assert world.plane.plan.view("b", "a").heard


async def test_a_plane_that_fails_is_closed_not_open(world: World) -> None:
    """If the plan can't be applied everything is denied, everyone is told, and nobody gets `ok`."""
    ada, ben = await world.talk()
    world.plane.failures = [RuntimeError("broken")]
    assert await ada.is_refused("floor.request") == "failed"
    assert dict(world.plane.plan.views) == {}
    await ben.until("notice", code="media.stopped")
    assert not any(view["heard"] for view in ada.state["distance"]["views"])
    assert {view["distance"] for view in ada.state["distance"]["views"]} == {"audio-only"}


async def test_a_plane_that_recovers_opens_with_the_next_change(world: World) -> None:
    """The next change tries the plan again; the state then shows the real views."""
    ada, ben = await world.talk()
    world.plane.failures = [RuntimeError("broken")]
    await ada.is_refused("floor.request")
    await ben.does("distance.set", outgoing="soft")
    assert any(view["heard"] for view in ben.state["distance"]["views"])
    assert world.plane.plan.view("b", "a").heard


async def test_a_plane_that_cannot_even_deny_ends_the_room(world: World) -> None:
    """If denying fails too, the plane is closed and everybody gets bye `failed` (1011)."""
    ada, ben = await world.talk()
    world.plane.failures = [RuntimeError("broken"), RuntimeError("broken")]
    assert await ada.is_refused("floor.request") == "failed"
    await ada.is_told_goodbye("failed", 1011)
    await ben.is_told_goodbye("failed", 1011)
    await settled(lambda: world.plane.closed)


async def test_after_a_failed_room_people_meet_in_a_new_one(world: World) -> None:
    """Connecting again after `failed` leads to a new room with a new plane."""
    ada, _ = await world.talk()
    world.plane.failures = [RuntimeError("broken"), RuntimeError("broken")]
    await ada.is_refused("floor.request")
    await ada.is_told_goodbye("failed", 1011)
    again = await world.joins("a")
    assert again.state["phase"] == "waiting"
    assert len(world.planes) == 2


async def test_a_join_that_cannot_be_carried_out_says_so(world: World) -> None:
    """Joining while the media path fails: in the room, told `failed`, nobody heard."""
    await world.joins("a")
    world.plane.failures = [RuntimeError("broken")]
    ben = await world.connects("b")
    assert await ben.is_refused("join") == "failed"
    assert ben.state["participants"][1]["present"]
    await ben.does("ready", ready=True)


async def test_a_state_that_cannot_be_computed_ends_the_room(world: World) -> None:
    """An error in the core closes the room; no client sees more than `failed`."""
    ada = await world.joins("a")
    room = world.rooms._rooms[CALL.id]
    room.conversation.plan = None  # type: ignore[assignment,method-assign]
    room.conversation.snapshot = None  # type: ignore[assignment,method-assign]
    assert await ada.is_refused("ready", ready=True) == "failed"
    await ada.is_told_goodbye("failed", 1011)
    await settled(lambda: world.plane.closed)


async def test_the_line_is_told_to_the_conversation(world: World) -> None:
    """What the plane says of a line changes the state; of somebody absent it changes nothing."""
    ada = await world.joins("a")
    world.plane.events.line_changed("b", "weak")  # type: ignore[arg-type]
    world.plane.events.line_changed("a", "weak")  # type: ignore[arg-type]
    state = await ada.catches_up(ada.state["revision"] + 1)
    assert [entry["line"] for entry in state["participants"]] == ["weak", "good", "good"]


async def test_a_thin_line_stands_in_the_views(world: World) -> None:
    """What the media path softens for a thin line is said of the views, with the reason, for as long as it lasts."""
    _ada, ben = await world.talk()
    for thin, seen in ((True, ("soft", ["line"])), (False, ("clear", []))):
        revision = ben.state["revision"]
        world.plane.events.line_thin("a", thin=thin)
        state = await ben.catches_up(revision + 1)
        told = {(view["viewer"], view["subject"]): view for view in state["distance"]["views"]}
        assert (told["a", "b"]["distance"], told["a", "b"]["because"]) == seen
        assert told["b", "a"]["distance"] == "clear"
        assert world.plane.plan.view("a", "b").distance == seen[0]


async def test_who_comes_back_on_a_thin_line_is_known_to_be_on_one(world: World) -> None:
    """A line that was found thin while its owner's connection was away softens their first picture's view too."""
    await world.talk()
    await world.clients[0].vanishes()
    world.plane.lines_down["a"] = LineDown(None, None, None, None, thin=True)
    back = await world.joins("a")
    views = {(view["viewer"], view["subject"]): view for view in back.state["distance"]["views"]}
    assert views["a", "b"]["because"] == ["line"]


async def test_the_planes_notices_reach_whom_they_concern(world: World) -> None:
    """A notice to one goes to that one, a notice to nobody in particular goes to all."""
    ada = await world.joins("a")
    ben = await world.joins("b")
    world.plane.events.plane_notice("b", "line.slow", {"seconds": 3})
    world.plane.events.plane_notice(None, "line.slow", {"seconds": 4})
    assert (await ada.until("notice"))["seconds"] == 4
    assert (await ben.until("notice"))["seconds"] == 3


async def test_one_persons_going_is_not_lost_to_anothers_deadline() -> None:
    """When the media path fails at a deadline, the loss that came at that moment still reaches the conversation."""
    bare = Bare()
    ada, ben = bare.talk()
    bare.room.command(ada, None, FloorRequest("a"))
    bare.clock.time += 180
    bare.plane.failures = [RuntimeError("broken")]
    bare.room.gone(ben)
    assert bare.present() == ["a"]
    assert not bare.plane.plan.view("b", "a").heard
    await bare.room.close(Bye.DRAINING)


async def test_a_command_is_carried_out_whatever_became_of_a_deadline() -> None:
    """A tick that fails just before a command holds the command up no longer than the media path."""
    bare = Bare()
    ada, ben = bare.talk()
    bare.room.command(ada, None, FloorRequest("a"))
    bare.clock.time += 180
    bare.plane.failures = [RuntimeError("broken")]
    bare.room.command(ben, None, DistanceOutgoing("b", Distance.VEILED, None))
    assert bare.plane.plan.view("a", "b").distance is Distance.VEILED
    await bare.room.close(Bye.DRAINING)


async def test_a_stopped_media_path_is_tried_again_by_itself(world: World) -> None:
    """After a second the plan is tried again with nobody sending anything; then the state shows the real views."""
    ada, ben = await world.talk()
    world.plane.failures = [RuntimeError("broken"), None, RuntimeError("broken")]
    await ada.is_refused("floor.request")
    revision = (await ben.until("conversation"))["revision"]
    world.clock.advance(1)
    assert dict(world.plane.plan.views) == {}
    world.clock.advance(1)
    assert world.plane.plan.view("b", "a").heard
    state = await ben.until("conversation")
    assert (state["revision"], any(view["heard"] for view in state["distance"]["views"])) == (revision, True)
    assert not any(alarm.when < world.clock.time + 5 for alarm in world.clock.pending())


async def test_a_media_path_that_stays_broken_is_not_tried_for_ever() -> None:
    """After a minute of failures only a command tries again, and it opens what has recovered."""
    bare = Bare()
    ada, _ = bare.talk()
    bare.plane.failures = [RuntimeError("broken"), None] * 100
    with pytest.raises(FailedError):
        bare.room.command(ada, None, DistanceOutgoing("a", Distance.SOFT, None))
    bare.clock.advance(600)
    assert len(bare.plane.failures) == 200 - 2 * 61
    bare.plane.failures = []
    bare.room.command(ada, None, DistanceOutgoing("a", Distance.VEILED, None))
    assert bare.plane.plan.view("b", "a").distance is Distance.VEILED
    await bare.room.close(Bye.DRAINING)


async def test_a_room_that_collapses_closes_its_gates_at_once() -> None:
    """When the state can't be computed, everything is denied before anything is waited for."""
    bare = Bare()
    ada, _ = bare.talk()
    bare.room.command(ada, None, FloorRequest("a"))
    bare.room.conversation.plan = None  # type: ignore[assignment,method-assign]
    bare.room.conversation.snapshot = None  # type: ignore[assignment,method-assign]
    with pytest.raises(FailedError):
        bare.room.command(ada, None, DistanceOutgoing("a", Distance.SOFT, None))
    assert bare.byes == ["failed"]
    assert dict(bare.plane.plan.views) == {}
    await bare.room.close(Bye.FAILED)


@pytest.mark.parametrize("failures", [[], [RuntimeError("broken")]])
async def test_a_closing_room_denies_before_it_waits(failures: list[Exception]) -> None:
    """`close` shuts every gate before its first wait; a plane that can't obey is closed all the same."""
    bare = Bare()
    ada, _ = bare.talk()
    bare.room.command(ada, None, FloorRequest("a"))
    bare.plane.offer_gate = asyncio.Event()
    bare.room.offer(ada, None, "v=0")
    await asyncio.sleep(0)
    bare.plane.failures = list(failures)
    closing = bare.room.close(Bye.DRAINING)
    waits_for = closing.send(None)
    assert waits_for is not None
    assert bare.plane.failures == []
    assert failures or dict(bare.plane.plan.views) == {}
    closing.close()
    await bare.room.close(Bye.DRAINING)
    assert bare.plane.closed


async def test_the_same_notice_is_not_repeated_at_once(world: World) -> None:
    """One notice of a code about a person in five seconds; another person's or another code is told."""
    ada = await world.joins("a")
    for _ in range(100):
        world.plane.events.plane_notice(None, "blur.restarted", {"participant": "b"})
    world.plane.events.plane_notice(None, "blur.restarted", {"participant": "t"})
    world.plane.events.plane_notice("a", "join.timeout", {})
    await ada.until("notice", code="join.timeout")
    told = [message.get("participant") for message in ada.seen if message["type"] == "notice"]
    assert told == ["b", "t", None]
    world.clock.advance(5)
    world.plane.events.plane_notice(None, "blur.restarted", {"participant": "b"})
    await ada.until("notice", participant="b")
