"""Gives freed memory back to the system, so that a server that runs for weeks holds what its calls need and no more.

Packets of all sizes come and go beside what stays; glibc keeps the holes between them, and resident memory would creep up to
the worst moment that ever was. Measured by `python -m tests.bench soak`.
"""

from __future__ import annotations

import asyncio
import ctypes
from contextlib import suppress
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from aiohttp import web

EVERY_S: Final = 60.0


def give_back() -> None:
    """Return whole free pages to the system; does nothing where the C library is not glibc. Not for the event loop's thread."""
    with suppress(AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


async def keep_giving_back() -> None:
    """Do so now and again and again, until cancelled."""
    while True:
        await asyncio.to_thread(give_back)
        await asyncio.sleep(EVERY_S)


async def gives_memory_back(_app: web.Application) -> AsyncIterator[None]:
    """Run it for as long as the server runs."""
    task = asyncio.create_task(keep_giving_back())
    yield
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
