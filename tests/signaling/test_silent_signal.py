"""The silent signal: therapists are told, the sender knows that they were, and nobody else can tell that it was given."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from signaling.limits import SIGNAL_SPACING_S
from tests.signaling.world import World

if TYPE_CHECKING:
    import pytest

    from tests.signaling.world import Client


async def signals_of(client: Client) -> list[dict[str, Any]]:
    """Every signal that somebody has been told of so far."""
    await client.does("candidate")
    return [m for m in client.seen if m["type"] == "notice" and m["code"] == "signal"]


async def test_the_therapist_alone_is_told(world: World) -> None:
    """`ok` to the sender, one notice to the therapist; the state does not move."""
    a, b, therapist = await world.talk("t")
    before = await a.does("candidate")
    assert await a.does("signal") == before
    assert await signals_of(therapist) == [{"type": "notice", "code": "signal", "by": "a"}]
    assert not await signals_of(a)
    assert not await signals_of(b)


async def test_the_partners_socket_is_the_same_byte_for_byte() -> None:
    """Whatever the partner's browser is, it can't see from what it gets that a signal was given."""
    frames: list[list[str]] = []
    for message in ("signal", "candidate"):
        async with World() as world:
            a, b, therapist = await world.talk("t")
            await a.does(message)
            await a.send(message)
            await therapist.does("floor.grant", to="a")
            await b.until("notice", code="turn.started")
            await b.does("candidate")
            frames.append([str({**m, "resume": ""}) for m in b.seen])
    assert frames[0] == frames[1]


async def test_without_a_therapist_who_is_connected_the_sender_learns_it(world: World) -> None:
    """Never came, or lost their line: nobody would read it, and the sender must know."""
    a = await world.joins("a")
    assert await a.is_refused("signal") == "not-present"
    therapist = await world.joins("t")
    await a.does("signal")
    await therapist.vanishes()
    await a.until("conversation")
    world.clock.advance(SIGNAL_SPACING_S)
    assert await a.is_refused("signal") == "not-present"


async def test_a_therapist_at_the_door_is_told_too(world: World) -> None:
    """Connected is enough: they need not have gone in."""
    therapist, a = await world.joins("t"), await world.joins("a")
    await a.does("signal")
    assert len(await signals_of(therapist)) == 1


async def test_it_is_no_flood_and_pressing_again_puts_nothing_off(world: World) -> None:
    """One in five seconds reaches the therapist for each partner, however often they press in between."""
    a, b, therapist = await world.talk("t")
    for _ in range(3):
        await a.does("signal")
        world.clock.advance(SIGNAL_SPACING_S / 2)
        assert await a.is_refused("signal") == "too-many"
        world.clock.advance(SIGNAL_SPACING_S / 2)
    await b.does("signal")
    assert [m["by"] for m in await signals_of(therapist)] == ["a", "a", "a", "b"]


async def test_a_burst_of_other_messages_does_not_keep_it_back(world: World) -> None:
    """Its `too-many` means that one has reached the therapist, and never that none has."""
    therapist, a = await world.joins("t"), await world.joins("a")
    for _ in range(60):
        await a.send("candidate")
    assert await a.is_refused("candidate") == "too-many"
    await a.does("signal")
    assert await a.is_refused("signal") == "too-many"
    assert len(await signals_of(therapist)) == 1


async def test_a_therapist_gives_none(world: World) -> None:
    """It is the partners' word to the therapist."""
    therapist = await world.joins("t")
    assert await therapist.is_refused("signal") == "forbidden"


async def test_nothing_is_logged(world: World, capfd: pytest.CaptureFixture[str]) -> None:
    """Given, refused, and in a flood: not a line."""
    a, _, therapist = await world.talk("t")
    capfd.readouterr()
    await a.does("signal")
    await a.is_refused("signal")
    assert await signals_of(therapist)
    assert capfd.readouterr() == ("", "")
