"""Tasks that are owned: whoever starts them here also waits for them, or cancels them, here."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import structlog

if TYPE_CHECKING:
    from collections.abc import Coroutine

_log = structlog.get_logger("holdspace.signaling")


class OwnedTasks:
    """A few running tasks of one owner. What one of them raises is logged by its type and goes no further."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        """How many run."""
        return len(self._tasks)

    def start(self, work: Coroutine[None, None, None], name: str) -> asyncio.Task[None]:
        """Run the work."""
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return task

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            # The type alone: a message may quote SDP, an address or a name.
            _log.error("task.failed", task=task.get_name(), error=type(error).__name__)

    async def finish(self, patience_s: float) -> None:
        """Wait for all of them for so long, then cancel the rest and wait for that."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=patience_s)
        await self.cancel()

    async def cancel(self) -> None:
        """Cancel all of them and wait until they have stopped."""
        tasks = set(self._tasks)
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
