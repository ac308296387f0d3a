"""On the wire: from the `ok` to a distance command on nothing clear arrives; the whole way, by socket, room and plane."""

from __future__ import annotations

import asyncio
from itertools import permutations

import pytest

from tests.media.plane.whole_call import WholeCall
from tests.media.plane.wire_call import ANN, BEN, EVERYONE, TESS
from tests.media.plane.wire_packets import starved_s

LATEST_S = 0.05
"""How long after the `ok` something that was on its way may still arrive."""
AGAIN = 5


@pytest.mark.parametrize(
    ("by", "command", "shut"),
    [
        (ANN, {"outgoing": "veiled"}, {(BEN, ANN), (TESS, ANN)}),
        (ANN, {"outgoing": "audio-only", "to": BEN}, {(BEN, ANN)}),
        (BEN, {"incoming": "soft", "of": ANN}, {(BEN, ANN)}),
        (BEN, {"listening": True}, {(BEN, ANN), (BEN, TESS)}),
        (TESS, {"room": "soft"}, set(permutations(EVERYONE, 2))),
    ],
)
async def test_nothing_clear_arrives_from_the_ok_on(
    by: str, command: dict[str, object], shut: set[tuple[str, str]]
) -> None:
    """Whoever said it, and whomever it is about; with everything asked for again, more than once. The other views go on."""
    async with WholeCall(format="open-talk") as call:
        await asyncio.gather(*(call.sees_more(*pair) for pair in permutations(EVERYONE, 2)))
        await call.lines[by].does("distance.set", **command)
        ok, starved = call.now(), starved_s()
        for _ in range(AGAIN):
            for client in call.clients.values():
                await client.nack_everything()
        await call.acknowledged()
        for pair in permutations(EVERYONE, 2):
            late = [
                packet
                for packet in call.clear_pictures(*pair)
                if (packet.at - ok) - (packet.starved_s - starved) > LATEST_S
            ]
            assert bool(late) is (pair not in shut), f"{pair[0]} and {pair[1]}"
