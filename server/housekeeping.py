"""What is to be done now and then, whether or not anybody asks: say goodbye where a call's time has passed, and erase.

Knows when, and nothing of how. What fails is tried again the next time.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Final, Protocol

import structlog
from sqlalchemy import select

from server.status import DoorHours, Status
from server.tables import calls, conversations
from signaling.farewells import Bye

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from sqlalchemy import ColumnElement

    from server.clock import WallClock
    from server.retention import Retention
    from server.store import CallStore

log = structlog.stdlib.get_logger(__name__)

EVERY_S: Final = 60.0
"""Between two looks at the rooms."""
RETENTION_EVERY: Final = timedelta(hours=1)


_BYES: Final[Mapping[Status, Bye]] = {Status.ENDED: Bye.OVER, Status.CANCELLED: Bye.CANCELLED}


class RoomsInUse(Protocol):
    """What is asked of live rooms."""

    def call_ids(self) -> Collection[str]:
        """The calls in which somebody is, or for which somebody waits."""
        ...

    async def end_call(self, call_id: str, code: str) -> None:
        """Say goodbye to everyone in the call, with the code of their `bye`."""
        ...


class Housekeeping:
    """One task of the application runs it; `run_once` is what it does each time."""

    def __init__(
        self, retention: Retention, rooms: RoomsInUse, store: CallStore, hours: DoorHours, clock: WallClock
    ) -> None:
        self._retention = retention
        self._rooms = rooms
        self._store = store
        self._hours = hours
        self._clock = clock
        self._erase_again_at: datetime | None = None

    async def run(self) -> None:
        """Keep house until cancelled."""
        while True:
            try:
                await self.run_once(self._clock())
            except Exception as error:  # noqa: BLE001 - whatever it is, the next time may be better
                # The type alone: a message may quote a name.
                log.error("housekeeping failed", kind=type(error).__name__)  # noqa: TRY400 - the same
            await asyncio.sleep(EVERY_S)

    async def run_once(self, now: datetime) -> None:
        """Do what is due at this moment."""
        if used := self._rooms.call_ids():
            await self._say_goodbye(calls.c.id.in_(used), now)
        if self._erase_again_at is None or now >= self._erase_again_at:
            erased = await self._retention.run(now)
            self._erase_again_at = now + RETENTION_EVERY
            if erased:
                log.info("calls erased", count=erased)
        else:
            await self._retention.tidy_journal()
        # Nor does a conversation stay stored that no room knows of.
        await self._say_goodbye(calls.c.id.in_(select(conversations.c.call_id)), now)

    async def _say_goodbye(self, which: ColumnElement[bool], now: datetime) -> None:
        """A call that never began, or was never ended, is over when its time has passed: nobody is left waiting in it.

        Nor in one that was called off, should its goodbye have been lost on the way.
        """
        for call in await self._store.select(select(calls).where(which)):
            bye = _BYES.get(self._hours.status(call, now))
            if bye is not None:
                await self._rooms.end_call(call.id, bye)
