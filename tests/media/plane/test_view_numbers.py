"""Numbers for operators: what viewers say of their lines, what arrives, and totals that never go down and name nobody."""

from __future__ import annotations

import asyncio
from dataclasses import fields
from typing import TYPE_CHECKING

import pytest
from aiortc import rtp

from media.mediation.distance import Distance
from media.mediation.people import LineState
from media.plane.blur_stream import MAX_BACKLOG
from media.plane.reception import Reception
from media.plane.spread import Spread, SpreadCounter
from media.plane.view_numbers import KindTotals, PlaneNumbers, Totals, ViewNumbers
from media.plane.viewer_feedback import (
    LONGEST_S,
    MAX_SENT_REPORTS,
    STALE_AFTER_S,
    ViewerFeedback,
    ViewersBlock,
)
from tests.media.plane.bench_of_work import Bench
from tests.media.plane.wire_call import ANN, BEN, EVERYONE, TESS, Call

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.media.plane.wire_client import WireClient

CLOCK = 48_000
NTP = 0x0123_4567_89AB_CDEF
MIDDLE = 0x4567_89AB


def block(
    *, fraction_lost: int = 0, packets_lost: int = 0, jitter: int = 0, lsr: int = 0, dlsr: int = 0
) -> ViewersBlock:
    """A report block in which only what is named says anything."""
    return ViewersBlock(fraction_lost, packets_lost, jitter, lsr, dlsr)


def test_loss_and_jitter_are_the_viewers() -> None:
    """Loss comes in parts of the packets, jitter in seconds, both from the viewer's latest report block."""
    feedback = ViewerFeedback(CLOCK)
    feedback.reported(block(fraction_lost=128, jitter=9_600), 1.0)
    feedback.reported(block(fraction_lost=64, jitter=480), 2.0)
    assert (feedback.loss(2.0), feedback.jitter(2.0)) == (0.25, 0.01)
    assert (sum(feedback.losses.read().counts), feedback.losses.read().total) == (2, 0.75)


def test_the_round_trip_is_by_our_own_clock() -> None:
    """The time from our sending of a report to its answer, less what the viewer held it (RFC 3550 section 6.4.1)."""
    feedback = ViewerFeedback(CLOCK)
    feedback.report_sent(NTP, 10.0)
    feedback.reported(block(lsr=MIDDLE, dlsr=65536 // 2), 10.75)
    assert feedback.round_trip(10.75) == 0.25


@pytest.mark.parametrize(
    ("lsr", "dlsr"), [(0, 0), (MIDDLE + 1, 0), (MIDDLE, 2 * 65536), (MIDDLE, 0xFFFFFFFF)]
)
def test_an_answer_to_nothing_gives_no_round_trip(lsr: int, dlsr: int) -> None:
    """A report that we never sent, or one held for longer than it has been gone, is believed by nobody."""
    feedback = ViewerFeedback(CLOCK)
    feedback.report_sent(NTP, 10.0)
    feedback.reported(block(lsr=lsr, dlsr=dlsr), 11.0)
    assert feedback.round_trip(11.0) is None
    assert sum(feedback.round_trips.read().counts) == 0


def test_awaited_reports_are_bounded() -> None:
    """However many reports go out, only the latest few are remembered, and those still give the round trip."""
    feedback = ViewerFeedback(CLOCK)
    for second in range(1000):
        feedback.report_sent(second << 32, float(second))
    assert len(feedback._sent_at) == MAX_SENT_REPORTS
    feedback.reported(block(lsr=(999 << 16) & 0xFFFFFFFF), 999.1)
    assert feedback.round_trip(999.1) == pytest.approx(0.1)
    feedback.reported(block(lsr=1 << 16), 999.2)
    assert feedback.round_trip(999.2) == pytest.approx(0.1)


def test_old_reports_say_nothing() -> None:
    """Ten seconds after the last report nothing is claimed about the line any more."""
    feedback = ViewerFeedback(CLOCK)
    assert (feedback.loss(0.0), feedback.jitter(0.0), feedback.round_trip(0.0)) == (None, None, None)
    feedback.report_sent(NTP, 1.0)
    feedback.reported(block(fraction_lost=1, lsr=MIDDLE), 1.5)
    assert feedback.loss(1.5 + STALE_AFTER_S) is not None
    later = 1.6 + STALE_AFTER_S
    assert (feedback.loss(later), feedback.jitter(later), feedback.round_trip(later)) == (None, None, None)


def test_a_lying_viewer_spoils_no_histogram() -> None:
    """A jitter of a day is no line's: it is left out; and lost packets never become fewer."""
    feedback = ViewerFeedback(CLOCK)
    feedback.reported(block(jitter=0xFFFFFFFF, packets_lost=7), 1.0)
    feedback.reported(block(packets_lost=-3), 2.0)
    assert feedback.jitters.read().total <= LONGEST_S
    assert feedback.lost == 7


def test_a_spread_counts_by_steps() -> None:
    """A figure belongs to the first step that is no smaller; sums of spreads are spreads of everything."""
    counter = SpreadCounter((0.0, 0.1))
    for figure in (0.0, 0.1, 0.05, 0.2):
        counter.add(figure)
    once = counter.read()
    assert once.counts == (1, 2, 1)
    assert once.total == pytest.approx(0.35)
    assert (once + once).running() == [(0.0, 2), (0.1, 6), (float("inf"), 8)]


def test_totals_add_up_field_by_field() -> None:
    """Whatever a total consists of is added, spreads included; nothing is left out."""
    one = KindTotals(
        **{
            f.name: Spread(getattr(KindTotals(), f.name).steps, (1,) * 8, 1.0)
            if isinstance(getattr(KindTotals(), f.name), Spread)
            else 1
            for f in fields(KindTotals)
        }
    )
    both = Totals(one, one, 1, 1) + Totals(one, one, 1, 1)
    assert (both.rejected, both.blur_restarts) == (2, 2)
    for f in fields(KindTotals):
        figure = getattr(both.audio, f.name)
        assert figure == 2 or figure.counts == (2,) * 8


def test_an_uplinks_loss_is_that_of_its_last_report() -> None:
    """Before the first report nothing is known; then the part that was lost since the one before."""
    reception = Reception(5, CLOCK)
    assert reception.loss is None
    for seq in (0, 1, 3, 4):
        reception.add(seq, seq * 960, seq * 0.02)
    reception.report()
    assert (reception.loss, reception.lost) == (pytest.approx(0.2, abs=0.01), 1)
    reception.add(5, 5 * 960, 0.1)
    reception.report()
    assert (reception.loss, reception.lost) == (0.0, 1)
    assert reception.jitter == pytest.approx(0.0, abs=0.001)


def test_the_blurs_queue_is_counted() -> None:
    """Frames that wait while the worker is busy are counted, the longest queue is kept, and so is each new start."""
    stream = Bench().stream
    stream.want(frozenset((Distance.SOFT,)))
    key = b"\x10" + bytes((0x10, 0, 0, 0x9D, 0x01, 0x2A, 16, 0, 16, 0)) + bytes(8)
    for seq in range(4):
        stream.packet(seq, seq * 3000, marker=True, payload=key)
    assert (stream.queued, stream.most_queued, stream.restarts) == (3, 3, 0)
    for seq in range(4, MAX_BACKLOG + 3):
        stream.packet(seq, seq * 3000, marker=True, payload=key)
    assert (stream.queued, stream.most_queued, stream.restarts) == (0, MAX_BACKLOG + 1, 1)


# On the wire


def view_of(numbers: PlaneNumbers, viewer: str, subject: str, kind: str) -> ViewNumbers:
    """One view, found by the numbers of the seats."""
    wanted = (EVERYONE.index(viewer) + 1, EVERYONE.index(subject) + 1, kind)
    return next(v for v in numbers.views if (v.viewer, v.subject, v.kind) == wanted)


async def answer_report(client: WireClient, subject: str) -> None:
    """Report a quarter lost, in answer to the newest sender report of this person's sound."""
    ssrc = client.ssrc(subject, "audio")
    await client.until(lambda: any(r.ssrc == ssrc for r in client.reports), "a sender report")
    newest = next(r for r in reversed(client.reports) if r.ssrc == ssrc)
    info = rtp.RtcpReceiverInfo(
        ssrc=ssrc,
        fraction_lost=64,
        packets_lost=9,
        highest_sequence=0,
        jitter=480,
        lsr=(newest.ntp >> 16) & 0xFFFFFFFF,
        dlsr=0,
    )
    await client.send_raw(bytes(rtp.RtcpRrPacket(ssrc=client.own_ssrc("audio"), reports=[info])))


async def until(call: Call, holds: Callable[[PlaneNumbers], bool]) -> PlaneNumbers:
    """Wait until something holds of the plane's numbers; sound that arrives is the clock."""
    async with asyncio.timeout(20):
        while not holds(numbers := call.plane.numbers()):
            await call.acknowledged(BEN, packets=5)
    return numbers


async def test_the_numbers_of_a_call() -> None:
    """What a client counts, the plane counts; what it reports, asks for and says of its line stands in its views."""
    async with Call() as call:
        call.apply(Distance.CLEAR, [ANN])
        await call.sees_more(BEN, ANN, 10)
        ben = call.clients[BEN]
        await answer_report(ben, ANN)
        await ben.want_key_frame(ben.ssrc(ANN, "video"))
        await ben.nack(ben.ssrc(ANN, "video"), [ben.stream(ANN, "video")[-1].seq])
        numbers = await until(call, lambda n: view_of(n, BEN, ANN, "video").resent > 0)
        sound, picture = (view_of(numbers, BEN, ANN, kind) for kind in ("audio", "video"))
        assert (sound.loss, sound.lost, sound.jitter_s) == (0.25, 9, 0.01)
        assert sound.round_trip_s is not None
        assert 0 <= sound.round_trip_s < 20
        assert (picture.nacked, picture.key_frames_wanted) == (1, 1)
        assert view_of(numbers, ANN, BEN, "audio").gate_drops > 0
        assert view_of(numbers, ANN, BEN, "audio").packets == 0
        down, up = call.plane.line_down(BEN), call.plane.line_up(ANN)
        assert down is not None
        assert (down.loss, down.jitter_s, down.thin) == (0.25, 0.01, False)
        assert up is not None
        assert (up.state, up.loss) == (LineState.GOOD, 0.0)
        for name in EVERYONE:
            assert name not in repr(numbers)


async def test_totals_outlive_connections() -> None:
    """Whoever goes, and when the call is over: no total is ever less than it was, and nothing is counted twice."""
    async with Call(joining=(ANN, BEN)) as call:
        call.apply(Distance.CLEAR, EVERYONE)
        await call.sees_more(BEN, ANN, 10)
        before = call.plane.numbers().totals
        await call.plane.remove(BEN)
        gone = call.plane.numbers()
        assert [c.seat for c in gone.connections] == [1]
        await call.plane.remove(BEN)
        await call.plane.close()
        after = call.plane.numbers()
        assert call.plane.closed
        assert (after.connections, after.views, after.uplinks) == ((), (), ())
        assert (
            before.audio.packets_in
            <= after.totals.audio.packets_in
            <= call.clients[ANN].sent["audio"] + (call.clients[BEN].sent["audio"])
        )
        assert before.video.packets_out <= after.totals.video.packets_out
        assert after.totals == call.plane.numbers().totals


async def test_nobody_there_has_no_line() -> None:
    """Without a connection nothing is said of a line."""
    async with Call(joining=()) as call:
        assert call.plane.line_down(TESS) is None
        assert call.plane.line_up(TESS) is None
        assert call.plane.numbers().totals == Totals()
