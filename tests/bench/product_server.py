"""Child process: the whole product as `holdspace serve` composes it, on a free port and a database that is gone afterwards."""

from __future__ import annotations

import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

from server import logs
from server.demo import demo_settings, listening_socket, serving
from tests.bench.child import run_child

HOST = "127.0.0.1"


class ProductServer:
    """Does what the join benchmark asks."""

    def __init__(self) -> None:
        self._stack = AsyncExitStack()

    async def do_serve(self) -> dict[str, Any]:
        """Start; says where."""
        data = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="holdspace-bench-")))
        listener = self._stack.enter_context(listening_socket(HOST, None))
        settings = demo_settings(HOST, listener.getsockname()[1], data)
        logs.configure(settings)
        await self._stack.enter_async_context(serving(settings, listener))
        return {"base_url": settings.base_url}

    async def close(self) -> None:
        """Stop."""
        await self._stack.aclose()


if __name__ == "__main__":
    run_child(ProductServer)
