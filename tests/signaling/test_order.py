"""`ok` comes only after the media path has obeyed, and what happens when it can't."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.mediation.commands import DistanceOutgoing
from media.mediation.distance import Distance
from signaling.connection import Connection
from signaling.room import Room
from signaling.settings import SignalingSettings
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

    def send(self, message: ServerMessage) -> None:
        """Into the journal."""
        self._plane.journal.append((message.encode().split('"')[3], message))

    def end(self, message: ByeMessage, close_code: int) -> None:
        """Into the journal."""
        self._plane.journal.append(("bye", (message.code, close_code)))


async def test_apply_then_state_then_notices_then_ok() -> None:
    """A command's effects come in one order: media path, whole state, notices, `ok` of that revision."""
    planes: list[FakePlane] = []

    def make_plane(seats: Sequence[str], events: PlaneEvents) -> FakePlane:
        planes.append(FakePlane(seats, events))
        return planes[-1]

    room = Room(CALL, FakeDoor(), make_plane, SignalingSettings(), FakeClock(), lambda _room, _bye: None)
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
    room._conversation.plan = None  # type: ignore[assignment,method-assign]
    room._conversation.snapshot = None  # type: ignore[assignment,method-assign]
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


async def test_the_planes_notices_reach_whom_they_concern(world: World) -> None:
    """A notice to one goes to that one, a notice to nobody in particular goes to all."""
    ada = await world.joins("a")
    ben = await world.joins("b")
    world.plane.events.plane_notice("b", "line.slow", {"seconds": 3})
    world.plane.events.plane_notice(None, "line.slow", {"seconds": 4})
    assert (await ada.until("notice"))["seconds"] == 4
    assert (await ben.until("notice"))["seconds"] == 3
