"""On the wire: people come, go and come back, and the call of the others runs on."""

import asyncio

import pytest

from media.mediation.distance import Distance
from media.mediation.people import LineState
from media.mediation.plan import ViewPlan
from media.plane.peer import Peer
from tests.media.plane.wire_call import ANN, BEN, EVERYONE, TESS, Call
from tests.media.plane.wire_client import DEADLINE_S
from tests.media.plane.wire_packets import Packet, longest_gap_s

MAX_GAP_S = 0.1


async def test_third_joining_changes_nothing_for_the_two() -> None:
    """While the third connects and after: no gap of 100 ms in the others' sound, no hole, no negotiation."""
    async with Call([ANN, BEN]) as call:
        call.apply(Distance.CLEAR, EVERYONE)
        await call.hears_more(BEN, ANN, 10)
        await call.hears_more(ANN, BEN, 10)
        pairs = [(ANN, BEN), (BEN, ANN)]
        before = {pair: len(call.clients[pair[0]].stream(pair[1], "audio")) for pair in pairs}
        descriptions = [_descriptions(call, name) for name in (ANN, BEN)]
        await call.join(TESS)
        await call.hears_more(TESS, ANN, 30)
        await call.sees_more(ANN, TESS, 5)
        for viewer, subject in pairs:
            during = call.clients[viewer].stream(subject, "audio")[before[viewer, subject] - 1 :]
            assert len(during) > 30
            assert longest_gap_s(during) < MAX_GAP_S
        assert [_descriptions(call, name) for name in (ANN, BEN)] == descriptions


def _descriptions(call: Call, name: str) -> tuple[str, str, str]:
    peer = call.clients[name].peer
    return peer.signalingState, peer.localDescription.sdp, peer.remoteDescription.sdp


async def test_reconnecting_takes_over_on_the_same_stream() -> None:
    """A second offer of the same person replaces the first: others hear and see on, on one SSRC, and nothing of the old."""
    async with Call() as call:
        call.apply(Distance.CLEAR, EVERYONE, {(TESS, ANN): ViewPlan(heard=True, distance=Distance.VEILED)})
        await call.hears_more(BEN, ANN, 20)
        await call.sees_more(BEN, ANN, 6)
        await call.sees_more(TESS, ANN, 6)
        old = call.clients[ANN]
        await call.join(ANN)
        await asyncio.wait_for(old.lost.wait(), DEADLINE_S)
        first = {viewer: len(call.clients[viewer].packets) for viewer in (BEN, TESS)}
        await call.hears_more(BEN, ANN, 20)
        await call.sees_more(BEN, ANN, 6)
        await call.sees_more(TESS, ANN, 6)
        call.assert_sees(BEN, ANN, Distance.CLEAR)
        call.assert_sees(TESS, ANN, Distance.VEILED)
        for viewer in (BEN, TESS):
            _assert_only_new(call.clients[viewer].packets, set(old.sent_at), first[viewer])
        await call.hears_more(ANN, BEN, 5)
        assert {line for _, name, line in call.events.lines if name == ANN} == {LineState.GOOD}
        await old.close()


async def test_a_closed_microphone_stays_closed_over_a_reconnection() -> None:
    """Whoever comes back by another connection sends into the same closed gate, and their listener's new ear is as closed."""
    async with Call() as call:
        call.apply(heard=[TESS])
        await call.hears_more(BEN, TESS, 20)
        old = [call.clients[name] for name in (ANN, BEN)]
        for name in (ANN, BEN):
            await call.join(name)
        await call.hears_more(BEN, TESS, 20)
        await call.acknowledged(ANN, BEN)
        for viewer, subject in ((BEN, ANN), (TESS, ANN), (ANN, BEN), (TESS, BEN)):
            assert call.own_sounds(viewer, subject) == []
            assert call.clear_pictures(viewer, subject) == []
        for client in old:
            await client.close()


def _assert_only_new(packets: list[Packet], old: set[bytes], since: int) -> None:
    """Nothing that only the old connection sent comes behind the takeover."""
    assert not [p for p in packets[since:] if p.payload in old]


async def test_replaced_connection_is_mute_from_the_takeover_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the old connection takes to close: once the new one has taken over, nothing of the old is forwarded."""
    may_close, close = asyncio.Event(), Peer.close

    async def close_late(peer: Peer) -> None:
        await may_close.wait()
        await close(peer)

    async with Call() as call:
        call.apply(Distance.CLEAR, EVERYONE)
        await call.hears_more(BEN, ANN, 10)
        old = call.clients[ANN]
        monkeypatch.setattr(Peer, "close", close_late)
        new = await call.join(ANN)
        await call.hears_more(BEN, ANN, 20)
        await call.sees_more(BEN, ANN, 6)
        may_close.set()
        heard = call.own_sounds(BEN, ANN)
        taken_over = next(p for p in heard if p.payload in new.sent_at)
        assert old.sent["audio"] > heard.index(taken_over) + 10  # it goes on sending
        _assert_only_new(call.clients[BEN].packets, set(old.sent_at), taken_over.order)
        await old.close()


async def test_dead_line_is_weak_after_a_second_lost_after_three_and_good_again() -> None:
    """A socket that goes dead without a word is told as weak, lost and, when it works again, good; others talk on."""
    async with Call() as call:
        call.apply(heard=EVERYONE)
        await call.hears_more(BEN, ANN, 10)
        ann = call.clients[ANN]
        died_at = call.now()
        ann.go_dead()
        weak_s = await call.events.line(ANN, LineState.WEAK) - died_at
        lost_s = await call.events.line(ANN, LineState.LOST) - died_at
        assert 0.9 < weak_s < 2.0
        assert 2.9 < lost_s < 4.5
        await call.hears_more(BEN, TESS, 5)
        ann.come_back()
        await call.events.line(ANN, LineState.GOOD, count=2)
        await call.hears_more(BEN, ANN, 5)
        assert not [told for told in call.events.lines if told[1] != ANN and told[2] is not LineState.GOOD]
        call.assert_hears(BEN, ANN)
        call.lawless.update(EVERYONE)  # what a dead line lost leaves holes
