"""On the wire: a closed microphone is silent, whatever its owner and the listener try."""

from itertools import pairwise, permutations

from media.mediation.distance import Distance
from media.mediation.plan import ViewPlan
from media.plane.silence import SILENCE_FRAME, SILENCE_FRAMES
from tests.media.plane.wire_call import ANN, BEN, EVERYONE, TESS, Call
from tests.media.plane.wire_packets import Packet, unwrap
from tests.media.plane.wire_rubbish import malformed_rtcp, strange_rtp


def the_close(call: Call, viewer: str, subject: str) -> Packet:
    """The first of the server's own silent packets; exactly as many as a close has, and in one run."""
    silence = [p for p in call.clients[viewer].stream(subject, "audio") if p.payload == SILENCE_FRAME]
    assert len(silence) == SILENCE_FRAMES
    assert all(b - a == 1 for a, b in pairwise(unwrap([p.seq for p in silence], 16)))
    return silence[0]


async def test_before_any_plan_nothing_arrives_though_everybody_sends() -> None:
    """Default deny: the server has received everyone's sound and picture, and not one packet reached anybody."""
    async with Call() as call:
        await call.acknowledged(packets=60)
        assert all(client.sent["video"] > 10 for client in call.clients.values())
        assert {name: len(client.packets) for name, client in call.clients.items()} == dict.fromkeys(
            EVERYONE, 0
        )
        for viewer, subject in permutations(EVERYONE, 2):
            call.assert_silent(viewer, subject)


async def test_closed_microphone_lets_no_packet_through() -> None:
    """Nothing that is sent after the close is ever heard, nor anything from before it again; reopening continues in step."""
    async with Call() as call:
        call.apply(heard=EVERYONE)
        await call.hears_more(BEN, ANN, 20)
        closed_at, ann = call.now(), call.clients[ANN]
        call.apply(heard=[BEN, TESS])
        await call.hears_more(TESS, BEN)
        for listener in (BEN, TESS):
            assert await call.clients[listener].nack_everything() > 20
        await call.acknowledged(ANN)
        await call.hears_more(TESS, BEN)
        closes = {listener: the_close(call, listener, ANN) for listener in (BEN, TESS)}
        reopened_at = call.now()
        call.apply(heard=EVERYONE)
        await call.hears_more(BEN, ANN, 20)
        for listener, close in closes.items():
            words = call.own_sounds(listener, ANN)
            call.assert_hears(listener, ANN)
            assert not [p for p in words if closed_at <= ann.sent_at[p.payload] < reopened_at - 0.02]
            assert not [p for p in words if p.order > close.order and ann.sent_at[p.payload] < closed_at]
        assert ann.acknowledged > 60
        _assert_real_time(call.own_sounds(BEN, ANN), ann.captured_at)


def _assert_real_time(words: list[Packet], captured_at: dict[bytes, float]) -> None:
    """The pause is as long in the timestamps as it was in life: a jitter buffer swells when time is closed up."""
    before, after = max(pairwise(words), key=lambda pair: pair[1].at - pair[0].at)
    elapsed_s = captured_at[after.payload] - captured_at[before.payload]
    assert elapsed_s > 1
    assert abs(((after.ts - before.ts) & 0xFFFFFFFF) / 48_000 - elapsed_s) < 0.001


async def test_stranger_streams_reach_nobody() -> None:
    """Sound under a foreign SSRC or payload type goes nowhere, though its sender may be heard."""
    async with Call() as call:
        call.apply(heard=EVERYONE)
        ann, ben = call.clients[ANN], call.clients[BEN]
        for seq in range(40):
            for ssrc in (
                ben.own_ssrc("audio"),
                ben.ssrc(ANN, "audio"),
                ann.ssrc(BEN, "audio"),
                1,
                0xFFFFFFFF,
            ):
                await ann.send_rtp("audio", seq, b"contraband", ssrc=ssrc)
        for i, payload_type in enumerate((8, 63, 95, 111, 127)):
            await ann.send_rtp("audio", ann.ahead("audio", i), b"contraband", payload_type=payload_type)
        await ann.send_rtp("audio", ann.ahead("video", 0), b"contraband", ssrc=ann.own_ssrc("video"))
        await call.acknowledged(ANN)
        for listener, speaker in permutations(EVERYONE, 2):
            await call.hears_more(listener, speaker, 2)
            call.assert_hears(listener, speaker)
        assert not [p for c in call.clients.values() for p in c.packets if b"contraband" in p.payload]


async def test_malformed_packets_inside_good_encryption_harm_nobody() -> None:
    """Rubbish from somebody whose microphone and camera are open: no error, and everybody is still heard and seen."""
    async with Call() as call:
        call.apply(Distance.CLEAR, EVERYONE, {(BEN, ANN): ViewPlan(heard=True, distance=Distance.VEILED)})
        ann = call.clients[ANN]
        call.lawless.add(ANN)
        await call.sees_more(BEN, ANN, 3)
        for packet in malformed_rtcp(ann.own_ssrc("audio")):
            await ann.send_raw(packet)
        await call.acknowledged(ANN)
        await call.all_see_and_hear()
        for listener, speaker in permutations(EVERYONE, 2):
            call.assert_hears(listener, speaker)
        for kind in ("audio", "video"):
            for packet in strange_rtp(ann.payload_types[kind], ann.own_ssrc(kind), ann.ahead(kind, 0)):
                await ann.send_raw(packet)
        await call.acknowledged(ANN)
        await call.hears_more(TESS, BEN)
        await call.sees_more(TESS, BEN)
        await call.hears_more(ANN, BEN, 5)
