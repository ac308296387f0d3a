"""Which event loop the server runs on."""

from __future__ import annotations

import asyncio
import importlib.util


def new_loop() -> asyncio.AbstractEventLoop:
    """Make an event loop; uvloop's where it is installed, it forwards media at a lower cost."""
    if importlib.util.find_spec("uvloop") is None:
        return asyncio.new_event_loop()
    uvloop = importlib.import_module("uvloop")
    loop: asyncio.AbstractEventLoop = uvloop.new_event_loop()
    return loop
