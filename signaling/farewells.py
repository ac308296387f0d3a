"""Why the server closes a connection: `bye` codes, what is said, and the WebSocket close code (RFC 6455, 7.4)."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from signaling.messages import ByeMessage

if TYPE_CHECKING:
    from collections.abc import Mapping


class Bye(StrEnum):
    """The reasons a room or the server has; a closed door adds its own (`refusal`)."""

    LEFT = "left"
    ENDED = "ended"
    CANCELLED = "cancelled"
    OVER = "call-over"
    """It never began, and its time has passed: the door says the same from now on."""
    REPLACED = "replaced"
    DRAINING = "draining"
    CHANGED = "changed"
    FAILED = "failed"
    FLOODING = "flooding"
    SLOW = "slow"
    TOO_LARGE = "too-large"
    TOO_MANY = "too-many"
    JOIN_EXPECTED = "join-expected"


_SAID: Mapping[Bye, tuple[int, str]] = {
    Bye.LEFT: (1000, "You have left the call."),
    Bye.ENDED: (1000, "The conversation has ended."),
    Bye.CANCELLED: (4410, "The call was cancelled."),
    Bye.OVER: (4410, "The time of this call has passed."),
    Bye.REPLACED: (4409, "You have joined from another place; this connection is closed."),
    Bye.DRAINING: (1012, "The server restarts; please connect again."),
    Bye.CHANGED: (1012, "The call was changed; come back in."),
    Bye.FAILED: (1011, "The server could not go on; sound and picture are stopped. Please connect again."),
    Bye.FLOODING: (4429, "Far too many messages in a short time."),
    Bye.SLOW: (4408, "Messages were not read fast enough; please connect again."),
    Bye.TOO_LARGE: (1009, "That message was too large."),
    Bye.TOO_MANY: (4429, "Too many connections at once."),
    Bye.JOIN_EXPECTED: (4408, "Nobody joined on this connection in time."),
}

_DOOR_CLOSE_CODES: Mapping[int, int] = {400: 4400, 401: 4401, 403: 4403, 404: 4404, 410: 4410, 503: 1013}


def farewell(bye: Bye) -> tuple[ByeMessage, int]:
    """The last message and the close code."""
    close_code, detail = _SAID[bye]
    return ByeMessage(code=bye, detail=detail), close_code


def refusal(code: str, detail: str, status: int) -> tuple[ByeMessage, int]:
    """The same for somebody whom the door refused with an HTTP status."""
    return ByeMessage(code=code, detail=detail), _DOOR_CLOSE_CODES.get(status, 4403)
