"""On the wire: which addresses and ports the server opens and tells, and a call over IPv6."""

import re
import socket
from collections.abc import Iterator
from contextlib import closing
from unittest import mock

import pytest

from media.mediation.distance import Distance
from media.plane.interface import Answer, OfferRefusedError
from media.plane.settings import PlaneSettings
from tests.media.plane.wire_call import ANN, BEN, EVERYONE, TESS, Call
from tests.media.plane.wire_client import WireClient

LOOPBACK, LOOPBACK_V6 = "127.0.0.1", "::1"
ANNOUNCED = "192.0.2.77"


def candidates(answer: Answer) -> list[tuple[str, int]]:
    """(address, port) of each candidate in an answer, once."""
    found = re.findall(r"a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", answer.sdp)
    assert len(found) == len(re.findall("a=candidate:", answer.sdp)), answer.sdp
    return sorted({(address, int(port)) for address, port in found})


async def offer_of(name: str) -> str:
    """What an honest client offers that comes no further."""
    client = WireClient(name, EVERYONE.index(name))
    try:
        return await client.offer()
    finally:
        await client.close()


def _free_pairs() -> Iterator[tuple[int, int]]:
    """Two ports in a row that nobody uses just now."""
    for first in range(41_000, 60_000, 2):
        with (
            closing(socket.socket(type=socket.SOCK_DGRAM)) as low,
            closing(socket.socket(type=socket.SOCK_DGRAM)) as high,
        ):
            try:
                low.bind((LOOPBACK, first))
                high.bind((LOOPBACK, first + 1))
            except OSError:
                continue
        yield first, first + 1


async def test_every_socket_lies_in_the_port_range_and_a_full_range_is_said() -> None:
    """Of a range of two ports each connection takes one; a third is told to come later, and may once one is free."""
    ports = next(_free_pairs())
    async with Call([ANN, BEN], PlaneSettings(media_addresses=(LOOPBACK,), port_range=ports)) as call:
        answers = [call.clients[name].answer for name in (ANN, BEN)]
        told = [candidate for answer in answers if answer is not None for candidate in candidates(answer)]
        assert sorted(told) == [(LOOPBACK, port) for port in ports]
        call.apply(Distance.CLEAR, EVERYONE)
        await call.hears_more(BEN, ANN, 5)

        offer = await offer_of(TESS)
        with pytest.raises(OfferRefusedError) as full:
            await call.plane.offer(TESS, offer)
        assert full.value.code == "too-busy"
        await call.plane.remove(BEN)
        ((_, port),) = candidates(await call.plane.offer(TESS, offer))
        assert (LOOPBACK, port) in told


async def test_the_announced_address_is_told_instead_of_the_local_one() -> None:
    """Behind 1:1 NAT clients are told the public address with the local port, and nothing of the inside."""
    settings = PlaneSettings(media_addresses=(LOOPBACK,), announced_address=ANNOUNCED)
    async with Call([], settings) as call:
        answer = await call.plane.offer(ANN, await offer_of(ANN))
        ((address, port),) = candidates(answer)
        assert address == ANNOUNCED
        assert LOOPBACK not in answer.sdp
        # The port is the one that is open here: nobody else can take it.
        with closing(socket.socket(type=socket.SOCK_DGRAM)) as other, pytest.raises(OSError, match="in use"):
            other.bind((LOOPBACK, port))


class ClientV6(WireClient):
    """A client that has IPv6 alone."""

    async def offer(self) -> str:
        """The offer, with the IPv6 loopback address as the only candidate."""
        with mock.patch("aioice.ice.get_host_addresses", return_value=[LOOPBACK_V6]):
            await self.peer.setLocalDescription(await self.peer.createOffer())
        return str(self.peer.localDescription.sdp)


def _has_ipv6() -> bool:
    try:
        with closing(socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)) as tried:
            tried.bind((LOOPBACK_V6, 0))
    except OSError:
        return False
    return True


@pytest.mark.skipif(not _has_ipv6(), reason="this machine has no IPv6 loopback address")
async def test_one_over_ipv6_and_one_over_ipv4_hear_and_see_each_other() -> None:
    """Each takes the address that they can reach; the call between them does not know of it."""
    async with Call([BEN], PlaneSettings(media_addresses=(LOOPBACK, LOOPBACK_V6))) as call:
        ann = call.clients[ANN] = ClientV6(ANN, EVERYONE.index(ANN))
        answer = await call.plane.offer(ANN, await ann.offer())
        assert [address for address, _ in candidates(answer)] == [LOOPBACK, LOOPBACK_V6]
        await ann.accept(answer)
        call.apply(Distance.CLEAR, EVERYONE)
        await call.hears_more(BEN, ANN, 10)
        await call.hears_more(ANN, BEN, 10)
        await call.sees_more(BEN, ANN, 5)
        await call.sees_more(ANN, BEN, 5)
