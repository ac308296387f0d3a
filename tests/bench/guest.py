"""A client of the public protocol, as small as it can be: joins a call, is ready, and sees who is there.

It knows PROTOCOL.md and nothing of the server's code.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import aiohttp

if TYPE_CHECKING:
    from types import TracebackType

    from media.plane.simulated_peer import SimulatedPeer
    from media.plane.simulated_person import SimulatedPerson

SUBPROTOCOL: Final = "holdspace.v1"
JOIN_WITHIN_S: Final = 10.0


class RefusedError(Exception):
    """The server said `error` or `bye`; the message is its own."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Milliseconds from sending `join`."""

    answered_ms: float
    connected_ms: float
    seen_ms: float
    """Until the first remote video frame was decoded here."""


class Guest:
    """One simulated person on one WebSocket: `async with Guest(...) as guest`."""

    def __init__(self, base_url: str, call: str, token: str, person: SimulatedPerson) -> None:
        self._url = f"{base_url}/api/v1/calls/{call}/signaling"
        self._headers = {"Authorization": f"Bearer {token}"}
        self._person = person
        self._session = aiohttp.ClientSession()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._peer: SimulatedPeer | None = None
        self._reader: asyncio.Task[None] | None = None
        self._answered = asyncio.Event()
        self._talking = asyncio.Event()
        self._id = ""
        self._consented: set[str] = set()

    async def __aenter__(self) -> Self:
        self._socket = await self._session.ws_connect(
            self._url, headers=self._headers, protocols=(SUBPROTOCOL,)
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._reader is not None:
            self._reader.cancel()
            await asyncio.gather(self._reader, return_exceptions=True)
        if self._peer is not None:
            await self._peer.close()
        if self._socket is not None:
            if not self._socket.closed:
                await self._send("leave")
            await self._socket.close()
        await self._session.close()

    async def enter(self) -> None:
        """Join and be ready; returns once connected. Raises RefusedError, TimeoutError."""
        async with asyncio.timeout(JOIN_WITHIN_S):
            await self._send("join")
            self._reader = asyncio.create_task(self._read())
            await self._unless_refused(self._answered.wait())
            await self._unless_refused(self._connection().connected.wait())

    async def join_and_see(self) -> Joined:
        """Join, and time what follows until somebody else's picture is here. Raises RefusedError, TimeoutError."""
        began_at = time.perf_counter()
        async with asyncio.timeout(JOIN_WITHIN_S):
            await self._send("join")
            self._reader = asyncio.create_task(self._read())
            await self._unless_refused(self._answered.wait())
            answered_at = time.perf_counter()
            await self._unless_refused(self._connection().connected.wait())
            connected_at = time.perf_counter()
            await self._unless_refused(self._first_picture())
        moments = (answered_at, connected_at, time.perf_counter())
        return Joined(*((moment - began_at) * 1000 for moment in moments))

    async def talk(self) -> None:
        """Wait until the conversation has begun, take the stick and speak. Raises RefusedError, TimeoutError."""
        async with asyncio.timeout(JOIN_WITHIN_S):
            await self._unless_refused(self._talking.wait())
        await self._send("floor.request")
        self._person.speak(speaking=True)

    async def _read(self) -> None:
        """Take the server's messages. Raises RefusedError."""
        async for message in self._open_socket():
            content = json.loads(message.data)
            match content["type"]:
                case "welcome":
                    await self._on_welcome(content)
                case "answer":
                    await self._connection().accept(content["sdp"])
                    self._answered.set()
                case "conversation" if content["phase"] == "talking":
                    self._talking.set()
                    await self._let_in(content["proposals"])
                case "error" | "bye":
                    raise RefusedError(f"{content['code']}: {content['detail']}")

    async def _let_in(self, proposals: list[dict[str, Any]]) -> None:
        """Say yes to a therapist who comes while the partners talk."""
        for one in proposals:
            asked = one["kind"] == "admit" and self._id in one["needs"]
            # Once: the other's yes brings the question along again, while one's own is still on its way.
            if asked and one["id"] not in self._consented:
                self._consented.add(one["id"])
                await self._send("consent", proposal=one["id"], answer=True)

    async def _on_welcome(self, welcome: dict[str, Any]) -> None:
        self._id = welcome["you"]["id"]
        self._peer = self._person.peer(welcome["seats"])
        await self._send("ready", ready=True)
        await self._send("offer", sdp=await self._peer.offer())

    async def _first_picture(self) -> None:
        """Wait until anybody's picture has been decoded."""
        pictures = [one for one in self._connection().incoming.values() if one.kind == "video"]
        waits = [asyncio.create_task(one.more()) for one in pictures if not one.frames]
        if len(waits) == len(pictures):
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()

    async def _unless_refused(self, awaited: Any) -> None:
        """Await something that the server's messages may bring about, or forbid."""
        wish = asyncio.ensure_future(awaited)
        reader = self._reader
        try:
            await asyncio.wait({wish, reader} if reader else {wish}, return_when=asyncio.FIRST_COMPLETED)
            if not wish.done() and reader is not None:
                await reader
                raise RefusedError("the server closed the connection")
        finally:
            wish.cancel()

    async def _send(self, kind: str, **fields: Any) -> None:
        await self._open_socket().send_str(json.dumps({"type": kind, **fields}))

    def _open_socket(self) -> aiohttp.ClientWebSocketResponse:
        if self._socket is None:
            raise RefusedError("not connected")
        return self._socket

    def _connection(self) -> SimulatedPeer:
        if self._peer is None:
            raise RefusedError("not welcomed")
        return self._peer
