"""A database with a postman, and mail servers that are really there."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from server.database import Database, migrate
from server.sealing import Sealer
from server.store import CallStore
from tests.server.mail.mail_server import Inbox, mail_server
from tests.server.mail.post import KEY, NOW
from tests.server.mail.post_room import PostRoom
from tests.server.scene import ObedientClock

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path


@pytest.fixture
def clock() -> ObedientClock:
    """Return a clock at noon UTC on 24 November 2026."""
    return ObedientClock(NOW)


@pytest.fixture(scope="session")
def empty_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the file of a database with all its tables and nothing in them; making one takes longer than a copy."""
    path = tmp_path_factory.mktemp("empty") / "calls.sqlite3"
    migrate(f"sqlite+aiosqlite:///{path}", Sealer(KEY))
    return path


@pytest.fixture
async def post(tmp_path: Path, empty_file: Path, clock: ObedientClock) -> AsyncIterator[PostRoom]:
    """Return an empty database with all that sends letters from it."""
    sealer = Sealer(KEY)
    path = tmp_path / "calls.sqlite3"
    shutil.copy(empty_file, path)
    database = Database(f"sqlite+aiosqlite:///{path}", sealer)
    yield PostRoom(tmp_path, clock, sealer, database, CallStore(database, sealer))
    await database.close()


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    """Return a mail server on loopback that takes everything."""
    async with mail_server(Inbox()) as inbox:
        yield inbox
