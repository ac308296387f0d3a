"""Whether the server is alive and can take calls, and its OpenAPI document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from server.schemas import HealthAnswer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from server.store import CallStore


class Health:
    """Handles `/healthz`, `/readyz` and `/api/v1/openapi.json`."""

    def __init__(self, store: CallStore, document: Mapping[str, Any]) -> None:
        self._store = store
        self._document = document

    def add_to(self, app: web.Application) -> None:
        """Register the three addresses."""
        app.router.add_get("/healthz", self.alive)
        app.router.add_get("/readyz", self.ready)
        app.router.add_get("/api/v1/openapi.json", self.openapi)

    async def alive(self, _request: web.Request) -> web.Response:
        """Answer as long as the process does."""
        return web.json_response(text=HealthAnswer(status="ok").model_dump_json())

    async def ready(self, _request: web.Request) -> web.Response:
        """Answer when the store does; otherwise it is a 503 problem."""
        await self._store.check()
        return web.json_response(text=HealthAnswer(status="ready").model_dump_json())

    async def openapi(self, _request: web.Request) -> web.Response:
        """Describe the API."""
        return web.json_response(self._document)
