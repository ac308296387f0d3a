"""The OpenAPI document of the HTTP API, built from the same models that parse and write the bodies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from apispec import APISpec
from pydantic.json_schema import models_json_schema

from server import schemas
from server.desk.sessions import COOKIE as DESK_COOKIE
from server.operations import CALENDAR, OPERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pydantic import BaseModel

    from server.operations import Content, Operation

VERSION = "3.1.0"
JSON = "application/json"
PROBLEM = "application/problem+json"
STORE_UNAVAILABLE: Final = 503


def _bearer(description: str) -> Mapping[str, str]:
    return {"type": "http", "scheme": "bearer", "description": description}


def _cookie(name: str, description: str) -> Mapping[str, str]:
    return {"type": "apiKey", "in": "cookie", "name": name, "description": description}


SECURITY: Final[Mapping[str, Mapping[str, str]]] = {
    "invitation": _bearer("A participant's invitation token."),
    "invitation_cookie": _cookie(
        "holdspace_<participant id>",
        "Set by opening an invitation link; `?as=<participant id>` names one of several. That of a series is called "
        "holdspace_<series id>_<place>.",
    ),
    "manage": _bearer("The `manage_token` of the call."),
    "manage_cookie": _cookie(
        "holdspace_manage_<call id>",
        "Set by opening the organizer's link; `?as=organizer` means it. That of a series is called "
        "holdspace_manage_<series id>.",
    ),
    "operator": _bearer("The server's organizer key, if it has one, or the operator's own token."),
    "desk": _cookie(DESK_COOKIE, "A therapist's session."),
}

_ID_SHAPE: Final = {"type": "string", "pattern": "^[0-9a-f]{16}$"}
_IN_PATH: Final[Mapping[str, tuple[Mapping[str, str], str]]] = {
    "id": (_ID_SHAPE, "The call."),
    "proposal": (_ID_SHAPE, "The proposal."),
    "secret": (
        {"type": "string", "pattern": "^[A-Za-z0-9_-]{1,128}$"},
        "The person's own, as they were told it.",
    ),
}
_AS: Final = {
    "name": "as",
    "in": "query",
    "schema": {"type": "string"},
    "description": "Participant id, or `organizer`: which of several cookies is meant.",
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
    read = {each.body for each in OPERATIONS}
    written = {each.answer for each in OPERATIONS} | {schemas.ProblemAnswer}
    models: list[tuple[type[BaseModel], Any]] = [(model, "validation") for model in _models(read)]
    models += [(model, "serialization") for model in _models(written)]
    _, definitions = models_json_schema(models, ref_template="#/components/schemas/{model}")
    found: dict[str, Any] = definitions["$defs"]
    for model in _models(read):
        if field := found[model.__name__]["properties"].get("format"):
            _list_formats(field, formats)
    return found


def _models(kinds: set[type[BaseModel] | Content | None]) -> list[type[BaseModel]]:
    """The models among them, in an order that is always the same."""
    return sorted((kind for kind in kinds if isinstance(kind, type)), key=lambda model: model.__name__)


def _list_formats(field: dict[str, Any], formats: Sequence[str]) -> None:
    """Name them in a field's schema, or in that of its kind which is not null."""
    kinds = field.get("anyOf", [field])
    next(kind for kind in kinds if kind["type"] == "string")["enum"] = list(formats)


def _operation(operation: Operation) -> dict[str, Any]:
    refusals = {*operation.refusals, *([STORE_UNAVAILABLE] if operation.uses_store else [])}
    told: dict[str, Any] = {
        "summary": operation.summary,
        "responses": {
            str(operation.status): {"description": "Done.", **_content(operation.answer)},
            **({"304": {"description": "Nothing has changed since."}} if operation.has_tag else {}),
            **{str(status): _refusal() for status in sorted(refusals)},
        },
    }
    if parameters := list(_parameters(operation)):
        told["parameters"] = parameters
    if operation.security:
        told["security"] = _security(operation)
    if operation.body is not None:
        told["requestBody"] = {"required": True, **_content(operation.body)}
    return told


def _parameters(operation: Operation) -> Iterator[dict[str, Any]]:
    for name, (shape, words) in _IN_PATH.items():
        if f"{{{name}}}" in operation.path:
            yield {"name": name, "in": "path", "required": True, "schema": dict(shape), "description": words}
    if any(name.endswith("_cookie") for name in operation.security):
        yield _AS
    if operation.query is not None:
        for name, schema in operation.query.model_json_schema()["properties"].items():
            yield {"name": name, "in": "query", "schema": _when_given(schema)}


def _when_given(schema: dict[str, Any]) -> dict[str, Any]:
    """A parameter is there or not; it is never null."""
    told = {key: value for key, value in schema.items() if key != "anyOf" and value is not None}
    for kind in schema.get("anyOf", ()):
        if kind != {"type": "null"}:
            told |= kind
    return told


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    """Any one of them is enough; the empty one: scheduling is open on some servers."""
    ways: list[dict[str, list[str]]] = [{name: []} for name in operation.security]
    return [*ways, {}] if operation.open_to_anybody else ways


def _content(kind: type[BaseModel] | Content | None) -> dict[str, Any]:
    if kind is None:
        return {}
    if kind == CALENDAR:
        return {"content": {CALENDAR: {"schema": {"type": "string"}}}}
    return {"content": {JSON: {"schema": _ref(kind)}}}


def _refusal() -> dict[str, Any]:
    return {"description": "Refused.", "content": {PROBLEM: {"schema": _ref(schemas.ProblemAnswer)}}}


def _ref(model: type[BaseModel]) -> dict[str, str]:
    return {"$ref": f"#/components/schemas/{model.__name__}"}
