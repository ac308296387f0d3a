"""The OpenAPI document of the HTTP API, built from the same models that parse and write the bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from apispec import APISpec
from pydantic.json_schema import models_json_schema

from server import schemas
from server.desk.sessions import COOKIE
from server.operations import CALENDAR, OPERATIONS, Operation

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from pydantic import BaseModel

VERSION = "3.1.0"
JSON = "application/json"
PROBLEM = "application/problem+json"

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
    "desk": {
        "type": "apiKey",
        "in": "cookie",
        "name": COOKIE,
        "description": "Set by signing in to a therapist's desk.",
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
    read = {operation.body for operation in OPERATIONS if not isinstance(operation.body, str)} - {None}
    written = {operation.answer for operation in OPERATIONS if not isinstance(operation.answer, str)} - {None}
    written.add(schemas.ProblemAnswer)
    models: list[tuple[type[BaseModel], Any]] = [(model, "validation") for model in _in_order(read)]
    models += [(model, "serialization") for model in _in_order(written)]
    _, definitions = models_json_schema(models, ref_template="#/components/schemas/{model}")
    found: dict[str, Any] = definitions["$defs"]
    for model in read:
        if model is not None and "format" in model.model_fields:
            _list_formats(found[model.__name__]["properties"]["format"], formats)
    return found


def _in_order(models: Iterable[type[BaseModel] | None]) -> list[type[BaseModel]]:
    return sorted(filter(None, models), key=lambda model: model.__name__)


def _list_formats(field: dict[str, Any], formats: Sequence[str]) -> None:
    """Name them in a field's schema, or in that of its kind which is not null."""
    kinds = field.get("anyOf", [field])
    next(kind for kind in kinds if kind["type"] == "string")["enum"] = list(formats)


def _operation(operation: Operation) -> dict[str, Any]:
    told: dict[str, Any] = {
        "summary": operation.summary,
        "responses": {
            str(operation.status): _answer(operation.answer),
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
        told["requestBody"] = {"required": True, "content": _content(operation.body)}
    return told


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    """Any one of them is enough; the empty one: scheduling is open on some servers."""
    ways: list[dict[str, list[str]]] = [{name: []} for name in operation.security]
    return [*ways, {}] if operation.open_to_anybody else ways


def _answer(answer: type[BaseModel] | Literal["text/calendar"] | None) -> dict[str, Any]:
    return {"description": "Done.", **({} if answer is None else {"content": _content(answer)})}


def _content(body: type[BaseModel] | Literal["text/calendar"]) -> dict[str, Any]:
    if body == CALENDAR:
        return {CALENDAR: {"schema": {"type": "string"}}}
    return {JSON: {"schema": _ref(body)}}


def _refusal() -> dict[str, Any]:
    return {"description": "Refused.", "content": {PROBLEM: {"schema": _ref(schemas.ProblemAnswer)}}}


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
