"""One visit of a simulated participant to a call: a WebSocket and a peer connection, from join to farewell.

A thin shell. It carries messages between the server, the mind that decides and the person who is seen and
heard; it knows the public protocol (PROTOCOL.md) and nothing of why a visit is made or what comes after it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import aiohttp

from server.company_mind import Mind, View

if TYPE_CHECKING:
    from collections.abc import Callable

    from media.plane.simulated_peer import SimulatedPeer
    from media.plane.simulated_person import SimulatedPerson

OFFER_ID = "offer"
CLOSE_TIMEOUT_S = 5.0


@dataclass(frozen=True, slots=True)
class Farewell:
    """Why a visit ended: the code and detail of a `bye`, or one of our own (`lost`, `offer-refused`)."""

    code: str
    detail: str


LOST = Farewell("lost", "The line to the server is lost.")
LEFT = Farewell("left", "Asked to go.")


class Circle:
    """Who of each call is company: shared by all guests of one process."""

    def __init__(self) -> None:
        self._ids: dict[str, frozenset[str]] = {}

    def enter(self, call: str, participant: str) -> None:
        """This participant is simulated."""
        self._ids[call] = self.of(call) | {participant}

    def leave(self, call: str, participant: str) -> None:
        """This participant is simulated no longer."""
        self._ids[call] = self.of(call) - {participant}

    def of(self, call: str) -> frozenset[str]:
        """The ids of the simulated participants of a call."""
        return self._ids.get(call, frozenset())


@dataclass(frozen=True, slots=True)
class Seat:
    """Where this visit sits, from `welcome`."""

    call: str
    participant: str
    role: str


class Visit:
    """One connection of one simulated person; `run` it once."""

    def __init__(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        person: SimulatedPerson,
        circle: Circle,
        make_mind: Callable[[str, str], Mind],
        seated: Callable[[Seat], None],
    ) -> None:
        """`make_mind` is given the participant's id and role, `seated` the seat, once the server tells."""
        self._seated = seated
        self._call = ""
        self._socket = socket
        self._person = person
        self._circle = circle
        self._make_mind = make_mind
        self._mind: Mind | None = None
        self._peer: SimulatedPeer | None = None
        self._watching: set[asyncio.Task[Any]] = set()

    async def run(self, leaving: asyncio.Event) -> Farewell:
        """Join and be there until the server says farewell, the line is lost, or `leaving` is set."""
        self._watch(leaving)
        reading = asyncio.create_task(self._socket.receive())
        try:
            await self._send({"type": "join"})
            while not (leaving.is_set() or (self._peer and self._peer.lost.is_set())):
                await asyncio.wait(
                    {reading, *self._watching}, timeout=self._patience(), return_when=asyncio.FIRST_COMPLETED
                )
                if reading.done():
                    farewell = await self._take(reading.result())
                    if farewell is not None:
                        return farewell
                    reading = asyncio.create_task(self._socket.receive())
                await self._act()
            return await self._go(LEFT if leaving.is_set() else LOST)
        finally:
            await self._hang_up(reading, *self._watching)

    def _watch(self, event: asyncio.Event) -> None:
        """Wake up when this event is set."""
        self._watching.add(asyncio.create_task(event.wait()))

    def _patience(self) -> float | None:
        """Seconds until the mind wants to be asked again; None: not before the next message."""
        now = asyncio.get_running_loop().time()
        deadline = self._mind.deadline(now) if self._mind else None
        return None if deadline is None else max(0.0, deadline - now)

    async def _act(self) -> None:
        """Do what the mind wants done now."""
        if self._mind is None:
            return
        now = asyncio.get_running_loop().time()
        for command in self._mind.tick(now):
            await self._send(command)
        self._person.speak(speaking=self._mind.speaking(now))

    async def _take(self, message: aiohttp.WSMessage) -> Farewell | None:
        """Take one message of the server; returns why the visit is over, if it is."""
        if message.type is not aiohttp.WSMsgType.TEXT:
            return LOST
        content = json.loads(message.data)
        match content["type"]:
            case "bye":
                return Farewell(content["code"], content["detail"])
            case "error" if content.get("re") == OFFER_ID:
                return Farewell("offer-refused", content["detail"])
            case "welcome":
                await self._on_welcome(content)
            case "answer" if self._peer is not None:
                await self._peer.accept(content["sdp"])
            case "conversation":
                self._on_conversation(content)
        return None

    async def _on_welcome(self, content: dict[str, Any]) -> None:
        """Take the seat and offer for every other one."""
        you = content["you"]
        self._call = content["call"]["id"]
        self._seated(Seat(self._call, you["id"], you["role"]))
        self._mind = self._make_mind(you["id"], you["role"])
        self._peer = self._person.peer(content["seats"])
        self._watch(self._peer.lost)
        await self._send({"type": "offer", "id": OFFER_ID, "sdp": await self._peer.offer()})

    def _on_conversation(self, content: dict[str, Any]) -> None:
        """Let the mind see the state."""
        if self._mind is not None:
            now = asyncio.get_running_loop().time()
            self._mind.see(View.read(content), self._circle.of(self._call), now)

    async def _send(self, command: dict[str, Any]) -> None:
        """Send one message."""
        await self._socket.send_str(json.dumps(command))

    async def _go(self, farewell: Farewell) -> Farewell:
        """Take leave of the server where the line still stands."""
        if not self._socket.closed:
            await self._send({"type": "leave"})
        return farewell

    async def _hang_up(self, *tasks: asyncio.Task[Any]) -> None:
        """Fall silent, end every task of this visit and close the peer connection."""
        self._person.speak(speaking=False)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._peer is not None:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_TIMEOUT_S):
                    await self._peer.close()
