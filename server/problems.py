"""Errors as `application/problem+json` (RFC 9457), mapped in one place.

Exception
├── Problem                  ours: says slug, status and detail itself
│   └── InvalidFieldError    one field of an otherwise well-formed body
├── DoorRefusedError         signaling's: the door stays closed
├── ValidationError          pydantic's: a body of the wrong shape
├── HTTPException            aiohttp's: no such path, wrong method, body too large
├── OperationalError         SQLAlchemy's: the store does not answer (its TimeoutError too)
└── anything else            a mistake of ours: logged, and no detail is given away
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Any

import structlog
from aiohttp import web
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from server.field_words import field_words
from server.schemas import FieldError, ProblemAnswer
from signaling.calls import DoorRefusedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from aiohttp.typedefs import Handler, Middleware

log = structlog.stdlib.get_logger(__name__)

CONTENT_TYPE = "application/problem+json"
MAX_ERRORS = 20
"""Most field errors in one answer; the first ones are enough to go on."""
MAX_POINTER_CHARS = 200

_HTTP_PROBLEMS: Mapping[int, tuple[str, str]] = {
    HTTPStatus.BAD_REQUEST: ("bad-request", "The request can't be read."),
    HTTPStatus.NOT_FOUND: ("not-found", "There is nothing at this address."),
    HTTPStatus.METHOD_NOT_ALLOWED: ("method-not-allowed", "This address does not take this method."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("too-large", "The body is larger than 64 KiB."),
}


class Problem(Exception):  # noqa: N818 - RFC 9457's own word for it
    """An error with a stable slug, an HTTP status and a sentence for people."""

    def __init__(self, slug: str, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(slug)
        self.slug = slug
        self.status = status
        self.detail = detail
        self.headers = headers or {}
        self.errors: tuple[FieldError, ...] = ()


class InvalidFieldError(Problem):
    """One field says something that can't be."""

    def __init__(self, pointer: str, detail: str) -> None:
        super().__init__("invalid", HTTPStatus.UNPROCESSABLE_ENTITY, "One field of the body is not valid.")
        self.errors = (FieldError(pointer=pointer, detail=detail),)


def problem_of(error: Exception) -> Problem:
    """Return the problem that an error is shown as."""
    match error:
        case Problem():
            return error
        case DoorRefusedError():
            return Problem(error.code, error.status, error.detail, _challenge(error.status))
        case ValidationError():
            return _of_validation(error)
        case web.HTTPException():
            return _of_http(error)
        case OperationalError() | PoolTimeoutError():
            return Problem("store-unavailable", 503, "The store does not answer.", {"Retry-After": "5"})
        case _:
            return Problem(
                "internal", HTTPStatus.INTERNAL_SERVER_ERROR, "Something went wrong on this server."
            )


def answer(problem: Problem) -> web.Response:
    """Return the problem as an HTTP answer."""
    body = ProblemAnswer(
        type=problem.slug,
        title=HTTPStatus(problem.status).phrase,
        status=problem.status,
        detail=problem.detail,
        errors=problem.errors or None,
    )
    return web.Response(
        text=body.model_dump_json(exclude_none=True),
        status=problem.status,
        content_type=CONTENT_TYPE,
        headers=dict(problem.headers),
    )


def problems(page: Callable[[Problem], web.Response]) -> Middleware:
    """Return the middleware that turns every error of a handler into an answer.

    Clients get problem+json; a person at a browser gets what `page` renders. What is unknown is logged, not told.
    """

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        show = page if _is_for_a_person(request) else answer
        try:
            return await handler(request)
        except web.HTTPException as error:
            if error.status < HTTPStatus.BAD_REQUEST or error.content_type == CONTENT_TYPE:
                raise
            return show(problem_of(error))
        except Exception as error:
            problem = problem_of(error)
            if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
                log.exception("request failed", kind=type(error).__name__)
            return show(problem)

    return middleware


def _is_for_a_person(request: web.Request) -> bool:
    asks_for_page = "text/html" in request.headers.get("Accept", "")
    return asks_for_page and request.method == "GET" and not request.path.startswith("/api/")


def _challenge(status: int) -> Mapping[str, str]:
    return {"WWW-Authenticate": "Bearer"} if status == HTTPStatus.UNAUTHORIZED else {}


def _of_http(error: web.HTTPException) -> Problem:
    phrase = HTTPStatus(error.status).phrase
    slug, detail = _HTTP_PROBLEMS.get(error.status, (phrase.lower().replace(" ", "-"), f"{phrase}."))
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    return Problem(slug, error.status, detail, headers)


def _of_validation(error: ValidationError) -> Problem:
    found = error.errors(include_url=False, include_input=False)
    if found[0]["type"] == "json_invalid":
        return Problem("not-json", HTTPStatus.BAD_REQUEST, "The body is not JSON.")
    problem = Problem(
        "invalid",
        HTTPStatus.UNPROCESSABLE_ENTITY,
        "Some of the body is not valid; `errors` names each field.",
    )
    problem.errors = tuple(
        FieldError(pointer=_pointer(each["loc"]), detail=field_words(each)) for each in found[:MAX_ERRORS]
    )
    return problem


def _pointer(loc: tuple[Any, ...]) -> str:
    """Return a JSON pointer (RFC 6901) for pydantic's location of an error."""
    escaped = (str(part).replace("~", "~0").replace("/", "~1") for part in loc)
    return "".join(f"/{part}" for part in escaped)[:MAX_POINTER_CHARS]
