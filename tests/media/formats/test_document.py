"""docs/formats.md says what is so: its example is a format, and its table and its limits are the reader's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from media.formats.folders import ORDER, shipped
from media.formats.reader import read_text
from media.formats.shape import FormatTable, PhaseTable, RoundTable

DOCUMENT = (Path(__file__).parents[3] / "docs" / "formats.md").read_text()


def test_the_example_is_a_format() -> None:
    """Whoever copies it has one."""
    [example] = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)
    form = read_text(example, "two-steps", "docs/formats.md")
    assert [phase.name for one in form.rounds for phase in one.phases] == ["speaking", "sitting"]


def test_the_table_holds_every_shipped_format() -> None:
    """In the order in which people are offered them, with a source where the file names one."""
    rows = re.findall(
        r"^\| `([a-z-]+)` \| .+? \| (.*?) ?\|$", DOCUMENT.split("## A whole one")[0], re.MULTILINE
    )
    assert tuple(name for name, _ in rows) == ORDER
    assert {name for name, source in rows if source} == {n for n, form in shipped().items() if form.source}


@pytest.mark.parametrize("table", [FormatTable, RoundTable, PhaseTable])
def test_every_key_is_explained(table: type[FormatTable | RoundTable | PhaseTable]) -> None:
    """What the reader takes stands in the document."""
    missing = [key for key in table.model_fields if not re.search(rf"\b{key}\b", DOCUMENT)]
    assert missing == []
