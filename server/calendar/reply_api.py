"""`POST /api/v1/calendar-replies`: what a person's calendar answers, handed on by whoever receives it.

An invitation answers for its own person alone; the organizer's manage token and the operator hand on anybody's answer. Who
has no right to a call is told the same as if there were none.
"""

from __future__ import annotations

import asyncio
from contextlib import nullcontext
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from server.access import bearer_token
from server.bodies import as_json
from server.calendar.replies import CalendarReply, CalendarReplyError, read_reply
from server.problems import Problem
from server.secret import token_hash
from server.status import Status

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from aiohttp import web

    from server.access import Access
    from server.call_view import CallView, RoomsOfCalls
    from server.calls import Calls
    from server.limits import AddressLimit
    from server.records import Call, Person
    from server.store import CallStore

ADDRESS: Final = "/api/v1/calendar-replies"
CONTENT_TYPE: Final = "text/calendar"
_UID_END: Final = "@holdspace"


class CalendarReplies:
    """The handler; one for an application. `changes`: how often an address that is not the operator's may answer."""

    def __init__(
        self,
        calls: Calls,
        store: CallStore,
        access: Access,
        view: CallView,
        rooms: RoomsOfCalls,
        *,
        changes: AddressLimit,
    ) -> None:
        self._calls = calls
        self._store = store
        self._access = access
        self._view = view
        self._rooms = rooms
        self._changes = changes

    def add_to(self, app: web.Application) -> None:
        """Register the address."""
        app.router.add_post(ADDRESS, self.take)

    async def take(self, request: web.Request) -> web.Response:
        """Note the answer and show the call that it is about."""
        if bearer_token(request) is None:
            raise Problem(
                "unauthorised",
                HTTPStatus.UNAUTHORIZED,
                "Handing on a calendar's reply needs an invitation's token, the call's manage token, or the organizer key.",
                {"WWW-Authenticate": "Bearer"},
            )
        reply = await _read(request)
        calls = await self._called(reply.uid)
        person, is_own = self._whose(request, calls, reply)
        call = self._meant(calls, reply)
        with self._counted(request):
            answered = await self._calls.answer(
                call.id,
                person.place,
                reply.partstat,
                scope="this" if reply.recurrence_id and not reply.and_later else "series",
                stamped=reply.dtstamp,
                sequence=reply.sequence,
            )
        if self._calls.is_shut(answered):
            await self._rooms.end_call(answered.id, "changed")
        return as_json(await self._view.answer(answered, answered.at_place(person.place) if is_own else None))

    def _counted(self, request: web.Request) -> AbstractContextManager[None]:
        if self._access.is_operator(request):
            return nullcontext()
        return self._changes.one_more(request)

    async def _called(self, uid: str) -> Sequence[Call]:
        """Return the call that has this UID, or all those of the series."""
        key = uid.removesuffix(_UID_END)
        if (call := await self._store.get(key)) is not None and call.uid == uid:
            return (call,)
        calls = await self._store.series_calls(key)
        if not calls or calls[0].uid != uid:
            raise _unknown()
        return calls

    def _whose(
        self, request: web.Request, calls: Sequence[Call], reply: CalendarReply
    ) -> tuple[Person, bool]:
        """Return whose answer it is, and whether they hand it on themselves. Raises Problem."""
        bearer = bearer_token(request)
        hashed = token_hash(bearer) if bearer else ""
        # Of a long series the first calls are erased while it goes on: nobody is in them any more.
        call = next((one for one in calls if one.erased_at is None), calls[0])
        person = call.person(hashed)
        if person is not None:
            if person.email is not None and not _same_address(person.email, reply.attendee):
                raise Problem(
                    "forbidden",
                    HTTPStatus.FORBIDDEN,
                    "An invitation answers for its own person alone; ATTENDEE is another.",
                )
            return person, True
        if hashed != call.manage_hash and not self._access.is_operator(request):
            raise _unknown()
        named = (one for one in call.people if one.email and _same_address(one.email, reply.attendee))
        person = next(named, None)
        if person is None:
            raise _invalid("Nobody with ATTENDEE's address is invited to this call.")
        return person, False

    def _meant(self, calls: Sequence[Call], reply: CalendarReply) -> Call:
        """Return the call that is answered; of a whole series the next one. Raises Problem when there is none."""
        if reply.recurrence_id is None:
            return next(filter(self._is_coming, calls), calls[-1])
        call = next((one for one in calls if one.occurrence_at == reply.recurrence_id), None)
        if call is None:
            raise _invalid("RECURRENCE-ID is not the time of a call of this series.")
        return call

    def _is_coming(self, call: Call) -> bool:
        return self._calls.rules.status(call) not in {Status.ENDED, Status.CANCELLED}


async def _read(request: web.Request) -> CalendarReply:
    if request.content_type != CONTENT_TYPE:
        raise Problem(
            "unsupported-media-type",
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            f"Send the reply as {CONTENT_TYPE}.",
            {"Accept": CONTENT_TYPE},
        )
    data = await request.read()
    try:
        return await asyncio.to_thread(read_reply, data)
    except CalendarReplyError as error:
        raise _invalid(error.detail) from None


def _same_address(one: str, other: str) -> bool:
    return one.strip().casefold() == other.strip().casefold()


def _invalid(detail: str) -> Problem:
    return Problem("reply-invalid", HTTPStatus.UNPROCESSABLE_ENTITY, detail)


def _unknown() -> Problem:
    return Problem(
        "call-unknown",
        HTTPStatus.NOT_FOUND,
        "This reply is about no call that you have a right to on this server.",
    )
