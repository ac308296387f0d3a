"""How measured figures become a plot and a place in README.md."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from tests.bench import bar_chart, readme
from tests.bench.table import markdown

if TYPE_CHECKING:
    from pathlib import Path

SVG = "{http://www.w3.org/2000/svg}"


def test_only_what_stands_between_the_marks_is_replaced(tmp_path: Path) -> None:
    """A written section goes where its marks are; the rest of the file, other sections included, stays as it is."""
    file = tmp_path / "README.md"
    file.write_text(
        "a\n<!-- measured: x -->\nold\n<!-- /measured: x -->\nb\n<!-- measured: y -->\n<!-- /measured: y -->\n"
    )
    readme.write("x", "new\n", file)
    assert file.read_text().splitlines() == [
        "a", "<!-- measured: x -->", "new", "<!-- /measured: x -->", "b", "<!-- measured: y -->", "<!-- /measured: y -->",
    ]  # fmt: skip
    with pytest.raises(readme.NoMarkError):
        readme.write("z", "new", file)


def test_every_mark_of_a_command_is_in_the_readme() -> None:
    """What the commands write has its place."""
    text = readme.README.read_text()
    for name in ("forwarding", "latency", "line-5", "line-10"):
        assert text.count(f"<!-- measured: {name} -->") == text.count(f"<!-- /measured: {name} -->") == 1, (
            name
        )


def test_a_table_of_markdown() -> None:
    """The first column stands to the left, figures to the right."""
    assert markdown([("a", "b"), ("1", "2")]) == "| a | b |\n| --- | ---: |\n| 1 | 2 |"


def test_the_chart_is_drawn_to_scale() -> None:
    """Bars are as long as their values say; one that is far off ends at the edge; a missing one isn't drawn."""
    drawn = bar_chart.draw("T <&>", ["1", "4"], {"A": [10, 20], "B": [500, None]}, stressed="A")
    chart = ET.fromstring(drawn)  # noqa: S314 - it is our own
    bars = [float(rect.get("width", "")) for rect in chart.iter(f"{SVG}rect") if rect.get("height") == "14"]
    assert len(bars) == 3
    assert bars[1] == pytest.approx(2 * bars[0], abs=0.2)
    assert bars[2] == pytest.approx(bars[1] * 1.1, abs=0.2)
    assert "500 →" in [text.text for text in chart.iter(f"{SVG}text")]


@pytest.mark.parametrize(("limit", "step"), [(99, 20), (56, 20), (45, 10), (7, 2), (0.7, 0.2), (1000, 200)])
def test_ticks_are_round(limit: float, step: float) -> None:
    """Three to six of them, at round distances."""
    assert bar_chart.tick_step(limit) == pytest.approx(step)
