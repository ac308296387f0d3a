"""Offers that can't be answered are refused, cost little, and harm no call beside them."""

import asyncio
import time
from collections import Counter
from typing import Self

import pytest

from media.plane.interface import OfferRefusedError
from tests.media.plane.wire_call import ANN, BEN, EVERYONE, TESS, Call
from tests.media.plane.wire_client import WireClient
from tests.media.plane.wire_offers import enormous_offers, mutated
from tests.media.plane.wire_packets import longest_gap_s
from tests.media.plane.wire_traces import young_heap

OFFERS = 500
MAX_HOLD_S = 0.05
MAX_GAP_S = 0.15
OUTCOMES = {"answered", "sdp-invalid", "sdp-too-large", "sdp-no-audio"}


async def good_offer() -> str:
    """What an honest client offers."""
    client = WireClient("somebody", 0)
    try:
        return await client.offer()
    finally:
        await client.close()


class LoopWatch:
    """The longest time that the loop was held, in processor seconds of its thread, so that a busy machine doesn't count."""

    def __init__(self) -> None:
        self.longest_s = 0.0

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._tick())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _tick(self) -> None:
        while True:
            before = time.thread_time()
            await asyncio.sleep(0)
            self.longest_s = max(self.longest_s, time.thread_time() - before)


async def outcome(call: Call, offer: str) -> str:
    """Offer and leave again: `answered`, or the code of the refusal, which says in one line what is wrong."""
    try:
        await call.plane.offer(TESS, offer)
    except OfferRefusedError as error:
        return error.code if error.detail and "\n" not in error.detail else "no reason given"
    await call.plane.remove(TESS)
    return "answered"


async def test_five_hundred_mutated_offers_beside_a_running_call() -> None:
    """Each is answered or refused with a code, no error goes unhandled, and the running call has no gap in its sound."""
    offer = await good_offer()
    with young_heap():
        await offer_all_beside_a_call(offer)


async def offer_all_beside_a_call(offer: str) -> None:
    """The same offer with 500 different mutations, while two others talk."""
    async with Call([ANN, BEN]) as call:
        call.apply(heard=EVERYONE)
        await call.hears_more(BEN, ANN, 5)
        heard, outcomes = len(call.clients[BEN].stream(ANN, "audio")), Counter[str]()
        for seed in range(OFFERS):
            outcomes[await outcome(call, mutated(offer, seed))] += 1
            await asyncio.sleep(0)  # offers come through sockets, one at a time
        assert set(outcomes) == OUTCOMES
        assert outcomes["answered"] < OFFERS - 100
        await call.hears_more(BEN, ANN, 20)
        assert longest_gap_s(call.clients[BEN].stream(ANN, "audio")[heard:]) < MAX_GAP_S
        await call.join(TESS)
        await call.hears_more(TESS, ANN, 5)


@pytest.mark.parametrize("what", list(enormous_offers("")))
async def test_enormous_offer_never_holds_the_loop(what: str) -> None:
    """Ten thousand lines or candidates, and everything else that is long: under 50 ms on the loop."""
    offer = enormous_offers(await good_offer())[what]
    async with Call(()) as call, LoopWatch() as watch:
        for _ in range(3):
            await asyncio.sleep(0)  # the watch begins anew
            assert await outcome(call, offer) in OUTCOMES
            await asyncio.sleep(0)
        assert 0 < watch.longest_s < MAX_HOLD_S
