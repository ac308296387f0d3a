"""The OpenAPI document of the HTTP API, built from the same models that parse and write the bodies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from apispec import APISpec
from pydantic.json_schema import models_json_schema

from server import schemas

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import BaseModel

VERSION = "3.1.0"
JSON = "application/json"
PROBLEM = "application/problem+json"
CALENDAR: Final = "text/calendar"
CALL = "/api/v1/calls/{id}"

SECURITY: Mapping[str, Mapping[str, str]] = {
    "invitation": {"type": "http", "scheme": "bearer", "description": "A participant's invitation token."},
    "cookie": {
        "type": "apiKey",
        "in": "cookie",
        "name": "holdspace_<participant id>",
        "description": "Set by opening an invitation link; `?as=<participant id>` names one of several.",
    },
    "manage": {"type": "http", "scheme": "bearer", "description": "The `manage_token` of the call."},
    "organizer": {
        "type": "http",
        "scheme": "bearer",
        "description": "The server's organizer key, if it has one.",
    },
}

_ID = {"name": "id", "in": "path", "required": True, "schema": {"type": "string"}, "description": "The call."}
_SECRET = {
    "name": "secret",
    "in": "path",
    "required": True,
    "schema": {"type": "string"},
    "description": "The person's own, as they were told it.",
}
_AS = {
    "name": "as",
    "in": "query",
    "schema": {"type": "string"},
    "description": "Participant id: which of several cookies is meant.",
}


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address, as the document tells it."""

    path: str
    method: str
    summary: str
    answer: type[BaseModel] | None
    """None: a calendar file."""
    refusals: tuple[int, ...]
    """HTTP statuses of the problems it may answer with."""
    security: tuple[str, ...] = ()
    body: type[BaseModel] | Literal["text/calendar"] | None = None
    status: int = 200
    open_to_anybody: bool = False
    """Whether a server may ask for nothing at all."""


_WHO = ("invitation", "cookie", "manage")
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
    Operation(f"{CALL}/calendar.ics", "get", "Get a call's calendar file", None, (400, 401, 404), _WHO),
    Operation(
        f"{CALL}/rsvp",
        "post",
        "Answer an invitation",
        schemas.CallAnswer,
        (401, 403, 404, 409, *_BODY_REFUSALS),
        ("invitation", "cookie"),
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
    Operation("/feeds/{secret}.ics", "get", "Get all calls of one person, to subscribe to", None, (404,)),
    Operation("/healthz", "get", "Whether the server is alive", schemas.HealthAnswer, ()),
    Operation("/readyz", "get", "Whether the server can take calls", schemas.HealthAnswer, (503,)),
)


def document(base_url: str, version: str, formats: Sequence[str]) -> dict[str, Any]:
    """Return the document as JSON types; `formats`: what a call can begin with."""
    spec = APISpec(
        title="Holdspace",
        version=version,
        openapi_version=VERSION,
        info={"description": "Schedule mediated video calls, and answer invitations to them."},
        servers=[{"url": base_url}],
    )
    for name, schema in _schemas(formats).items():
        spec.components.schema(name, schema)
    for name, scheme in SECURITY.items():
        spec.components.security_scheme(name, dict(scheme))
    for operation in OPERATIONS:
        spec.path(path=operation.path, operations={operation.method: _operation(operation)})
    made: dict[str, Any] = spec.to_dict()
    return made


def _schemas(formats: Sequence[str]) -> dict[str, Any]:
    read: list[type[BaseModel]] = [schemas.NewCall, schemas.CallChange, schemas.RsvpAnswer]
    written: list[type[BaseModel]] = [
        schemas.CreatedCall,
        schemas.CallAnswer,
        schemas.ProblemAnswer,
        schemas.HealthAnswer,
    ]
    models: list[tuple[type[BaseModel], Any]] = [(model, "validation") for model in read]
    models += [(model, "serialization") for model in written]
    _, definitions = models_json_schema(models, ref_template="#/components/schemas/{model}")
    found: dict[str, Any] = definitions["$defs"]
    for model in (schemas.NewCall, schemas.CallChange):
        _list_formats(found[model.__name__]["properties"]["format"], formats)
    return found


def _list_formats(field: dict[str, Any], formats: Sequence[str]) -> None:
    """Name them in a field's schema, or in that of its kind which is not null."""
    kinds = field.get("anyOf", [field])
    next(kind for kind in kinds if kind["type"] == "string")["enum"] = list(formats)


def _operation(operation: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "summary": operation.summary,
        "responses": {
            str(operation.status): {"description": "Done.", "content": _answer_content(operation)},
            **{str(status): _refusal() for status in sorted(operation.refusals)},
        },
    }
    if "{id}" in operation.path:
        told["parameters"] = [_ID, _AS] if "cookie" in operation.security else [_ID]
    if "{secret}" in operation.path:
        told["parameters"] = [_SECRET]
    if operation.security:
        told["security"] = _security(operation)
    if operation.body is not None:
        told["requestBody"] = {"required": True, "content": _body_content(operation.body)}
    return told


def _body_content(body: type[BaseModel] | Literal["text/calendar"]) -> dict[str, Any]:
    if body == CALENDAR:
        return {CALENDAR: {"schema": {"type": "string"}}}
    return {JSON: {"schema": _ref(body)}}


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    """Any one of them is enough; the empty one: scheduling is open on some servers."""
    ways: list[dict[str, list[str]]] = [{name: []} for name in operation.security]
    return [*ways, {}] if operation.open_to_anybody else ways


def _answer_content(operation: Operation) -> dict[str, Any]:
    if operation.answer is None:
        return {CALENDAR: {"schema": {"type": "string"}}}
    return {JSON: {"schema": _ref(operation.answer)}}


def _refusal() -> dict[str, Any]:
    return {"description": "Refused.", "content": {PROBLEM: {"schema": _ref(schemas.ProblemAnswer)}}}


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
