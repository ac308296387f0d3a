"""Connections: one async engine, and how a transaction begins on SQLite.

SQLite runs in WAL mode with foreign keys on. A transaction that will write begins with BEGIN IMMEDIATE: a
read that turns into a write later fails at once when somebody else wrote in between, busy timeout or not.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from alembic import command
from alembic.config import Config
from sqlalchemy import create_engine, event, make_url
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from server.reading_here import ReadingHere, without_waiting

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine

    from sqlalchemy import URL, Connection, Engine
    from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

    from server.reading_here import Reader
    from server.sealing import Sealer

T = TypeVar("T")

BUSY_TIMEOUT_MS = 5000
"""How long a writer waits for another one, in milliseconds."""
_TRY_AGAIN_MS: Final = 20
_JOURNAL_PATIENCE_MS: Final = 500
"""How long readers are waited for before the journal is emptied: nobody can write meanwhile, and it is tried again."""
_WRITES = "holdspace_writes"


class Database:
    """The store's connections: `await open()`, then `reading()` and `writing()`, or either in one go, at last `await close()`."""

    def __init__(self, url: str, sealer: Sealer) -> None:
        self._url = url
        self._sealer = sealer
        # Parameters are names and token hashes: they stay out of every error's text.
        self._engine: AsyncEngine = create_async_engine(url, hide_parameters=True)
        self._writer = self._engine.execution_options(**{_WRITES: True})
        _prepare(self._engine.sync_engine)
        self._emptying = asyncio.Lock()
        self.journal_holds_more = True
        """Whether the journal may hold what was erased; at first, since whoever ran before may have been killed."""
        self._plain = create_engine(_sync_url(url), hide_parameters=True)
        _prepare(self._plain)

    async def open(self) -> None:
        """Bring the tables up to date, in a thread of its own: Alembic is synchronous."""
        await asyncio.to_thread(migrate, self._url, self._sealer)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection inside one reading transaction."""
        async with self._engine.begin() as connection:
            yield connection

    async def read_at_once(self, read: Callable[[Reader], Coroutine[Any, Any, T]]) -> T:
        """Run a function of several statements inside one reading transaction, as a whole in one thread.

        `read` awaits nothing but its connection (`server.reading_here`).
        """

        def reading() -> T:
            with self._plain.begin() as connection:
                return without_waiting(read(ReadingHere(connection)))

        return await self._in_a_thread(reading)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection inside one writing transaction, committed unless the block raises."""
        async with self._writer.begin() as connection:
            yield connection

    async def write_at_once(self, write: Callable[[Connection], T]) -> T:
        """Run a function inside one writing transaction, as a whole in one thread."""

        def writing() -> T:
            with self._plain.execution_options(**{_WRITES: True}).begin() as connection:
                return write(connection)

        return await self._in_a_thread(writing)

    async def _in_a_thread(self, work: Callable[[], T]) -> T:
        running = asyncio.ensure_future(asyncio.to_thread(work))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            # A thread can't be cancelled, and its connection has to be back before the pool is closed.
            await asyncio.wait({running})
            raise

    async def empty_journal(self) -> bool:
        """Bring everything into the file itself and cut the journal to nothing: what was erased is left in neither.

        Whether it could be done; not while somebody reads for longer. `journal_holds_more` remembers it, so that it is
        tried again. Elsewhere than on SQLite there is nothing to do.
        """
        if self._engine.dialect.name != "sqlite":
            return True
        async with self._emptying:  # two at once would find each other busy
            self.journal_holds_more = False  # first: what is erased meanwhile says so anew
            is_busy = True
            try:
                is_busy = await self._is_checkpoint_busy()
            finally:
                self.journal_holds_more = self.journal_holds_more or is_busy
        return not is_busy

    async def _is_checkpoint_busy(self) -> bool:
        async with self._engine.connect() as connection:
            # Beside SQLAlchemy: a checkpoint can't be made inside a transaction.
            driver = (await connection.get_raw_connection()).driver_connection
            assert driver is not None  # noqa: S101 - it was just connected
            await _pragma(driver, f"busy_timeout={_JOURNAL_PATIENCE_MS}")
            try:
                busy, _, _ = await _pragma(driver, "wal_checkpoint(TRUNCATE)")
            finally:
                await _pragma(driver, f"busy_timeout={BUSY_TIMEOUT_MS}")
        return bool(busy)

    async def close(self) -> None:
        """Close every connection."""
        await self._engine.dispose()
        await asyncio.to_thread(self._plain.dispose)


async def _pragma(driver: Any, what: str) -> Any:
    async with driver.execute(f"PRAGMA {what}") as cursor:
        return await cursor.fetchone()


def migrate(url: str, sealer: Sealer) -> None:
    """Bring the database at this (async) URL to the newest revision; blocking, idempotent.

    `sealer`: names that an older revision kept in the clear are sealed on the way.
    """
    _make_file(url)
    engine = create_engine(_sync_url(url), poolclass=NullPool, hide_parameters=True)
    _prepare(engine)
    _switch_to_wal(engine)
    config = Config()
    config.set_main_option("script_location", "server:migrations")
    # One writing transaction round it all: two servers that start together migrate one after the other.
    with engine.execution_options(**{_WRITES: True}).begin() as connection:
        config.attributes |= {"connection": connection, "sealer": sealer}
        command.upgrade(config, "head")
    engine.dispose()


def _sync_url(url: str) -> URL:
    """The same database by the driver that is not async."""
    asked = make_url(url)
    return asked.set(drivername=asked.drivername.replace("+aiosqlite", ""))


def _make_file(url: str) -> None:
    """Make an SQLite file readable by its owner alone; SQLite gives its journals the same permissions."""
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database or parsed.database == ":memory:":
        return
    path = Path(parsed.database)
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.touch(mode=0o600)


def _switch_to_wal(engine: Engine) -> None:
    """Put the file into WAL mode, where it stays.

    SQLite refuses this at once, whatever the busy timeout, while somebody else writes: another server that starts on the
    same new file. So it is tried again for as long as a writer would be waited for.
    """
    tries = BUSY_TIMEOUT_MS // _TRY_AGAIN_MS
    with closing(engine.raw_connection()) as connection:
        for left in reversed(range(tries)):
            try:
                connection.cursor().execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError:
                if not left:
                    raise
                time.sleep(_TRY_AGAIN_MS / 1000)
            else:
                return


def _prepare(engine: Engine) -> None:
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
        event.listen(engine, "begin", _begin_sqlite)


def _set_up_sqlite(dbapi_connection: Any, _record: Any) -> None:
    # The driver begins no transaction by itself any more; `_begin_sqlite` does.
    dbapi_connection.isolation_level = None
    cursor = dbapi_connection.cursor()
    cursor.execute(f"PRAGMA busy_timeout={BUSY_TIMEOUT_MS}")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    # A deleted name leaves no readable remains in the file.
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
