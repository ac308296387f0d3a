"""A bad line between a wire client and the server, in both directions: loss and reordering, the same for the same seed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.line.link import Carrier, LineSettings, Link

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.media.plane.wire_client import WireClient

DELAY_S: Final = 0.008
JITTER_S: Final = 0.008
BAD: Final = LineSettings(loss=0.05, delay_s=DELAY_S, jitter_s=JITTER_S, reorders=True)
LONGEST_S: Final = DELAY_S + JITTER_S
_LAST_STUN_BYTE: Final = 3


def put_on_bad_line(client: WireClient, seed: int) -> list[Carrier]:
    """From now on a connected client's media travels over a bad line; connectivity checks don't."""
    carriers: list[Carrier] = []
    for number, protocol in enumerate(client._dtls.transport.iceGatherer._connection._protocols):
        carriers += [_receive(protocol, seed + 10 * number), _send(protocol, seed + 10 * number + 1)]
    return carriers


def _receive(protocol: Any, seed: int) -> Carrier:
    take: Callable[[bytes, Any], None] = protocol.datagram_received
    source: list[Any] = []
    carrier = Carrier(Link(BAD, seed), lambda data: take(data, source[-1]))

    def received(data: bytes, addr: Any) -> None:
        if data[0] <= _LAST_STUN_BYTE:
            take(data, addr)
            return
        source[:] = [addr]
        carrier.send(data)

    protocol.datagram_received = received
    return carrier


def _send(protocol: Any, seed: int) -> Carrier:
    target: list[Any] = []
    carrier = Carrier(Link(BAD, seed), lambda data: protocol.transport.sendto(data, target[-1]))

    async def send(data: bytes, addr: Any) -> None:
        target[:] = [addr]
        carrier.send(data)

    protocol.send_data = send
    return carrier
