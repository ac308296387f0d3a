"""Thirty joins and leaves and ten abandoned offers leave nothing behind."""

import tracemalloc

from media.mediation.distance import Distance
from media.plane.settings import PlaneSettings
from tests.media.plane.wire_call import ANN, BEN, EVERYONE, TESS, Call
from tests.media.plane.wire_client import WireClient
from tests.media.plane.wire_traces import eventually, resident_bytes, traced_bytes, traces

WARM_UPS, JOINS, ABANDONED = 6, 30, 10
JOIN_DEADLINE_S = 0.5
MAX_TRACED_BYTES_PER_JOIN = 8 * 1024
"""A connection that is kept holds more than 300 KiB; logs, caches and counters stay far below."""
MAX_RESIDENT_BYTES = 12 * 1024 * 1024
"""For thirty joins: OpenSSL and libsrtp, which Python doesn't count, would add 30 MiB and more."""


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


async def test_thirty_joins_and_leaves_leave_nothing_behind() -> None:
    """The same threads, tasks, sockets and connections as before, and no growing memory."""
    async with Call([ANN, BEN]) as call:
        await join_and_leave(call, WARM_UPS)
        tracemalloc.start()
        try:
            await join_and_leave(call, 2)
            before, traced, resident = await traces(), traced_bytes(), resident_bytes()
            await join_and_leave(call, JOINS)
            after = await traces()
            assert after == before
            assert traced_bytes() - traced < MAX_TRACED_BYTES_PER_JOIN * JOINS
            assert resident_bytes() - resident < MAX_RESIDENT_BYTES
        finally:
            tracemalloc.stop()
        await call.hears_more(BEN, ANN, 5)


async def test_abandoned_offers_end_at_the_join_deadline() -> None:
    """Ten offers whose clients never connect are given up in time, each with a notice, and leave nothing behind."""
    settings = PlaneSettings(media_addresses=("127.0.0.1",), join_deadline_s=JOIN_DEADLINE_S)
    clients = [WireClient("nobody", 0) for _ in range(ABANDONED)]
    offers = [await client.offer() for client in clients]
    for client in clients:
        await client.close()
    async with Call([ANN, BEN], settings) as call:
        await call.plane.offer(TESS, offers[0])
        await call.events.notice("join.timeout")
        before, started_at = await traces(), call.now()
        for i, offer in enumerate(offers):
            await call.plane.offer(TESS, offer)
            await call.events.notice("join.timeout", count=2 + i)
        assert call.now() - started_at < ABANDONED * (JOIN_DEADLINE_S + 1)
        await call.plane.offer(TESS, offers[0])
        await call.plane.offer(TESS, offers[1])  # the second takes the place of the first
        await call.plane.remove(TESS)
        await eventually(lambda: not call.plane._closing, 10)
        assert await traces() == before
        assert call.events.notices == [(TESS, "join.timeout")] * (1 + ABANDONED)
