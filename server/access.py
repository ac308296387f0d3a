"""Who is asking: a participant with an invitation, or an organizer.

The organizer of a call holds its manage token, or is the signed-in therapist it belongs to, or the operator of the server. A
bearer token wins over cookies. Cookies are named after participants, because one browser may hold several of one call (a
shared device); `?as=<participant id>` says which is meant, and `?as=organizer` means the organizer's. Tokens are found by
their hash.
"""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from server.problems import Problem
from server.same_site import SameSite
from server.secret import MAX_TOKEN_CHARS, Pii, same_secret, token_hash
from signaling.calls import DoorRefusedError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from aiohttp import web

    from server.records import Call, Person
    from server.store import CallStore

    TherapistOf = Callable[[web.Request], Awaitable[str | None]]
    """The id of the therapist who is signed in where a request comes from."""

COOKIE_PREFIX = "holdspace_"
ORGANIZER = "organizer"
"""What `?as=` says when a browser that holds an invitation too asks as the organizer."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody with a right to a call."""

    call: Call
    person: Person | None
    """None: the organizer."""
    token: Pii[str] | None
    """What was shown; None: a session at the desk."""
    by_cookie: bool


@dataclass(frozen=True, slots=True)
class Scheduler:
    """Somebody who may schedule calls, or list them."""

    therapist_id: str | None = None
    """Whose desk it is."""
    is_anybody: bool = False
    """Nothing was shown, and nothing needs to be: such calls are counted."""


async def nobody(_request: web.Request) -> str | None:
    """No therapist is signed in."""
    return None


def bearer_token(request: web.Request) -> Pii[str] | None:
    """Return the token of `Authorization: Bearer`, if there is one (RFC 6750); other schemes are not ours."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer":
        return None
    return Pii(token if len(token) <= MAX_TOKEN_CHARS else "")


class Access:
    """Finds out who is asking. Raises DoorRefusedError with `unauthorised`, `call-unknown` or the like.

    Args:
        store: Where calls are looked up.
        base_url: Where people reach this server.
        operators: Bearer tokens of whoever runs the server: the organizer key, and what its own key's file is good for.
        is_open: Whether anybody may schedule a call.
        therapist: Tells who is signed in at the desk.
    """

    def __init__(
        self,
        store: CallStore,
        base_url: str,
        *,
        operators: Sequence[Pii[str]] = (),
        is_open: bool = False,
        therapist: TherapistOf = nobody,
    ) -> None:
        self._store = store
        self._same_site = SameSite(base_url)
        self._operators = operators
        self._is_open = is_open
        self._therapist = therapist

    async def caller(self, request: web.Request, call_id: str) -> Caller:
        """Return the participant or organizer of this call who asks."""
        call = await self._called(call_id)
        bearer = bearer_token(request)
        if bearer is not None:
            return self._by_token(call, bearer)
        wanted = request.query.get("as")
        found = None if wanted == ORGANIZER else _participant_by_cookie(request, call, wanted)
        if found is None and wanted in {None, ORGANIZER}:
            found = await self._organizer_by_cookie(request, call)
        if found is None:
            raise _unauthorised()
        return found

    async def participant(self, request: web.Request, call_id: str) -> tuple[Caller, Person]:
        """Return the participant who asks; the organizer is nobody here."""
        caller = await self.caller(request, call_id)
        if caller.person is None:
            raise _unauthorised()
        return caller, caller.person

    async def organizer(self, request: web.Request, call_id: str) -> Caller:
        """Return the organizer; a participant lacks the right, unless their browser holds the organizer's cookie too."""
        if bearer_token(request) is None:
            found = await self._organizer_by_cookie(request, await self._called(call_id))
            if found is not None:
                return found
        caller = await self.caller(request, call_id)
        if caller.person is not None:
            raise Problem(
                "forbidden", HTTPStatus.FORBIDDEN, "Only the organizer may change or cancel the call."
            )
        return caller

    async def may_schedule(self, request: web.Request) -> Scheduler:
        """Return who asks for a new call: the operator, a therapist from their desk, or anybody on an open server."""
        if self.is_operator(request):
            return Scheduler()
        therapist_id = await self._therapist(request)
        if therapist_id is not None:
            self._same_site.check(request)
            return Scheduler(therapist_id)
        if not self._is_open:
            raise _key_needed(
                "Scheduling a call on this server needs the organizer key, or a therapist's desk."
            )
        return Scheduler(is_anybody=True)

    async def may_list(self, request: web.Request) -> Scheduler:
        """Return who asks for a list of calls: the operator, who sees all, or a therapist, who sees their own."""
        if self.is_operator(request):
            return Scheduler()
        therapist_id = await self._therapist(request)
        if therapist_id is None:
            raise _key_needed("Listing calls needs the organizer key, or a therapist's desk.")
        return Scheduler(therapist_id)

    def is_operator(self, request: web.Request) -> bool:
        """Whether whoever runs the server asks."""
        bearer = bearer_token(request)
        return bearer is not None and self._is_operators(bearer)

    def refuse_cross_site(self, request: web.Request, caller: Caller) -> None:
        """Refuse a change that another site's page makes with our cookie; bearer tokens can't be borrowed."""
        if caller.by_cookie:
            self._same_site.check(request)

    async def _called(self, call_id: str) -> Call:
        call = await self._store.get(call_id)
        if call is None:
            raise DoorRefusedError("call-unknown", "There is no such call.", HTTPStatus.NOT_FOUND)
        return call

    def _by_token(self, call: Call, bearer: Pii[str]) -> Caller:
        hashed = token_hash(bearer)
        person = call.person(hashed)
        if person is None and hashed != call.manage_hash and not self._is_operators(bearer):
            raise _unauthorised()
        return Caller(call, person, bearer, by_cookie=False)

    def _is_operators(self, bearer: Pii[str]) -> bool:
        return any(same_secret(bearer, known) for known in self._operators)

    async def _organizer_by_cookie(self, request: web.Request, call: Call) -> Caller | None:
        # The desk first: what a therapist does there is their own word, too.
        if call.therapist_id is not None and await self._therapist(request) == call.therapist_id:
            return Caller(call, None, None, by_cookie=True)
        token = _cookie(request, manage_cookie_name(call))
        if token is not None and token_hash(token) == call.manage_hash:
            return Caller(call, None, token, by_cookie=True)
        return None


def cookie_name(call: Call, person: Person) -> str:
    """Return the name of the cookie that holds this person's invitation: to one call, or to all of its series."""
    return f"{COOKIE_PREFIX}{f'{call.series.id}_{person.place}' if call.series else person.id}"


def manage_cookie_name(call: Call) -> str:
    """Return the name of the cookie that holds the call's manage token, or that of its series."""
    return f"{COOKIE_PREFIX}manage_{call.series.id if call.series else call.id}"


def _participant_by_cookie(request: web.Request, call: Call, wanted: str | None) -> Caller | None:
    found = [
        Caller(call, person, token, by_cookie=True)
        for person in call.people
        if wanted in {None, person.id}
        and (token := _cookie(request, cookie_name(call, person))) is not None
        and token_hash(token) == person.token_hash
    ]
    if len(found) > 1:
        raise DoorRefusedError(
            "ambiguous-participant",
            "This browser holds several invitations to this call; say which with `?as=<participant id>`.",
            HTTPStatus.BAD_REQUEST,
        )
    return found[0] if found else None


def _cookie(request: web.Request, name: str) -> Pii[str] | None:
    value = request.cookies.get(name, "")
    return Pii(value) if 0 < len(value) <= MAX_TOKEN_CHARS else None


def _unauthorised() -> DoorRefusedError:
    return DoorRefusedError("unauthorised", "This needs your own invitation link.", HTTPStatus.UNAUTHORIZED)


def _key_needed(detail: str) -> Problem:
    return Problem("unauthorised", HTTPStatus.UNAUTHORIZED, detail, {"WWW-Authenticate": "Bearer"})
