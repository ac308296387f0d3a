"""The door of a call: who may come in now, and what became of the call.

Implements `signaling.calls.CallDoor`; signaling and the pages know nothing of the store behind it.
"""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from media.mediation.people import Role
from server.known_formats import DEFAULT
from server.records import Rsvp
from server.scheduling.change import postpone_call
from server.status import DoorHours, Status
from server.times import in_words, shown
from signaling.calls import CallInfo, CallParticipant
from web.closed_door import ClosedDoorError, Moment

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from aiohttp import web

    from server.access import Access
    from server.clock import WallClock
    from server.records import Call, Person
    from server.store import CallStore


class Door:
    """Lets participants in while the call's door is open."""

    def __init__(
        self,
        store: CallStore,
        access: Access,
        hours: DoorHours,
        clock: WallClock,
        *,
        seats: int,
        formats: Collection[str],
    ) -> None:
        self._store = store
        self._access = access
        self._hours = hours
        self._clock = clock
        self._seats = seats
        self._formats = formats

    async def admit(self, request: web.Request, call_id: str) -> tuple[CallInfo, str]:
        """Return the call and the id of the participant who asks; raise DoorRefusedError."""
        caller, person = await self._access.participant(request, call_id)
        call = caller.call
        status = self._hours.status(call, self._clock())
        info = self._info(call, status)
        starts = _moment(call.starts_at, call)
        if status is Status.SCHEDULED:
            opens = _moment(self._hours.opens_at(call), call)
            detail = f"The door opens on {opens.words}."
            raise ClosedDoorError(
                "call-not-open", detail, HTTPStatus.FORBIDDEN, info, starts=starts, opens=opens
            )
        if status is Status.OPEN and not call.is_agreed:
            words = _waiting_words(call, person)
            raise ClosedDoorError("not-agreed", words, HTTPStatus.FORBIDDEN, info, starts=starts)
        if status is Status.ENDED:
            words = _over_words(call, person)
            raise ClosedDoorError("call-over", words, HTTPStatus.GONE, info, starts=starts)
        if status is Status.CANCELLED:
            words = _cancelled_words(call)
            raise ClosedDoorError("call-cancelled", words, HTTPStatus.GONE, info, starts=starts)
        return info, person.id

    async def began(self, call_id: str) -> None:
        """Both partners talk for the first time: the call is live."""
        await self._store.mark(call_id, "began_at", self._clock())

    async def postponed(self, call_id: str, seconds: float) -> None:
        """The call goes on so many seconds from now: its entry in people's calendars moves, and its links lead there."""
        now = self._clock().replace(microsecond=0)
        starts_at = (now + timedelta(seconds=seconds)).replace(second=0)
        async with self._store.changing(call_id) as change:
            await postpone_call(change, starts_at, now)

    async def ended(self, call_id: str) -> None:
        """The people in the call have ended it."""
        await self._store.mark(call_id, "ended_at", self._clock())

    def _info(self, call: Call, status: Status) -> CallInfo:
        return CallInfo(
            id=call.id,
            title=call.title,
            status=status,
            starts_at=shown(call.starts_at, call.timezone),
            duration_minutes=call.duration_minutes,
            # An operator may have taken it away since; the plain one is always there.
            format=call.format if call.format in self._formats else DEFAULT,
            turn_seconds=call.turn_seconds,
            seats=self._seats,
            distance=call.distance,
            room_minimum=call.room_minimum,
            participants=tuple(CallParticipant(one.id, one.role, one.name) for one in call.people),
        )


def _moment(at: datetime, call: Call) -> Moment:
    return Moment(shown(at, call.timezone), in_words(at, call.timezone))


def _waiting_words(call: Call, person: Person) -> str:
    missing = ["you" if one == person else one.name for one in call.partners if one.rsvp is not Rsvp.ACCEPTED]
    return f"The door opens once both partners have accepted. It still waits for {' and '.join(missing)}."


def _cancelled_words(call: Call) -> str:
    if any(one.erased for one in call.partners):
        return "It won't take place. Somebody who was to come has had what is kept about them erased, as everybody may."
    return "It will not take place."


def _over_words(call: Call, person: Person) -> str:
    if call.ended_at is None:
        return "Its time has passed."
    who = "You" if person.role is Role.PARTNER else "The two partners"
    return f"{who} ended this call together."
