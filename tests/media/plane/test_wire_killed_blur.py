"""On the wire: kill the blur's worker in mid-call, and look at every picture that comes meanwhile.

The veil, never the camera; within a second the blurred picture is back; and who is blurred by another worker notices nothing.
"""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from media.mediation.distance import Distance
from media.mediation.plan import ViewPlan
from media.plane.blur_pipeline import BlurPipeline
from tests.media.plane.wire_call import ANN, BEN, BLURRED_DETAIL, EVERYONE, GRID, TESS, VEIL_PAYLOAD, Call
from tests.media.plane.wire_camera import HEIGHT, detail
from tests.media.plane.wire_packets import Packet, Screen, longest_gap_s, starved_s

RECOVERED_WITHIN_S = 1.0
VEILED = ViewPlan(heard=True, distance=Distance.VEILED)

Process = Callable[..., Any]


class Killer:
    """Makes the next job of one pipeline die: it raises what `how` gives, or hangs."""

    def __init__(self, how: BaseException | None) -> None:
        self.killed = threading.Event()
        self._how = how
        self._victim: BlurPipeline | None = None
        self._free = threading.Event()
        self._process: Process = BlurPipeline.process

    def process(self, pipeline: BlurPipeline, *work: object) -> object:
        """Takes the place of `BlurPipeline.process`."""
        if pipeline is self._victim:
            self._victim = None
            self.killed.set()
            if self._how is not None:
                raise self._how
            self._free.wait(60)
        return self._process(pipeline, *work)

    def kill(self, call: Call, subject: str) -> None:
        """The next time that this person is blurred."""
        self.killed.clear()
        self._victim = call.plane._subjects[subject].blur._pipeline

    def let_go(self) -> None:
        """End what hangs."""
        self._free.set()


@pytest.fixture(params=[RuntimeError("killed"), SystemExit(), None], ids=["raises", "exits", "hangs"])
def killer(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Killer]:
    """One for each way to die."""
    made = Killer(request.param)

    def process(pipeline: BlurPipeline, *work: object) -> object:
        return made.process(pipeline, *work)

    monkeypatch.setattr(BlurPipeline, "process", process)
    yield made
    made.let_go()


async def test_a_killed_worker_leaves_the_veil_and_is_replaced_within_a_second(killer: Killer) -> None:
    """Twice in a call, with another person's blur going on."""
    async with Call() as call:
        call.apply(Distance.CLEAR, EVERYONE)
        await call.sees_more(BEN, ANN, 6)
        call.apply(Distance.CLEAR, EVERYONE, {(BEN, ANN): VEILED, (TESS, BEN): VEILED})
        ben = call.clients[BEN]
        await ben.until(lambda: VEIL_PAYLOAD in {p.payload for p in ben.stream(ANN, "video")}, "the veil")
        veil = next(p for p in ben.stream(ANN, "video") if p.payload == VEIL_PAYLOAD)
        for deaths in (1, 2):
            await call.sees_more(BEN, ANN, 8)
            killed_at, starved = call.now(), starved_s()
            killer.kill(call, ANN)
            await ben.until(lambda since=killed_at: bool(blurred_keys(call, since)), "the blurred picture")  # type: ignore[misc]
            took = blurred_keys(call, killed_at)[0].at - killed_at - (starved_s() - starved)
            assert killer.killed.is_set()
            assert took <= RECOVERED_WITHIN_S
            assert sum(code == "blur.restarted" for _, code in call.events.notices) == deaths
            assert VEIL_PAYLOAD in {p.payload for p in ben.stream(ANN, "video") if p.at >= killed_at}
        await call.sees_more(BEN, ANN, 4)
        assert_all_veiled(call, veil)
        call.assert_sees(BEN, ANN, Distance.VEILED)
        call.assert_sees(TESS, BEN, Distance.VEILED)
        assert longest_gap_s(call.clients[TESS].stream(BEN, "video")) < RECOVERED_WITHIN_S


def blurred_keys(call: Call, since: float) -> list[Packet]:
    """First packets of the blur's key frames of Ann that reached Ben after this moment."""
    frames = [f for f in call.shown(BEN, ANN) if f.first.at > since and f.payloads != (VEIL_PAYLOAD,)]
    return [frame.first for frame in frames if frame.key]


def assert_all_veiled(call: Call, since: Packet) -> None:
    """Every picture on Ben's screen from this packet on: small, and without the camera's detail."""
    screen, seen = Screen(), 0
    for frame in call.shown(BEN, ANN):
        luma = screen.show([frame])
        if frame.first.order >= since.order:
            assert luma.shape in {GRID[Distance.VEILED], (48, 64)}
            assert luma.shape[0] < HEIGHT
            assert detail(luma) < BLURRED_DETAIL
            seen += 1
    assert seen > 20
    call.assert_veiled_since(BEN, ANN, since)
