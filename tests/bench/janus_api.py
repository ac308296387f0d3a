"""As much of Janus's WebSocket interface as the benchmark needs: one session, handles of the VideoRoom plugin."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any, Final, Self

import aiohttp

REPLY_WITHIN_S: Final = 10.0


class JanusError(Exception):
    """Janus refused; the message is its own."""


class Handle:
    """One use of the plugin: a publisher or a subscriber, with a peer connection of its own."""

    def __init__(self, session: JanusSession, number: int) -> None:
        self._session = session
        self._number = number
        self.up = asyncio.Event()
        """Set when Janus holds the connection for established."""

    async def ask(self, sdp: tuple[str, str] | None = None, **body: Any) -> dict[str, Any]:
        """Send a request of the plugin, with a (type, SDP) if it takes one. Raises JanusError, TimeoutError."""
        jsep = {"jsep": {"type": sdp[0], "sdp": sdp[1]}} if sdp else {}
        return await self._session.ask(janus="message", handle_id=self._number, body=body, **jsep)


class JanusSession:
    """`async with JanusSession(url) as session`."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._http = aiohttp.ClientSession()
        self._names = itertools.count()
        self._replies: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._handles: dict[int, Handle] = {}
        self._id: dict[str, int] = {}

    async def __aenter__(self) -> Self:
        try:
            self._socket = await self._http.ws_connect(self._url, protocols=("janus-protocol",))
        except BaseException:
            await self._http.close()
            raise
        self._reader = asyncio.create_task(self._read())
        self._id = {"session_id": (await self.ask(janus="create"))["data"]["id"]}
        return self

    async def __aexit__(self, *_: object) -> None:
        self._reader.cancel()
        await asyncio.gather(self._reader, return_exceptions=True)
        await self._socket.close()
        await self._http.close()

    async def attach(self) -> Handle:
        """A new handle. Raises JanusError, TimeoutError."""
        reply = await self.ask(janus="attach", plugin="janus.plugin.videoroom")
        number = reply["data"]["id"]
        self._handles[number] = Handle(self, number)
        return self._handles[number]

    async def ask(self, **request: Any) -> dict[str, Any]:
        """Send a request and wait for its outcome, past the mere `ack`. Raises JanusError, TimeoutError."""
        name = str(next(self._names))
        reply = self._replies[name] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"transaction": name, **self._id, **request})
        try:
            async with asyncio.timeout(REPLY_WITHIN_S):
                return _checked(await reply)
        finally:
            del self._replies[name]

    async def _read(self) -> None:
        async for message in self._socket:
            content = message.json()
            reply = self._replies.get(content.get("transaction", ""))
            if content["janus"] == "webrtcup" and content["sender"] in self._handles:
                self._handles[content["sender"]].up.set()
            elif content["janus"] != "ack" and reply is not None and not reply.done():
                reply.set_result(content)


def _checked(reply: dict[str, Any]) -> dict[str, Any]:
    error = reply.get("error", {}).get("reason") or reply.get("plugindata", {}).get("data", {}).get("error")
    if error:
        raise JanusError(error)
    return reply
