"""The door of a call: who may come in now, and what became of the call.

Implements `signaling.calls.CallDoor`; signaling and the pages know nothing of the store behind it.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from server.status import DoorHours, Status
from server.times import shown
from signaling.calls import CallInfo, CallParticipant, DoorRefusedError

if TYPE_CHECKING:
    from aiohttp import web

    from server.access import Access
    from server.clock import WallClock
    from server.records import Call
    from server.store import CallStore


class Door:
    """Lets participants in while the call's door is open."""

    def __init__(
        self, store: CallStore, access: Access, hours: DoorHours, clock: WallClock, *, seats: int
    ) -> None:
        self._store = store
        self._access = access
        self._hours = hours
        self._clock = clock
        self._seats = seats

    async def admit(self, request: web.Request, call_id: str) -> tuple[CallInfo, str]:
        """Return the call and the id of the participant who asks; raise DoorRefusedError."""
        caller, person = await self._access.participant(request, call_id)
        call = caller.call
        status = self._hours.status(call, self._clock())
        info = self._info(call, status)
        if status is Status.SCHEDULED:
            opens_at = shown(self._hours.opens_at(call), call.timezone)
            detail = f"The door opens at {opens_at}."
            raise DoorRefusedError("call-not-open", detail, HTTPStatus.FORBIDDEN, info)
        if status is Status.ENDED:
            raise DoorRefusedError("call-over", "This call is over.", HTTPStatus.GONE, info)
        if status is Status.CANCELLED:
            raise DoorRefusedError("call-cancelled", "This call was cancelled.", HTTPStatus.GONE, info)
        return info, person.id

    async def began(self, call_id: str) -> None:
        """Both partners talk for the first time: the call is live."""
        await self._store.mark(call_id, "began_at", self._clock())

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
            format=call.format,
            turn_seconds=call.turn_seconds,
            seats=self._seats,
            participants=tuple(CallParticipant(one.id, one.role, one.name) for one in call.people),
        )
