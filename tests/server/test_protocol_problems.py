"""PROTOCOL.md names every problem that the HTTP API answers with, beside its status."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RAISED = re.compile(r"\b(?:Problem|conflict|DoorRefusedError|ClosedDoorError)\(\s*\"([a-z-]+)\"")
DOCUMENT = (ROOT / "PROTOCOL.md").read_text()


def _raised() -> list[str]:
    """The slugs that stand in the server's code."""
    files = (ROOT / "server").rglob("*.py")
    return sorted({slug for file in files for slug in RAISED.findall(file.read_text())})


def _named(heading: str) -> set[str]:
    """The codes in the first column of the tables under a heading."""
    section = re.split(r"^##+ ", DOCUMENT.split(f"### {heading}\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    cells = (line.split("|")[1] for line in section.splitlines() if line.startswith("| `"))
    return {slug for cell in cells for slug in re.findall(r"`([a-z-]+)`", cell)}


@pytest.mark.parametrize("slug", _raised())
def test_every_problem_is_documented(slug: str) -> None:
    """A client finds each `type` in the table of problems, or in that of closed doors."""
    assert slug in _named("Problems") | _named("Errors")


def test_problems_are_found() -> None:
    """The test above looks where problems are made."""
    assert {"forbidden", "proposal-closed", "unsupported-media-type", "not-agreed"} <= set(_raised())
