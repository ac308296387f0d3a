"""Opening an invitation link: the secret moves from the address bar into a cookie; the browser moves on."""

from __future__ import annotations

from http import HTTPStatus
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING

from aiohttp import web

from server.access import cookie_name
from server.secret import MAX_TOKEN_CHARS, Pii, token_hash
from server.status import link_expires_at, next_call

if TYPE_CHECKING:
    from collections.abc import Callable

    from server.clock import WallClock
    from server.records import Call, Person
    from server.store import CallStore


class Invitations:
    """Handles `/i/{token}`.

    An unknown link and one whose call is long over get the same page, which `unknown_link` renders.
    """

    def __init__(
        self,
        store: CallStore,
        clock: WallClock,
        *,
        https: bool,
        unknown_link: Callable[[], web.Response],
    ) -> None:
        self._store = store
        self._clock = clock
        self._https = https
        self._unknown_link = unknown_link

    def add_to(self, app: web.Application) -> None:
        """Register the link's address; HEAD, which link checkers send, looks nothing up and sets nothing."""
        app.router.add_get("/i/{token}", self.open, allow_head=False)
        app.router.add_head("/i/{token}", self.look)

    async def look(self, _request: web.Request) -> web.Response:
        """Answer HEAD, alike for every token."""
        return web.Response(status=HTTPStatus.NO_CONTENT)

    async def open(self, request: web.Request) -> web.Response:
        """Set the participant's cookie and lead to the call's page."""
        token = Pii(request.match_info["token"])
        known = len(token.value) <= MAX_TOKEN_CHARS
        hashed = token_hash(token)
        invited = await self._store.invited(hashed) if known else ()
        call = next_call(invited, self._clock())
        person = call.person(hashed) if call else None
        if call is None or person is None:
            return self._unknown_link()
        seconds_left = int((link_expires_at(call) - self._clock()).total_seconds())
        return self._lead(call, person, token, seconds_left) if seconds_left > 0 else self._unknown_link()

    def _lead(self, call: Call, person: Person, token: Pii[str], max_age: int) -> web.Response:
        location = f"/calls/{call.id}?as={person.id}"
        response = web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": location})
        # Sent back only where this call is asked for: a browser that holds many invitations would otherwise send them all
        # with every request, until its headers are too long for any server.
        for path in (f"/calls/{call.id}", f"/api/v1/calls/{call.id}"):
            response.headers.add("Set-Cookie", self._cookie(cookie_name(person), token, path, max_age))
        return response

    def _cookie(self, name: str, token: Pii[str], path: str, max_age: int) -> str:
        cookie = SimpleCookie({name: token.value})
        for attribute, value in (("path", path), ("max-age", max_age), ("samesite", "Strict")):
            cookie[name][attribute] = value
        cookie[name]["httponly"], cookie[name]["secure"] = True, self._https
        return cookie[name].OutputString()
