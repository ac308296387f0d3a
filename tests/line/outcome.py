"""One measured call over a bad line, and what is told of one or of several beside each other."""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Final

from tests.bench.table import table
from tests.line.reading import rows_of
from tests.line.scene import CONTROL, talking
from tests.line.servers import SERVERS
from tests.line.sound_codecs import SOUND
from tests.line.starvation import waited_for_cpu_s

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from tests.line.reading import View
    from tests.line.scene import Line, Scene

BEHIND: Final = "ash"
"""Who has the bad line."""
OTHER: Final = "birch"
PAIRS: Final = {BEHIND: OTHER, OTHER: BEHIND, CONTROL: OTHER}
"""Viewer and whom they watch: what came down the line, what came up it, and neither."""
_NAMES: Final = {
    "both": "",
    "red": ", RED alone",
    "fec": ", in-band FEC alone",
    "neither": ", neither RED nor FEC",
}


@dataclass(frozen=True, slots=True)
class Case:
    """Whose call, and what protects its sound."""

    server: str
    sound: str = "both"

    @property
    def name(self) -> str:
        """What it is called in a table."""
        return self.server.title() + _NAMES[self.sound]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one call."""

    views: Mapping[str, View]
    """By viewer, see PAIRS."""
    fates: Mapping[str, str]
    """What became of the datagrams, by whose line."""
    starved: float
    """Share of the time in which somebody waited for a processor."""
    outage_s: float
    moves_again_s: tuple[float, float]
    """After the outage, down and up, until five frames more; NaN without one."""


async def measure(
    chromium: str,
    case: Case,
    lines: Mapping[str, Line],
    seconds: float,
    outage_s: float,
    *,
    third_sends: bool,
) -> Outcome:
    """Have the call, watch it, then cut the line for a while."""
    with tempfile.TemporaryDirectory(prefix="holdspace-line-") as folder:
        async with talking(
            chromium,
            Path(folder),
            lines,
            third_sends=third_sends,
            server=SERVERS[case.server],
            scripts=SOUND[case.sound],
        ) as scene:
            waited_s, now = waited_for_cpu_s(), time.perf_counter()
            views = await scene.watch(PAIRS, seconds)
            starved = (waited_for_cpu_s() - waited_s) / (time.perf_counter() - now)
            fates = {name: _fates(name, scene) for name in scene.relays}
            return Outcome(views, fates, starved, outage_s, await _recovery(scene, outage_s))


def details(found: Outcome) -> str:
    """All that the browsers counted in one call."""
    told = [
        table(rows_of({f"{viewer} sees {PAIRS[viewer]}": view for viewer, view in found.views.items()})),
        *(f"  {name}'s line: {fates}" for name, fates in found.fates.items()),
    ]
    if found.outage_s:
        down_s, up_s = found.moves_again_s
        told.append(
            f"  after an outage of {found.outage_s:g} s five frames more: down {down_s:.2f} s, up {up_s:.2f} s"
        )
    return "\n".join([*told, f"  {_starvation([found])}"])


def summary(found: Mapping[Case, Sequence[Outcome]]) -> list[tuple[str, ...]]:
    """A heading and a row for each case, with the medians of its calls; `down / up` the bad line."""
    columns = _COLUMNS + (
        (_MOVES_AGAIN,) if any(one.outage_s for calls in found.values() for one in calls) else ()
    )
    return [
        ("server", *(title for title, _ in columns)),
        *((case.name, *(tell(calls) for _, tell in columns)) for case, calls in found.items()),
    ]


def machine_kept_up(found: Mapping[Case, Sequence[Outcome]]) -> str:
    """How well the machine did, for whoever judges the summary."""
    return _starvation([one for calls in found.values() for one in calls])


async def _recovery(scene: Scene, outage_s: float) -> tuple[float, float]:
    if not outage_s:
        return float("nan"), float("nan")
    await scene.cut(BEHIND, outage_s)
    return await asyncio.gather(scene.moves_again_s(BEHIND, OTHER), scene.moves_again_s(OTHER, BEHIND))


def _fates(name: str, scene: Scene) -> str:
    relay = scene.relays[name]
    return f"up {dict(relay.up.fates)}, down {dict(relay.down.fates)}"


def _starvation(calls: Sequence[Outcome]) -> str:
    share = median(one.starved for one in calls)
    return f"somebody waited for a processor {share:.0%} of the time, load {os.getloadavg()[0]:.1f}"


def _of(viewer: str, figure: Callable[[View], float]) -> Callable[[Sequence[Outcome]], float]:
    return lambda calls: median(figure(one.views[viewer]) for one in calls)


def _down_and_up(figure: Callable[[View], float], form: str) -> Callable[[Sequence[Outcome]], str]:
    down, up = _of(BEHIND, figure), _of(OTHER, figure)
    return lambda calls: f"{down(calls):{form}} / {up(calls):{form}}"


def _control(calls: Sequence[Outcome]) -> str:
    frozen, concealed = _of(CONTROL, lambda view: view.frozen), _of(CONTROL, lambda view: view.concealed)
    return f"{frozen(calls):.1%}, {concealed(calls):.1%}"


def _moves_again(calls: Sequence[Outcome]) -> str:
    down_s, up_s = (median(one.moves_again_s[way] for one in calls) for way in (0, 1))
    return f"{down_s:.1f} / {up_s:.1f} s"


_COLUMNS: Final[tuple[tuple[str, Callable[[Sequence[Outcome]], str]], ...]] = (
    ("frozen, down / up", _down_and_up(lambda view: view.frozen, ".1%")),
    ("frames/s", _down_and_up(lambda view: view.frames_per_s, ".1f")),
    ("sound concealed", _down_and_up(lambda view: view.concealed, ".1%")),
    ("perfect line: frozen, concealed", _control),
)
_MOVES_AGAIN: Final = ("pictures move again after the outage", _moves_again)
