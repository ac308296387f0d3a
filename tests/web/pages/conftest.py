"""A scripted call: the real pages and the real security headers, with a door and a line that say what a test wants."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from itertools import permutations
from typing import TYPE_CHECKING, Any

import pytest
import pytest_asyncio
from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, BrowserContext, ConsoleMessage, Page, async_playwright

from media.mediation.people import Role
from server.security_headers import set_headers
from signaling.calls import CallInfo, CallParticipant, DoorRefusedError
from tests.web.scheduling_scene import Scene, serving
from web.pages import add_pages
from web.site import Site

if TYPE_CHECKING:
    from pathlib import Path

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
)
DEADLINE_S = 10.0
LEVELS = ["clear", "soft", "veiled", "audio-only"]
UNMET = {"heard": False, "distance": "audio-only", "because": []}
RESUME = "k7Qd-resume"
"""What a page is given to show when it comes back."""

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


def _views(people: list[dict[str, Any]], distance: dict[str, Any], heard: set[str]) -> list[dict[str, Any]]:
    """Return every ordered pair, as the plan of a talking conversation would say."""
    there = {p["id"] for p in people if p["present"] and p["ready"]}
    views = []
    for viewer, subject in permutations([p["id"] for p in people], 2):
        both = {viewer, subject} <= there
        level, because = _seen(distance, viewer, subject) if both else ("audio-only", [])
        heard_too = both and subject in heard
        seen = {"distance": level, "because": because}
        views.append({"viewer": viewer, "subject": subject, "heard": heard_too, **seen})
    return views


def _seen(distance: dict[str, Any], viewer: str, subject: str) -> tuple[str, list[str]]:
    """Return the furthest of what is wished of a view, and whose wish it is; `thin`: those whose line is."""
    own = distance["outgoing_to"].get(subject, {}).get(viewer, distance["outgoing"].get(subject, "clear"))
    wishes = {
        "subject": own,
        "viewer": distance["incoming"].get(viewer, {}).get(subject, "clear"),
        "listening": "audio-only" if viewer in distance["listening"] else "clear",
        "room": distance["room"],
        "line": "soft" if viewer in distance.get("thin", []) else "clear",
    }
    level = max(wishes.values(), key=LEVELS.index)
    return level, [who for who, wish in wishes.items() if wish == level != "clear"]


def _answer(offer: str) -> str:
    """Return an answer that a browser accepts and that leads nowhere: no test here needs media from outside."""
    lines = [line for line in offer.splitlines() if not line.startswith(("a=candidate:", "a=ssrc", "a=msid"))]
    turned = {"a=sendonly": "a=recvonly", "a=recvonly": "a=sendonly", "a=setup:actpass": "a=setup:passive"}
    return "\r\n".join([*(turned.get(line, line) for line in lines), ""])


STEP: dict[str, Any] = {
    "phase": "send", "title": "Sending", "floor": "turn", "speaker": "anna", "listener": "ben", "number": 2, "of": 7,
    "repetition": 1, "repetitions": 3, "started_at": None, "ends_at": None, "seconds": None, "completes": ["time", "got-it"],
    "mirror_seconds": 45, "opens_with_mirror": False, "to_speaker": "Say one thing, in a few sentences, about yourself.",
    "to_listener": "Listen until it is your time to say it back.", "halted": False, "over": False, "then": "open",
}  # fmt: skip
"""A phase of a format, as the state tells of it."""


class ScriptedCall:
    """The server's side of one line. A test changes `people`, `floor`, `distance`, and pushes."""

    def __init__(self, call: CallInfo) -> None:
        self.call = call
        self.received: list[dict[str, Any]] = []
        self.refuse: dict[str, tuple[str, str]] = {}
        self.numbers: dict[str, Any] = {"line": None, "others": []}
        self.connections = 0
        self.elsewhere = False
        self.missed = False
        self.keeps_media = False
        self.title = call.title
        self.phase = "waiting"
        self.proposals: list[dict[str, Any]] = []
        self.pause: dict[str, Any] | None = None
        self.caucus: dict[str, Any] | None = None
        self.caucus_time: dict[str, float] = {}
        self.admitted = True
        self.people = [
            {
                "id": p.id,
                "role": p.role,
                "name": p.name,
                "present": p.id == "anna",
                "ready": False,
                "line": "good",
                "left": False,
                "microphone": True,
            }
            for p in call.participants
        ]
        self.floor: dict[str, Any] = {
            "mode": "turns", "format": "timed-turns", "turn_seconds": 180, "holder": None, "turn": None,
            "started_at": None, "ends_at": None, "paused": False, "remaining_s": None, "queue": [], "last_holder": None,
            "length_s": None, "grace_ends_at": None, "return_turn": False, "return_queue": [],
            "rest_seconds": 0, "rest_ends_at": None, "done": [], "airtime": {}, "course": None, "mirror": None,
            "mirror_answer_due": False,
        }  # fmt: skip
        self.distance: dict[str, Any] = {"room": "clear", "outgoing": {}, "outgoing_to": {}, "incoming": {}}
        self.distance["listening"] = []
        self.distance["outgoing"] = {p.id: "clear" for p in call.participants}
        self._revision = 0
        self._socket: web.WebSocketResponse | None = None
        self._changed = asyncio.Condition()

    def is_connected(self, _call_id: str, _participant: str) -> bool:
        """Whether the page is to be told that its person is in the call already."""
        return self.elsewhere

    def is_missed(self, _call_id: str, _participant: str) -> bool:
        """Whether the page is to be told that its person's line was lost."""
        return self.missed

    def person(self, participant: str) -> dict[str, Any]:
        """Return the state of one participant, to be changed."""
        return next(p for p in self.people if p["id"] == participant)

    def talk(self, holder: str | None = None, left_s: float = 100.0) -> None:
        """Everyone is here and ready; `holder` has the stick for `left_s` more seconds."""
        for person in self.people:
            person.update(present=True, ready=True)
        self.phase = "talking"
        now = asyncio.get_running_loop().time()
        self.floor.update(
            holder=holder,
            turn=None if holder is None else (self.floor["turn"] or 0) + 1,
            started_at=None if holder is None else now,
            ends_at=None if holder is None else now + left_s,
            remaining_s=None if holder is None else left_s,
            grace_ends_at=None,
        )

    def step_back(self, by: str = "ben", left_s: float = 1200.0, began_s: float = 0.0, **more: Any) -> None:
        """`by` has stepped back `began_s` ago, and everyone comes back in `left_s` seconds."""
        now = asyncio.get_running_loop().time()
        times = {"started_at": now - began_s, "returns_at": now + left_s}
        self.talk()
        self.phase, self.pause = "break", {"by": by, **times, "due": left_s <= 0, "back": [], **more}

    def follow_course(self, **step: Any) -> None:
        """Anna sends and Ben listens, unless the step says otherwise; a turn of hers, or a silence or a talk of both."""
        course = {**STEP, **step}
        now = asyncio.get_running_loop().time()
        if course["seconds"] is not None and course["floor"] != "turn":
            course.update(started_at=now, ends_at=now + course["seconds"])
        holds = course["floor"] == "turn" and not course["halted"]
        self.talk(course["speaker"] if holds else None)
        opened = course["floor"] == "open" or (course["over"] and course["then"] == "open")
        self.floor.update(
            format="speaker-listener", course=course, mirror=None, mirror_answer_due=False, rest_ends_at=None, done=[],
            mode="open" if opened else "turns",
        )  # fmt: skip

    def say_back(self, left_s: float = 40.0, **more: Any) -> None:
        """The listener says back, and the clock of the turn stands."""
        now = asyncio.get_running_loop().time()
        mirror = {
            "by": self.floor["course"]["listener"],
            "ends_at": now + left_s,
            "grace_ends_at": None,
            "length_s": 45,
        }
        self.floor.update(mirror={**mirror, **more}, ends_at=None, paused=True)

    def rest(self, left_s: float = 25.0, **more: Any) -> None:
        """A silence between two turns."""
        now = asyncio.get_running_loop().time()
        self.talk()
        self.floor.update(rest_seconds=30, rest_ends_at=now + left_s, **more)

    def take_aside(self, partner: str, *, at: str = "talking", began_s: float = 65.0, **more: Any) -> None:
        """The therapist is alone with this partner, or was."""
        now = asyncio.get_running_loop().time()
        self.talk()
        self.phase = "caucus"
        held = "ben" if partner == "anna" else "anna"
        aside = {"by": "doris", "with": partner, "held": held, "started_at": now - began_s, "stage": at}
        self.caucus = {**aside, "back": [], **more}
        self.caucus_time = {partner: began_s}

    def come_back(self, holder: str) -> None:
        """Both are back, and one of them has their short turn."""
        self.talk(holder, 60.0)
        self.pause = None
        self.floor.update(
            turn=9, length_s=60.0, return_turn=True, return_queue=["anna"] if holder == "ben" else []
        )

    def state(self) -> dict[str, Any]:
        """Return the `conversation` message."""
        views = _views(self.people, self.distance, self._heard())
        if self.pause is not None:
            views = [{**view, "heard": False, "distance": "audio-only"} for view in views]
        views = [view if self._meet(view["viewer"], view["subject"]) else {**view, **UNMET} for view in views]
        self._revision += 1
        people = [{**one, "admitted": self.admitted or one["role"] == "partner"} for one in self.people]
        return {
            "type": "conversation", "revision": self._revision, "server_time": asyncio.get_running_loop().time(),
            "phase": self.phase, "participants": people, "floor": self.floor,
            "distance": {**self.distance, "views": views}, "break": self.pause,
            "caucus": self.caucus, "caucus_time": self.caucus_time, "proposals": self.proposals,
        }  # fmt: skip

    def _heard(self) -> set[str]:
        """Who is heard by those they meet, as the floor says."""
        everyone = {p["id"] for p in self.people}
        if self.caucus is not None:
            return everyone
        if self.phase != "talking" or self.floor["rest_ends_at"] is not None:
            return set()
        if self.floor["mirror"] is not None:
            return {self.floor["mirror"]["by"]}
        return {self.floor["holder"]} if self.floor["mode"] == "turns" else everyone

    def _meet(self, one: str, other: str) -> bool:
        """Whether they are together at all: not in a shuttle, in a caucus only the two, and no therapist who waits."""
        if self.caucus is not None:
            aside = {self.caucus["by"], self.caucus["with"]}
            return self.caucus["stage"] == "talking" and {one, other} == aside
        if self.phase == "talking" and self.floor["format"] == "shuttle":
            return False
        return self.admitted or "doris" not in {one, other}

    async def push(self) -> None:
        """Tell the page the state."""
        await self.send(self.state())

    async def send(self, message: dict[str, Any]) -> None:
        """Send one message to the page."""
        assert self._socket is not None
        await self._socket.send_json(message)

    async def notice(self, code: str, **fields: Any) -> None:
        """Tell the page of something that happened."""
        await self.send({"type": "notice", "code": code, **fields})

    async def bye(self, code: str) -> None:
        """Close from the server's side, with words."""
        assert self._socket is not None
        await self.send({"type": "bye", "code": code, "detail": ""})
        await self._socket.close()

    async def drop(self) -> None:
        """Cut the line without a word, as a lost network does."""
        assert self._socket is not None
        transport = self._socket._req.transport  # type: ignore[union-attr]
        assert transport is not None
        transport.abort()

    async def expect(self, kind: str) -> dict[str, Any]:
        """Wait for the next message of a type, and take it out of `received`."""

        def arrived() -> dict[str, Any] | None:
            return next((m for m in self.received if m["type"] == kind), None)

        async with asyncio.timeout(DEADLINE_S), self._changed:
            await self._changed.wait_for(lambda: arrived() is not None)
        message = arrived()
        assert message is not None
        self.received.remove(message)
        return message

    async def handle(self, request: web.Request) -> web.WebSocketResponse:
        """Serve the WebSocket."""
        socket = web.WebSocketResponse(protocols=("holdspace.v1",))
        await socket.prepare(request)
        self._socket = socket
        self.connections += 1
        async for text in socket:
            message = text.json()
            # Answered before a test is told of it, so that what the test pushes comes after.
            await self._answer(message)
            async with self._changed:
                self.received.append(message)
                self._changed.notify_all()
        return socket

    async def _answer(self, message: dict[str, Any]) -> None:
        kind, request = message["type"], message.get("id")
        if kind in self.refuse:
            code, detail = self.refuse[kind]
            await self.send({"type": "error", "re": request, "code": code, "detail": detail})
            return
        if kind == "join":
            await self._welcome(back=message.get("resume") == RESUME)
        elif kind == "offer":
            await self.send(
                {
                    "type": "answer",
                    "re": request,
                    "sdp": _answer(message["sdp"]),
                    "receive": self._receive(message["sdp"]),
                }
            )
        elif kind == "line.numbers":
            await self.send({"type": "numbers", "re": request, **self.numbers})
        elif kind == "ready":
            self.person("anna")["ready"] = message["ready"]
        elif kind == "microphone.set":
            self.person("anna")["microphone"] = message["on"]
        elif kind == "distance.set":
            self._set_distance(message)
        await self.push()
        await self.send({"type": "ok", "re": request, "revision": self._revision})

    def _set_distance(self, message: dict[str, Any]) -> None:
        """Do as the rules say for Anna; the room's least is a test's own business."""
        if "to" in message:
            self.distance["outgoing_to"].setdefault("anna", {})[message["to"]] = message["outgoing"]
        elif "outgoing" in message:
            self.distance["outgoing_to"].pop("anna", None)
            self.distance["outgoing"]["anna"] = message["outgoing"]
        elif "of" in message:
            self.distance["incoming"].setdefault("anna", {})[message["of"]] = message["incoming"]
        elif "listening" in message:
            self.distance["listening"] = ["anna"] if message["listening"] else []

    async def _welcome(self, *, back: bool) -> None:
        people = [{"id": p.id, "role": p.role, "name": p.name} for p in self.call.participants]
        call = {"id": self.call.id, "title": self.title, "participants": people}
        now = asyncio.get_running_loop().time()
        await self.send(
            {"type": "welcome", "you": people[0], "seats": self.call.seats, "ice_servers": [], "call": call,
             "server_time": now, "resume": RESUME, "media": back and self.keeps_media}
        )  # fmt: skip

    def _receive(self, sdp: str) -> list[dict[str, str]]:
        """Give each of the others one of the offered pairs, in order."""
        mids = re.findall(r"^a=mid:(\S+)", sdp, re.MULTILINE)[2:]
        others = [p.id for p in self.call.participants if p.id != "anna"]
        return [
            {"participant": p, "audio_mid": mids[2 * i], "video_mid": mids[2 * i + 1]}
            for i, p in enumerate(others)
        ]

    async def close(self) -> None:
        """Let go of the line."""
        if self._socket is not None:
            with suppress(ConnectionError):
                await self._socket.close()


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


@dataclass
class Stage:
    """Everything a page test needs."""

    url: str
    door: FakeDoor
    line: ScriptedCall
    api: FakeApi
    server: TestServer

    @property
    def call_url(self) -> str:
        """Return the address of Anna's call page."""
        return f"{self.url}/calls/c1?as=anna"


StageMaker = Callable[..., Any]
Visitor = Callable[[str], Awaitable[Page]]
"""Brings somebody in a zone to a browser of their own."""


@pytest_asyncio.fixture(loop_scope="module")
async def make_stage() -> AsyncIterator[StageMaker]:
    """Return a coroutine function that starts the scripted server; all of them are closed afterwards."""
    stages: list[Stage] = []

    async def make(site: Site | None = None, call: CallInfo | None = None) -> Stage:
        door = FakeDoor(call or call_info())
        line, api = ScriptedCall(door.call), FakeApi()
        app = web.Application()
        app.on_response_prepare.append(set_headers)
        app.router.add_get("/api/v1/calls/{id}/signaling", line.handle)
        app.router.add_post("/api/v1/calls", api.create)
        app.router.add_delete("/api/v1/calls/{id}", api.cancel)
        app.router.add_get("/api/v1/calls/{id}/calendar.ics", api.calendar)
        add_pages(
            app,
            door,
            site or Site("http://127.0.0.1"),
            is_connected=line.is_connected,
            is_missed=line.is_missed,
        )
        server = TestServer(app, host="127.0.0.1")
        await server.start_server()
        stages.append(Stage(str(server.make_url("/")).rstrip("/"), door, line, api, server))
        return stages[-1]

    yield make
    for stage in stages:
        await stage.line.close()
        await stage.server.close()


@pytest_asyncio.fixture(loop_scope="module")
async def stage(make_stage: StageMaker) -> Stage:
    """Return a scripted call of three, with nothing special about it."""
    made: Stage = await make_stage()
    return made


# One browser for a module's tests, so everything that talks to it lives on the module's loop.
@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """Return a real Chromium with a fake camera and microphone."""
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine: apt-get install chromium, then run the tests again")
    async with async_playwright() as playwright:
        chromium = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        yield chromium
        await chromium.close()


@pytest_asyncio.fixture(loop_scope="module")
async def context(browser: Browser) -> AsyncIterator[BrowserContext]:
    """Return a browser profile of a phone's width."""
    made = await browser.new_context(viewport={"width": 360, "height": 740}, permissions=["clipboard-write"])
    yield made
    await made.close()


@pytest_asyncio.fixture(loop_scope="module")
async def page(context: BrowserContext) -> AsyncIterator[Page]:
    """Return a tab in which any error of a script, or breach of the security policy, fails the test."""
    made = await context.new_page()
    made.set_default_timeout(DEADLINE_S * 1000)
    faults: list[str] = []
    made.on("pageerror", lambda error: faults.append(str(error)))
    made.on(
        "console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None
    )
    yield made
    assert not faults


@pytest_asyncio.fixture(loop_scope="module")
async def scene(tmp_path: Path) -> AsyncIterator[Scene]:
    """Return a real server with an empty database."""
    async with serving(tmp_path) as served:
        yield served


@pytest_asyncio.fixture(loop_scope="module")
async def visitor(browser: Browser) -> AsyncIterator[Visitor]:
    """Return a function that opens a browser of somebody in a zone; no script may fail, no request may be refused."""
    faults: list[str] = []
    async with AsyncExitStack() as stack:

        async def come(zone: str) -> Page:
            context = await browser.new_context(
                timezone_id=zone, viewport={"width": 360, "height": 740}, permissions=["clipboard-write"]
            )
            stack.push_async_callback(context.close)
            page = await context.new_page()
            page.set_default_timeout(DEADLINE_S * 1000)
            page.on("pageerror", lambda error: faults.append(str(error)))
            page.on("console", lambda said: faults.append(said.text) if _is_fault(said) else None)
            return page

        yield come
    assert not faults


def _is_fault(said: ConsoleMessage) -> bool:
    """Any error but what a browser notes of a line that a test has cut, or of somebody whom the desk does not know."""
    refused_at_desk = "the server responded" in said.text and "/api/v1/desk" in said.location["url"]
    return said.type == "error" and not refused_at_desk and "net::ERR_FAILED" not in said.text
