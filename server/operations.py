"""What the HTTP API can do: each operation with its bodies, its answers and the statuses of its refusals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from server import schemas
from server.desk import schemas as desk
from server.my_data.answers import MyDataAnswer

if TYPE_CHECKING:
    from pydantic import BaseModel

CALENDAR: Final = "text/calendar"
CALL: Final = "/api/v1/calls/{id}"
DESK: Final = "/api/v1/desk"


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address, as the document tells it."""

    path: str
    method: str
    summary: str
    answer: type[BaseModel] | Literal["text/calendar"] | None
    """None: there is nothing to say."""
    refusals: tuple[int, ...]
    """HTTP statuses of the problems it may answer with."""
    security: tuple[str, ...] = ()
    body: type[BaseModel] | Literal["text/calendar"] | None = None
    status: int = 200
    open_to_anybody: bool = False
    """Whether a server may ask for nothing at all."""


_WHO = ("invitation", "cookie", "manage")
_MINE = ("invitation", "cookie")
_AT_THE_DESK = ("desk",)
_BODY_REFUSALS = (400, 413, 415, 422)

OPERATIONS = (
    Operation(
        "/api/v1/calls",
        "post",
        "Schedule a call",
        schemas.CreatedCall,
        (401, 429, *_BODY_REFUSALS),
        ("organizer",),
        schemas.NewCall,
        201,
        open_to_anybody=True,
    ),
    Operation(CALL, "get", "Show a call", schemas.CallAnswer, (400, 401, 404), _WHO),
    Operation(
        CALL,
        "patch",
        "Change a call that has not begun",
        schemas.CallAnswer,
        (401, 403, 404, 409, *_BODY_REFUSALS),
        ("manage",),
        schemas.CallChange,
    ),
    Operation(CALL, "delete", "Cancel a call", schemas.CallAnswer, (401, 403, 404, 409), ("manage",)),
    Operation(f"{CALL}/calendar.ics", "get", "Get a call's calendar file", CALENDAR, (400, 401, 404), _WHO),
    Operation(
        f"{CALL}/rsvp",
        "post",
        "Answer an invitation",
        schemas.CallAnswer,
        (401, 403, 404, 409, *_BODY_REFUSALS),
        _MINE,
        schemas.RsvpAnswer,
    ),
    Operation(
        "/api/v1/calendar-replies",
        "post",
        "Hand on what a calendar answers (RFC 5546 METHOD:REPLY)",
        schemas.CallAnswer,
        (401, 403, 404, 409, *_BODY_REFUSALS),
        ("invitation", "manage", "organizer"),
        CALENDAR,
    ),
    Operation("/feeds/{secret}.ics", "get", "Get all calls of one person, to subscribe to", CALENDAR, (404,)),
    Operation(
        f"{CALL}/my-data", "get", "Get all that is kept about oneself", MyDataAnswer, (400, 401, 404), _MINE
    ),
    Operation(
        f"{CALL}/my-data",
        "delete",
        "Erase oneself, in all calls of a series",
        None,
        (400, 401, 403, 404, 409),
        _MINE,
        status=204,
    ),
    Operation(
        f"{DESK}/links",
        "post",
        "Have a link to the desk mailed, if the address is a therapist's",
        desk.LinkAnswer,
        (429, 503, *_BODY_REFUSALS),
        body=desk.LinkWish,
        status=202,
    ),
    Operation(
        f"{DESK}/sessions",
        "post",
        "Sign in to the desk with a mailed link; sets a cookie",
        desk.SignedInAnswer,
        (403, 410, *_BODY_REFUSALS),
        body=desk.SignIn,
        status=201,
    ),
    Operation(f"{DESK}/sessions", "delete", "Sign out of the desk", None, (403,), _AT_THE_DESK, status=204),
    Operation(DESK, "get", "Show the desk", desk.DeskAnswer, (401,), _AT_THE_DESK),
    Operation(
        f"{DESK}/defaults",
        "put",
        "Say how calls from the desk begin",
        desk.DeskAnswer,
        (401, 403, *_BODY_REFUSALS),
        _AT_THE_DESK,
        desk.DeskDefaults,
    ),
    Operation(
        f"{DESK}/couples",
        "get",
        "List the couples of the desk's calls",
        desk.CouplesAnswer,
        (401,),
        _AT_THE_DESK,
    ),
    Operation("/healthz", "get", "Whether the server is alive", schemas.HealthAnswer, ()),
    Operation("/readyz", "get", "Whether the server can take calls", schemas.HealthAnswer, (503,)),
)
