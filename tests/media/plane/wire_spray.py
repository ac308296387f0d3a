"""Foreign datagrams, from sockets that never authenticated: at a bounded rate, and after a bounded number they stop."""

import asyncio
import random
import re
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Self

SOCKETS = 8
PERIOD_S = 0.02
BATCH = 50
"""2,500 datagrams a second."""
MAX_DATAGRAMS = 40_000
_COOKIE = 0x2112A442


def ports_of(sdp: str) -> list[int]:
    """The server's media ports on loopback, from its answer."""
    return [int(port) for port in re.findall(r"a=candidate:\S+ 1 udp \d+ 127\.0\.0\.1 (\d+) ", sdp)]


class Spray:
    """`async with Spray(ports)`: every `PERIOD_S` a batch at the ports that `ports` names just then."""

    def __init__(self, ports: Callable[[], list[int]]) -> None:
        self.sent = 0
        self._ports = ports
        self._chance = random.Random(6)
        self._sockets: list[socket.socket] = []

    async def __aenter__(self) -> Self:
        for _ in range(SOCKETS):
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sock.setblocking(False)
            sock.bind(("127.0.0.1", 0))
            self._sockets.append(sock)
        self._task = asyncio.create_task(self._run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        for sock in self._sockets:
            sock.close()

    async def _run(self) -> None:
        while self.sent < MAX_DATAGRAMS:
            ports = self._ports()
            for _ in range(BATCH if ports else 0):
                with suppress(OSError):  # a port that was closed a moment ago, or a full buffer
                    self._chance.choice(self._sockets).sendto(
                        foreign_datagram(self._chance), ("127.0.0.1", self._chance.choice(ports))
                    )
                self.sent += 1
            await asyncio.sleep(PERIOD_S)


def foreign_datagram(chance: random.Random) -> bytes:
    """Empty, random, or with a first octet that sorts it to STUN, DTLS or RTP (RFC 7983)."""
    body = chance.randbytes(chance.randrange(0, 200))
    kind = chance.randrange(8)
    if kind == 0:
        return b""
    if kind == 1:
        return body
    if kind == 2:
        return bytes((chance.randrange(20, 64), 0xFE, 0xFD)) + bytes(8) + struct.pack("!H", len(body)) + body
    if kind == 3:
        return bytes((chance.randrange(128, 192), chance.randrange(256))) + body
    return _stun(chance, kind, body)


def _stun(chance: random.Random, kind: int, body: bytes) -> bytes:
    """A binding request or response: with a wrong length, with nothing, a wrong name, or a wrong integrity."""
    attributes = {
        4: body,
        5: b"",
        6: _attribute(0x0006, b"who:ever") + _attribute(0x0025, b""),
        7: _attribute(0x0006, b"who:ever") + _attribute(0x0008, chance.randbytes(20)),
    }[kind]
    length = chance.randrange(65_536) if kind == 4 else len(attributes)
    method = chance.choice((0x0001, 0x0001, 0x0101, 0x0111))
    return struct.pack("!HHI", method, length, _COOKIE) + chance.randbytes(12) + attributes


def _attribute(kind: int, value: bytes) -> bytes:
    return struct.pack("!HH", kind, len(value)) + value + bytes(-len(value) % 4)
