"""The relay puts a client of aiortc's behind a bad line; on it the plane shows at packet level what it repairs."""

from __future__ import annotations

import dataclasses

from media.mediation.distance import Distance
from media.mediation.people import LineState
from tests.line.link import LineSettings
from tests.line.relay import Relay
from tests.media.plane.wire_call import ANN, BEN, EVERYONE, Call
from tests.media.plane.wire_client import WireClient

PERFECT = LineSettings()
SEEN = 200
"""Packets."""
REPAIRED_WITHIN_S = 1.0


async def join_through(call: Call, name: str, relay: Relay) -> WireClient:
    """Join with the relay's address in place of the server's in the answer."""
    client = call.clients[name] = WireClient(name, EVERYONE.index(name))
    answer = await call.plane.offer(name, await client.offer())
    await client.accept(dataclasses.replace(answer, sdp=await relay.through(answer.sdp)))
    return client


async def test_all_datagrams_of_a_client_pass_the_relay_both_ways() -> None:
    """Who joins through a perfect line hears and is heard, and every datagram went through the two links."""
    async with Call([BEN]) as call, Relay(PERFECT, PERFECT) as relay:
        client = await join_through(call, ANN, relay)
        call.apply(Distance.CLEAR, heard=EVERYONE)
        await call.hears_more(ANN, BEN)
        await call.hears_more(BEN, ANN)
        assert relay.up.fates["carried"] >= sum(client.sent.values())
        assert relay.down.fates["carried"] >= len(client.packets)


async def test_an_outage_is_noticed_and_its_end_too() -> None:
    """A line that is cut for two seconds is weak, and good again once it carries; nothing is negotiated anew."""
    async with Call([BEN]) as call, Relay(PERFECT, PERFECT) as relay:
        await join_through(call, ANN, relay)
        call.lawless.update((ANN, BEN))  # what an outage takes is missing on either side
        call.apply(heard=EVERYONE)
        await call.hears_more(BEN, ANN)
        ends_at = relay.cut(2.0)
        assert await call.events.line(ANN, LineState.WEAK) < ends_at
        assert await call.events.line(ANN, LineState.GOOD, count=2) >= ends_at
        await call.hears_more(BEN, ANN)
        assert relay.up.fates["outage"] > 50


async def test_a_picture_lost_on_the_way_up_is_asked_for_again() -> None:
    """Of a tenth of the packets that the line loses, the viewer misses less than one in a hundred in the end."""
    async with Call([BEN]) as call, Relay(LineSettings(loss=0.1, delay_s=0.02), PERFECT) as relay:
        client = await join_through(call, ANN, relay)
        call.lawless.add(ANN)
        call.apply(Distance.CLEAR)
        await call.sees_more(BEN, ANN, SEEN)
        got = {packet.payload for packet in call.clients[BEN].stream(ANN, "video")} & client.sent_pictures
        opened_at = min(client.sent_at[payload] for payload in got)
        due = [
            p for p in client.sent_pictures if opened_at < client.sent_at[p] < call.now() - REPAIRED_WITHIN_S
        ]
        assert len(due) > SEEN / 2
        assert sum(payload not in got for payload in due) / len(due) < 0.01
