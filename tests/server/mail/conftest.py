"""A database with a postman, and mail servers that are really there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from server.database import Database
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


@pytest.fixture
async def post(tmp_path: Path, clock: ObedientClock) -> AsyncIterator[PostRoom]:
    """Return an empty database with all that sends letters from it."""
    sealer = Sealer(KEY)
    database = Database(f"sqlite+aiosqlite:///{tmp_path / 'calls.sqlite3'}", sealer)
    await database.open()
    yield PostRoom(tmp_path, clock, sealer, database, CallStore(database, sealer))
    await database.close()


@pytest.fixture
async def inbox() -> AsyncIterator[Inbox]:
    """Return a mail server on loopback that takes everything."""
    async with mail_server(Inbox()) as inbox:
        yield inbox
