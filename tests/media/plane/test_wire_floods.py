"""One participant floods the server with reports, requests and packets: nobody else is made to pay for it."""

import struct

from aiortc import rtp

from media.mediation.distance import Distance
from media.plane.peer import MAX_REPORT_OCTETS_PER_S
from tests.media.plane.wire_call import ANN, BEN, EVERYONE, Call
from tests.media.plane.wire_client import WireClient

FLOOD = 150
"""Datagrams, each of them full: about four seconds of what the server takes."""
SEQS_OF_A_NACK = 17


def sender_reports(client: WireClient) -> bytes:
    """As many reports on one's own sound as a datagram holds, each of another moment."""
    return b"".join(
        bytes(
            rtp.RtcpSrPacket(
                ssrc=client.own_ssrc("audio"),
                sender_info=rtp.RtcpSenderInfo(
                    ntp_timestamp=(0xE0000000 + i) << 32, rtp_timestamp=i, packet_count=0, octet_count=0
                ),
            )
        )
        for i in range(46)
    )


def nacks(client: WireClient, ssrc: int) -> bytes:
    """A request for as many packets as a datagram can name: 5,440."""
    body = b"".join(struct.pack("!HH", (SEQS_OF_A_NACK * i) & 0xFFFF, 0xFFFF) for i in range(320))
    head = struct.pack("!BBHII", 0x81, 205, (8 + len(body)) // 4, client.own_ssrc("audio"), ssrc)
    return head + body


async def test_a_flood_of_sender_reports_does_not_reach_the_viewers() -> None:
    """Thousands of reports in a moment: each viewer gets those that a browser would send, and sound goes on."""
    async with Call() as call:
        call.apply(Distance.CLEAR, EVERYONE)
        ann, ben = call.clients[ANN], call.clients[BEN]
        await ann.until(lambda: len(ann.stream(BEN, "audio")) > 5, "no sound")
        before, began = len(ann.reports), call.plane._loop.time()
        for _ in range(FLOOD):
            await ben.send_raw(sender_reports(ben))
        await call.acknowledged(BEN)
        took = call.plane._loop.time() - began
        assert len(ann.reports) - before <= 4 * (1 + took / 0.2), "a viewer was flooded"
        heard = len(ann.stream(BEN, "audio"))
        await ann.until(lambda: len(ann.stream(BEN, "audio")) > heard + 5, "no sound after the flood")


async def test_a_flood_of_requests_is_cut_off_and_counted() -> None:
    """Of requests that name every number there is, a second's worth is looked at, and operators see that there was more."""
    async with Call() as call:
        call.apply(Distance.CLEAR, EVERYONE)
        ann, ben = call.clients[ANN], call.clients[BEN]
        await ben.until(lambda: len(ben.stream(ANN, "video")) > 5, "no picture")
        began, request = call.plane._loop.time(), nacks(ben, ben.ssrc(ANN, "video"))
        for _ in range(FLOOD):
            await ben.send_raw(request)
        await call.acknowledged(BEN)
        seconds = 2 + int(call.plane._loop.time() - began)
        totals = call.plane.numbers().totals
        assert totals.video.nacked <= seconds * MAX_REPORT_OCTETS_PER_S / 4 * SEQS_OF_A_NACK
        assert totals.flood_drops > 0
        seen = len(ann.stream(BEN, "video"))
        await ann.until(lambda: len(ann.stream(BEN, "video")) > seen + 3, "no picture after the flood")
