"""Offers: answered in their own task, one at a time, not too often, and refused with the plane's own codes."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from media.plane.interface import OfferRefusedError
from tests.signaling.world import settled

if TYPE_CHECKING:
    from tests.signaling.world import World


async def test_an_offer_gets_answer_then_ok(world: World) -> None:
    """`answer` carries the SDP and who is on which m-line; `ok` follows once the plan is in force."""
    ada = await world.joins("a")
    await ada.does("offer", sdp="v=0")
    answer, ok = ada.seen[-2:]
    assert (answer["type"], answer["sdp"], ok["type"]) == ("answer", "answer to v=0", "ok")
    assert answer["re"] == ok["re"]
    assert answer["receive"] == [
        {"participant": "b", "audio_mid": "a0", "video_mid": "v0"},
        {"participant": "t", "audio_mid": "a1", "video_mid": "v1"},
    ]
    assert [what for what, _ in world.plane.journal][-2:] == ["offer", "apply"]


async def test_a_slow_offer_holds_nothing_up(world: World) -> None:
    """While an offer is being answered the participant's other messages are carried out."""
    ada = await world.joins("a")
    world.plane.offer_gate = asyncio.Event()
    await ada.send("offer", id="slow", sdp="v=0")
    await ada.does("ready", ready=True)
    world.plane.offer_gate.set()
    assert (await ada.until("ok"))["re"] == "slow"


async def test_one_offer_at_a_time(world: World) -> None:
    """A second offer while one is being answered is `offer-pending`."""
    ada = await world.joins("a")
    world.plane.offer_gate = asyncio.Event()
    await ada.send("offer", id="first", sdp="v=0")
    assert await ada.is_refused("offer", sdp="v=0") == "offer-pending"
    world.plane.offer_gate.set()
    await ada.until("ok", re="first")
    await ada.does("offer", sdp="v=0")


async def test_ten_offers_a_minute(world: World) -> None:
    """The eleventh offer within a minute is `too-many`; a minute later it is welcome, reconnected or not."""
    ada = await world.joins("a")
    for _ in range(10):
        await ada.does("offer", sdp="v=0")
    again = await world.joins("a")
    assert await again.is_refused("offer", sdp="v=0") == "too-many"
    world.clock.advance(61)
    await again.does("offer", sdp="v=0")


@pytest.mark.parametrize("code", ["sdp-invalid", "sdp-too-large", "sdp-no-audio", "join-timeout", "too-busy"])
async def test_refused_offers_keep_their_code(world: World, code: str) -> None:
    """A refusal of the plane's is an `error` with its code, and the participant stays in the room."""
    ada = await world.joins("a")
    world.plane.offer_failure = OfferRefusedError(code, "said to people")
    assert await ada.is_refused("offer", sdp="v=0") == code
    await ada.does("candidate")


async def test_an_offer_that_breaks_the_plane_fails_alone(world: World) -> None:
    """Any other exception is `failed`, without its text."""
    ada = await world.joins("a")
    world.plane.offer_failure = RuntimeError("secret inside")
    assert await ada.is_refused("offer", sdp="v=0") == "failed"
    assert "secret" not in ada.seen[-1]["detail"]


async def test_nobody_waits_for_the_offer_of_a_replaced_connection(world: World) -> None:
    """Replacing a connection cancels its offer; the newer one may offer at once."""
    older = await world.joins("a")
    world.plane.offer_gate = asyncio.Event()
    await older.send("offer", sdp="v=0")
    await settled(lambda: world.plane.did("offer") == ["a"])
    newer = await world.joins("a")
    await settled(lambda: world.plane.cancelled_offers == 1)
    world.plane.offer_gate.set()
    await newer.does("offer", sdp="v=1")


async def test_a_removal_never_takes_the_next_offers_media(world: World) -> None:
    """Leaving and coming back at once: the removal is over before the new offer reaches the plane."""
    ada = await world.joins("a")
    await ada.does("leave")
    again = await world.joins("a")
    await again.does("offer", sdp="v=0")
    order = [(what, who) for what, who in world.plane.journal if what in {"offer", "remove"}]
    assert order == [("remove", "a"), ("offer", "a")]


async def test_an_offer_whose_gates_cannot_be_set_is_not_answered(world: World) -> None:
    """If the plan can't be applied to the new peer, `failed` instead of an answer."""
    ada = await world.joins("a")
    world.plane.failures = [RuntimeError("broken")]
    assert await ada.is_refused("offer", sdp="v=0") == "failed"
