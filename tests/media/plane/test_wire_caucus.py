"""On the wire: in a caucus nothing passes between the held partner and the two who talk alone, in either direction.

The whole way, as in a break: real sockets, room, conversation and plane; all three go on sending, and ask again for everything
they ever saw.
"""

from __future__ import annotations

import asyncio
from itertools import permutations

from media.plane.silence import SILENCE_FRAME
from tests.media.plane.test_wire_break import Moment
from tests.media.plane.whole_call import WholeCall
from tests.media.plane.wire_call import ANN, BEN, EVERYONE, TESS, VEIL_PAYLOAD
from tests.media.plane.wire_packets import starved_s


def pairs_with(held: str) -> list[tuple[str, str]]:
    """Every view that the held partner is part of, as viewer or as subject."""
    return [pair for pair in permutations(EVERYONE, 2) if held in pair]


def assert_apart(call: WholeCall, held: str, ok: Moment, until: float) -> None:
    """From the `ok` on, nothing but veil and silence between the held partner and the others."""
    for viewer, subject in pairs_with(held):
        for kind, nothing in (("video", VEIL_PAYLOAD), ("audio", SILENCE_FRAME)):
            later = [
                p for p in call.clients[viewer].stream(subject, kind) if not ok.in_time(p) and p.at < until
            ]
            assert all(p.payload == nothing for p in later), f"{kind} of {subject} reached {viewer}"


async def does(call: WholeCall, name: str, command: str, **fields: object) -> Moment:
    """The moment at which the `ok` arrives."""
    await call.lines[name].does(command, **fields)
    return Moment(call.now(), starved_s())


async def test_the_held_partner_is_alone() -> None:
    """Everyone was heard and seen; with the `ok` of the caucus the two hear and see each other, and the third nobody."""
    async with WholeCall(format="open-talk") as call:
        await call.all_see_and_hear(pictures=10, sounds=20)
        began = await does(call, TESS, "caucus.start", **{"with": ANN})
        state = await call.lines[BEN].until("conversation", phase="caucus")
        assert (state["caucus"]["by"], state["caucus"]["with"], state["caucus"]["held"]) == (TESS, ANN, BEN)
        for client in call.clients.values():
            await client.nack_everything()
        await asyncio.gather(call.hears_more(ANN, TESS, 40), call.hears_more(TESS, ANN, 40))
        await asyncio.gather(call.sees_more(ANN, TESS), call.sees_more(TESS, ANN))
        moved = await does(call, TESS, "caucus.start", **{"with": BEN})
        assert_apart(call, BEN, began, until=moved.at)
        await asyncio.gather(call.hears_more(BEN, TESS, 40), call.hears_more(TESS, BEN, 40))
        ended = await does(call, BEN, "caucus.end")
        assert_apart(call, ANN, moved, until=ended.at)
        await call.lines[BEN].does("caucus.back")
        await call.acknowledged()
        for held in EVERYONE:
            assert_apart(call, held, ended, until=call.now())
        await call.lines[ANN].does("caucus.back")
        await asyncio.gather(*(call.hears_more(*pair, 20) for pair in permutations(EVERYONE, 2)))


async def test_partners_in_a_shuttle_share_nothing() -> None:
    """Not before, not between and not in the therapist's talks with one of them does anything pass between the partners."""
    async with WholeCall(format="shuttle") as call:
        start = Moment(call.now() - 1.0, starved_s())
        for partner in (ANN, BEN, ANN):
            await call.lines[TESS].does("caucus.start", **{"with": partner})
            await asyncio.gather(call.hears_more(partner, TESS, 30), call.hears_more(TESS, partner, 30))
        await call.lines[ANN].does("caucus.end")
        await call.acknowledged()
        for viewer, subject in ((ANN, BEN), (BEN, ANN)):
            assert not call.own_sounds(viewer, subject)
            assert not call.clear_pictures(viewer, subject)
            for kind, nothing in (("video", VEIL_PAYLOAD), ("audio", SILENCE_FRAME)):
                packets = call.clients[viewer].stream(subject, kind)
                assert all(p.payload == nothing for p in packets if not start.in_time(p))
