"""The outgoing queue: bounded, newest state wins in its place, and a peer that does not read is dropped."""

from __future__ import annotations

import asyncio
import json
import socket
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from aiohttp import web

from signaling.connection import Connection
from signaling.farewells import Bye
from signaling.messages import ConversationMessage, NoticeMessage, OkMessage
from signaling.settings import SignalingSettings
from tests.signaling.world import World, settled

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class FakeSocket:
    """Takes texts while its gate is open."""

    def __init__(self) -> None:
        self.gate = asyncio.Event()
        self.sent: list[dict[str, Any]] = []
        self.close_code: int | None = None
        self.aborted = False

    async def send_str(self, data: str) -> None:
        """Wait for the gate, then take the text."""
        await self.gate.wait()
        self.sent.append(json.loads(data))

    async def close(self, *, code: int) -> bool:
        """Note the code."""
        self.close_code = code
        return True

    def abort(self) -> None:
        """Dropped."""
        self.aborted = True


def made(**settings: Any) -> tuple[Connection, FakeSocket]:
    """A started connection on a socket whose gate is closed."""
    fake = FakeSocket()
    connection = Connection("a", fake, fake.abort, SignalingSettings(**settings))
    connection.start()
    return connection, fake


def state(revision: int) -> ConversationMessage:
    """A whole state of which only the revision counts here."""
    return ConversationMessage.model_construct(revision=revision)


async def test_newest_state_wins_in_its_place() -> None:
    """A state that has not left is replaced, so an `ok` behind it still follows a state that contains it."""
    connection, fake = made()
    for revision in (5, 6, 7):
        connection.send(state(revision))
        connection.send(OkMessage(re=None, revision=revision))
    connection.say_bye(Bye.LEFT)
    fake.gate.set()
    await connection.finish()
    order = [(message["type"], message.get("revision")) for message in fake.sent]
    assert order == [("conversation", 7), ("ok", 5), ("ok", 6), ("ok", 7), ("bye", None)]
    assert fake.close_code == 1000


async def test_states_alone_never_overflow() -> None:
    """Any number of states fits: only the newest waits."""
    connection, fake = made(max_outgoing=2)
    for revision in range(100):
        connection.send(state(revision))
    assert not connection.ending
    fake.gate.set()
    await settled(lambda: len(fake.sent) > 0)
    await connection.finish()
    assert [message["revision"] for message in fake.sent] == [99]


async def test_overflow_closes_with_slow() -> None:
    """One message too many drops the queue and ends the connection with `slow` (4408)."""
    connection, fake = made(max_outgoing=2)
    for number in range(3):
        connection.send(NoticeMessage(code=f"n{number}"))
    assert connection.ending
    fake.gate.set()
    await connection.finish()
    assert [message["code"] for message in fake.sent] == ["slow"]
    assert fake.close_code == 4408


async def test_a_peer_that_never_reads_is_dropped() -> None:
    """If the last word can't be sent in time the transport is aborted; the writer is gone."""
    connection, fake = made(close_s=0.02)
    connection.send(state(1))
    await asyncio.sleep(0)
    connection.say_bye(Bye.REPLACED)
    await connection.finish()
    assert fake.aborted
    assert fake.sent == []


async def test_nothing_follows_the_last_word() -> None:
    """After a bye nothing is queued, and the first bye counts."""
    connection, fake = made()
    connection.say_bye(Bye.ENDED)
    connection.say_bye(Bye.FAILED)
    connection.send(NoticeMessage(code="late"))
    fake.gate.set()
    await connection.finish()
    assert [message["code"] for message in fake.sent] == ["ended"]


async def test_a_broken_socket_ends_the_writer() -> None:
    """A reset while sending ends the writer quietly; a bye afterwards harms nothing."""
    connection, fake = made()

    async def reset(_data: str) -> None:
        raise ConnectionResetError

    fake.send_str = reset  # type: ignore[method-assign]
    connection.send(state(1))
    await settled(lambda: fake.aborted)
    connection.say_bye(Bye.DRAINING)
    await connection.finish()


@asynccontextmanager
async def deaf_client(world: World) -> AsyncIterator[socket.socket]:
    """A raw client that has joined as `a` with small buffers and never reads."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.setblocking(False)
    loop = asyncio.get_running_loop()
    url = world.server.make_url("/")
    await loop.sock_connect(raw, (str(url.host), url.port))
    lines = [
        f"GET /api/v1/calls/call-1/signaling?as=a HTTP/1.1\r\nHost: {url.host}:{url.port}",
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13",
        "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: holdspace.v1\r\n\r\n",
    ]
    await loop.sock_sendall(raw, "\r\n".join(lines).encode())
    join = b'{"type":"join"}'
    await loop.sock_sendall(raw, bytes([0x81, 0x80 | len(join), 0, 0, 0, 0]) + join)
    try:
        yield raw
    finally:
        raw.close()


async def test_a_deaf_browser_never_holds_up_the_others() -> None:
    """Somebody who stops reading is closed as `slow` and lost; the other's messages are answered throughout."""
    async with World(close_s=0.05) as world:
        ben = await world.joins("b")
        async with deaf_client(world):
            await settled(lambda: len(world.rooms) == 1)
            await ben.until("conversation")
            ada_is_here = ben.state["revision"]
            for number in range(400):
                world.plane.events.plane_notice("a", f"line.slow.{number}", {"padding": "x" * 60_000})
                await asyncio.sleep(0)
            state_without_ada = await ben.catches_up(ada_is_here + 1)
            assert not state_without_ada["participants"][0]["present"]
            await ben.does("candidate")


async def test_the_sockets_limits_are_set(world: World) -> None:
    """No compression, a ping every ten seconds: a peer that is gone is noticed within fifteen."""
    seen: list[web.WebSocketResponse] = []
    prepare = web.WebSocketResponse.prepare

    async def spy(self: web.WebSocketResponse, request: web.BaseRequest) -> Any:
        seen.append(self)
        return await prepare(self, request)

    web.WebSocketResponse.prepare = spy  # type: ignore[method-assign]
    try:
        await world.joins("a")
    finally:
        web.WebSocketResponse.prepare = prepare  # type: ignore[method-assign]
    assert (seen[0].compress, seen[0]._heartbeat, seen[0]._max_msg_size) == (0, 10.0, 131_072)
