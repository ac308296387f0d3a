"""JSON in and out of a handler."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web

from server.problems import Problem
from server.schemas import B, read_body

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from pydantic import BaseModel

JSON = "application/json"


async def json_body(request: web.Request, kind: type[B], formats: Collection[str] = ()) -> B:
    """Return a request's body, whose format must be one of `formats`. Raises Problem or ValidationError."""
    # A form of another site can't send this content type without asking first (CORS).
    if request.content_type != JSON:
        raise Problem(
            "unsupported-media-type",
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            "Send the body as application/json.",
            {"Accept": JSON},
        )
    return read_body(kind, await request.read(), formats)


def json_answer(
    answer: BaseModel, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> web.Response:
    """Return a model as an answer."""
    return web.Response(text=answer.model_dump_json(), status=status, content_type=JSON, headers=headers)
