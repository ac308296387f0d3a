"""The HTTP API of calls, `/api/v1/calls…`: reads a request, asks `Calls`, writes the answer."""

from __future__ import annotations

from contextlib import nullcontext
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from server.bodies import as_json, body_of, query_of
from server.records import Rsvp
from server.schemas import CallChange, CallList, CancelQuery, ListQuery, NewCall, RsvpAnswer
from server.secret import token_hash

if TYPE_CHECKING:
    from collections.abc import Collection
    from contextlib import AbstractContextManager

    from aiohttp import web

    from server.access import Access, Caller, Scheduler
    from server.call_view import CallView, RoomsOfCalls
    from server.calls import Calls
    from server.limits import AddressLimit

PREFIX = "/api/v1"
CHANGES_PER_HOUR: Final = 60
"""Changes and answers of one address, unless it is the operator's or a desk's: each can be a letter to everyone in the call."""


class CallsApi:
    """The handlers; one for an application.

    `limit` holds for a server where anybody may schedule, `changes` for whoever is neither operator nor at a desk; `formats`:
    what a call can begin with.
    """

    def __init__(
        self,
        calls: Calls,
        access: Access,
        view: CallView,
        *,
        limit: AddressLimit,
        changes: AddressLimit,
        rooms: RoomsOfCalls,
        formats: Collection[str],
    ) -> None:
        self._calls = calls
        self._access = access
        self._view = view
        self._limit = limit
        self._changes = changes
        self._rooms = rooms
        self._formats = formats

    def add_to(self, app: web.Application) -> None:
        """Register the API's addresses."""
        one = f"{PREFIX}/calls/{{id}}"
        app.router.add_post(f"{PREFIX}/calls", self.schedule)
        app.router.add_get(f"{PREFIX}/calls", self.list)
        app.router.add_get(one, self.show)
        app.router.add_patch(one, self.change)
        app.router.add_delete(one, self.cancel)
        app.router.add_post(f"{one}/rsvp", self.rsvp)

    async def schedule(self, request: web.Request) -> web.Response:
        """`POST /calls`: for the operator, a therapist at their desk, or anybody on an open server."""
        scheduler = await self._access.may_schedule(request)
        wish = await body_of(request, NewCall, self._formats)
        with self._counted(request, scheduler):
            scheduled = await self._calls.schedule(wish, scheduler.therapist_id)
        answer = await self._view.created(scheduled)
        return as_json(answer, HTTPStatus.CREATED, {"Location": f"{PREFIX}/calls/{scheduled.call.id}"})

    async def list(self, request: web.Request) -> web.Response:
        """`GET /calls`: all of them for the operator, their own for a therapist at their desk."""
        lister = await self._access.may_list(request)
        query = query_of(request, ListQuery)
        page = await self._calls.page(query.when, query.limit, query.after, lister.therapist_id)
        return as_json(CallList(calls=await self._view.answers(page.calls), next=page.after))

    async def show(self, request: web.Request) -> web.Response:
        """`GET /calls/{id}`: for participants and the organizer."""
        caller = await self._access.caller(request, request.match_info["id"])
        return as_json(await self._view.answer(caller.call, caller.person))

    async def change(self, request: web.Request) -> web.Response:
        """`PATCH /calls/{id}`: for the organizer, until the call begins."""
        caller = await self._access.organizer(request, request.match_info["id"])
        self._access.refuse_cross_site(request, caller)
        wish = await body_of(request, CallChange, self._formats)
        with self._counted_change(request, caller):
            # A session at the desk shows no token: whoever holds the call's own link may be somebody else.
            by_desk = caller.token is None
            call, changed = await self._calls.change(caller.call.id, wish, by_desk=by_desk)
        if changed:
            # Whoever waits in the room already comes back into one that knows the change.
            await self._rooms.end_call(call.id, "changed")
        return as_json(await self._view.answer(call, None))

    async def cancel(self, request: web.Request) -> web.Response:
        """`DELETE /calls/{id}`: for the organizer, one call or its series from there on; people inside are let go."""
        caller = await self._access.organizer(request, request.match_info["id"])
        self._access.refuse_cross_site(request, caller)
        scope = query_of(request, CancelQuery).scope
        call, gone = await self._calls.cancel(caller.call.id, scope)
        for call_id in gone:
            await self._rooms.end_call(call_id, "cancelled")
        return as_json(await self._view.answer(call, None))

    async def rsvp(self, request: web.Request) -> web.Response:
        """`POST /calls/{id}/rsvp`: a participant's answer to the invitation."""
        caller, person = await self._access.participant(request, request.match_info["id"])
        self._access.refuse_cross_site(request, caller)
        body = await body_of(request, RsvpAnswer)
        with self._changes.one_more(request):
            call = await self._calls.answer(
                caller.call.id, person.place, Rsvp(body.answer), scope=body.scope, timezone=body.timezone
            )
        if self._calls.is_shut(call):
            await self._rooms.end_call(call.id, "changed")
        return as_json(await self._view.answer(call, person))

    def _counted(self, request: web.Request, scheduler: Scheduler) -> AbstractContextManager[None]:
        if not scheduler.is_anybody:
            return nullcontext()
        return self._limit.one_more(request)

    def _counted_change(self, request: web.Request, caller: Caller) -> AbstractContextManager[None]:
        if caller.token is None or token_hash(caller.token) != caller.call.manage_hash:
            return nullcontext()
        return self._changes.one_more(request)
