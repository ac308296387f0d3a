"""A vocabulary for the server's tests: a running site, a clock that obeys, and what a problem looks like."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from media.plane.interface import Answer

if TYPE_CHECKING:
    from pathlib import Path

    from aiohttp import ClientResponse, web
    from aiohttp.test_utils import TestClient

PUBLIC_URL = "https://talk.example.org"
CALLS = "/api/v1/calls"


@dataclass
class ObedientClock:
    """Wall time that stands still until a test moves it."""

    now: datetime = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        """Return the present moment."""
        return self.now

    def move(self, **by: float) -> None:
        """Go on by this much (`timedelta`'s words)."""
        self.now += timedelta(**by)


class QuietPlane:
    """A plane without media."""

    async def offer(self, _participant: str, _sdp: str) -> Answer:
        """Answer with nothing in it."""
        return Answer(sdp="", receive=())

    def apply(self, plan: Any) -> None:
        """Obey."""

    def line(self, participant: str) -> None:
        """Nobody has a connection here."""

    def line_down(self, participant: str) -> None:
        """The same."""

    async def remove(self, participant: str) -> None:
        """Forget nobody."""

    async def close(self) -> None:
        """Close nothing."""


@dataclass
class Site:
    """One running server, and the requests the tests make of it."""

    client: TestClient[web.Request, web.Application]
    clock: ObedientClock
    folder: Path
    people: list[dict[str, Any]] = field(
        default_factory=lambda: [{"role": "partner", "name": "Ada"}, {"role": "partner", "name": "Ben"}]
    )

    async def post(self, headers: dict[str, str] | None = None, **fields: Any) -> ClientResponse:
        """Ask for a call; the two partners are filled in."""
        body = {"participants": self.people, **fields}
        return await self.client.post(CALLS, json=body, headers=headers)

    async def call(self, **fields: Any) -> dict[str, Any]:
        """Schedule a call and return the answer."""
        response = await self.post(**fields)
        assert response.status == 201, await response.text()
        made: dict[str, Any] = await response.json()
        return made

    async def ask(
        self, method: str, call: dict[str, Any], token: str, tail: str = "", **more: Any
    ) -> ClientResponse:
        """Make a request about a call with a bearer token."""
        headers = {"Authorization": f"Bearer {token}"}
        return await self.client.request(method, f"{CALLS}/{call['id']}{tail}", headers=headers, **more)

    async def answer(self, call: dict[str, Any], place: int, answer: str, **more: Any) -> dict[str, Any]:
        """Have one participant answer the invitation, and return the call as they see it since."""
        body = {"answer": answer, **more}
        response = await self.ask("POST", call, token_of(call, place), "/rsvp", json=body)
        assert response.status == 200, await response.text()
        seen: dict[str, Any] = await response.json()
        return seen

    async def accept(self, call: dict[str, Any]) -> None:
        """Have both partners accept, so that the door opens at its time."""
        for place, one in enumerate(call["participants"]):
            if one["role"] == "partner":
                await self.answer(call, place, "accepted")


def token_of(call: dict[str, Any], place: int = 0) -> str:
    """Return the invitation token of one participant out of the answer to POST."""
    url: str = call["participants"][place]["invitation_url"]
    return url.rsplit("/", 1)[1]


async def assert_problem(
    response: ClientResponse, status: int, slug: str, pointer: str | None = None
) -> dict[str, Any]:
    """Assert that an answer is the problem meant (RFC 9457), at the field meant; return it."""
    body: dict[str, Any] = await response.json(content_type="application/problem+json")
    assert (response.status, body["type"]) == (status, slug), body
    assert body["status"] == status
    assert body["detail"]
    if pointer is not None:
        assert [error["pointer"] for error in body["errors"]] == [pointer]
    return body
