"""The HTTP API of other times for a call, `/api/v1/calls/{id}/proposals…`: participants propose, partners answer."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from server.bodies import as_json, body_of
from server.schemas import NewProposal, ProposalReply

if TYPE_CHECKING:
    from aiohttp import web

    from server.access import Access
    from server.call_view import CallView, RoomsOfCalls
    from server.calls import Calls
    from server.limits import AddressLimit
    from server.records import Call, Person

ADDRESS = "/api/v1/calls/{id}/proposals"


class ProposalsApi:
    """The handlers; one for an application. `changes`: how often an address may do what is a letter to the others."""

    def __init__(
        self,
        calls: Calls,
        access: Access,
        view: CallView,
        rooms: RoomsOfCalls,
        *,
        changes: AddressLimit,
    ) -> None:
        self._calls = calls
        self._access = access
        self._view = view
        self._rooms = rooms
        self._changes = changes

    def add_to(self, app: web.Application) -> None:
        """Register the API's addresses."""
        app.router.add_post(ADDRESS, self.propose)
        app.router.add_post(f"{ADDRESS}/{{proposal}}/answer", self.answer)
        app.router.add_delete(f"{ADDRESS}/{{proposal}}", self.withdraw)

    async def propose(self, request: web.Request) -> web.Response:
        """`POST …/proposals`: another time, which the others are asked about."""
        call_id, person = await self._asker(request)
        wish = await body_of(request, NewProposal)
        with self._changes.one_more(request):
            call = await self._calls.propose(call_id, person, wish)
        return await self._seen(call, person, HTTPStatus.CREATED)

    async def answer(self, request: web.Request) -> web.Response:
        """`POST …/proposals/{proposal}/answer`: when all have said yes the call moves there."""
        call_id, person = await self._asker(request)
        accepted = (await body_of(request, ProposalReply)).answer == "accepted"
        proposal_id = request.match_info["proposal"]
        with self._changes.one_more(request):
            call, moved = await self._calls.answer_proposal(call_id, person, proposal_id, accepted=accepted)
        if moved:
            await self._rooms.end_call(call.id, "changed")
        return await self._seen(call, person)

    async def withdraw(self, request: web.Request) -> web.Response:
        """`DELETE …/proposals/{proposal}`: whoever proposed takes it back."""
        call_id, person = await self._asker(request)
        call = await self._calls.withdraw(call_id, person, request.match_info["proposal"])
        return await self._seen(call, person)

    async def _asker(self, request: web.Request) -> tuple[str, Person]:
        caller, person = await self._access.participant(request, request.match_info["id"])
        self._access.refuse_cross_site(request, caller)
        return caller.call.id, person

    async def _seen(self, call: Call, person: Person, status: int = HTTPStatus.OK) -> web.Response:
        return as_json(await self._view.answer(call, person), status)
