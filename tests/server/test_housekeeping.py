"""What is done now and then: goodbye where a call's time has passed, erasing by the hour, and never giving up."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from structlog.testing import capture_logs

from server.database import Database
from server.housekeeping import Housekeeping
from server.sealing import Sealer
from server.status import DoorHours
from server.store import CallStore
from tests.server.mail.post import KEY, NOW, a_call
from tests.server.scene import ObedientClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from datetime import datetime
    from pathlib import Path

HOURS = DoorHours(before=timedelta(minutes=10), after=timedelta(hours=1))


class Rooms:
    """Rooms in which somebody is until they are told goodbye."""

    def __init__(self, *used: str) -> None:
        self.used = set(used)
        self.said: list[tuple[str, str]] = []

    def call_ids(self) -> frozenset[str]:
        """Those that are still used."""
        return frozenset(self.used)

    async def end_call(self, call_id: str, code: str) -> None:
        """Note the goodbye."""
        self.said.append((call_id, code))
        self.used.discard(call_id)


class Erasing:
    """A retention that notes when it is asked, and fails as often as it is told."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.asked_at: list[datetime] = []
        self.tidied = 0
        self.done = asyncio.Event()

    async def run(self, now: datetime) -> int:
        """Fail, or be done."""
        self.asked_at.append(now)
        if self.failures:
            self.failures -= 1
            raise OSError("the name Ada stands in this message")
        self.done.set()
        return 1

    async def tidy_journal(self) -> None:
        """Count how often."""
        self.tidied += 1


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[CallStore]:
    """Return an empty store."""
    sealer = Sealer(KEY)
    database = Database(f"sqlite+aiosqlite:///{tmp_path}/calls.sqlite3", sealer)
    await database.open()
    yield CallStore(database, sealer)
    await database.close()


def _house(store: CallStore, rooms: Rooms, erasing: Erasing) -> Housekeeping:
    return Housekeeping(erasing, rooms, store, HOURS, ObedientClock())  # type: ignore[arg-type]


async def test_a_call_that_never_began_ends_by_itself(store: CallStore) -> None:
    """Whoever still waits when its time has passed is told so, and not a moment before; other calls go on."""
    starts = NOW + timedelta(hours=1)
    waited, live, later = a_call(starts_at=starts), a_call(starts_at=starts, began_at=starts), a_call()
    for call in (waited, live, later):
        await store.add(call)
    rooms = Rooms(waited.id, live.id, later.id, "unknown")
    house = _house(store, rooms, Erasing())
    over = starts + timedelta(minutes=50) + HOURS.after
    await house.run_once(over - timedelta(seconds=1))
    assert rooms.said == []
    await house.run_once(over)
    assert rooms.said == [(waited.id, "call-over")]


async def test_nobody_stays_in_a_call_that_was_called_off(store: CallStore) -> None:
    """Should the goodbye have been lost on the way, it is said a minute later."""
    call = a_call(cancelled_at=NOW)
    await store.add(call)
    rooms = Rooms(call.id)
    await _house(store, rooms, Erasing()).run_once(NOW)
    assert rooms.said == [(call.id, "cancelled")]


async def test_it_is_erased_by_the_hour(store: CallStore) -> None:
    """At the start, then every hour; what was left in the journal is seen to each time in between."""
    erasing = Erasing()
    house = _house(store, Rooms(), erasing)
    for minutes in (0, 1, 59, 60, 61, 125):
        await house.run_once(NOW + timedelta(minutes=minutes))
    assert erasing.asked_at == [NOW + timedelta(minutes=minutes) for minutes in (0, 60, 125)]
    assert erasing.tidied == 3


async def test_it_goes_on_after_a_failure(store: CallStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """What failed is tried again the next time, and the log tells no name."""
    monkeypatch.setattr("server.housekeeping.EVERY_S", 0)
    erasing = Erasing(failures=2)
    with capture_logs() as logged:
        task = asyncio.create_task(_house(store, Rooms(), erasing).run())
        async with asyncio.timeout(5):
            await erasing.done.wait()
        task.cancel()
        await asyncio.wait({task})
    assert len(erasing.asked_at) == 3
    failures = [entry for entry in logged if entry["event"] == "housekeeping failed"]
    assert [entry["kind"] for entry in failures] == ["OSError", "OSError"]
    assert "Ada" not in str(logged)
