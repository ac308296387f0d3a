"""A connection that is replaced: its media goes too, soon, whatever the newer one does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import WSMessage, WSMsgType

from media.mediation.people import LineState
from signaling.connection import Connection
from signaling.farewells import Bye
from signaling.socket import Session
from tests.signaling.world import CALL, settled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.signaling.world import Client, World


class SocketOf:
    """The reading side of a socket: hands out these texts, one after the other."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._texts = iter(texts)

    def __aiter__(self) -> SocketOf:
        return self

    async def __anext__(self) -> WSMessage:
        for text in self._texts:
            return WSMessage(WSMsgType.TEXT, text, None)
        raise StopAsyncIteration


async def with_media(world: World) -> list[Client]:
    """Both partners talk, and have media."""
    both = await world.talk()
    for client, who in zip(both, "ab", strict=True):
        await client.does("offer", sdp="v=0")
        world.plane.lines[who] = LineState.GOOD
    world.plane.journal.clear()
    return both


def media_work(world: World) -> list[tuple[str, str]]:
    """The plane's offers and removals, in order."""
    return [(what, who) for what, who in world.plane.journal if what in {"offer", "remove"}]


async def test_a_replaced_connection_loses_its_media_if_the_new_one_never_offers(world: World) -> None:
    """Five seconds after it was replaced a connection hears, sees and shows nobody any more."""
    await with_media(world)
    await world.joins("b")
    world.clock.advance(4.9)
    assert media_work(world) == []
    world.clock.advance(0.1)
    await settled(lambda: media_work(world) == [("remove", "b")])


async def test_the_new_connections_offer_takes_the_old_media_away(world: World) -> None:
    """The old media is closed before the new offer is answered, and the new media stays."""
    await with_media(world)
    newer = await world.joins("b")
    await newer.does("offer", sdp="v=1")
    world.clock.advance(600)
    await newer.does("offer", sdp="v=2")
    assert media_work(world) == [("remove", "b"), ("offer", "b"), ("offer", "b")]


async def test_replacing_again_and_again_does_not_keep_the_old_media(world: World) -> None:
    """The first of several replacements counts; one that drops and comes back gains no time either."""
    await with_media(world)
    await world.joins("b")
    world.clock.advance(2)
    third = await world.joins("b")
    world.clock.advance(1)
    await third.vanishes()
    await settled(lambda: len(world.rooms._rooms["call-1"]._connections) == 1)
    world.clock.advance(1)
    await world.joins("b")
    world.clock.advance(1)
    await settled(lambda: media_work(world) == [("remove", "b")])


async def test_media_that_is_taken_away_is_a_lost_line(world: World) -> None:
    """Until new media comes nobody is said to have a good line: a holder is waited for, not cut short."""
    ada, ben = await with_media(world)
    await ben.does("floor.request")
    newer = await world.joins("b")
    world.clock.advance(5)
    await ada.catches_up(ada.state["revision"] + 2)
    assert ada.state["participants"][1]["line"] == "lost"
    assert ada.state["floor"]["paused"]
    world.plane.events.line_changed("b", LineState.GOOD)
    await newer.until("conversation")
    assert not (await newer.until("conversation"))["floor"]["paused"]


async def test_old_m_lines_are_not_told_to_the_new_connection(world: World) -> None:
    """`receive` is repeated to those alone who have an answer of their own."""
    ada, ben = await with_media(world)
    newer = await world.joins("b")
    await world.joins("t")
    await ada.until("receive")
    await newer.does("candidate")
    assert "receive" not in {message["type"] for message in newer.seen}
    assert "receive" not in {message["type"] for message in ben.seen}


async def test_what_was_sent_before_the_replacement_commands_nothing(world: World) -> None:
    """A frame of the older connection that is read after it was replaced is not looked at."""
    ada = await world.joins("a")
    older = Connection("", None, lambda: None, world.rooms.settings)  # type: ignore[arg-type]

    def frames() -> Iterator[str]:
        yield '{"type":"join"}'
        older.say_bye(Bye.REPLACED)
        yield '{"type":"offer","sdp":"v=0"}'

    socket: Any = SocketOf(frames())
    await Session(world.rooms, older, CALL).run(socket, "b")
    await ada.does("candidate")
    assert media_work(world) == []


async def test_a_dead_line_is_dead_after_coming_back(world: World) -> None:
    """Whoever comes back to a media connection that carries nothing has a lost line, and their turn stands."""
    ada, ben = await with_media(world)
    await ada.does("floor.request")
    await ada.vanishes()
    await ben.catches_up(ben.state["revision"] + 2)
    world.plane.lines["a"] = LineState.LOST
    world.clock.advance(5)
    back = await world.joins("a")
    assert back.state["participants"][0]["line"] == "lost"
    assert (back.state["floor"]["holder"], back.state["floor"]["paused"]) == ("a", True)


async def test_a_line_that_held_is_good_after_coming_back(world: World) -> None:
    """Whoever comes back to a media connection that works goes on with it."""
    ada, ben = await with_media(world)
    await ada.does("floor.request")
    await ada.vanishes()
    await ben.catches_up(ben.state["revision"] + 2)
    back = await world.joins("a")
    assert back.state["participants"][0]["line"] == "good"
    assert not back.state["floor"]["paused"]
