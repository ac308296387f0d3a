"""Offers that can't be answered are refused, cost little, and harm no call beside them."""

import asyncio
import time

import pytest

from media.plane.interface import OfferRefusedError
from tests.media.plane.wire_call import ANN, BEN, EVERYONE, TESS, Call
from tests.media.plane.wire_client import WireClient
from tests.media.plane.wire_offers import enormous_offers, mutated
from tests.media.plane.wire_packets import longest_gap_s

OFFERS = 500
MAX_HOLD_S = 0.05
CODES = {"sdp-invalid", "sdp-too-large", "sdp-no-audio"}


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

    async def __aenter__(self) -> "LoopWatch":
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


async def test_five_hundred_mutated_offers_beside_a_running_call() -> None:
    """Each is answered or refused with a code, no error goes unhandled, and the running call has no gap in its sound."""
    offer = await good_offer()
    async with Call([ANN, BEN]) as call:
        call.apply(heard=EVERYONE)
        await call.hears_more(BEN, ANN, 5)
        heard, refused = len(call.clients[BEN].stream(ANN, "audio")), 0
        for seed in range(OFFERS):
            try:
                await call.plane.offer(TESS, mutated(offer, seed))
            except OfferRefusedError as error:
                refused += 1
                assert error.code in CODES
                assert error.detail
                assert "\n" not in error.detail
            else:
                await call.plane.remove(TESS)
            await asyncio.sleep(0)  # offers come through sockets, one at a time
        assert 100 < refused < OFFERS - 30  # both roads were walked
        await call.hears_more(BEN, ANN, 20)
        assert longest_gap_s(call.clients[BEN].stream(ANN, "audio")[heard:]) < 0.15
        await call.join(TESS)
        await call.hears_more(TESS, ANN, 5)


@pytest.mark.parametrize("what", list(enormous_offers("")))
async def test_enormous_offer_never_holds_the_loop(what: str) -> None:
    """Ten thousand lines or candidates, and everything else that is long: under 50 ms on the loop."""
    offer = enormous_offers(await good_offer())[what]
    async with Call(()) as call, LoopWatch() as watch:
        for _ in range(3):
            try:
                await call.plane.offer(TESS, offer)
            except OfferRefusedError as error:
                assert error.code in CODES
        assert watch.longest_s < MAX_HOLD_S
