"""On the wire: when somebody steps back nobody is heard or seen any more, at every receiver, from the `ok` on.

The whole way: a real socket, room, conversation and plane; only the people are clients of our own, who go on sending.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING

from media.plane.silence import SILENCE_FRAME
from tests.media.plane.whole_call import WholeCall
from tests.media.plane.wire_call import ANN, BEN, EVERYONE, TESS, VEIL_PAYLOAD
from tests.media.plane.wire_packets import starved_s

if TYPE_CHECKING:
    from tests.media.plane.wire_packets import Packet

LATEST_S = 0.05
"""How long after the `ok` something that was on its way may still arrive."""


@dataclass(frozen=True, slots=True)
class Moment:
    """When the `ok` arrived, and how long this thread had waited for a busy machine's processor by then."""

    at: float
    starved_s: float

    def in_time(self, packet: Packet) -> bool:
        """Whether a packet arrived before, or not too long after."""
        return (packet.at - self.at) - (packet.starved_s - self.starved_s) <= LATEST_S


async def steps_back(call: WholeCall, name: str) -> Moment:
    """The moment at which the `ok` arrives."""
    await call.lines[name].does("break.start")
    return Moment(call.now(), starved_s())


def assert_closed_since(call: WholeCall, ok: Moment) -> None:
    """The veil was there in time, and all that arrived later than that is veil and silence."""
    for viewer, subject in permutations(EVERYONE, 2):
        pictures = call.clients[viewer].stream(subject, "video")
        sounds = call.clients[viewer].stream(subject, "audio")
        veils = [p for p in pictures if p.payload == VEIL_PAYLOAD]
        assert ok.in_time(veils[0]), f"{viewer} went on seeing {subject}"
        assert all(p.payload == VEIL_PAYLOAD for p in pictures if not ok.in_time(p))
        assert all(p.payload == SILENCE_FRAME for p in sounds if not ok.in_time(p))
        words = [*call.own_sounds(viewer, subject), *call.clear_pictures(viewer, subject)]
        assert all(ok.in_time(p) for p in words), f"{subject} reached {viewer}"


async def test_a_break_while_the_therapist_holds_the_stick() -> None:
    """The chair speaks, a partner steps back: silence and the veil everywhere with the `ok`, though all go on sending."""
    async with WholeCall(format="timed-turns") as call:
        await call.lines[TESS].does("floor.grant", to=TESS)
        await asyncio.gather(call.hears_more(ANN, TESS, 20), call.hears_more(BEN, TESS, 20))
        await asyncio.gather(*(call.sees_more(*pair) for pair in permutations(EVERYONE, 2)))
        ok = await steps_back(call, BEN)
        for client in call.clients.values():
            await client.nack_everything()
        await call.acknowledged()
        assert_closed_since(call, ok)


async def test_a_break_in_open_talk_and_the_return() -> None:
    """Everyone was heard; then nobody; on coming back the one who stepped back alone."""
    async with WholeCall(format="open-talk") as call:
        await call.all_see_and_hear(pictures=10, sounds=20)
        ok = await steps_back(call, ANN)
        await call.acknowledged()
        assert_closed_since(call, ok)
        for name in (ANN, BEN):
            await call.lines[name].does("break.end")
        returned_at = call.now()
        await asyncio.gather(*(call.hears_more(viewer, ANN, 20) for viewer in (BEN, TESS)))
        await asyncio.gather(*(call.sees_more(*pair) for pair in permutations(EVERYONE, 2)))
        for viewer, subject in permutations(EVERYONE, 2):
            words = [p for p in call.own_sounds(viewer, subject) if p.at > returned_at]
            assert bool(words) == (subject == ANN), f"{viewer} and {subject}"
