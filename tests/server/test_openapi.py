"""The OpenAPI document: valid, complete, and true of real answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from tests.server.scene import token_of

if TYPE_CHECKING:
    from tests.server.scene import Site


async def _document(site: Site) -> dict[str, Any]:
    document: dict[str, Any] = await (await site.client.get("/api/v1/openapi.json")).json()
    return document


def _check(document: dict[str, Any], name: str, answer: Any) -> None:
    schema = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    Draft202012Validator(schema).validate(answer)


async def test_the_document_is_valid(site: Site) -> None:
    """An independent validator finds no fault in it (OpenAPI 3.1)."""
    document = await _document(site)
    assert document["openapi"].startswith("3.1")
    assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []


async def test_every_address_is_documented(site: Site) -> None:
    """Each route of the API stands in the document, and nothing else does."""
    document = await _document(site)
    told = {(path, method.upper()) for path, item in document["paths"].items() for method in item}
    routes = {
        (route.resource.canonical, route.method)
        for route in site.client.app.router.routes()
        if route.resource is not None and route.method != "HEAD"
    }
    there = {
        (path, method)
        for path, method in routes
        if path.startswith(("/api/v1/", "/feeds/")) or path in {"/healthz", "/readyz"}
    }
    # The WebSocket is described in PROTOCOL.md; OpenAPI has no words for it.
    assert told == there - {("/api/v1/calls/{id}/signaling", "GET"), ("/api/v1/openapi.json", "GET")}


async def test_real_answers_keep_to_the_document(site: Site) -> None:
    """What the server really answers validates against the schemas that it serves."""
    document = await _document(site)
    call = await site.call()
    _check(document, "CreatedCall", call)
    _check(document, "CallAnswer", await (await site.ask("GET", call, token_of(call))).json())
    _check(document, "HealthAnswer", await (await site.client.get("/readyz")).json())
    for refused in (await site.post(title=""), await site.ask("GET", call, "x")):
        _check(document, "ProblemAnswer", await refused.json(content_type=None))


async def test_the_document_takes_what_the_server_takes(site: Site) -> None:
    """The example of the public contract fits the schema of the body, a wrong one does not."""
    document = await _document(site)
    body = {
        "title": "Sunday talk",
        "starts_at": "2026-12-06T19:00",
        "timezone": "Europe/Berlin",
        "duration_minutes": 50,
        "format": "timed-turns",
        "turn_seconds": 180,
        "distance": "soft",
        "room_minimum": "clear",
        "participants": [
            {"role": "partner", "name": "A", "email": "a@example.org"},
            {"role": "partner", "name": "B"},
            {"role": "therapist", "name": "T"},
        ],
    }
    _check(document, "NewCall", body)
    assert (await site.post(**body)).status == 201
    schema = {"$ref": "#/components/schemas/NewCall", "components": document["components"]}
    assert not Draft202012Validator(schema).is_valid({**body, "seats": 3})
    assert not Draft202012Validator(schema).is_valid({**body, "format": "shouting"})
    assert not Draft202012Validator(schema).is_valid({**body, "distance": "near"})
