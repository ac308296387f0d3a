"""On the wire: foreign, empty and malformed datagrams at the media ports harm no join and no call."""

from itertools import permutations

from media.mediation.distance import Distance
from media.plane.aiortc_seam import MAX_HANDSHAKE_QUEUE
from tests.media.plane.wire_call import ANN, BEN, EVERYONE, TESS, Call
from tests.media.plane.wire_packets import longest_gap_s
from tests.media.plane.wire_spray import Spray, ports_of
from tests.media.plane.wire_traces import young_heap

JOINS = 20
MAX_GAP_S = 0.25
"""In the running call, on a test machine's loop that carries the spray, three clients and their handshakes besides."""


def open_ports(call: Call) -> list[int]:
    """Where the server listens now: in the call, and for a join that is under way."""
    peers = [*call.plane._peers.values(), *call.plane._joining.values()]
    return [p.local_candidate.port for peer in peers for p in peer._link._ice._protocols]


def longest_handshake_queue(call: Call) -> int:
    """The longest queue of datagrams that wait for a DTLS transport."""
    peers = [*call.plane._peers.values(), *call.plane._joining.values()]
    return max(peer._link._ice._queue.qsize() for peer in peers)


async def test_twenty_joins_and_a_running_call_survive_a_spray() -> None:
    """20 of 20 joins succeed while thousands of foreign datagrams hit the same ports; the others' sound has no gap."""
    with young_heap():
        await join_under_spray()


async def join_under_spray() -> None:
    """Two talk, a third joins and leaves, and everything they talk to is sprayed."""
    async with Call([ANN, BEN]) as call:
        call.apply(Distance.CLEAR, EVERYONE)
        await call.hears_more(BEN, ANN, 5)
        queues, heard = [], len(call.clients[BEN].stream(ANN, "audio"))
        async with Spray(lambda: open_ports(call)) as spray:
            for _ in range(JOINS):
                client = await call.join(TESS)
                assert set(ports_of(client.answer.sdp)) <= set(open_ports(call))
                await call.hears_more(TESS, ANN, 1)
                queues.append(longest_handshake_queue(call))
                await client.close()
                await call.plane.remove(TESS)
            await call.join(TESS)
            await call.hears_more(TESS, BEN, 20)
        during = call.clients[BEN].stream(ANN, "audio")[heard:]
        assert spray.sent > 1000
        assert max(queues) <= MAX_HANDSHAKE_QUEUE
        assert longest_gap_s(during) < MAX_GAP_S
        assert sum(peer._link.rejected for peer in call.plane._peers.values()) > spray.sent / 10
        await call.all_see_and_hear(pictures=3)
        for viewer, subject in permutations(EVERYONE, 2):
            call.assert_hears(viewer, subject)


async def test_authenticated_flood_before_the_handshake_stays_bounded() -> None:
    """Even one who holds good credentials and floods the handshake fills no more than the bounded queue."""
    async with Call([ANN, BEN]) as call:
        call.apply(heard=EVERYONE)
        await call.hears_more(BEN, ANN, 5)
        link = call.plane._peers[ANN]._link
        address = next(iter(link._known))
        ice = link._ice
        for i in range(4 * MAX_HANDSHAKE_QUEUE):
            link.handshake(bytes((22, 0xFE, 0xFD)) + i.to_bytes(4, "big"), address, ice, 1)
            assert ice._queue.qsize() <= MAX_HANDSHAKE_QUEUE
        await call.hears_more(BEN, ANN, 20)
        await call.hears_more(ANN, BEN, 20)
