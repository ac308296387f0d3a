"""The forwarding benchmark and the latency at eight calls as README.md shows them: a table each, and a plot of the CPU time."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from tests.bench import bar_chart, readme
from tests.bench.child import ROOT
from tests.bench.latency import CALLS
from tests.bench.run import milliseconds
from tests.bench.table import markdown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.bench.forwarding import Comparison
    from tests.bench.run import Run

PLOT: Final = "docs/bench-forwarding.svg"
HEADING: Final = (
    "server", "calls at once", "CPU ms per call-second", "µs per packet in", "µs per packet out", "delivered",
    "added latency p50 / p99", "RSS per call",
)  # fmt: skip


def write_forwarding(found: Sequence[Comparison], seconds: float, rounds: int) -> None:
    """Table and plot of every number of calls that was measured."""
    rows = [forwarding_row(name, one.calls, run) for one in found for name, run in one.named.items()]
    readme.write(
        "forwarding", f"{_preface(seconds, rounds)}\n\n{markdown([HEADING, *rows])}\n\n{_image(found)}"
    )
    names = list(dict.fromkeys(name for one in found for name in one.named))
    chart = bar_chart.draw(
        "CPU milliseconds of the server per second of a three-person call",
        [_words(one.calls) for one in found],
        {name: [_cpu_ms(one.named.get(name)) for one in found] for name in names},
        stressed="Holdspace",
    )
    (ROOT / PLOT).write_text(chart)


def write_latency(found: Mapping[str, Run], seconds: float, rounds: int) -> None:
    """Table of the latency."""
    rows = [
        (
            name,
            milliseconds(run.delay_p50_ms),
            milliseconds(run.delay_p99_ms),
            f"{1000 * run.cpu_share:.0f}",
            f"{run.delivered:.1%}",
        )
        for name, run in found.items()
    ]
    heading = (
        f"{CALLS} calls on one core",
        "added latency p50",
        "p99",
        "CPU ms per call-second",
        "delivered",
    )
    readme.write("latency", f"{_preface(seconds, rounds)}\n\n{markdown([heading, *rows])}")


def forwarding_row(name: str, calls: int, run: Run) -> tuple[str, ...]:
    """A line under HEADING."""
    return (
        name,
        f"{calls}",
        f"{1000 * run.cpu_share:.1f}",
        f"{run.cpu_us_per_packet:.0f}",
        f"{run.cpu_us_per_packet * run.packets_in / run.packets_out:.0f}",
        f"{run.delivered:.1%}",
        _latency(run),
        f"{run.rss_call_mib:.1f} MiB",
    )


def _latency(run: Run) -> str:
    if math.isnan(run.delay_p50_ms):
        return "-"
    return f"{run.delay_p50_ms:.2f} / {milliseconds(run.delay_p99_ms)}"


def _cpu_ms(run: Run | None) -> float | None:
    return None if run is None else 1000 * run.cpu_share


def _preface(seconds: float, rounds: int) -> str:
    return (
        f"By `{readme.command('tests.bench')}`: medians of {rounds} interleaved rounds of {seconds:g} s. {readme.machine()}. "
        "The callers work on the same cores, so compare the servers with each other; the figures themselves are this machine's."
    )


def _image(found: Sequence[Comparison]) -> str:
    counts = " and ".join(_words(one.calls) for one in found)
    return f"![CPU time of each server, with {counts}]({PLOT})"


def _words(calls: int) -> str:
    return "1 call" if calls == 1 else f"{calls} calls at once"
