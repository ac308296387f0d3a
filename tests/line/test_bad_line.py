"""Real browsers over bad lines: what their own statistics say of what was seen and heard.

Loss and delay come from a seeded link, the rest from browsers on a machine that others use too, and one that waits for a
processor freezes and conceals on a perfect line as well. So somebody on a perfect line looks on as the control, and what is
asserted holds with room to spare; `python -m tests.line` prints the figures themselves.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import pytest

from tests.bench.table import table
from tests.line.link import LineSettings
from tests.line.reading import View, rows_of
from tests.line.scene import CONTROL, Line, talking
from tests.web.call.fake_devices import WIDTH

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

pytestmark = pytest.mark.chromium

UP, DOWN = "birch", "ash"
"""Ash has the bad line: birch sees and hears what came up it, ash what came down."""
PAIRS = {UP: "ash", DOWN: "birch", CONTROL: "birch"}
WATCH_S = 10.0


def say(views: Mapping[str, View]) -> str:
    """All the figures, for whoever reads a failing test, or `pytest -s`."""
    text = "\n" + table(rows_of(views))
    print(text)
    return text


async def test_loss_with_jitter_and_an_outage(chromium: str, tmp_path: Path) -> None:
    """At 5 % with 50 ± 20 ms each way pictures move and lost sound is made good; after a second of nothing both go on."""
    way = LineSettings(loss=0.05, delay_s=0.05, jitter_s=0.02)
    async with talking(chromium, tmp_path, {"ash": Line(way, way)}) as scene:
        views = await scene.watch(PAIRS, WATCH_S)
        said = say(views)
        for view in (views[UP], views[DOWN]):
            assert view.sound_loss == pytest.approx(0.05, abs=0.035), said
            assert view.concealed < views[CONTROL].concealed + 0.03, said
            assert view.frames_per_s > 0.6 * views[CONTROL].frames_per_s, said
        await scene.cut("ash", 1.0)
        down_s, up_s = await asyncio.gather(
            scene.moves_again_s(DOWN, "birch"), scene.moves_again_s(UP, "ash")
        )
        assert max(down_s, up_s) < 6, (down_s, up_s)


async def test_heavy_loss_conceals_little_of_the_sound(chromium: str, tmp_path: Path) -> None:
    """At 10 % with a round trip of 100 ms most of the sound that the line loses is made good."""
    way = LineSettings(loss=0.1, delay_s=0.05)
    async with talking(chromium, tmp_path, {"ash": Line(way, way)}) as scene:
        views = await scene.watch(PAIRS, WATCH_S)
        said = say(views)
        for view in (views[UP], views[DOWN]):
            assert view.sound_loss == pytest.approx(0.1, abs=0.045), said
            assert view.concealed < views[CONTROL].concealed + 0.05, said


async def test_a_slow_line_hears_everything_and_sees_motion(chromium: str, tmp_path: Path) -> None:
    """At 300 kbit/s down no sound is missed and something moves; who has a good line sees the camera in full size."""
    line = Line(LineSettings(delay_s=0.03), LineSettings(delay_s=0.03, rate_bps=300_000))
    async with talking(chromium, tmp_path, {"ash": line}) as scene:
        views = await scene.watch({DOWN: "birch", CONTROL: "birch"}, WATCH_S)
        said = say(views)
        assert views[DOWN].concealed < views[CONTROL].concealed + 0.03, said
        assert views[DOWN].frames_per_s > 2, said
        assert views[CONTROL].width == WIDTH, said
