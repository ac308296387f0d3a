"""Reading at once: a function for an async connection runs as a whole in one thread, and sees one moment of the database."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, insert, select

from server.app import PARTS
from server.tables import series

if TYPE_CHECKING:
    from server.reading_here import Reader
    from tests.server.scene import Site


async def test_all_statements_run_in_one_thread_and_not_in_the_loops(site: Site) -> None:
    """The event loop goes on meanwhile."""
    threads = []

    async def read(reader: Reader) -> int:
        for _ in range(3):
            await reader.execute(select(func.count()).select_from(series))
            threads.append(threading.get_ident())
        return len(threads)

    assert await site.client.app[PARTS].database.read_at_once(read) == 3
    assert len(set(threads)) == 1
    assert threads[0] != threading.get_ident()


async def test_it_sees_what_was_written_before_and_one_moment_alone(site: Site) -> None:
    """Between two statements of one reading nothing changes, whoever writes."""
    database = site.client.app[PARTS].database
    loop, count = asyncio.get_running_loop(), select(func.count()).select_from(series)
    row = {
        "rule": "FREQ=DAILY;COUNT=2",
        "starts_local": "2026-12-06T19:00:00",
        "timezone": "UTC",
        "sequence": 0,
    }
    row |= {"created_at": site.clock.now, "changed_at": site.clock.now}

    async def write(number: int) -> None:
        async with database.writing() as connection:
            await connection.execute(insert(series).values(id=str(number), **row))

    async def read(reader: Reader) -> tuple[int, int]:
        before = (await reader.execute(count)).scalar_one()
        asyncio.run_coroutine_threadsafe(write(2), loop).result(10)
        return before, (await reader.execute(count)).scalar_one()

    await write(1)
    assert await database.read_at_once(read) == (1, 1)
    assert await database.read_at_once(_count) == 2


async def _count(reader: Reader) -> int:
    found: int = (await reader.execute(select(func.count()).select_from(series))).scalar_one()
    return found


async def test_who_waits_for_something_else_is_told(site: Site) -> None:
    """It would never be woken; the connection is given back all the same."""

    async def read(_reader: Reader) -> None:
        await asyncio.sleep(0)

    database = site.client.app[PARTS].database
    with pytest.raises(RuntimeError, match="waited for something other"):
        await database.read_at_once(read)
    assert await database.read_at_once(_count) == 0


async def test_who_is_cancelled_waits_for_the_thread(site: Site) -> None:
    """Its connection is back before anybody goes on to close the database."""
    begun, go_on, done = threading.Event(), threading.Event(), threading.Event()

    async def read(reader: Reader) -> None:
        begun.set()
        go_on.wait(10)
        await _count(reader)
        done.set()

    task = asyncio.create_task(site.client.app[PARTS].database.read_at_once(read))
    await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    asyncio.get_running_loop().call_soon(go_on.set)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert done.is_set()
