"""The server's side of one line, as a test wants it: what it says of the call, and what the page has sent."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from itertools import permutations
from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from signaling.calls import CallInfo

DEADLINE_S = 10.0
LEVELS = ["clear", "soft", "veiled", "audio-only"]
UNMET = {"heard": False, "distance": "audio-only", "because": []}
RESUME = "k7Qd-resume"
"""What a page is given to show when it comes back."""


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
