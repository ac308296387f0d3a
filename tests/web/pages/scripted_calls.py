"""A call that nobody has scheduled: who is in it, the door that lets them in, and the API that a page asks."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from aiohttp import web

from media.mediation.people import Role
from signaling.calls import CallInfo, CallParticipant

if TYPE_CHECKING:
    from signaling.calls import DoorRefusedError

ANNA = CallParticipant("anna", Role.PARTNER, "Anna")
BEN = CallParticipant("ben", Role.PARTNER, "Ben")
DORIS = CallParticipant("doris", Role.THERAPIST, "Dr Weiss")


def call_info(
    people: tuple[CallParticipant, ...] = (ANNA, BEN, DORIS), title: str = "Sunday talk"
) -> CallInfo:
    """Return a call that starts on a Sunday evening."""
    return CallInfo(
        id="c1",
        title=title,
        status="open",
        starts_at="2026-12-06T19:00:00+01:00",
        duration_minutes=50,
        format="timed-turns",
        turn_seconds=180,
        seats=len(people),
        participants=people,
    )


@dataclass
class FakeDoor:
    """Admits the participant named by `?as=`, or refuses with `refusal`."""

    call: CallInfo = field(default_factory=call_info)
    refusal: DoorRefusedError | None = None

    async def admit(self, request: web.Request, _call_id: str) -> tuple[CallInfo, str]:
        """Let in, or raise the refusal."""
        if self.refusal is not None:
            raise self.refusal
        return self.call, request.query.get("as", "anna")

    async def began(self, call_id: str) -> None:
        """Nothing to note."""

    async def postponed(self, call_id: str, seconds: float) -> None:
        """Nothing to note."""

    async def ended(self, call_id: str) -> None:
        """Nothing to note."""


@dataclass
class FakeApi:
    """POST, DELETE and .ics of one call; `problem` is answered instead when it is set."""

    problem: dict[str, Any] | None = None
    series: dict[str, Any] | None = None
    requests: list[tuple[str, str | None, Any]] = field(default_factory=list)

    async def create(self, request: web.Request) -> web.Response:
        """Answer with three links, or with the problem."""
        body = await request.json()
        self.requests.append(("POST", request.headers.get("Authorization"), body))
        if self.problem is not None:
            return web.json_response(
                self.problem, status=self.problem["status"], content_type="application/problem+json"
            )
        people = [
            {
                **p,
                "id": f"p{i}",
                "rsvp": "none",
                "invitation_url": f"{request.url.origin()}/i/{i}{'k7Qd' * 10}xYz",
            }
            for i, p in enumerate(body["participants"])
        ]
        call = {"id": "c1", "title": body.get("title", "Conversation"), "starts_at": "2026-12-06T19:00:00+01:00",
                "duration_minutes": body["duration_minutes"], "participants": people, "manage_token": "manage-me",
                "manage_url": f"{request.url.origin()}/m/manage-me", "on_the_spot": body.get("on_the_spot", True),
                "series": self.series}  # fmt: skip
        return web.json_response(call, status=201)

    async def cancel(self, request: web.Request) -> web.Response:
        """Note the cancelling."""
        self.requests.append(("DELETE", request.headers.get("Authorization"), None))
        return web.Response(status=204)

    async def calendar(self, request: web.Request) -> web.Response:
        """Answer with a calendar."""
        self.requests.append(("GET", request.headers.get("Authorization"), None))
        return web.Response(text="BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", content_type="text/calendar")
