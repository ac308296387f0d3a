"""JSON bodies and queries of requests, and JSON answers, the same way for every part of the HTTP API."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web
from pydantic import ValidationError

from server.field_words import field_words
from server.problems import Problem
from server.schemas import B, Q, read_body

if TYPE_CHECKING:
    from collections.abc import Collection

    from pydantic import BaseModel


async def body_of(request: web.Request, kind: type[B], formats: Collection[str] = ()) -> B:
    """Read a request's body; `formats` are those that it may name. Raises Problem or ValidationError."""
    # A form of another site can't send this content type without asking first (CORS).
    if request.content_type != "application/json":
        raise Problem(
            "unsupported-media-type",
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "Send the body as application/json.",
            {"Accept": "application/json"},
        )
    return read_body(kind, await request.read(), formats)


def query_of(request: web.Request, kind: type[Q]) -> Q:
    """Read what stands behind the question mark. Raises Problem."""
    try:
        return kind.model_validate(dict(request.query))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        detail = f"`{first['loc'][0]}`: {field_words(first)}"
        raise Problem("invalid-query", HTTPStatus.BAD_REQUEST, detail) from None


def as_json(
    answer: BaseModel, status: int = HTTPStatus.OK, headers: dict[str, str] | None = None
) -> web.Response:
    """Return an answer as JSON."""
    return web.Response(
        text=answer.model_dump_json(), status=status, content_type="application/json", headers=headers
    )
