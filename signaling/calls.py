"""What a room must know of a scheduled call, and the door that lets people in.

The door is implemented above (by the server, with a database behind it); nothing here knows how calls are
stored, how invitations are checked, or what time it is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from media.mediation.distance import Distance

if TYPE_CHECKING:
    from aiohttp import web

    from media.mediation.people import Role


@dataclass(frozen=True, slots=True)
class CallParticipant:
    """One person in one call: a stable id, a role, and the name shown to the others."""

    id: str
    role: Role
    name: str


@dataclass(frozen=True, slots=True)
class CallInfo:
    """A call as the people in it may see it."""

    id: str
    title: str
    status: str
    """`scheduled`, `open`, `live`, `ended` or `cancelled`."""
    starts_at: str
    """RFC 3339 with an offset."""
    duration_minutes: int
    format: str
    turn_seconds: int
    """Length of one turn, in seconds."""
    seats: int
    """How many people the call can hold; a client offers `seats - 1` receiving pairs."""
    participants: tuple[CallParticipant, ...]
    distance: Distance = Distance.CLEAR
    """How each of them is seen until they choose for themselves."""
    room_minimum: Distance = Distance.CLEAR
    """The least distance for everyone, until the people in the call change it."""


class DoorRefusedError(Exception):
    """The door stays closed for this request.

    Codes and HTTP statuses: `unauthorised` 401, `call-unknown` 404, `call-not-open` 403 (the detail names the
    time), `not-agreed` 403 (it names who has to accept first), `call-over` 410, `call-cancelled` 410, `call-full`
    403, `ambiguous-participant` 400.
    """

    def __init__(self, code: str, detail: str, status: int, call: CallInfo | None = None) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail
        self.status = status
        self.call = call
        """Given only to somebody who holds a valid invitation to it."""


class CallDoor(Protocol):
    """Who may enter which call, and what became of it."""

    async def admit(self, request: web.Request, call_id: str) -> tuple[CallInfo, str]:
        """Return the call and the id of the participant who asks; raise DoorRefusedError."""
        ...

    async def began(self, call_id: str) -> None:
        """Both partners talk for the first time: the call is live."""
        ...

    async def postponed(self, call_id: str, seconds: float) -> None:
        """The people in the call have stepped back for long: it goes on so many seconds from now, by the same links."""
        ...

    async def ended(self, call_id: str) -> None:
        """The people in the call have ended it."""
        ...
