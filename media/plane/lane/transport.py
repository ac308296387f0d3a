"""A media socket that the lane reads itself, in the shape that the ICE agent knows."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket

    from media.plane.lane._lane import Port


class PortTransport(asyncio.DatagramTransport):
    """Owns a bound, non-blocking socket; what comes goes to its port."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sock: socket.socket,
        port: Port,
        protocol: asyncio.DatagramProtocol,
    ) -> None:
        super().__init__({"socket": sock, "sockname": sock.getsockname()})
        self._loop = loop
        self._sock = sock
        self._port = port
        self._protocol = protocol
        self._closing = False
        protocol.connection_made(self)
        loop.add_reader(sock.fileno(), port.ready)

    def sendto(self, data: Any, addr: Any = None) -> None:
        """Send now; what can't be sent now is lost, as on the way: STUN and DTLS repeat themselves."""
        if addr is not None and not self._closing:
            with suppress(OSError):
                self._sock.sendto(data, addr)

    def is_closing(self) -> bool:
        """Whether it was closed."""
        return self._closing

    def close(self) -> None:
        """Receive and send nothing from now on; the protocol is told on the loop's next turn."""
        if self._closing:
            return
        self._closing = True
        self._port.close()  # before the descriptor is free for another file
        self._loop.remove_reader(self._sock.fileno())
        self._sock.close()
        self._loop.call_soon(self._protocol.connection_lost, None)

    def abort(self) -> None:
        """The same: there is nothing that waits to be sent."""
        self.close()
