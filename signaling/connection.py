"""The sending side of one participant's WebSocket: a bounded queue and the task that empties it.

Policy: sending never waits. A whole state that has not left yet is replaced by the newer one, in its place, so that
whatever was queued behind it still follows a state that contains it. Everything else queues; when `max_outgoing`
wait, the client reads too slowly to be told the truth in time, and the connection is closed with `slow`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from signaling.farewells import Bye, farewell
from signaling.messages import ConversationMessage

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from signaling.messages import ByeMessage, ServerMessage
    from signaling.settings import SignalingSettings


class TextSocket(Protocol):
    """What a connection needs of a WebSocket."""

    async def send_str(self, data: str) -> None:
        """Send one text message; waits while the peer does not read."""

    async def close(self, *, code: int) -> bool:
        """Close with a handshake."""
        ...


@dataclass(frozen=True, slots=True)
class _Queued:
    text: str
    is_state: bool
    after: Collection[asyncio.Future[None]] = field(default=())
    until: float = 0.0


class Connection:
    """One participant's WebSocket, from the server's side. Create, `start`, `send`, `end`, `finish`."""

    def __init__(
        self, participant: str, socket: TextSocket, abort: Callable[[], None], settings: SignalingSettings
    ) -> None:
        self.participant = participant
        """Empty until the door has said who it is."""
        self._socket = socket
        self._abort = abort
        self._settings = settings
        self._queue: deque[_Queued] = deque()
        self._wake = asyncio.Event()
        self._close_code: int | None = None
        self._limit: asyncio.Timeout | None = None
        self._writer: asyncio.Task[None] | None = None

    @property
    def ending(self) -> bool:
        """Whether the last message has been queued."""
        return self._close_code is not None

    def start(self) -> None:
        """Begin to send."""
        self._writer = asyncio.create_task(self._write(), name="signaling-writer")

    def send(
        self, message: ServerMessage, after: Collection[asyncio.Future[None]] = (), within_s: float = 0.0
    ) -> None:
        """Queue a message; what comes after the last one is dropped.

        `after`: what it waits for, with everything behind it, for `within_s` at most.
        """
        if self.ending:
            return
        until = asyncio.get_running_loop().time() + within_s if after else 0.0
        queued = _Queued(message.encode(), isinstance(message, ConversationMessage), after, until)
        if queued.is_state and self._replace_state(queued):
            return
        self._queue.append(queued)
        self._wake.set()
        if sum(not waiting.is_state for waiting in self._queue) > self._settings.max_outgoing:
            self._queue.clear()
            self.say_bye(Bye.SLOW)

    def _replace_state(self, newer: _Queued) -> bool:
        for index, waiting in enumerate(self._queue):
            if waiting.is_state:
                self._queue[index] = newer
                return True
        return False

    def say_bye(self, bye: Bye) -> None:
        """Send what is queued and a last word, then close; the first call counts."""
        self.end(*farewell(bye))

    def end(self, message: ByeMessage, close_code: int) -> None:
        """The same with any last word and close code."""
        if self.ending:
            return
        self._queue.append(_Queued(message.encode(), is_state=False))
        self._close_code = close_code
        self._wake.set()
        self._bound()

    def _bound(self) -> None:
        """From the last word on the peer has `close_s` to take it; a peer that does not read is dropped."""
        if self._limit is not None:
            self._limit.reschedule(asyncio.get_running_loop().time() + self._settings.close_s)

    async def _write(self) -> None:
        try:
            async with asyncio.timeout(None) as self._limit:
                if self.ending:
                    self._bound()
                code = await self._send_all()
                await self._socket.close(code=code)
        except (TimeoutError, OSError):
            self._abort()
        finally:
            self._limit = None

    async def _send_all(self) -> int:
        """Send until the last message has left; return the close code."""
        while True:
            while self._queue:
                queued = self._queue.popleft()
                if queued.after:
                    left_s = queued.until - asyncio.get_running_loop().time()
                    await asyncio.wait(queued.after, timeout=max(0.0, left_s))
                await self._socket.send_str(queued.text)
            if self._close_code is not None:
                return self._close_code
            self._wake.clear()
            await self._wake.wait()

    async def finish(self) -> None:
        """Wait until the last message is out, if there is one; otherwise stop sending."""
        if self._writer is None:
            return
        if not self.ending:
            self._writer.cancel()
        await asyncio.wait({self._writer})
