"""`GET /feeds/{secret}.ics`: a person's calls for a calendar to subscribe to.

The secret is the only key: who holds it reads the person's calls with their links. It is told to the person alone.
"""

from __future__ import annotations

import asyncio
import hashlib
from http import HTTPStatus
from itertools import groupby
from typing import TYPE_CHECKING, Final

from aiohttp import web

from server.calendar.objects import Entry, published_calendar
from server.problems import Problem
from server.secret import MAX_TOKEN_CHARS, Pii, same_secret, token_hash

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from server.calendar.entries import Entries
    from server.clock import WallClock
    from server.records import Call, Person
    from server.sealing import Sealer
    from server.store import CallStore

ADDRESS: Final = "/feeds/{secret}.ics"
NAME: Final = "Appointments"
"""What the subscribed calendar is called: neutral, as the entries are."""


class Feeds:
    """The handler; one for an application."""

    def __init__(self, store: CallStore, sealer: Sealer, clock: WallClock, entries: Entries) -> None:
        self._store = store
        self._sealer = sealer
        self._clock = clock
        self._entries = entries

    def add_to(self, app: web.Application) -> None:
        """Register the feeds' address."""
        app.router.add_get(ADDRESS, self.feed)

    async def feed(self, request: web.Request) -> web.Response:
        """Return all the person's calls, or 304 when nothing has changed since."""
        secret = Pii(request.match_info["secret"])
        known = len(secret.value) <= MAX_TOKEN_CHARS
        calls = await self._store.in_feed(token_hash(secret)) if known else ()
        if not calls:
            raise Problem("feed-unknown", HTTPStatus.NOT_FOUND, "There is no such calendar.")
        body, tag = await asyncio.to_thread(self._written, calls, secret, self._clock())
        headers = {"Cache-Control": "private, no-cache", "ETag": f'W/"{tag}"'}
        if any(etag.value in {tag, "*"} for etag in request.if_none_match or ()):
            return web.Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        headers["Content-Type"] = "text/calendar; charset=utf-8; method=PUBLISH"
        return web.Response(body=body, headers=headers)

    def _written(self, calls: Sequence[Call], secret: Pii[str], now: datetime) -> tuple[bytes, str]:
        """Return the calendar, and what tells it from others: everything but the moment at which it was written."""
        body = published_calendar(self._groups(calls, secret), now, name=NAME)
        stamp = f"DTSTAMP:{now:%Y%m%dT%H%M%SZ}\r\n".encode()
        return body, hashlib.sha256(body.replace(stamp, b"")).hexdigest()[:32]

    def _groups(self, calls: Sequence[Call], secret: Pii[str]) -> list[tuple[Sequence[Call], Entry]]:
        """Return single calls and series with the person's own entry; what is erased is left out."""
        groups: list[tuple[Sequence[Call], Entry]] = []
        ordered = sorted(calls, key=lambda call: (call.uid, call.occurrence_at or call.starts_at))
        for _, same in groupby(ordered, lambda call: call.uid):
            own = [(call, person) for call in same if (person := self._owner(call, secret)) is not None]
            if own:
                newest, person = own[-1]
                groups.append(([call for call, _ in own], self._entries.of(newest, person)))
        return groups

    def _owner(self, call: Call, secret: Pii[str]) -> Person | None:
        """Return whose feed it is in this call; None once they, or the call, are erased."""
        if call.erased_at is not None:
            return None
        for person in call.people:
            whose = self._sealer.address_hash(person.email) if person.email else person.token_hash
            if not person.erased and same_secret(self._sealer.feed_token(whose), secret):
                return person
        return None
