"""Who is asking: a participant with an invitation, or the organizer with a manage token.

A bearer token wins over cookies. Cookies are named after participants, because one browser may hold several
of one call (a shared device); `?as=<participant id>` says which is meant. Tokens are found by their hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from server.problems import Problem
from server.same_site import SameSite
from server.secret import MAX_TOKEN_CHARS, Pii, token_hash
from signaling.calls import DoorRefusedError

if TYPE_CHECKING:
    from aiohttp import web

    from server.records import Call, Person
    from server.store import CallStore

COOKIE_PREFIX = "holdspace_"


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a right to a call."""

    call: Call
    person: Person | None
    """None: the organizer."""
    token: Pii[str]
    by_cookie: bool


def bearer_token(request: web.Request) -> Pii[str] | None:
    """Return the token of `Authorization: Bearer`, if there is one (RFC 6750); other schemes are not ours."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer":
        return None
    return Pii(token if len(token) <= MAX_TOKEN_CHARS else "")


class Access:
    """Finds out who is asking. Raises DoorRefusedError with `unauthorised`, `call-unknown` or the like."""

    def __init__(self, store: CallStore, base_url: str) -> None:
        self._store = store
        self._same_site = SameSite(base_url)

    async def caller(self, request: web.Request, call_id: str) -> Caller:
        """Return the participant or organizer of this call who asks."""
        call = await self._store.get(call_id)
        if call is None:
            raise DoorRefusedError("call-unknown", "There is no such call.", HTTPStatus.NOT_FOUND)
        bearer = bearer_token(request)
        if bearer is None:
            return self._by_cookie(request, call)
        hashed = token_hash(bearer)
        person = call.person(hashed)
        if person is None and hashed != call.manage_hash:
            raise _unauthorised()
        return Caller(call, person, bearer, by_cookie=False)

    async def participant(self, request: web.Request, call_id: str) -> tuple[Caller, Person]:
        """Return the participant who asks; the organizer is nobody here."""
        caller = await self.caller(request, call_id)
        if caller.person is None:
            raise _unauthorised()
        return caller, caller.person

    async def organizer(self, request: web.Request, call_id: str) -> Caller:
        """Return the organizer; a participant lacks the right."""
        caller = await self.caller(request, call_id)
        if caller.person is not None:
            raise Problem(
                "forbidden", HTTPStatus.FORBIDDEN, "Only the organizer may change or cancel the call."
            )
        return caller

    def refuse_cross_site(self, request: web.Request, caller: Caller) -> None:
        """Refuse a change that another site's page makes with our cookie; bearer tokens can't be borrowed."""
        if caller.by_cookie:
            self._same_site.check(request)

    def _by_cookie(self, request: web.Request, call: Call) -> Caller:
        wanted = request.query.get("as")
        found = [
            caller
            for person in call.people
            if wanted in {None, person.id} and (caller := _cookie_of(request, call, person)) is not None
        ]
        if len(found) > 1:
            raise DoorRefusedError(
                "ambiguous-participant",
                "This browser holds several invitations to this call; say which with `?as=<participant id>`.",
                HTTPStatus.BAD_REQUEST,
            )
        if not found:
            raise _unauthorised()
        return found[0]


def cookie_name(person: Person) -> str:
    """Return the name of the cookie that holds this person's invitation."""
    return f"{COOKIE_PREFIX}{person.id}"


def _cookie_of(request: web.Request, call: Call, person: Person) -> Caller | None:
    value = request.cookies.get(cookie_name(person), "")
    token = Pii(value)
    if not value or len(value) > MAX_TOKEN_CHARS or token_hash(token) != person.token_hash:
        return None
    return Caller(call, person, token, by_cookie=True)


def _unauthorised() -> DoorRefusedError:
    return DoorRefusedError("unauthorised", "This needs your own invitation link.", HTTPStatus.UNAUTHORIZED)
