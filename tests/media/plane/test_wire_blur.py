"""On the wire: the blur fails closed. Whatever happens in its worker, the veil stays; a key frame ends it."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from media.mediation.distance import Distance
from media.mediation.plan import ViewPlan
from media.plane.blur_pipeline import BlurPipeline
from media.plane.blur_stream import MAX_BACKLOG
from tests.media.plane.wire_call import ANN, BEN, EVERYONE, VEIL_PAYLOAD, Call
from tests.media.plane.wire_packets import Packet

Process = Callable[..., Any]


async def veiled(call: Call) -> Packet:
    """Let Ben see Ann clearly, then veiled; the first veil."""
    call.apply(Distance.CLEAR, EVERYONE)
    await call.sees_more(BEN, ANN, 6)
    # Ann's blur alone, so that what fails is hers.
    call.apply(Distance.CLEAR, EVERYONE, {(BEN, ANN): ViewPlan(heard=True, distance=Distance.VEILED)})
    ben = call.clients[BEN]
    await ben.until(lambda: any(p.payload == VEIL_PAYLOAD for p in ben.stream(ANN, "video")), "the veil")
    await call.sees_more(BEN, ANN, 6)
    return next(p for p in ben.stream(ANN, "video") if p.payload == VEIL_PAYLOAD)


def veils(call: Call) -> int:
    """How many veils came of Ann to Ben."""
    return sum(p.payload == VEIL_PAYLOAD for p in call.clients[BEN].stream(ANN, "video"))


async def assert_recovers(call: Call, since: Packet) -> None:
    """From a failure on: the veil or a key frame of the blur first, a key frame behind the last veil, never anything clear."""
    failed_at = call.now()
    await call.sees_more(BEN, ANN, 10)
    call.assert_veiled_since(BEN, ANN, since)
    call.assert_sees(BEN, ANN, Distance.VEILED)
    later = [frame for frame in call.shown(BEN, ANN) if frame.first.at > failed_at]
    assert next(frame for frame in later if call.distance_of(ANN, frame) is not None).key


async def test_worker_that_raises_leaves_the_veil_until_a_key_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pipeline that raises, four times over, shows the veil and never the camera; then it recovers by itself."""
    failures = iter([RuntimeError("injected")] * 4)
    process: Process = BlurPipeline.process
    failing = threading.Event()

    def fail(pipeline: BlurPipeline, *work: object) -> object:
        if failing.is_set() and (failure := next(failures, None)) is not None:
            raise failure
        return process(pipeline, *work)

    monkeypatch.setattr(BlurPipeline, "process", fail)
    async with Call() as call:
        first_veil = await veiled(call)
        before = veils(call)
        failing.set()
        await call.events.notice("blur.restarted", count=4)
        assert veils(call) > before
        await assert_recovers(call, first_veil)
        assert next(failures, None) is None


async def test_worker_that_hangs_leaves_the_veil_until_a_key_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that is stuck counts as failed once the frames pile up: veil, a fresh pipeline, a key frame."""
    process: Process = BlurPipeline.process
    stuck, free = threading.Event(), threading.Event()

    def hang(pipeline: BlurPipeline, frames: list[object], *work: object) -> object:
        if stuck.is_set():
            stuck.clear()
            free.wait(30)
        assert len(frames) <= MAX_BACKLOG
        return process(pipeline, frames, *work)

    monkeypatch.setattr(BlurPipeline, "process", hang)
    async with Call() as call:
        try:
            first_veil = await veiled(call)
            stuck.set()
            await call.events.notice("blur.restarted")
            await assert_recovers(call, first_veil)
        finally:
            free.set()
        await call.sees_more(BEN, ANN, 6)
        call.assert_veiled_since(BEN, ANN, first_veil)
        call.assert_sees(BEN, ANN, Distance.VEILED)
