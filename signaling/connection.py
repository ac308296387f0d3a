"""The sending side of one participant's WebSocket: a bounded queue and the task that empties it.

Policy: sending never waits. A whole state that has not left yet is replaced by the newer one, in its place, so that
whatever was queued behind it still follows a state that contains it. Everything else queues; when `max_outgoing`
wait, the client reads too slowly to be told the truth in time, and the connection is closed with `slow`.
"""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
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
    after: Collection[asyncio.Future[None]] = ()
    until: float = 0.0

    def is_held(self) -> bool:
        """Whether it is not to leave yet."""
        if all(one.done() for one in self.after):
            return False
        return asyncio.get_running_loop().time() < self.until


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

        `after`: what it waits for, for `within_s` at most. What is behind it waits too, but for the newest state.
        """
        if self.ending:
            return
        queued = self._queued(message, after, within_s)
        if queued.is_state and self._replace_state(queued):
            return
        self._queue.append(queued)
        self._wake.set()
        waiting = sum(not one.is_state for one in self._queue)
        if waiting > self._settings.max_outgoing and not self._queue[0].is_held():
            self._queue.clear()
            self.say_bye(Bye.SLOW)

    def _queued(
        self, message: ServerMessage, after: Collection[asyncio.Future[None]], within_s: float
    ) -> _Queued:
        text, is_state = message.encode(), isinstance(message, ConversationMessage)
        if not after:
            return _Queued(text, is_state)
        loop = asyncio.get_running_loop()
        for one in after:
            one.add_done_callback(self._look_again)
        loop.call_later(within_s, self._look_again)
        return _Queued(text, is_state, after, loop.time() + within_s)

    def _look_again(self, _done: object = None) -> None:
        self._wake.set()

    def _replace_state(self, newer: _Queued) -> bool:
        for index, waiting in enumerate(self._queue):
            if waiting.is_state:
                self._queue[index] = newer
                return True
        return False

    def say_bye(self, bye: Bye, after: Collection[asyncio.Future[None]] = (), within_s: float = 0.0) -> None:
        """Send what is queued and a last word, then close; the first call counts. `after`, `within_s`: as of `send`."""
        self.end(*farewell(bye), after, within_s)

    def end(
        self,
        message: ByeMessage,
        close_code: int,
        after: Collection[asyncio.Future[None]] = (),
        within_s: float = 0.0,
    ) -> None:
        """The same with any last word and close code."""
        if self.ending:
            return
        self._queue.append(self._queued(message, after, within_s))
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
            self._wake.clear()
            while (queued := self._next()) is not None:
                await self._socket.send_str(queued.text)
            if self._close_code is not None and not self._queue:
                return self._close_code
            await self._wake.wait()

    def _next(self) -> _Queued | None:
        """Take what may leave now: the first, or while that is held a state, which must not be told late."""
        if not self._queue:
            return None
        if not self._queue[0].is_held():
            return self._queue.popleft()
        for queued in self._queue:
            if queued.is_state:
                self._queue.remove(queued)
                return queued
        return None

    async def finish(self) -> None:
        """Wait until the last message is out, if there is one; otherwise stop sending."""
        if self._writer is None:
            return
        if not self.ending:
            self._writer.cancel()
        await asyncio.wait({self._writer})
