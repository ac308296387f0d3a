"""What people say at the door reaches therapists alone, and is gone with the room: not one byte of it is the partner's."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from signaling.messages import MAX_ARRIVAL, parse
from signaling.shapes import ArrivalState
from tests.signaling.world import CALL, World, settled

if TYPE_CHECKING:
    from tests.signaling.world import Client

HARD = {
    "alone": False,
    "good_time": False,
    "where": "12 Quince Street, 3rd floor",
    "contact": "Olive, 0123 456",
}
SAID = {"participant": "a", **HARD}


async def sees(client: Client, *arrivals: dict[str, Any]) -> None:
    """The therapist is told exactly this next."""
    assert (await client.until("arrivals"))["arrivals"] == list(arrivals)


async def reads_all(client: Client) -> list[dict[str, Any]]:
    """Everything the server has sent to somebody so far."""
    await client.does("candidate")
    return client.seen


async def test_a_therapist_is_told_at_once(world: World) -> None:
    """Whoever is there already is told with the answer, of nobody before it."""
    therapist, a = await world.joins("t"), await world.joins("a")
    assert [m["arrivals"] for m in therapist.seen if m["type"] == "arrivals"] == [[]]
    await a.does("arrive", **HARD)
    await sees(therapist, SAID)


async def test_a_therapist_who_comes_later_is_told_on_joining(world: World) -> None:
    """After the state, before the `ok`."""
    a = await world.joins("a")
    await a.does("arrive", alone=True, good_time=True)
    therapist = await world.joins("t")
    assert [m["type"] for m in therapist.seen][:4] == ["welcome", "conversation", "arrivals", "ok"]
    assert therapist.seen[2]["arrivals"] == [
        {"participant": "a", "alone": True, "good_time": True, "where": None, "contact": None}
    ]


async def test_the_partner_gets_not_one_byte_of_it() -> None:
    """The partner's socket is the same, message for message, whether the other said anything or not."""
    heard: list[list[dict[str, Any]]] = []
    for says in (True, False):
        async with World() as other:
            therapist, b, a = [await other.joins(who) for who in ("t", "b", "a")]
            await a.does("arrive", **HARD) if says else await a.does("candidate")
            await a.does("arrive", alone=True, good_time=True) if says else await a.does("candidate")
            await a.does("ready", ready=True)
            await therapist.does("ready", ready=True)
            again = await other.joins("b")
            await a.does("leave")
            heard.append([{**m, "resume": ""} for m in [*b.seen, *await reads_all(again)]])
    assert heard[0] == heard[1]
    assert "arrivals" not in {m["type"] for m in heard[0]}
    text = str(heard[0])
    assert "Quince" not in text
    assert "Olive" not in text


async def test_nothing_of_it_is_in_the_state_or_comes_back_to_the_sender(world: World) -> None:
    """Saying it changes no revision; the sender gets `ok` alone; the therapist's snapshot does not hold it."""
    therapist, a = await world.joins("t"), await world.joins("a")
    before = await a.does("candidate")
    assert await a.does("arrive", **HARD) == before
    await reads_all(therapist)
    assert "Quince" not in str([m for m in therapist.seen if m["type"] != "arrivals"])
    assert "Quince" not in str(await reads_all(a))


async def test_the_same_again_is_no_news_and_other_answers_replace_it(world: World) -> None:
    """A page that comes back repeats itself: therapists are told of changes alone."""
    therapist, a = await world.joins("t"), await world.joins("a")
    for _ in range(3):
        await a.does("arrive", **HARD)
    await a.does("arrive", alone=True, good_time=True)
    await reads_all(therapist)
    told = [m["arrivals"] for m in therapist.seen if m["type"] == "arrivals"]
    assert [one[0]["alone"] for one in told[1:]] == [False, True]
    assert told[-1][0]["where"] is None


async def test_who_leaves_takes_it_along(world: World) -> None:
    """`leave` erases it; a lost line does not, for then it may be needed."""
    therapist, a = await world.joins("t"), await world.joins("a")
    await a.does("arrive", **HARD)
    await sees(therapist, SAID)
    await a.vanishes()
    await therapist.until("conversation")
    assert world.rooms._rooms[CALL.id]._arrivals._said
    again = await world.joins("a")
    await again.does("leave")
    await sees(therapist)


async def test_it_is_gone_when_the_room_ends(world: World) -> None:
    """A minute with nobody in the room closes it; the conversation is kept, what was said at the door is not."""
    a = await world.joins("a")
    await a.does("arrive", **HARD)
    room = world.rooms._rooms[CALL.id]
    await a.vanishes()
    await settled(lambda: not room.is_connected("a"))
    world.clock.advance(world.rooms.settings.empty_s + 1)
    await settled(lambda: CALL.id not in world.rooms._rooms)
    assert not room._arrivals._said
    therapist = await world.joins("t")
    assert therapist.seen[2] == {"type": "arrivals", "arrivals": []}


async def test_a_call_without_a_therapist_keeps_nothing() -> None:
    """There is nobody to tell, so nothing is remembered."""
    async with World(replace(CALL, participants=CALL.participants[:2], seats=2)) as world:
        a = await world.joins("a")
        await a.does("arrive", **HARD)
        assert not world.rooms._rooms[CALL.id]._arrivals._said
        assert all(message["type"] != "arrivals" for message in a.seen)


@pytest.mark.parametrize(
    "fields",
    [
        {"alone": True},
        {"alone": 1, "good_time": True},
        {"alone": True, "good_time": True, "where": "x" * (MAX_ARRIVAL + 1)},
        {"alone": True, "good_time": True, "contact": ""},
        {"alone": True, "good_time": True, "to": "b"},
    ],
)
async def test_what_is_misspelt_is_refused(world: World, fields: dict[str, Any]) -> None:
    """Half an answer, a number for a yes, too long a place, and fields that do not exist."""
    a = await world.joins("a")
    assert await a.is_refused("arrive", **fields) == "invalid"


def test_no_log_can_hold_it() -> None:
    """Neither the message nor what is kept of it shows the place or the name when it is printed."""
    message = parse(
        '{"type":"arrive","alone":true,"good_time":true,"where":"Quince Street","contact":"Olive"}'
    )
    kept = ArrivalState(participant="a", alone=True, good_time=True, where="Quince Street", contact="Olive")
    assert "Quince" not in f"{message!r} {message} {kept!r} {kept}"
    assert "Olive" not in f"{message!r} {message} {kept!r} {kept}"
