"""`/api/v1/calls/{id}/my-data`: what is kept about me, and away with it. For whoever holds the invitation."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Protocol

from aiohttp import web

from server.bodies import as_json
from server.erasing import remove_letters
from server.my_data.steps import erase, export
from signaling.farewells import Bye

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import timedelta
    from pathlib import Path

    from server.access import Access
    from server.database import Database
    from server.scheduling.rules import Rules
    from server.store import CallStore


class RoomsInUse(Protocol):
    """What is asked of live rooms."""

    def call_ids(self) -> Collection[str]:
        """The calls in which somebody is, or for which somebody waits."""
        ...

    async def end_call(self, call_id: str, code: str) -> None:
        """Say goodbye to everyone in the call, with the code of their `bye`."""
        ...


class MyData:
    """The handlers. `keep`: how long a call is kept after its end; `outbox`: where letters are written to as files."""

    def __init__(
        self,
        database: Database,
        store: CallStore,
        access: Access,
        rules: Rules,
        rooms: RoomsInUse,
        *,
        keep: timedelta,
        outbox: Path,
    ) -> None:
        self._database = database
        self._store = store
        self._access = access
        self._rules = rules
        self._rooms = rooms
        self._keep = keep
        self._outbox = outbox

    def add_to(self, app: web.Application) -> None:
        """Register the address."""
        path = "/api/v1/calls/{id}/my-data"
        app.router.add_get(path, self.show, allow_head=False)
        app.router.add_delete(path, self.erase)

    async def show(self, request: web.Request) -> web.Response:
        """`GET`: a file to keep."""
        _, person = await self._access.participant(request, request.match_info["id"])
        found = await export(self._database, self._store, self._rules, person, self._keep)
        return as_json(found, headers={"Content-Disposition": 'attachment; filename="my-data.json"'})

    async def erase(self, request: web.Request) -> web.Response:
        """`DELETE`: the name, the address and the link are gone, here and in the other calls of the series."""
        caller, person = await self._access.participant(request, request.match_info["id"])
        self._access.refuse_cross_site(request, caller)
        erased = await erase(self._store, self._rules, caller.call.id, person)
        # First of all, since nothing that fails below may leave a door open that is shut by now.
        for call_id in frozenset(self._rooms.call_ids()) & frozenset(erased.calls) | frozenset(
            erased.cancelled
        ):
            # A room knows its people's names by heart: who waits in it comes back into one that doesn't.
            bye = Bye.CANCELLED if call_id in erased.cancelled else Bye.CHANGED
            await self._rooms.end_call(call_id, bye)
        await asyncio.to_thread(remove_letters, self._outbox, letters=frozenset(erased.letters))
        await self._database.empty_journal()
        return web.Response(status=HTTPStatus.NO_CONTENT)
