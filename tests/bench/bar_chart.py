"""A chart of horizontal bars as an SVG that stands on its own: a group for each name, a bar for each series."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

TEMPLATE: Final = "bar_chart.svg.jinja"
FAR_OFF: Final = 3.0
"""A value that is this many times the next smaller one would press all others flat: its bar runs off the chart."""
ROUND: Final = (1.0, 2.0, 5.0)
TICKS: Final = 5


def draw(
    title: str,
    series: Sequence[str],
    groups: Mapping[str, Sequence[float | None]],
    *,
    stressed: str,
) -> str:
    """The chart. Groups whose name begins with `stressed` stand out; None: there is no such bar."""
    limit = scale([value for values in groups.values() for value in values if value is not None])
    # Autoescaping: a name is text, whatever stands in it.
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    step = tick_step(limit)
    return environment.get_template(TEMPLATE).render(
        title=title,
        series=series,
        groups=groups,
        stressed=stressed,
        limit=limit,
        ticks=[step * number for number in range(int(limit / step) + 1)],
    )


def scale(values: Sequence[float]) -> float:
    """Where the axis ends: a little past the largest value that isn't far off from all smaller ones."""
    ordered = sorted(values)
    largest = ordered[0]
    for value in ordered[1:]:
        if value > FAR_OFF * largest:
            break
        largest = value
    return largest * 1.1


def tick_step(limit: float) -> float:
    """A round distance, so that about `TICKS` of them fill the axis."""
    power = 1.0
    while limit / (power * 10) >= TICKS:
        power *= 10
    while limit / power < TICKS / 2:
        power /= 10
    return next((power * step for step in ROUND if limit / (power * step) <= TICKS), power * ROUND[-1] * 2)
