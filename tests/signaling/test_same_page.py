"""A page whose WebSocket was lost comes back to its own place and media; one that was replaced does not take it back unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from media.mediation.people import LineState
from tests.signaling.test_replacing import media_work, with_media
from tests.signaling.world import settled

if TYPE_CHECKING:
    from typing import Any

    from tests.signaling.world import Client, World


async def comes_back(world: World, who: str, resume: str) -> tuple[Client, dict[str, Any]]:
    """Join on a new connection with the word of an earlier one; the `welcome`."""
    client = await world.connects(who)
    await client.does("join", resume=resume)
    return client, next(message for message in client.seen if message["type"] == "welcome")


def word_of(client: Client) -> str:
    """What the client's `welcome` said."""
    resume: str = next(message for message in client.seen if message["type"] == "welcome")["resume"]
    return resume


async def test_a_page_that_is_back_before_its_loss_was_noticed_keeps_its_media(world: World) -> None:
    """The turn goes on without a pause, nothing is closed, then or later, and the page is told."""
    ada, ben = await with_media(world)
    await ben.does("floor.request")
    back, welcome = await comes_back(world, "b", word_of(ben))
    assert welcome["media"] is True
    assert welcome["resume"] == word_of(ben)
    world.clock.advance(10)
    state = await ada.catches_up(await ada.does("microphone.set", on=False))
    assert not state["floor"]["paused"]
    assert media_work(world) == []
    await back.does("offer", sdp="v=1")
    assert media_work(world) == [("offer", "b")], "a further offer is made beside the old connection"


async def test_a_page_that_is_back_after_its_loss_keeps_its_media(world: World) -> None:
    """Within the hold the media connection is there, and the page need not offer."""
    ada, ben = await with_media(world)
    await ben.vanishes()
    await settled(lambda: len(world.rooms._rooms["call-1"]._connections) == 1)
    world.clock.advance(30)
    _, welcome = await comes_back(world, "b", word_of(ben))
    assert welcome["media"] is True
    world.clock.advance(60)
    await ada.does("candidate")
    assert media_work(world) == []


async def test_a_page_without_media_is_told_to_offer(world: World) -> None:
    """A first page has none, nor has one whose media connection has ended."""
    _, ben = await with_media(world)
    assert next(message for message in ben.seen if message["type"] == "welcome")["media"] is False
    del world.plane.lines["b"]
    _, welcome = await comes_back(world, "b", word_of(ben))
    assert welcome["media"] is False


async def test_a_replaced_page_does_not_take_its_place_back_unasked(world: World) -> None:
    """Its line was lost while the person went on elsewhere: it is told so, and the newer page is not disturbed."""
    _, ben = await with_media(world)
    word = word_of(ben)
    newer = await world.joins("b")
    assert word_of(newer) != word
    older = await world.connects("b")
    assert await older.is_refused("join", resume=word) == "replaced"
    await older.is_told_goodbye("replaced", 4409)
    await newer.does("candidate")


async def test_whoever_left_is_asked_for_no_word(world: World) -> None:
    """After `leave` the old word opens the place like none at all."""
    _, ben = await with_media(world)
    word = word_of(ben)
    await ben.does("leave")
    back, welcome = await comes_back(world, "b", word)
    assert welcome["media"] is False
    assert welcome["resume"] != word
    assert back.state["participants"][1]["line"] == LineState.GOOD


async def test_a_page_that_a_new_room_let_in_and_never_told_is_not_taken_for_another(world: World) -> None:
    """After a restart its word is new to the room; where the first `welcome` is lost on a bad line, the word still holds."""
    word = "of-the-server-before"
    lost, _ = await comes_back(world, "b", word)
    await lost.vanishes()
    await settled(lambda: not world.rooms._rooms["call-1"]._connections)
    _, welcome = await comes_back(world, "b", word)
    assert welcome["resume"] == word


async def test_media_of_a_lost_page_ends_when_another_takes_its_place(world: World) -> None:
    """A microphone that still sends from the page before is not heard while the person is somewhere else."""
    _, ben = await with_media(world)
    await ben.vanishes()
    await settled(lambda: len(world.rooms._rooms["call-1"]._connections) == 1)
    await world.joins("b")
    world.clock.advance(5)
    await settled(lambda: media_work(world) == [("remove", "b")])
