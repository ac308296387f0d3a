"""On the wire: one gate that fails keeps no other gate from closing."""

from typing import TYPE_CHECKING

import pytest

from media.mediation.distance import Distance
from media.mediation.plan import Plan
from media.plane.downlink_video import Gate
from media.plane.intake import MAX_PACKETS_PER_S
from tests.media.plane.wire_call import ANN, BEN, EVERYONE, TESS, Call

if TYPE_CHECKING:
    from media.plane.peer import Peer


def break_slots(call: Call, viewer: str) -> None:
    """Let every send of this viewer's own slots raise, as a defect there would."""

    def fail(_packet: bytes) -> None:
        raise RuntimeError("broken on purpose")

    peer: Peer = call.plane._peers[viewer]
    for slot in peer.slots:
        slot.audio._send = fail
        assert slot.video is not None
        slot.video._send = fail


async def test_the_other_gates_obey_though_one_raises() -> None:
    """The plan is carried out for everyone else, and the room is told that something is wrong."""
    async with Call() as call:
        call.apply(Distance.CLEAR, heard=EVERYONE)
        await call.hears_more(BEN, TESS, 20)
        await call.sees_more(BEN, TESS)
        break_slots(call, ANN)
        with pytest.raises(RuntimeError):
            call.plane.apply(Plan({}))
        for slot in call.plane._peers[ANN].slots:
            assert slot.video is not None
            assert (slot.audio.heard, slot.video.gate) == (False, Gate.CLOSED), "the gate that raised"
        call.clients[BEN].forget()
        await call.acknowledged(TESS)
        assert call.own_sounds(BEN, TESS) == []
        call.assert_silent(BEN, TESS)


async def test_closing_the_plane_closes_everybody_though_one_raises() -> None:
    """Nothing is forwarded any more once the plane is asked to close."""
    async with Call() as call:
        call.apply(Distance.CLEAR, heard=EVERYONE)
        await call.hears_more(BEN, TESS, 20)
        break_slots(call, ANN)
        call.clients[BEN].forget()
        await call.plane.close()
        assert len(call.own_sounds(BEN, TESS)) <= 1  # what was on the wire at that moment
        assert call.plane._peers == {}


async def test_a_flood_from_one_participant_is_cut_off() -> None:
    """More packets in a second than any camera sends are dropped before they cost the others anything."""
    async with Call() as call:
        call.lawless.add(
            ANN
        )  # whose own packets are beyond the allowance too: there are holes in what came of her
        call.apply(heard=EVERYONE)
        await call.hears_more(TESS, BEN, 20)
        peer: Peer = call.plane._peers[ANN]
        passed = sum(peer.intake.lets_through(100, call.now()) for _ in range(3 * MAX_PACKETS_PER_S))
        assert passed <= MAX_PACKETS_PER_S
        await call.hears_more(TESS, BEN, 20)
