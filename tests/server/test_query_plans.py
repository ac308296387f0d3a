"""Whatever is asked often finds its rows by an index: nothing grows with the number of calls that are kept."""

from __future__ import annotations

import re
import sqlite3
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import event

from server.desk.listed import ListedTherapists
from server.retention import Retention
from tests.bench.practice import NOW
from tests.bench.scheduling import Scheduled, scheduled

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

CALLS = 200
TABLES = ("calls", "people", "mails", "proposals", "series", "desk_tokens")
"""Those that grow with the calls; therapists are few."""
FEW_ROWS = re.compile(r"row_number|GROUP BY|FROM proposals|people\.(token|feed)_hash = \?")
"""What may be sorted: letters to one person, proposals of one call, one therapist's couples, and the calls of one person."""


@dataclass
class Asked:
    """What was asked of a database, and how SQLite goes about it."""

    path: Path
    statements: list[tuple[str, Any]] = field(default_factory=list)

    def plans(self) -> dict[str, list[str]]:
        """Each statement that reads or changes rows, with the steps of its plan."""
        connection = sqlite3.connect(self.path)
        found = {}
        for statement, values in self.statements:
            if statement.startswith(("SELECT", "UPDATE", "DELETE")):
                rows = connection.execute(f"EXPLAIN QUERY PLAN {statement}", values).fetchall()
                found[statement] = [row[3] for row in rows]
        connection.close()
        return found


@pytest.fixture
async def practice(tmp_path: Path) -> AsyncIterator[Scheduled]:
    """Return an application with some calls; how SQLite goes about a query does not depend on their number."""
    async with scheduled(tmp_path, CALLS) as running:
        yield running


@contextmanager
def _listening(running: Scheduled) -> Iterator[Asked]:
    """Write down what is asked meanwhile."""
    asked = Asked(running.parts.settings.data_dir / "holdspace.sqlite3")

    def note(_c: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: Any) -> None:
        asked.statements.append((statement, values))

    database = running.parts.database
    engines = (database._engine.sync_engine, database._plain)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    yield asked
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def _assert_by_index(name: str, asked: Asked) -> None:
    plans = asked.plans()
    assert plans, name
    for statement, steps in plans.items():
        for step in steps:
            scans = re.match(rf"SCAN ({'|'.join(TABLES)})\b(?!.* USING (COVERING )?INDEX)", step)
            assert not scans, (name, step, statement)
            sorts = "TEMP B-TREE" in step and not FEW_ROWS.search(statement)
            assert not sorts, (name, step, statement)


async def test_what_is_asked_often_is_found_by_an_index(practice: Scheduled) -> None:
    """Neither is a table read from end to end, nor is anything sorted that an index has in order already."""
    for name, step in practice.steps().items():
        with _listening(practice) as asked:
            await step()
        _assert_by_index(name, asked)


async def test_what_is_kept_too_long_is_found_by_an_index(practice: Scheduled) -> None:
    """Looking for it, erasing it, and what goes with it."""
    parts = practice.parts
    listed = ListedTherapists([], parts.sealer, anybody=True)
    outbox = parts.settings.data_dir / "outbox"
    retention = Retention(parts.database, parts.hours, listed, keep=timedelta(days=20), outbox=outbox)
    with _listening(practice) as asked:
        assert await retention.run(NOW) > 0
    _assert_by_index("erasing", asked)


async def test_the_couples_of_a_desk_are_found_by_an_index(practice: Scheduled) -> None:
    """They are grouped, but among the therapist's own calls alone."""
    for name, step in practice.more().items():
        with _listening(practice) as asked:
            await step()
        _assert_by_index(name, asked)
