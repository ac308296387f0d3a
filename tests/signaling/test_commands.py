"""What each message does, and each refusal of the core as a client sees it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from media.mediation.distance import Distance
from signaling.handlers import COMMANDS, HANDLERS
from signaling.messages import CLIENT_MESSAGES
from tests.signaling.world import CALL

if TYPE_CHECKING:
    from tests.signaling.world import Client, World


def test_every_message_has_a_handler() -> None:
    """The tables of messages and of handlers name the same types."""
    assert set(HANDLERS) == set(CLIENT_MESSAGES.values())
    assert set(COMMANDS) < set(HANDLERS)


def views(client: Client) -> dict[tuple[str, str], dict[str, Any]]:
    """The views of the last state, keyed (viewer, subject)."""
    return {(view["viewer"], view["subject"]): view for view in client.state["distance"]["views"]}


async def test_the_conversation_begins_when_both_partners_are_ready(world: World) -> None:
    """`ready` of both leads from waiting to talking."""
    ada = await world.joins("a")
    ben = await world.joins("b")
    await ada.does("ready", ready=True)
    assert ada.state["phase"] == "waiting"
    await ben.does("ready", ready=True)
    assert ben.state["phase"] == "talking"


async def test_the_stick_goes_round(world: World) -> None:
    """Request, queue, pass and release move the stick as the core's rules say."""
    ada, ben = await world.talk()
    await ada.does("floor.request")
    assert views(ada)["b", "a"]["heard"]
    await ben.does("floor.request")
    assert ben.state["floor"]["queue"] == ["a"] or ben.state["floor"]["queue"] == ["b"]
    await ada.does("floor.pass", to="b")
    assert ada.state["floor"]["holder"] == "b"
    await ben.catches_up(ada.state["revision"])
    await ben.does("floor.release")
    assert ben.state["floor"]["holder"] == "a"


async def test_the_chair_grants_and_revokes(world: World) -> None:
    """The therapist gives the stick to anyone and takes it back."""
    ada, _ben, tea = await world.talk("t")
    await tea.does("floor.grant", to="a")
    assert tea.state["floor"]["holder"] == "a"
    await ada.until("notice", code="turn.started", holder="a")
    await tea.does("floor.revoke")
    assert tea.state["floor"]["holder"] is None
    ended = await ada.until("notice", code="turn.ended")
    assert (ended["turn"], ended["reason"]) == (1, "revoked")


async def test_extending_needs_a_yes(world: World) -> None:
    """`floor.extend` opens a proposal with its own fields; `consent` carries it out."""
    ada, ben = await world.talk()
    await ada.does("floor.request")
    ends_at = ada.state["floor"]["ends_at"]
    revision = await ada.does("floor.extend", seconds=60)
    proposal = (await ben.catches_up(revision))["proposals"][0]
    assert (proposal["kind"], proposal["seconds"]) == ("extend", 60)
    assert "level" not in proposal
    await ben.does("consent", proposal=proposal["id"], answer=True)
    assert ben.state["floor"]["ends_at"] == ends_at + 60


async def test_another_format_needs_two(world: World) -> None:
    """`format.set` is a proposal; both partners' yes changes the format."""
    ada, ben = await world.talk()
    await ada.does("format.set", format="open-talk", turn_seconds=60)
    await ben.does("consent", proposal=ada.state["proposals"][0]["id"], answer=True)
    assert (ben.state["floor"]["format"], ben.state["floor"]["turn_seconds"]) == ("open-talk", 60)


async def test_distance_choices_reach_the_plan(world: World) -> None:
    """Outgoing, outgoing to one, incoming and the room's least each change the views they name."""
    ada, ben = await world.talk()
    await ada.does("distance.set", outgoing="soft")
    assert views(ada)["b", "a"]["distance"] == "soft"
    await ada.does("distance.set", outgoing="veiled", to="b")
    assert views(ada)["b", "a"]["distance"] == "veiled"
    await ada.does("distance.set", incoming="soft", of="b")
    assert views(ada)["a", "b"]["distance"] == "soft"
    await ben.does("distance.set", room="audio-only")
    assert {view["distance"] for view in views(ben).values()} == {"audio-only"}
    assert world.plane.plan.view("b", "a").distance is Distance.AUDIO_ONLY


async def test_listening_holds_for_whoever_comes_later(world: World) -> None:
    """`listening` leaves no picture of anybody; false brings the wishes from before back; everyone sees whose word it is."""
    ada, ben = await world.talk()
    await ada.does("distance.set", incoming="soft", of="b")
    await ada.does("distance.set", listening=True)
    tea = await world.joins("t")
    await tea.does("ready", ready=True)
    for partner in (ada, ben):
        revision = await partner.does("consent", proposal="1", answer=True)
    state = await ben.catches_up(revision)
    assert state["distance"]["listening"] == ["a"]
    seen = {pair: (view["distance"], view["because"]) for pair, view in views(ben).items()}
    assert seen["a", "b"] == seen["a", "t"] == ("audio-only", ["listening"])
    assert seen["b", "a"] == seen["t", "b"] == ("clear", [])
    assert world.plane.plan.view("a", "t").distance is Distance.AUDIO_ONLY
    await ada.does("distance.set", listening=False)
    assert views(ada)["a", "b"]["distance"] == "soft"
    assert views(ada)["a", "t"]["distance"] == "clear"


async def test_a_microphone_is_shown_to_the_others(world: World) -> None:
    """`microphone.set` is in everyone's next state, and the plan stays as it was."""
    ada, ben = await world.talk()
    plan = world.plane.plan
    revision = await ada.does("microphone.set", on=False)
    state = await ben.catches_up(revision)
    assert [person["microphone"] for person in state["participants"]] == [False, True, True]
    assert world.plane.plan == plan


async def test_everyone_is_told_of_the_rooms_distance(world: World) -> None:
    """`distance.room` names who raised it, and a lowering's proposal names its level and who asked."""
    ada, ben = await world.talk()
    await ada.does("distance.set", room="veiled")
    raised = await ben.until("notice", code="distance.room")
    assert raised == {"type": "notice", "code": "distance.room", "by": "a", "level": "veiled"}
    await ada.does("distance.set", room="soft")
    asked = await ben.until("notice", code="proposal.opened")
    assert asked.items() >= {"kind": "room", "by": "a", "level": "soft"}.items()


async def test_ending_needs_two_and_closes_the_room(world: World) -> None:
    """`end` and the other's yes: last state `ended`, `ok`, bye `ended` to all, the door told once."""
    ada, ben = await world.talk()
    await ada.does("end")
    await ben.does("consent", proposal=ada.state["proposals"][0]["id"], answer=True)
    assert ben.state["phase"] == "ended"
    await ben.is_told_goodbye("ended", 1000)
    await ada.is_told_goodbye("ended", 1000)
    assert ada.state["phase"] == "ended"
    await world.rooms.end_call(CALL.id, "ended")
    assert world.door.events == [("began", CALL.id), ("ended", CALL.id)]
    assert world.plane.closed


REFUSALS = [
    ("forbidden", "a", "floor.grant", {"to": "b"}),
    ("not-holder", "b", "floor.pass", {"to": "a"}),
    ("floor-taken", "a", "floor.request", {}),
    ("unknown-participant", "a", "floor.pass", {"to": "nobody"}),
    ("not-present", "a", "floor.pass", {"to": "t"}),
    ("unknown-proposal", "a", "consent", {"proposal": "77", "answer": True}),
    ("unknown-format", "a", "format.set", {"format": "shouting"}),
    ("unchanged", "a", "format.set", {"format": "timed-turns"}),
    ("out-of-range", "a", "format.set", {"format": "open-talk", "turn_seconds": 5}),
    ("out-of-range", "a", "floor.extend", {"seconds": -5}),
]


@pytest.mark.parametrize(("code", "by", "kind", "fields"), REFUSALS)
async def test_a_refusal_changes_nothing(
    world: World, code: str, by: str, kind: str, fields: dict[str, Any]
) -> None:
    """Each refusal of the core arrives with its code; revision and plan stay as they were."""
    ada, ben = await world.talk()
    revision = await ada.does("floor.request")
    applied = len(world.plane.did("apply"))
    client = {"a": ada, "b": ben}[by]
    assert await client.is_refused(kind, **fields) == code
    assert await client.does("candidate") == revision
    assert len(world.plane.did("apply")) == applied


async def test_floor_commands_wait_for_the_talk(world: World) -> None:
    """While waiting, floor commands are `wrong-phase`."""
    ada = await world.joins("a")
    assert await ada.is_refused("floor.request") == "wrong-phase"


async def test_asking_twice_is_refused(world: World) -> None:
    """One who waits for the stick already is told `already-queued`."""
    ada, ben = await world.talk()
    await ada.does("floor.request")
    await ben.does("floor.request")
    assert await ben.is_refused("floor.request") == "already-queued"


async def test_one_proposal_of_a_kind(world: World) -> None:
    """A second proposal of an open kind is `proposal-open`."""
    ada, ben = await world.talk()
    await ada.does("end")
    assert await ben.is_refused("end") == "proposal-open"


async def test_messages_without_id_are_answered_too(world: World) -> None:
    """`re` is null when the message had no id."""
    ada = await world.joins("a")
    await ada.send(
        "candidate", candidate="candidate:1 1 udp 1 192.0.2.1 9 typ host", sdpMid="0", sdpMLineIndex=0
    )
    assert (await ada.until("ok"))["re"] is None
