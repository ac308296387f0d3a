"""The HTTP API of calls, `/api/v1/calls…`: reads a request, asks `Calls`, writes the answer."""

from __future__ import annotations

from contextlib import nullcontext
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Protocol

from aiohttp import web

from server.access import Access, bearer_token
from server.problems import Problem
from server.records import Rsvp
from server.schemas import B, CallAnswer, CallChange, CreatedCall, NewCall, RsvpAnswer, read_body
from server.secret import Pii, same_secret
from server.times import shown

if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AbstractContextManager

    from pydantic import BaseModel

    from server.calls import Calls, Scheduled
    from server.client_address import ClientAddresses
    from server.clock import WallClock
    from server.limits import HourlyLimit
    from server.records import Call, Person


class RoomsOfCalls(Protocol):
    """What the API asks of live rooms."""

    def is_connected(self, call_id: str, participant: str) -> bool:
        """Whether this participant is in the call now."""
        ...

    async def end_call(self, call_id: str, code: str) -> None:
        """Say goodbye to everyone in the call, with the code of their `bye`."""
        ...


PREFIX = "/api/v1"


class CallsApi:
    """The handlers; one for an application.

    `limit` holds for a server without an organizer key; `formats`: what a call can begin with.
    """

    def __init__(
        self,
        calls: Calls,
        access: Access,
        clock: WallClock,
        *,
        base_url: str,
        organizer_key: Pii[str] | None,
        limit: HourlyLimit,
        addresses: ClientAddresses,
        rooms: RoomsOfCalls,
        formats: Collection[str],
    ) -> None:
        self._calls = calls
        self._access = access
        self._clock = clock
        self._base_url = base_url
        self._organizer_key = organizer_key
        self._limit = limit
        self._addresses = addresses
        self._rooms = rooms
        self._formats = formats

    def add_to(self, app: web.Application) -> None:
        """Register the API's addresses."""
        one = f"{PREFIX}/calls/{{id}}"
        app.router.add_post(f"{PREFIX}/calls", self.schedule)
        app.router.add_get(one, self.show)
        app.router.add_patch(one, self.change)
        app.router.add_delete(one, self.cancel)
        app.router.add_post(f"{one}/rsvp", self.rsvp)

    async def schedule(self, request: web.Request) -> web.Response:
        """`POST /calls`: open to everybody, or to whoever holds the organizer key when one is set."""
        self._check_organizer_key(request)
        wish = await self._body(request, NewCall)
        with self._counted(request):
            scheduled = await self._calls.schedule(wish)
        answer = self._created(scheduled)
        return _json(answer, HTTPStatus.CREATED, {"Location": f"{PREFIX}/calls/{scheduled.call.id}"})

    async def show(self, request: web.Request) -> web.Response:
        """`GET /calls/{id}`: for participants and the organizer."""
        caller = await self._access.caller(request, request.match_info["id"])
        return self._call(caller.call, to_organizer=caller.person is None)

    async def change(self, request: web.Request) -> web.Response:
        """`PATCH /calls/{id}`: for the organizer, until the call begins."""
        caller = await self._access.organizer(request, request.match_info["id"])
        call, changed = await self._calls.change(caller.call.id, await self._body(request, CallChange))
        if changed:
            # Whoever waits in the room already comes back into one that knows the change.
            await self._rooms.end_call(call.id, "changed")
        return self._call(call, to_organizer=True)

    async def cancel(self, request: web.Request) -> web.Response:
        """`DELETE /calls/{id}`: for the organizer; people who are in the call are told and let go."""
        caller = await self._access.organizer(request, request.match_info["id"])
        call = await self._calls.cancel(caller.call.id)
        await self._rooms.end_call(call.id, "cancelled")
        return self._call(call, to_organizer=True)

    async def rsvp(self, request: web.Request) -> web.Response:
        """`POST /calls/{id}/rsvp`: a participant's answer to the invitation."""
        caller, person = await self._access.participant(request, request.match_info["id"])
        self._access.refuse_cross_site(request, caller)
        body = await self._body(request, RsvpAnswer)
        return self._call(await self._calls.answer(caller.call.id, person, Rsvp(body.answer)))

    def _check_organizer_key(self, request: web.Request) -> None:
        if self._organizer_key is None:
            return
        given = bearer_token(request)
        if given is None or not same_secret(given, self._organizer_key):
            raise Problem(
                "unauthorised",
                HTTPStatus.UNAUTHORIZED,
                "Scheduling a call on this server needs the organizer key.",
                {"WWW-Authenticate": "Bearer"},
            )

    def _counted(self, request: web.Request) -> AbstractContextManager[None]:
        if self._organizer_key is not None:
            return nullcontext()
        return self._limit.one_more(self._addresses.of(request))

    async def _body(self, request: web.Request, kind: type[B]) -> B:
        # A form of another site can't send this content type without asking first (CORS).
        if request.content_type != "application/json":
            raise Problem(
                "unsupported-media-type",
                HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
                "Send the body as application/json.",
                {"Accept": "application/json"},
            )
        return read_body(kind, await request.read(), self._formats)

    def _link(self, token: Pii[str]) -> str:
        return f"{self._base_url}/i/{token.value}"

    def _call(self, call: Call, *, to_organizer: bool = False) -> web.Response:
        people = [_person_fields(person) for person in call.people]
        now = {"participants": people, "occupied": self._is_occupied(call) if to_organizer else None}
        return _json(CallAnswer.model_validate({**self._fields(call), **now}))

    def _is_occupied(self, call: Call) -> bool:
        return any(self._rooms.is_connected(call.id, person.id) for person in call.people)

    def _created(self, scheduled: Scheduled) -> CreatedCall:
        call = scheduled.call
        people = [
            {**_person_fields(person), "invitation_url": self._link(token)}
            for person, token in zip(call.people, scheduled.invitations, strict=True)
        ]
        secrets = {"participants": people, "manage_token": scheduled.manage_token.value}
        return CreatedCall.model_validate({**self._fields(call), **secrets})

    def _fields(self, call: Call) -> dict[str, Any]:
        return {
            "id": call.id,
            "status": self._calls.status(call),
            "title": call.title,
            "starts_at": shown(call.starts_at, call.timezone),
            "timezone": call.timezone,
            "duration_minutes": call.duration_minutes,
            "format": call.format,
            "turn_seconds": call.turn_seconds,
            "distance": call.distance,
            "room_minimum": call.room_minimum,
        }


def _person_fields(person: Person) -> dict[str, Any]:
    return {"id": person.id, "role": person.role, "name": person.name, "rsvp": person.rsvp}


def _json(
    answer: BaseModel, status: int = HTTPStatus.OK, headers: dict[str, str] | None = None
) -> web.Response:
    return web.Response(
        text=answer.model_dump_json(), status=status, content_type="application/json", headers=headers
    )
