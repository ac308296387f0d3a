"""The blur seen from the loop: it fails closed, forgets what is out of date, and always finds its way back."""

from __future__ import annotations

import pytest

from media.mediation.distance import Distance
from media.plane.blur_stream import FIRST_PAUSE_S, KEY_FRAME_SPACING_S, MAX_BACKLOG
from media.plane.vp8 import packetise
from media.plane.vp8_frames import MAX_WAITING
from tests.media.plane.bench_of_work import Bench
from tests.media.plane.camera import Camera, checkerboard_on_halves

SOFT, VEILED = Distance.SOFT, Distance.VEILED
BOTH = frozenset((SOFT, VEILED))
NOBODY: frozenset[Distance] = frozenset()
SCENE = checkerboard_on_halves(96, 80)


class Publisher:
    """A camera whose packets go into a blur stream."""

    def __init__(self, bench: Bench) -> None:
        self._bench = bench
        self._camera = Camera(96, 80)
        self._seq = 65_500

    def shoots(
        self, count: int = 1, *, key: bool = False, lost: int | None = None, spoilt: bool = False
    ) -> None:
        """Frames of up to 200 bytes a packet; the packet `lost` of each is dropped, a spoilt frame is no VP8."""
        for _ in range(count):
            frame = self._camera.shoot(SCENE, key=key)
            data = frame.data[:10] + bytes(len(frame.data) - 10) if spoilt else frame.data
            payloads = packetise(data, 200)
            for i, payload in enumerate(payloads):
                if i != lost:
                    last = i == len(payloads) - 1
                    self._bench.stream.packet(self._seq, frame.ts, marker=last, payload=payload)
                self._seq = (self._seq + 1) & 0xFFFF


@pytest.fixture
def bench() -> Bench:
    """A stream that nobody watches yet."""
    return Bench()


@pytest.fixture
def publisher(bench: Bench) -> Publisher:
    """Sends into the bench's stream."""
    return Publisher(bench)


def test_frames_of_the_wanted_levels_come_out(bench: Bench, publisher: Publisher) -> None:
    """Asked for a key frame at the start; then a frame of each level for each picture, key frames first."""
    bench.stream.want(BOTH)
    assert (bench.stream.active, bench.key_frames_asked) == (True, 1)
    for _ in range(3):
        publisher.shoots()
        bench.work()
    assert [f.level for f in bench.frames] == [SOFT, VEILED] * 3
    assert [f.key for f in bench.frames] == [True] * 2 + [False] * 4
    assert (bench.key_frames_asked, bench.failures) == (1, 0)


def test_without_a_viewer_nothing_is_done(bench: Bench) -> None:
    """A stream that nobody sees blurred is not active and asks for nothing."""
    bench.stream.want(NOBODY)
    assert (bench.stream.active, bench.key_frames_asked) == (False, 0)
    assert not bench.workers.jobs


def test_one_job_at_a_time(bench: Bench, publisher: Publisher) -> None:
    """While the worker is busy frames wait; then all of them are one job, of which the newest picture comes out."""
    bench.stream.want(frozenset((SOFT,)))
    publisher.shoots(6)
    assert len(bench.workers.jobs) == 1
    bench.work()
    assert len(bench.workers.jobs) == 1
    bench.work()
    assert not bench.workers.jobs
    assert len(bench.frames) == 2


def test_falling_behind_starts_anew(bench: Bench, publisher: Publisher) -> None:
    """More frames waiting than the limit: failure is told, a key frame asked for, and the late result never shown."""
    bench.stream.want(frozenset((SOFT,)))
    publisher.shoots(1 + MAX_BACKLOG)
    assert bench.failures == 0
    publisher.shoots()
    assert (bench.failures, bench.key_frames_asked) == (1, 1)
    bench.work()
    assert bench.frames == []
    bench.loop.now += FIRST_PAUSE_S
    publisher.shoots()
    assert bench.key_frames_asked == 2
    assert not bench.workers.jobs
    publisher.shoots(key=True)
    bench.work()
    assert [frame.key for frame in bench.frames] == [True]


def test_a_failing_worker_starts_anew(bench: Bench, publisher: Publisher) -> None:
    """An error in the worker: nothing comes out, failure is told, and the next key frame brings the blur back."""
    bench.stream.want(BOTH)
    publisher.shoots()
    bench.work(MemoryError())
    assert (bench.frames, bench.failures, bench.key_frames_asked) == ([], 1, 1)
    bench.loop.now += FIRST_PAUSE_S
    publisher.shoots()
    assert bench.key_frames_asked == 2
    assert not bench.workers.jobs
    publisher.shoots(key=True)
    bench.work()
    assert [(f.level, f.key) for f in bench.frames] == [(SOFT, True), (VEILED, True)]


def test_failures_in_a_row_wait_longer_and_longer(bench: Bench, publisher: Publisher) -> None:
    """A camera that sends rubbish can't keep the workers busy: each try waits twice as long, until one succeeds."""
    bench.stream.want(frozenset((SOFT,)))
    for pause in (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4, 8.0, 8.0):
        publisher.shoots(key=True)
        bench.work(MemoryError())
        asked = bench.key_frames_asked
        bench.loop.now += 0.99 * pause
        publisher.shoots(key=True)
        assert not bench.workers.jobs
        bench.loop.now += 0.02 * pause
        publisher.shoots()
        assert bench.key_frames_asked == asked + 1
    assert bench.failures == 9
    publisher.shoots(key=True)
    bench.work()
    publisher.shoots()
    bench.work(MemoryError())
    bench.loop.now += FIRST_PAUSE_S
    publisher.shoots(key=True)
    assert len(bench.workers.jobs) == 1


def test_work_that_nobody_wants_any_more_leaves_the_queue(bench: Bench, publisher: Publisher) -> None:
    """While every worker is busy with other calls, jobs out of date don't wait for one."""
    bench.workers.busy = True
    bench.stream.want(BOTH)
    publisher.shoots(1 + MAX_BACKLOG + 1)
    bench.loop.now += FIRST_PAUSE_S
    publisher.shoots(key=True)
    bench.stream.want(NOBODY)
    assert [future.cancelled() for future, _ in bench.workers.jobs] == [True, True]
    bench.loop.turn()
    assert bench.failures == 1


def test_frames_that_are_no_vp8_start_anew(bench: Bench, publisher: Publisher) -> None:
    """A key frame whose inside is spoilt may fail in the real decoder or show rubbish; a good key frame recovers."""
    bench.stream.want(frozenset((SOFT,)))
    publisher.shoots(key=True, spoilt=True)
    bench.work()
    publisher.shoots(key=True)
    bench.frames.clear()
    bench.work()
    assert len(bench.frames) == 1


def test_a_cancelled_job_starts_anew(bench: Bench, publisher: Publisher) -> None:
    """A worker that drops its jobs is a failure like another."""
    bench.workers.busy = True
    bench.stream.want(BOTH)
    publisher.shoots()
    bench.workers.jobs.popleft()[0].cancel()
    bench.loop.turn()
    assert (bench.frames, bench.failures) == ([], 1)


def test_results_of_an_old_generation_are_thrown_away(bench: Bench, publisher: Publisher) -> None:
    """Nobody watches any more, then somebody does: what was being made for before is not shown, nor its failure told."""
    bench.stream.want(BOTH)
    publisher.shoots(2)
    bench.stream.want(NOBODY)
    bench.stream.want(BOTH)
    bench.work()
    assert (bench.frames, bench.failures, len(bench.workers.jobs)) == ([], 0, 0)
    publisher.shoots(key=True)
    bench.work()
    assert {frame.key for frame in bench.frames} == {True}


def test_nothing_comes_out_after_the_end(bench: Bench, publisher: Publisher) -> None:
    """Closed while the worker is at it: its result goes nowhere, also when the loop is gone."""
    bench.stream.want(BOTH)
    publisher.shoots(3)
    bench.stream.close()
    bench.work()
    assert (bench.frames, len(bench.workers.jobs), bench.stream.active) == ([], 0, False)
    bench.stream.want(BOTH)
    publisher.shoots(key=True)
    bench.loop.closed = True
    bench.work()
    assert bench.frames == []


def test_a_level_left_meanwhile_is_not_delivered(bench: Bench, publisher: Publisher) -> None:
    """The viewer of one level is gone before the frame is done: only the other level's comes out."""
    bench.stream.want(BOTH)
    publisher.shoots()
    bench.stream.want(frozenset((VEILED,)))
    bench.work()
    assert [frame.level for frame in bench.frames] == [VEILED]


def test_a_level_that_is_added_begins_with_a_key_frame(bench: Bench, publisher: Publisher) -> None:
    """A second level starts at the next picture, without asking the publisher, and the first goes on."""
    bench.stream.want(frozenset((SOFT,)))
    publisher.shoots()
    bench.work()
    bench.stream.want(BOTH)
    publisher.shoots()
    bench.work()
    assert [(f.level, f.key) for f in bench.frames] == [(SOFT, True), (SOFT, False), (VEILED, True)]
    assert bench.key_frames_asked == 1


def test_a_level_taken_up_again_at_once_begins_with_a_key_frame(bench: Bench, publisher: Publisher) -> None:
    """Left and wanted again between two pictures: its new viewer has nothing yet to build on."""
    bench.stream.want(BOTH)
    publisher.shoots()
    bench.work()
    bench.stream.want(frozenset((SOFT,)))
    bench.stream.want(BOTH)
    bench.frames.clear()
    publisher.shoots()
    bench.work()
    assert [(f.level, f.key) for f in bench.frames] == [(SOFT, False), (VEILED, True)]


def test_a_viewers_request_is_answered_by_the_blur(bench: Bench, publisher: Publisher) -> None:
    """The next frame of that level is a key frame, once; a level that nobody sees is not asked for."""
    bench.stream.want(frozenset((SOFT,)))
    publisher.shoots()
    bench.work()
    bench.loop.now += KEY_FRAME_SPACING_S
    bench.stream.want_key_frame(SOFT)
    bench.stream.want_key_frame(VEILED)
    for _ in range(2):
        publisher.shoots()
        bench.work()
    assert [(f.level, f.key) for f in bench.frames] == [(SOFT, True), (SOFT, True), (SOFT, False)]


def test_a_flood_of_requests_gets_few_key_frames(bench: Bench, publisher: Publisher) -> None:
    """All viewers of a level get each key frame: one who asks all the time must not spoil the picture of the others."""
    bench.stream.want(frozenset((SOFT,)))
    for _ in range(20):
        bench.stream.want_key_frame(SOFT)
        publisher.shoots()
        bench.work()
        bench.loop.now += KEY_FRAME_SPACING_S / 10
    assert [i for i, frame in enumerate(bench.frames) if frame.key] == [0, 10]
    assert bench.key_frames_asked == 1


def test_a_gap_asks_for_a_key_frame(bench: Bench, publisher: Publisher) -> None:
    """A frame that stays incomplete: nothing of what builds on it comes out, and the publisher is asked."""
    bench.stream.want(frozenset((SOFT,)))
    publisher.shoots()
    bench.work()
    publisher.shoots(lost=0)
    publisher.shoots(MAX_WAITING + 1)
    assert not bench.workers.jobs
    assert bench.key_frames_asked == 2
    publisher.shoots(key=True)
    bench.work()
    assert len(bench.frames) == 2


def test_a_torn_first_key_frame_is_asked_for_again(bench: Bench, publisher: Publisher) -> None:
    """The very key frame that was asked for arrives incomplete: another is asked for, so that the blur begins at all."""
    bench.stream.want(frozenset((SOFT,)))
    for asked in (1, 2, 3):
        assert bench.key_frames_asked == asked
        publisher.shoots(key=True, lost=1)
        publisher.shoots(MAX_WAITING + 1)
    publisher.shoots(key=True)
    bench.work()
    assert [frame.key for frame in bench.frames] == [True]


def test_without_a_place_nothing_is_done_and_it_is_told(bench: Bench, publisher: Publisher) -> None:
    """Turned away: told once, no key frame asked for, no work; as soon as a place is free it begins."""
    bench.workers.places = 0
    bench.stream.want(BOTH)
    publisher.shoots(MAX_BACKLOG + 2, key=True)
    bench.stream.tick(bench.loop.now)
    bench.stream.want(frozenset((SOFT,)))
    assert (bench.turned_away, bench.key_frames_asked, bench.failures) == (1, 0, 0)
    assert not bench.workers.jobs
    bench.workers.places = 1
    bench.stream.tick(bench.loop.now)
    assert (bench.workers.places, bench.key_frames_asked) == (0, 1)
    publisher.shoots(key=True)
    bench.work()
    assert [(f.level, f.key) for f in bench.frames] == [(SOFT, True)]


def test_a_place_is_given_back_once(bench: Bench) -> None:
    """Whoever had a place gives it back; who waited in vain has none to give."""
    for places in (1, 0):
        bench.workers.places = places
        bench.stream.want(BOTH)
        bench.stream.close()
        bench.stream.close()
        assert bench.workers.places == places


def test_after_a_pause_it_goes_on_without_a_packet(bench: Bench, publisher: Publisher) -> None:
    """A camera that has just stopped is asked as well, as soon as the pause is over; the workers are looked after always."""
    bench.stream.want(BOTH)
    publisher.shoots()
    bench.work(MemoryError())
    bench.stream.tick(bench.loop.now)
    assert bench.key_frames_asked == 1
    bench.loop.now += FIRST_PAUSE_S
    bench.stream.tick(bench.loop.now)
    bench.stream.tick(bench.loop.now)
    assert bench.key_frames_asked == 2
    bench.stream.close()
    bench.stream.tick(200.0)
    assert bench.workers.looked_after[-1] == 200.0
