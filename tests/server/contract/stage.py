"""A real server on a real socket for a client that knows the API's document alone, and people with every kind of right."""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import Future
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import requests
from aiohttp import web

from server.app import PARTS, make_app
from server.clock import utc_now
from server.settings import Settings
from tests.server.desk.scene import THERAPIST, Practice
from tests.server.scene import QuietPlane

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from server.app import Parts

TIMEOUT_S = 20.0
COUPLE = [
    {"role": "partner", "name": "Ada", "email": "ada@example.org", "timezone": "Europe/Berlin"},
    {"role": "partner", "name": "Ben", "email": "ben@example.org"},
    {"role": "therapist", "name": "Thea", "email": THERAPIST},
]


@dataclass
class Stage:
    """The server's address and insides, and calls to do something with; one that is used up is scheduled anew."""

    url: str
    parts: Parts
    loop: asyncio.AbstractEventLoop
    calls: dict[str, dict[str, Any]] = field(default_factory=dict)
    desk: str = ""
    """The therapist's cookie."""
    feed: str = ""
    """The secret of the therapist's feed."""

    @property
    def operator(self) -> dict[str, str]:
        """What the operator shows."""
        return {"Authorization": f"Bearer {self.parts.sealer.operator_token.value}"}

    def document(self) -> dict[str, Any]:
        """The document that the server serves."""
        found: dict[str, Any] = requests.get(f"{self.url}/api/v1/openapi.json", timeout=TIMEOUT_S).json()
        return found

    def call(self, kind: str) -> dict[str, Any]:
        """A call of a kind: `now`, `later`, `series`, `proposed` with an open proposal, or `cancelled`; again, if it still is."""
        known = self.calls.get(kind)
        over = {"cancelled", "ended"} if kind != "cancelled" else set()
        if known is None or self._status(known) in over:
            known = self.calls[kind] = self._schedule(kind)
        return known

    def rights(self, call: dict[str, Any]) -> list[tuple[str, dict[str, str]]]:
        """Everybody who may come: the document's name of their right, and the headers that show it."""
        people = range(len(call["participants"]))
        tokens = [person["invitation_url"].rsplit("/", 1)[1] for person in call["participants"]]
        one = (call["series"] or call)["id"]
        names = [
            f"{one}_{place}" if call["series"] else call["participants"][place]["id"] for place in people
        ]
        bearers = [("manage", call["manage_token"]), *(("invitation", token) for token in tokens)]
        cookies = [
            ("desk", f"holdspace_desk={self.desk}"),
            ("manage_cookie", f"holdspace_manage_{one}={call['manage_token']}"),
            *(("invitation_cookie", f"holdspace_{names[place]}={tokens[place]}") for place in people),
        ]
        return [
            ("", {"Origin": self.url}),
            ("operator", self.operator),
            *((kind, {"Authorization": f"Bearer {token}"}) for kind, token in bearers),
            *((kind, {"Cookie": cookie, "Origin": self.url}) for kind, cookie in cookies),
        ]

    def reply(self, call: dict[str, Any]) -> str:
        """What Ada's calendar answers to a call or a series."""
        uid = (call["series"] or call)["id"]
        lines = (
            "BEGIN:VCALENDAR",
            "VERSION:2.0",
            "PRODID:-//Example//Calendar//EN",
            "METHOD:REPLY",
            "BEGIN:VEVENT",
            f"UID:{uid}@holdspace",
            "SEQUENCE:99",
            f"DTSTAMP:{utc_now():%Y%m%dT%H%M%SZ}",
            f"ATTENDEE;PARTSTAT=ACCEPTED:mailto:{COUPLE[0]['email']}",
            "END:VEVENT",
            "END:VCALENDAR",
        )
        return "\r\n".join(lines) + "\r\n"

    def sign_in(self) -> None:
        """Sign a therapist in, by the link that waits for them in a letter."""
        ours = {"Origin": self.url}
        wish = {"email": THERAPIST}
        requests.post(f"{self.url}/api/v1/desk/links", json=wish, timeout=TIMEOUT_S).raise_for_status()
        links = asyncio.run_coroutine_threadsafe(self._links(), self.loop).result(TIMEOUT_S)
        answer = requests.post(
            f"{self.url}/api/v1/desk/sessions", json={"token": links[-1]}, headers=ours, timeout=TIMEOUT_S
        )
        answer.raise_for_status()
        self.desk = answer.cookies["holdspace_desk"]
        cookies = {"holdspace_desk": self.desk}
        desk = requests.get(f"{self.url}/api/v1/desk", cookies=cookies, timeout=TIMEOUT_S).json()
        self.feed = desk["feed_url"].rsplit("/", 1)[1].removesuffix(".ics")

    async def _links(self) -> list[str]:
        await self.parts.desk.links.finish()
        return await Practice(None, self.parts).waiting_links()  # type: ignore[arg-type]

    def _status(self, call: dict[str, Any]) -> str:
        where = f"{self.url}/api/v1/calls/{call['id']}"
        answer = requests.get(where, headers=self.operator, timeout=TIMEOUT_S)
        return str(answer.json().get("status", "ended"))

    def _schedule(self, kind: str) -> dict[str, Any]:
        local = f"{utc_now() + timedelta(days=30):%Y-%m-%dT19:00}"
        wish: dict[str, Any] = {"participants": COUPLE}
        if kind != "now":
            wish |= {"starts_at": local, "timezone": "Europe/Berlin"}
        if kind == "series":
            wish["recurrence"] = {"count": 3}
        headers = {"Cookie": f"holdspace_desk={self.desk}", "Origin": self.url}
        made = self._post("/api/v1/calls", wish, headers)
        if kind == "proposed":
            where = f"/api/v1/calls/{made['id']}/proposals"
            token = made["participants"][0]["invitation_url"].rsplit("/", 1)[1]
            bearer = {"Authorization": f"Bearer {token}"}
            told = self._post(where, {"starts_at": f"{local[:10]}T10:00:00Z"}, bearer)
            made["proposal"] = told["proposals"][0]["id"]
        if kind == "cancelled":
            where = f"{self.url}/api/v1/calls/{made['id']}"
            requests.delete(where, headers=self.operator, timeout=TIMEOUT_S).raise_for_status()
        return made

    def _post(self, path: str, body: dict[str, Any], headers: dict[str, str]) -> dict[str, Any]:
        answer = requests.post(self.url + path, json=body, headers=headers, timeout=TIMEOUT_S)
        answer.raise_for_status()
        made: dict[str, Any] = answer.json()
        return made


@contextmanager
def stage(folder: Path) -> Iterator[Stage]:
    """Run a server in a thread of its own, as open as it can be, so that no limit ends the run early."""
    ready: Future[Stage] = Future()
    over = threading.Event()
    thread = threading.Thread(target=lambda: asyncio.run(_serve(folder, ready, over)), name="server")
    thread.start()
    try:
        found = ready.result(TIMEOUT_S)
        found.sign_in()
        yield found
    finally:
        over.set()
        thread.join(TIMEOUT_S)


async def _serve(folder: Path, ready: Future[Stage], over: threading.Event) -> None:
    settings = Settings(data_dir=folder, therapists=(THERAPIST,), open_scheduling=True, calls_per_hour=0)
    app = make_app(settings, clock=utc_now, plane_factory=lambda _seats, _events: QuietPlane())
    runner = web.AppRunner(app)
    try:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        ready.set_result(Stage(f"http://127.0.0.1:{port}", app[PARTS], asyncio.get_running_loop()))
        await asyncio.to_thread(over.wait)
    except BaseException as error:
        if not ready.done():
            ready.set_exception(error)
        raise
    finally:
        await runner.cleanup()
