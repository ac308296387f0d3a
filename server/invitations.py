"""Opening a secret link: the secret moves from the address bar into a cookie; the browser moves on.

`/i/{token}` is a person's invitation, `/m/{token}` the organizer's way to a call. Both lead to the call of a series that goes
on or comes next; `/i/{token}?call=…`, which stands in letters about one call of a series, to that one while it is to come.
A link is good for as long as its call is kept: once it is over, a person finds there what is kept about them.
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Final

from aiohttp import web

from server.access import cookie_name, manage_cookie_name
from server.secret import MAX_TOKEN_CHARS, Pii, token_hash
from server.status import latest_end, next_call

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from server.clock import WallClock
    from server.records import Call
    from server.store import CallStore


ONE_VISIT: Final = timedelta(hours=1)
"""A cookie lives this long at the least: what is due to be erased is looked for once an hour, and letters can hold it up."""


class Invitations:
    """Handles `/i/{token}` and `/m/{token}`.

    An unknown link and one whose call is erased get the same page, which `unknown_link` renders. `keep`: how long a call is
    kept after it is over.
    """

    def __init__(
        self,
        store: CallStore,
        clock: WallClock,
        *,
        keep: timedelta,
        https: bool,
        unknown_link: Callable[[], web.Response],
    ) -> None:
        self._store = store
        self._clock = clock
        self._keep = keep
        self._https = https
        self._unknown_link = unknown_link

    def add_to(self, app: web.Application) -> None:
        """Register the links' addresses; HEAD, which link checkers send, looks nothing up and sets nothing."""
        for address, handler in (("/i/{token}", self.open), ("/m/{token}", self.manage)):
            app.router.add_get(address, handler, allow_head=False)
            app.router.add_head(address, self.look)

    async def look(self, _request: web.Request) -> web.Response:
        """Answer HEAD, alike for every token."""
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def open(self, request: web.Request) -> web.Response:
        """Set the participant's cookie and lead to the call's page."""
        token = Pii(request.match_info["token"])
        hashed = token_hash(token)
        invited = await self._store.invited(hashed) if _is_short(token) else ()
        call = self._meant(invited, request.query.get("call")) or next_call(invited, self._clock())
        person = call.person(hashed) if call else None
        if call is None or person is None:
            return self._unknown_link()
        return self._lead(call, invited, f"/calls/{call.id}?as={person.id}", cookie_name(call, person), token)

    async def manage(self, request: web.Request) -> web.Response:
        """Set the organizer's cookie and lead to the page from which the call is looked after."""
        token = Pii(request.match_info["token"])
        managed = await self._store.managed(token_hash(token)) if _is_short(token) else ()
        call = next_call(managed, self._clock())
        if call is None:
            return self._unknown_link()
        return self._lead(call, managed, f"/calls/{call.id}/manage", manage_cookie_name(call), token)

    def _meant(self, invited: Sequence[Call], call_id: str | None) -> Call | None:
        now = self._clock()
        coming = (one for one in invited if one.cancelled_at is None and one.ended_at is None)
        return next((one for one in coming if one.id == call_id and now < one.planned_end), None)

    def _lead(
        self, call: Call, all_calls: Sequence[Call], location: str, name: str, token: Pii[str]
    ) -> web.Response:
        erased_at = max(map(latest_end, all_calls)) + self._keep
        lifetime = max(erased_at - self._clock(), ONE_VISIT)
        response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": location})
        # Sent back only where this call is asked for: a browser that holds many invitations would otherwise send them all
        # with every request, until its headers are too long for any server. The calls of a series share one.
        paths = ("/",) if call.series else (f"/calls/{call.id}", f"/api/v1/calls/{call.id}")
        for path in paths:
            response.headers.add("Set-Cookie", self._cookie(name, token, path, int(lifetime.total_seconds())))
        return response

    def _cookie(self, name: str, token: Pii[str], path: str, max_age: int) -> str:
        cookie = SimpleCookie({name: token.value})
        for attribute, value in (("path", path), ("max-age", max_age), ("samesite", "Strict")):
            cookie[name][attribute] = value
        cookie[name]["httponly"], cookie[name]["secure"] = True, self._https
        return cookie[name].OutputString()


def _is_short(token: Pii[str]) -> bool:
    return len(token.value) <= MAX_TOKEN_CHARS
