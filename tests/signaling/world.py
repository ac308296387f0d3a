"""A call to test with: a clock that is moved by hand, a plane and a door that keep a journal, and clients."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TYPE_CHECKING, Any, Self

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, web
from aiohttp.test_utils import TestServer

from media.mediation.people import Role
from media.plane.interface import Answer, Receive
from signaling.calls import CallInfo, CallParticipant, DoorRefusedError
from signaling.rooms import Rooms
from signaling.settings import SignalingSettings
from signaling.socket import SUBPROTOCOL, routes

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from media.mediation.commands import LineState
    from media.mediation.plan import Plan
    from media.plane.interface import LineDown, LineUp, PlaneEvents
    from signaling.conversation_store import ConversationStore

DEADLINE_S = 5.0
CALL = CallInfo(
    id="call-1",
    title="Sunday talk",
    status="open",
    starts_at="2026-12-06T19:00:00+01:00",
    duration_minutes=50,
    format="timed-turns",
    turn_seconds=180,
    seats=3,
    participants=(
        CallParticipant("a", Role.PARTNER, "Ada"),
        CallParticipant("b", Role.PARTNER, "Ben"),
        CallParticipant("t", Role.THERAPIST, "Tea"),
    ),
)


@dataclass
class FakeAlarm:
    """One call of a FakeClock that is due later."""

    when: float
    call: Callable[[], None]
    cancelled: bool = False

    def cancel(self) -> None:
        """Do not make the call."""
        self.cancelled = True


class FakeClock:
    """Time that stands until a test moves it."""

    def __init__(self) -> None:
        self.time = 1000.0
        self.alarms: list[FakeAlarm] = []
        self.armed = 0

    def now(self) -> float:
        """Seconds."""
        return self.time

    def call_at(self, when: float, call: Callable[[], None]) -> FakeAlarm:
        """Remember the call."""
        self.armed += 1
        alarm = FakeAlarm(when, call)
        self.alarms.append(alarm)
        return alarm

    def pending(self) -> list[FakeAlarm]:
        """The alarms that are still to ring."""
        self.alarms = [alarm for alarm in self.alarms if not alarm.cancelled]
        return sorted(self.alarms, key=lambda alarm: alarm.when)

    def advance(self, seconds: float) -> None:
        """Move time, ringing what is due on the way."""
        target = self.time + seconds
        while (due := self.pending()) and due[0].when <= target:
            self.time = max(self.time, due[0].when)
            due[0].cancelled = True
            due[0].call()
        self.time = target


class FakePlane:
    """Writes down what it is asked to do; fails or waits where a test wants it to."""

    def __init__(self, seats: Sequence[str], events: PlaneEvents) -> None:
        self.seats = tuple(seats)
        self.events = events
        self.journal: list[tuple[str, Any]] = []
        self.failures: list[Exception | None] = []
        self.lines: dict[str, LineState] = {}
        self.lines_down: dict[str, LineDown] = {}
        self.lines_up: dict[str, LineUp] = {}
        self.offer_failure: Exception | None = None
        self.offer_gate: asyncio.Event | None = None
        self.cancelled_offers = 0
        self.closed = False
        self.pauses = True
        """Whoever is listened to pauses at once."""

    @property
    def plan(self) -> Plan:
        """What is carried out now."""
        return next(value for what, value in reversed(self.journal) if what == "apply")

    def did(self, what: str) -> list[Any]:
        """The arguments of every such call, in order."""
        return [value for name, value in self.journal if name == what]

    async def offer(self, participant: str, sdp: str) -> Answer:
        """Answer, or fail, once the gate is open."""
        self.journal.append(("offer", participant))
        try:
            if self.offer_gate is not None:
                await self.offer_gate.wait()
        except asyncio.CancelledError:
            self.cancelled_offers += 1
            raise
        if self.offer_failure is not None:
            raise self.offer_failure
        others = [seat for seat in self.seats if seat != participant]
        lines = (Receive(seat, f"a{n}", f"v{n}") for n, seat in enumerate(others))
        return Answer(sdp=f"answer to {sdp}", receive=tuple(lines))

    def apply(self, plan: Plan) -> None:
        """Obey, or fail."""
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self.journal.append(("apply", plan))
        if self.pauses and plan.pauses_of is not None:
            self.events.speech_paused(plan.pauses_of)

    def line(self, participant: str) -> LineState | None:
        """What the test says."""
        return self.lines.get(participant)

    def line_down(self, participant: str) -> LineDown | None:
        """What the test says."""
        return self.lines_down.get(participant)

    def line_up(self, participant: str) -> LineUp | None:
        """What the test says."""
        return self.lines_up.get(participant)

    async def remove(self, participant: str) -> None:
        """Write it down."""
        self.lines.pop(participant, None)
        self.journal.append(("remove", participant))

    async def close(self) -> None:
        """Write it down."""
        self.closed = True


class FakeDoor:
    """Lets everyone in under the name they give in `?as=`, unless told otherwise."""

    def __init__(self, call: CallInfo = CALL) -> None:
        self.call = call
        self.refusal: Exception | None = None
        self.gate: asyncio.Event | None = None
        self.told: asyncio.Event | None = None
        """What the door is told of an end waits for this."""
        self.failures = 0
        """How often it can't take that in."""
        self.events: list[tuple[str, str]] = []

    async def admit(self, request: web.Request, call_id: str) -> tuple[CallInfo, str]:
        """The call and who asks, as they were when the gate was reached."""
        call = self.call
        if self.gate is not None:
            await self.gate.wait()
        if self.refusal is not None:
            raise self.refusal
        if call_id != call.id:
            raise DoorRefusedError("call-unknown", "No such call.", 404)
        return call, request.query["as"]

    async def began(self, call_id: str) -> None:
        """Write it down."""
        self.events.append(("began", call_id))

    async def postponed(self, call_id: str, seconds: float) -> None:
        """Write it down."""
        self.events.append((f"postponed by {seconds:.0f}", call_id))

    async def ended(self, call_id: str) -> None:
        """Write it down."""
        if self.told is not None:
            await self.told.wait()
        if self.failures:
            self.failures -= 1
            raise OSError
        self.events.append(("ended", call_id))


@dataclass
class Client:
    """A client of the public protocol, written for assertions."""

    socket: ClientWebSocketResponse
    state: dict[str, Any] = field(default_factory=dict)
    seen: list[dict[str, Any]] = field(default_factory=list)
    _ids: count[int] = field(default_factory=lambda: count(1))

    async def send(self, kind: str, **fields: Any) -> None:
        """Send a message as it is."""
        await self.socket.send_str(json.dumps({"type": kind, **fields}))

    async def read(self) -> dict[str, Any]:
        """The next message; AssertionError when the server has closed."""
        async with asyncio.timeout(DEADLINE_S):
            frame = await self.socket.receive()
        assert frame.type is WSMsgType.TEXT, (frame, self.seen[-3:])
        message: dict[str, Any] = json.loads(frame.data)
        self.seen.append(message)
        if message["type"] == "conversation":
            self.state = message
        return message

    async def until(self, kind: str, **fields: Any) -> dict[str, Any]:
        """The next message of this type that has these fields."""
        while True:
            message = await self.read()
            if message["type"] == kind and fields.items() <= message.items():
                return message

    async def ask(self, kind: str, **fields: Any) -> dict[str, Any]:
        """Send a message and return its `ok` or `error`."""
        number = next(self._ids)
        await self.send(kind, id=number, **fields)
        while True:
            message = await self.read()
            if message.get("re") == number and message["type"] in {"ok", "error"}:
                return message

    async def does(self, kind: str, **fields: Any) -> int:
        """The server carries it out; the revision."""
        answer = await self.ask(kind, **fields)
        assert answer["type"] == "ok", answer
        revision: int = answer["revision"]
        return revision

    async def is_refused(self, kind: str, **fields: Any) -> str:
        """The server refuses it; the code."""
        answer = await self.ask(kind, **fields)
        assert answer["type"] == "error", answer
        assert answer["detail"], "an error says something to people"
        code: str = answer["code"]
        return code

    async def catches_up(self, revision: int) -> dict[str, Any]:
        """Read until the whole state is at least this revision."""
        while self.state.get("revision", -1) < revision:
            await self.read()
        return self.state

    async def is_told_goodbye(self, code: str, close_code: int) -> None:
        """The server says bye and closes."""
        assert (await self.until("bye"))["code"] == code
        async with asyncio.timeout(DEADLINE_S):
            frame = await self.socket.receive()
        assert frame.type in {WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING}, frame
        assert self.socket.close_code == close_code

    async def vanishes(self) -> None:
        """The socket closes without a word."""
        await self.socket.close()


class World:
    """A server with one call, and everything it touches."""

    def __init__(
        self, call: CallInfo = CALL, *, store: ConversationStore | None = None, **settings: Any
    ) -> None:
        self.clock = FakeClock()
        self.door = FakeDoor(call)
        self.planes: list[FakePlane] = []
        self.rooms = Rooms(self.door, self._make_plane, SignalingSettings(**settings), self.clock, store)
        app = web.Application()
        app.router.add_routes(routes(self.rooms))
        app.on_shutdown.append(self._shutdown)
        self.server = TestServer(app)
        self.session = ClientSession()
        self.clients: list[Client] = []
        """Kept, since a socket that is collected as garbage is closed."""

    def _make_plane(self, seats: Sequence[str], events: PlaneEvents) -> FakePlane:
        self.planes.append(FakePlane(seats, events))
        return self.planes[-1]

    async def _shutdown(self, _app: web.Application) -> None:
        await self.rooms.close()

    @property
    def plane(self) -> FakePlane:
        """The live room's plane."""
        return self.planes[-1]

    async def __aenter__(self) -> Self:
        await self.server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self.clients:
            await client.socket.close()
        await self.session.close()
        await self.server.close()

    async def connects(
        self, participant: str = "a", call_id: str = CALL.id, headers: Mapping[str, str] | None = None
    ) -> Client:
        """A socket that has not joined."""
        url = self.server.make_url(f"/api/v1/calls/{call_id}/signaling").with_query({"as": participant})
        socket = await self.session.ws_connect(url, protocols=(SUBPROTOCOL,), headers=headers)
        self.clients.append(Client(socket))
        return self.clients[-1]

    async def joins(self, participant: str) -> Client:
        """A client that has joined."""
        client = await self.connects(participant)
        await client.does("join")
        return client

    async def talk(self, *others: str) -> list[Client]:
        """Both partners, and whoever else, are there and ready; the others first, so that nobody has to let them in."""
        clients = [await self.joins(who) for who in ("a", "b", *others)]
        revision = 0
        for client in [*clients[2:], *clients[:2]]:
            revision = await client.does("ready", ready=True)
        for client in clients:
            await client.catches_up(revision)
        return clients


def shorter_turns(seconds: int) -> CallInfo:
    """The call with other turns."""
    return replace(CALL, turn_seconds=seconds)


async def settled(condition: Callable[[], bool]) -> None:
    """Let the loop run until the condition holds."""
    async with asyncio.timeout(DEADLINE_S):
        while not condition():  # noqa: ASYNC110 - the condition is the server's state, which tells nobody
            await asyncio.sleep(0.001)
