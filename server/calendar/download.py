"""`GET /api/v1/calls/{id}/calendar.ics`: a call, or its whole series, as a file to take into a calendar."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import TYPE_CHECKING

from aiohttp import web

from server.calendar.objects import published_calendar

if TYPE_CHECKING:
    from server.access import Access
    from server.calendar.entries import Entries
    from server.clock import WallClock
    from server.store import CallStore


class CalendarFiles:
    """The handler; one for an application."""

    def __init__(self, store: CallStore, access: Access, clock: WallClock, entries: Entries) -> None:
        self._store = store
        self._access = access
        self._clock = clock
        self._entries = entries

    def add_to(self, app: web.Application) -> None:
        """Register the files' address."""
        app.router.add_get("/api/v1/calls/{id}/calendar.ics", self.file)

    async def file(self, request: web.Request) -> web.Response:
        """Return the file: a participant's holds their own link, the organizer's none."""
        caller = await self._access.caller(request, request.match_info["id"])
        call = caller.call
        # Links of before they were kept are known from the request alone.
        person = replace(caller.person, token=caller.token) if caller.person else None
        calls = await self._store.series_calls(call.series.id) if call.series else (call,)
        entry = self._entries.of(call, person)
        body = await asyncio.to_thread(published_calendar, [(calls, entry)], self._clock())
        return web.Response(
            body=body,
            headers={
                "Content-Type": "text/calendar; charset=utf-8; method=PUBLISH",
                "Content-Disposition": 'attachment; filename="call.ics"',
            },
        )
