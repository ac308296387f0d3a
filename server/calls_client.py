"""A client of the HTTP API for the command line: one request, and what went wrong in words for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Mapping

    from server.secret import Pii

API: Final = "/api/v1"
TIMEOUT_S: Final = 20.0


class CallsClientError(Exception):
    """The server refused, or can't be reached; the text is for people.

    CallsClientError
    ├── NoServerError    nobody answers there, or somebody who is no Holdspace server
    └── RefusedError     the server's own problem, in its own words
    """


class NoServerError(CallsClientError):
    """No Holdspace server answers."""

    def __init__(self, server: str) -> None:
        super().__init__(f"No Holdspace server answers at {server}.")


class RefusedError(CallsClientError):
    """The server said no. `problem` is its answer (RFC 9457)."""

    def __init__(self, status: int, problem: dict[str, Any]) -> None:
        super().__init__(_refusal(problem))
        self.status = status
        self.problem = problem


async def ask(
    server: str,
    token: Pii[str] | None,
    method: str,
    path: str,
    *,
    body: Mapping[str, Any] | None = None,
    query: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Ask a server something; returns its answer. `path` begins after `/api/v1`. Raises CallsClientError."""
    headers = {"Authorization": f"Bearer {token.value}"} if token else {}
    address = f"{server.rstrip('/')}{API}{path}"
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TIMEOUT_S)) as session,
            session.request(method, address, json=body, params=query, headers=headers) as response,
        ):
            answer: Any = await response.json(content_type=None)
    except (aiohttp.ClientError, TimeoutError, ValueError):
        raise NoServerError(server) from None
    if not isinstance(answer, dict):
        raise NoServerError(server)
    if not response.ok:
        raise RefusedError(response.status, answer)
    return answer


def _refusal(problem: dict[str, Any]) -> str:
    fields = [f"{error['pointer'].lstrip('/')}: {error['detail']}" for error in problem.get("errors") or ()]
    return " ".join(fields) or str(problem.get("detail", "The server refused."))
