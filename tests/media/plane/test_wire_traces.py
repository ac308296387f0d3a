"""Thirty joins and leaves and ten abandoned offers leave nothing behind."""

import tracemalloc
from collections.abc import Callable

import pytest

from media.mediation.distance import Distance
from media.plane.settings import PlaneSettings
from tests.media.plane.wire_call import ANN, BEN, EVERYONE, TESS, Call
from tests.media.plane.wire_client import WireClient
from tests.media.plane.wire_traces import Traces, assert_back_to, resident_bytes, traced_bytes, traces

WARM_UPS, JOINS, TRACED_JOINS, ABANDONED = 10, 30, 6, 10
ROUNDS = 3
JOIN_DEADLINE_S = 0.5
MAX_TRACED_BYTES_PER_JOIN = 8 * 1024
"""One that is kept holds hundreds of KiB; logs, caches and counters stay far below."""
MAX_RESIDENT_BYTES = 5 * 1024 * 1024
"""For thirty joins, OpenSSL and libsrtp included. Measured: 0.3 MB; 20 MB when closed connections are kept."""


async def join_and_leave(call: Call, times: int) -> None:
    """Tess joins, is blurred and heard, and leaves, so many times."""
    for _ in range(times):
        tess = await call.join(TESS)
        call.apply(Distance.SOFT, EVERYONE)
        await call.hears_more(BEN, TESS, 2)
        await call.sees_more(BEN, TESS, 2)
        await call.plane.remove(TESS)
        await tess.close()
        del call.clients[TESS]
    for client in call.clients.values():
        client.forget()


async def assert_nothing_kept(
    call: Call, before: Traces, joins: int, measured: Callable[[], int], most: int
) -> None:
    """So many joins and leaves let the memory grow by less than `most` bytes, in one of some rounds at least.

    What is kept is kept in every round. An allocator's new arena, or a cache that fills once, is not.
    """
    growths = []
    for _ in range(ROUNDS):
        level = measured()
        await join_and_leave(call, joins)
        await assert_back_to(before)
        growths.append(measured() - level)
        if growths[-1] < most:
            return
    pytest.fail(f"every round kept more than {most} bytes: {growths}")


async def test_thirty_joins_and_leaves_leave_nothing_behind() -> None:
    """The same threads, tasks, sockets and connections as before, and no growing memory."""
    async with Call([ANN, BEN]) as call:
        await join_and_leave(call, WARM_UPS)
        before = traces()
        await assert_nothing_kept(call, before, JOINS, resident_bytes, MAX_RESIDENT_BYTES)
        tracemalloc.start()
        try:
            await join_and_leave(call, 2)
            most = MAX_TRACED_BYTES_PER_JOIN * TRACED_JOINS
            await assert_nothing_kept(call, before, TRACED_JOINS, traced_bytes, most)
        finally:
            tracemalloc.stop()
        await call.hears_more(BEN, ANN, 5)


async def abandoned_offers() -> list[str]:
    """Offers of clients that are gone."""
    clients = [WireClient("nobody", 0) for _ in range(ABANDONED)]
    offers = [await client.offer() for client in clients]
    for client in clients:
        await client.close()
    return offers


async def test_abandoned_offers_end_at_the_join_deadline() -> None:
    """Ten offers whose clients never connect are given up in time, each with a notice, and leave nothing behind."""
    settings = PlaneSettings(media_addresses=("127.0.0.1",), join_deadline_s=JOIN_DEADLINE_S)
    offers = await abandoned_offers()
    async with Call([ANN, BEN], settings) as call:
        call.apply(heard=EVERYONE)
        await call.hears_more(BEN, ANN, 5)
        before, started_at = traces(), call.now()
        for i, offer in enumerate(offers):
            await call.plane.offer(TESS, offer)
            await call.events.notice("join.timeout", count=1 + i)
        assert call.now() - started_at < ABANDONED * (JOIN_DEADLINE_S + 1)
        await call.plane.offer(TESS, offers[0])
        await call.plane.offer(TESS, offers[1])  # takes the place of the first
        await call.plane.remove(TESS)
        await assert_back_to(before)
        assert call.events.notices == [(TESS, "join.timeout")] * ABANDONED
        await call.hears_more(BEN, ANN, 5)
