"""A UDP relay in user space that puts a client's media behind a bad line.

The server is told no candidates and sends to where an authenticated check came from; MESSAGE-INTEGRITY doesn't cover
addresses. So all it takes is a description in which the relay's own address stands in place of the server's: `through`.
Every description gets a way of its own (a browser that builds its connection anew has both for a while; Janus has one for
what is sent and one for what is received), over the same two links.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Final, Self

from tests.line.link import Carrier, Link

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.async_api import Page

    from tests.line.link import LineSettings

HOST: Final = "127.0.0.1"

# Chromium's page takes what the server describes as the relay has rewritten it. `throughRelay` is exposed by `Relay.serve`.
REWRITE_DESCRIPTIONS: Final = """
const takeDescription = RTCPeerConnection.prototype.setRemoteDescription;
RTCPeerConnection.prototype.setRemoteDescription = async function ({ type, sdp }) {
  return takeDescription.call(this, { type, sdp: await window.throughRelay(sdp) });
};
"""

_CANDIDATE: Final = re.compile(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host.*\r\n")
_PATHS: Final = re.compile(r"a=(candidate:.*|end-of-candidates)\r\n")


class Relay:
    """One client's line: `up` towards the server, `down` towards the client. `async with` closes it."""

    def __init__(self, up: LineSettings, down: LineSettings, seed: int = 1) -> None:
        self._loop = asyncio.get_running_loop()
        self.up, self.down = Link(up, 2 * seed), Link(down, 2 * seed + 1)
        self._ways: list[_Way] = []
        self._closed = False

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        self._closed = True
        for way in self._ways:
            way.close()

    async def through(self, description: str) -> str:
        """The server's SDP, changed so that the client connects to the relay."""
        found: dict[str, int] = {host: int(port) for host, port in _CANDIDATE.findall(description)}
        assert found, "the server names no address for media"
        server = HOST if HOST in found else next(iter(found))  # Janus's ICE leaves loopback out
        way = _Way(self.up, self.down)
        self._ways.append(way)
        port = await way.open((server, found[server]))
        if self._closed:  # a page that builds its connection anew to the last
            way.close()
        path = f"a=candidate:1 1 udp 2130706431 {HOST} {port} typ host\r\na=end-of-candidates\r\n"
        return re.sub(r"(a=mid:.*\r\n)", rf"\1{path}", _PATHS.sub("", description))

    async def serve(self, page: Page) -> None:
        """Have a page that runs `REWRITE_DESCRIPTIONS` connect through here."""
        await page.expose_function("throughRelay", self.through)

    def move(self) -> None:
        """The client is on another network: whatever takes the ways that there are now gets nowhere any more."""
        for way in self._ways:
            way.close()

    def cut(self, seconds: float) -> float:
        """Nothing gets through from now on, either way, for this long. The moment at which it ends."""
        now = self._loop.time()
        for link in (self.up, self.down):
            link.cut(now, now + seconds)
        return now + seconds


class _Way:
    """Two sockets: one that the client knows, one that the server comes to know."""

    def __init__(self, up: Link, down: Link) -> None:
        self._client: tuple[str, int] | None = None
        self._to_server = Carrier(up, self._reach_server)
        self._to_client = Carrier(down, self._reach_client)
        self._transports: list[asyncio.DatagramTransport] = []

    async def open(self, server: tuple[str, int]) -> int:
        """Open both sockets. Returns the port for the client."""
        loop = asyncio.get_running_loop()
        at_client, _ = await loop.create_datagram_endpoint(
            lambda: _Ear(self._from_client), local_addr=(HOST, 0)
        )
        self._transports.append(at_client)
        at_server, _ = await loop.create_datagram_endpoint(
            lambda: _Ear(lambda data, _: self._to_client.send(data)), remote_addr=server
        )
        self._transports.append(at_server)
        return int(at_client.get_extra_info("sockname")[1])

    def close(self) -> None:
        """Free the sockets."""
        self._to_server.close()
        self._to_client.close()
        for transport in self._transports:
            transport.close()

    def _from_client(self, data: bytes, address: tuple[str, int]) -> None:
        """The client is where it last spoke from, as behind a NAT."""
        self._client = address
        self._to_server.send(data)

    def _reach_server(self, data: bytes) -> None:
        self._transports[1].sendto(data)

    def _reach_client(self, data: bytes) -> None:
        if self._client is not None:
            self._transports[0].sendto(data, self._client)


class _Ear(asyncio.DatagramProtocol):
    """Hands on what a socket receives; a port that is closed at the other end loses datagrams, as UDP does."""

    def __init__(self, hear: Callable[[bytes, tuple[str, int]], None]) -> None:
        self._hear = hear

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """One datagram."""
        self._hear(data, addr)
