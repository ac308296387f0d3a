"""One subject's blur, seen from the event loop: packets in, tiny encoded frames out, work in shared threads.

Fails closed: whatever goes wrong in a worker (an error, a stall, too much work) nothing comes out, so that the veil stays,
until a fresh pipeline has seen a fresh key frame. The same while there is no place for one more.

A blurred frame keeps the time stamp of the camera's frame, so the receiver is told of the time that the work takes: it sees
the picture come that much later on the same timeline, and holds the sound back to stay in step.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING, Final

from media.plane.blur_pipeline import BlurPipeline, Blurred
from media.plane.top_layer import TopLayer
from media.plane.vp8_frames import Frame, FrameAssembler

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable
    from concurrent.futures import Future

    from media.mediation.distance import Distance
    from media.plane.blur_workers import Workers

MAX_BACKLOG: Final = 12
"""Whole frames that wait for the worker, about 0.4 s; more, and the blur has fallen behind: it starts anew."""

KEY_FRAME_SPACING_S: Final = 0.3
"""Between two key frames of one level: all of its viewers get them, so that no single one may ask for nothing else."""
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 8.0
"""After each failure in a row the next try waits twice as long: a camera that sends rubbish must not keep the workers busy.
The first waits hardly at all: a worker that died is no fault of the camera's, and within a second the picture is to be back."""

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class BlurEvents:
    """What a stream tells its owner; called on the loop."""

    frame: Callable[[Blurred], None]
    needs_key_frame: Callable[[], None]
    failed: Callable[[], None]
    full: Callable[[], None]
    """As many people are blurred as the workers can take: this one waits for a place."""


@dataclass(slots=True)
class _Wanted:
    levels: frozenset[Distance] = frozenset()
    key_frames: set[Distance] = field(default_factory=set)


class BlurStream:
    """Belongs to one publisher's video; `levels` are those that somebody sees now."""

    def __init__(self, loop: asyncio.AbstractEventLoop, workers: Workers, events: BlurEvents) -> None:
        self._loop = loop
        self._workers = workers
        self._events = events
        self._assembler = FrameAssembler()
        self._top_layer = TopLayer()
        self._pipeline = BlurPipeline()
        self._backlog: list[Frame] = []
        self._busy = False
        self._placed = False
        self._generation = 0
        self._future: Future[list[Blurred]] | None = None
        self._failures = 0
        self._resume_at: float | None = None
        self._wanted = _Wanted()
        self._key_made_at: dict[Distance, float] = {}
        self.active = False
        """Whether anybody sees this subject through a blur; asked for every packet."""
        self.most_queued = 0
        """The longest that the queue ever was."""
        self.restarts = 0
        """After a failure of whatever kind."""
        self.decoded = 0
        """Frames that went to a worker."""
        self.left_out = 0
        """Frames of the camera's top layer that did not have to."""

    @property
    def queued(self) -> int:
        """Whole frames that wait for the worker."""
        return len(self._backlog)

    def want(self, levels: frozenset[Distance]) -> None:
        """Say which levels are seen; none stops the work at once."""
        added = levels - self._wanted.levels
        was_active = self.active
        self._wanted.levels = levels
        for level in added:
            self._key_made_at.pop(level, None)
        self.active = bool(levels)
        self._wanted.key_frames = (self._wanted.key_frames | added) & levels
        if levels and not was_active:
            self._begin()
        elif not levels and was_active:
            self._end()

    def want_key_frame(self, level: Distance) -> None:
        """A viewer of this level needs a key frame; the next encoded frame is one, unless the last is too fresh."""
        if level in self._wanted.levels:
            self._wanted.key_frames.add(level)

    def packet(self, seq: int, ts: int, *, marker: bool, payload: bytes) -> None:
        """Take one of the publisher's video packets."""
        if not self._placed or not self._resumed():
            return
        given_up = self._assembler.given_up
        whole = self._assembler.add(seq, ts, marker=marker, payload=payload)
        frames = [frame for frame in whole if self._top_layer.needed(frame)]
        if self._assembler.given_up != given_up:
            self._events.needs_key_frame()
        self.decoded += len(frames)
        self.left_out += len(whole) - len(frames)
        if not frames:
            return
        self._backlog += frames
        self.most_queued = max(self.most_queued, len(self._backlog))
        if len(self._backlog) > MAX_BACKLOG:
            self._fail("fell behind")
        elif not self._busy:
            self._submit()

    def tick(self, now: float) -> None:
        """Look after workers that are stuck; take a place that has become free; go on after a pause."""
        self._workers.look_after(now)
        if not self.active:
            return
        if self._placed:
            self._resumed()
        elif self._workers.take_place():
            self._placed = True
            self._start_anew()
            self._events.needs_key_frame()

    def close(self) -> None:
        """Stop; a result that is still being made is thrown away."""
        self.want(frozenset())

    def _begin(self) -> None:
        self._placed = self._workers.take_place()
        if not self._placed:
            self._events.full()
            return
        self._start_anew()
        if self._resume_at is None:
            self._events.needs_key_frame()

    def _end(self) -> None:
        self._drop_work()
        if self._placed:
            self._placed = False
            self._workers.leave_place()

    def _start_anew(self) -> None:
        self._drop_work()
        self._assembler.restart()
        self._wanted.key_frames = set(self._wanted.levels)
        self._key_made_at.clear()
        self._pipeline = BlurPipeline()

    def _drop_work(self) -> None:
        self._generation += 1
        self._busy = False
        self._backlog.clear()
        if self._future is not None:
            self._future.cancel()  # if it still waits for a worker, others need that worker more
            self._future = None

    def _fail(self, how: str) -> None:
        """Start anew from a key frame, after a pause; the owner shows the veil meanwhile."""
        pause = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2**self._failures)
        self._failures += 1
        self.restarts += 1
        self._resume_at = self._loop.time() + pause
        logger.warning("blur %s; starting anew in %.1f s", how, pause)
        self._start_anew()
        self._events.failed()

    def _resumed(self) -> bool:
        """Whether no pause holds us up (any more). The key frame is asked for at its end: an earlier one would be wasted."""
        if self._resume_at is None:
            return True
        if self._loop.time() < self._resume_at:
            return False
        self._resume_at = None
        self._events.needs_key_frame()
        return True

    def _submit(self) -> None:
        frames, self._backlog = self._backlog, []
        soonest = self._loop.time() - KEY_FRAME_SPACING_S
        key_frames = frozenset(
            level for level in self._wanted.key_frames if self._key_made_at.get(level, -inf) <= soonest
        )
        generation = self._generation
        self._busy = True
        future = self._workers.submit(self._pipeline.process, frames, self._wanted.levels, key_frames)
        self._future = future
        future.add_done_callback(lambda done: self._hand_over(done, generation))

    def _hand_over(self, done: Future[list[Blurred]], generation: int) -> None:
        """Called in the worker's thread: cross to the loop, unless that is gone."""
        try:
            self._loop.call_soon_threadsafe(self._finished, done, generation)
        except RuntimeError:  # the loop was closed meanwhile: there is nobody to tell
            logger.debug("blur result after the loop was closed")

    def _finished(self, done: Future[list[Blurred]], generation: int) -> None:
        if generation != self._generation:
            return
        self._busy = False
        self._deliver(done)
        if self._backlog and not self._busy and self.active:
            self._submit()

    def _deliver(self, done: Future[list[Blurred]]) -> None:
        if done.cancelled() or done.exception() is not None:
            self._fail("worker failed")
            return
        if made := done.result():
            self._failures = 0
        for frame in made:
            if frame.level not in self._wanted.levels:
                continue
            if frame.key:
                self._wanted.key_frames.discard(frame.level)
                self._key_made_at[frame.level] = self._loop.time()
            self._events.frame(frame)
