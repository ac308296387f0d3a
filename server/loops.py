"""Which event loop the server runs on, and what keeps it from being held up."""

from __future__ import annotations

import asyncio
import gc
import importlib.util
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from aiohttp import web


def new_loop() -> asyncio.AbstractEventLoop:
    """Make an event loop; uvloop's where it is installed, it forwards media at a lower cost."""
    if importlib.util.find_spec("uvloop") is None:
        return asyncio.new_event_loop()
    uvloop = importlib.import_module("uvloop")
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop


async def spare_what_is_loaded(_app: web.Application) -> None:
    """Take what lives as long as the process out of garbage collection: walking it holds everybody's sound up."""
    gc.collect()
    gc.freeze()
