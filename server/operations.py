"""Every address of the HTTP API as its OpenAPI document tells it: who may, what is sent, what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from server import schemas
from server.desk.schemas import (
    CouplesAnswer,
    DeskAnswer,
    DeskDefaults,
    LinkAnswer,
    LinkWish,
    SignedInAnswer,
    SignIn,
)
from server.my_data.answers import MyDataAnswer

if TYPE_CHECKING:
    from pydantic import BaseModel

CALENDAR: Final = "text/calendar"
CALLS: Final = "/api/v1/calls"
CALL: Final = "/api/v1/calls/{id}"
PROPOSAL: Final = f"{CALL}/proposals/{{proposal}}"
DESK: Final = "/api/v1/desk"
Content = Literal["text/calendar"]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address."""

    path: str
    method: str
    summary: str
    answer: type[BaseModel] | Content | None
    """None: nothing but the status."""
    refusals: tuple[int, ...]
    """HTTP statuses of the problems it may answer with, beside that of a store that does not answer."""
    security: tuple[str, ...] = ()
    """Any one of them is enough."""
    body: type[BaseModel] | Content | None = None
    status: int = 200
    query: type[schemas.Query] | None = None
    open_to_anybody: bool = False
    """Whether a server may ask for nothing at all."""
    uses_store: bool = True
    has_tag: bool = False
    """Whether `If-None-Match` is looked at (RFC 9110, 13.1.2)."""


_BODY: Final = (400, 413, 415, 422)
_ANYBODY_OF_A_CALL: Final = ("invitation", "invitation_cookie", "manage", "manage_cookie", "desk", "operator")
_ORGANIZER: Final = ("manage", "manage_cookie", "desk", "operator")
_PARTICIPANT: Final = ("invitation", "invitation_cookie")
_NO_RIGHT: Final = (400, 401, 403, 404)
"""Ambiguous, nothing shown, not theirs to do (or from another site's page), no such call."""

_OF_CALLS: Final = (
    Operation(
        CALLS,
        "post",
        "Schedule a call, or a series of calls",
        schemas.CreatedCall,
        (401, 403, 429, *_BODY),
        ("operator", "desk"),
        schemas.NewCall,
        201,
        open_to_anybody=True,
    ),
    Operation(
        CALLS,
        "get",
        "List calls: all of them for the operator, their own for a therapist",
        schemas.CallList,
        (400, 401),
        ("operator", "desk"),
        query=schemas.ListQuery,
    ),
    Operation(CALL, "get", "Show a call", schemas.CallAnswer, (400, 401, 404), _ANYBODY_OF_A_CALL),
    Operation(
        CALL,
        "patch",
        "Change a call that has not begun",
        schemas.CallAnswer,
        (*_NO_RIGHT, 409, 413, 415, 422, 429),
        _ORGANIZER,
        schemas.CallChange,
    ),
    Operation(
        CALL,
        "delete",
        "Cancel a call, or end its series from there on",
        schemas.CallAnswer,
        (*_NO_RIGHT, 409),
        _ORGANIZER,
        query=schemas.CancelQuery,
    ),
    Operation(
        f"{CALL}/calendar.ics",
        "get",
        "Get the calendar file of a call, or of its series",
        CALENDAR,
        (400, 401, 404),
        _ANYBODY_OF_A_CALL,
    ),
    Operation(
        f"{CALL}/letters",
        "post",
        "Send somebody's newest letter again",
        schemas.CallAnswer,
        (*_NO_RIGHT, 409, 413, 415, 422, 429),
        _ORGANIZER,
        schemas.LetterWish,
        202,
    ),
)

_OF_PARTICIPANTS: Final = (
    Operation(
        f"{CALL}/rsvp",
        "post",
        "Answer an invitation",
        schemas.CallAnswer,
        (*_NO_RIGHT, 409, 413, 415, 422, 429),
        _PARTICIPANT,
        schemas.RsvpAnswer,
    ),
    Operation(
        f"{CALL}/proposals",
        "post",
        "Propose another time",
        schemas.CallAnswer,
        (*_NO_RIGHT, 409, 413, 415, 422, 429),
        _PARTICIPANT,
        schemas.NewProposal,
        201,
    ),
    Operation(
        f"{PROPOSAL}/answer",
        "post",
        "Answer a proposal; when all have said yes the call moves there",
        schemas.CallAnswer,
        (*_NO_RIGHT, 409, 413, 415, 422, 429),
        _PARTICIPANT,
        schemas.ProposalReply,
    ),
    Operation(
        PROPOSAL, "delete", "Take back a proposal", schemas.CallAnswer, (*_NO_RIGHT, 409), _PARTICIPANT
    ),
    Operation(
        f"{CALL}/my-data",
        "get",
        "Get everything that is kept about the participant",
        MyDataAnswer,
        (400, 401, 404),
        _PARTICIPANT,
    ),
    Operation(
        f"{CALL}/my-data",
        "delete",
        "Erase what is kept about the participant; their link leads nowhere since",
        None,
        (*_NO_RIGHT, 409),
        _PARTICIPANT,
        status=204,
    ),
    Operation(
        "/api/v1/calendar-replies",
        "post",
        "Hand on what a calendar answers (RFC 5546 METHOD:REPLY)",
        schemas.CallAnswer,
        (401, 403, 404, 409, 429, *_BODY),
        ("invitation", "manage", "operator"),
        CALENDAR,
    ),
    Operation(
        "/feeds/{secret}.ics",
        "get",
        "Get all calls of one person, to subscribe to",
        CALENDAR,
        (404,),
        has_tag=True,
    ),
)

_OF_THE_DESK: Final = (
    Operation(
        f"{DESK}/links",
        "post",
        "Ask for a sign-in link by mail; the answer is the same for everybody",
        LinkAnswer,
        (429, *_BODY),
        body=LinkWish,
        status=202,
    ),
    Operation(
        f"{DESK}/sessions",
        "post",
        "Sign in with a link's secret; sets the cookie",
        SignedInAnswer,
        (403, 410, *_BODY),
        body=SignIn,
        status=201,
    ),
    Operation(f"{DESK}/sessions", "delete", "Sign out", None, (403,), ("desk",), status=204),
    Operation(DESK, "get", "Show a therapist's desk", DeskAnswer, (401,), ("desk",)),
    Operation(
        f"{DESK}/defaults",
        "put",
        "Say how a therapist's calls begin",
        DeskAnswer,
        (401, 403, *_BODY),
        ("desk",),
        DeskDefaults,
    ),
    Operation(
        f"{DESK}/couples", "get", "List whom a therapist schedules for", CouplesAnswer, (401,), ("desk",)
    ),
)

_OF_THE_SERVER: Final = (
    Operation("/healthz", "get", "Whether the server is alive", schemas.HealthAnswer, (), uses_store=False),
    Operation("/readyz", "get", "Whether the server can take calls", schemas.HealthAnswer, ()),
)

OPERATIONS: Final = (*_OF_CALLS, *_OF_PARTICIPANTS, *_OF_THE_DESK, *_OF_THE_SERVER)
