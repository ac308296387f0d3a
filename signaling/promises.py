"""What the door is told of a call: again and again until it has taken it in, whatever becomes of the room meanwhile."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

import structlog

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from signaling.calls import CallDoor
    from signaling.tasks import OwnedTasks

    Telling = Callable[[], Coroutine[None, None, None]]

_log = structlog.get_logger("holdspace.signaling")

AGAIN_S: Final = 0.5
"""Between two tries: the database is held by somebody, or the disk is full."""


class Promises:
    """Those of all rooms. Each returns the task that keeps it, for whoever waits."""

    def __init__(self, door: CallDoor, tasks: OwnedTasks) -> None:
        self._door = door
        self._tasks = tasks
        self._newest: dict[tuple[str, str], object] = {}

    def began(self, call_id: str) -> asyncio.Task[None]:
        """Both partners talk for the first time."""
        return self._keep("began", call_id, lambda: self._door.began(call_id))

    def postponed(self, call_id: str, seconds: float) -> asyncio.Task[None]:
        """The call goes on so many seconds from now; what was said of it before counts no more."""
        goes_on_at = asyncio.get_running_loop().time() + seconds

        def tell() -> Coroutine[None, None, None]:
            return self._door.postponed(call_id, goes_on_at - asyncio.get_running_loop().time())

        return self._keep("postponed", call_id, tell)

    def ended(self, call_id: str, then: Telling) -> asyncio.Task[None]:
        """The people in the call have ended it; `then` is done when the door knows."""

        async def tell() -> None:
            await self._door.ended(call_id)
            await then()

        return self._keep("ended", call_id, tell)

    def is_ending(self, call_id: str) -> bool:
        """Whether the call has been ended, and the door does not know yet."""
        return ("ended", call_id) in self._newest

    def _keep(self, what: str, call_id: str, tell: Telling) -> asyncio.Task[None]:
        mark = self._newest[what, call_id] = object()
        return self._tasks.start(self._until_told((what, call_id), mark, tell), f"signaling-{what}")

    async def _until_told(self, which: tuple[str, str], mark: object, tell: Telling) -> None:
        while self._newest.get(which) is mark:
            try:
                await tell()
            except Exception as error:  # noqa: BLE001 - whatever it is, the next time may be better
                # The type alone: a message may quote a name.
                _log.error("door.not_told", call=which[1], of=which[0], error=type(error).__name__)
                await asyncio.sleep(AGAIN_S)
            else:
                if self._newest.get(which) is mark:
                    del self._newest[which]
                return
