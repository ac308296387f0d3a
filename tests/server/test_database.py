"""The store's file: made by migrations, the same as the tables in code, and safe with several writers."""

from __future__ import annotations

import asyncio
import sqlite3
import stat
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import column, create_engine, event, insert, inspect, select, table
from sqlalchemy.exc import IntegrityError

from media.mediation.distance import Distance
from server.database import Database, migrate
from server.sealing import Sealer
from server.stored_rows import call_row, person_row
from server.tables import calls, metadata, people, series
from tests.server.mail.post import a_call, a_series
from tests.server.scene import ObedientClock

if TYPE_CHECKING:
    from pathlib import Path

SEALER = Sealer(bytes(32))


def _url(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder}/new folder/50%.sqlite3"


async def test_migrations_make_the_tables_and_may_run_again(tmp_path: Path) -> None:
    """From nothing to the newest tables; a second start changes nothing."""
    for _ in range(2):
        database = Database(_url(tmp_path), SEALER)
        await database.open()
        async with database.reading() as connection:
            names = await connection.run_sync(lambda sync: inspect(sync).get_table_names())
            assert set(names) == {"alembic_version", *metadata.tables}
        await database.close()


async def test_two_servers_may_start_at_once(tmp_path: Path) -> None:
    """Migrations that run at the same time wait for each other."""
    await asyncio.gather(*(asyncio.to_thread(migrate, _url(tmp_path), SEALER) for _ in range(3)))


def test_a_start_waits_for_another_that_writes_to_the_new_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite refuses the switch to WAL at once, busy timeout or not, while another server still makes its tables."""
    path = tmp_path / "new.sqlite3"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    waits: list[float] = []

    def wait(seconds: float) -> None:
        waits.append(seconds)
        if other.in_transaction:
            other.execute("COMMIT")

    monkeypatch.setattr("server.database.time.sleep", wait)
    migrate(f"sqlite+aiosqlite:///{path}", SEALER)
    assert waits
    assert other.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    other.close()


def test_migrations_and_tables_agree(tmp_path: Path) -> None:
    """A change of the tables needs its migration: Alembic finds no difference between the two."""
    migrate(_url(tmp_path), SEALER)
    engine = create_engine(_url(tmp_path).replace("+aiosqlite", ""))
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    engine.dispose()


def test_calls_from_before_begin_as_they_always_did(tmp_path: Path) -> None:
    """A call that was scheduled before one could choose a distance for it is clear after the migration, and back."""
    config = Config()
    config.set_main_option("script_location", "server:migrations")
    engine = create_engine(f"sqlite:///{tmp_path}/old.sqlite3")
    with engine.begin() as connection:
        config.attributes |= {"connection": connection, "sealer": SEALER}
        command.upgrade(config, "0001")
        before = [one["name"] for one in inspect(connection).get_columns("calls")]
        needed = (
            "id",
            "title",
            "timezone",
            "format",
            "manage_hash",
            "duration_minutes",
            "turn_seconds",
            "sequence",
        )
        row = dict.fromkeys(needed, "1") | dict.fromkeys(
            ("starts_at", "created_at", "changed_at"), "2026-11-24 12:00:00"
        )
        connection.execute(insert(table("calls", *map(column, before))).values(row))
        command.upgrade(config, "head")
        found = connection.execute(select(calls.c.distance, calls.c.room_minimum)).one()
        assert found == (Distance.CLEAR, Distance.CLEAR)
        command.downgrade(config, "0002")
        assert connection.execute(select(table("calls", column("title")))).one() == ("1",)
        command.downgrade(config, "0001")
        assert [one["name"] for one in inspect(connection).get_columns("calls")] == before
    engine.dispose()


def test_names_from_before_are_sealed(tmp_path: Path) -> None:
    """After the migration no name, address or title stands in the file, and each opens with the server's key."""
    config = Config()
    config.set_main_option("script_location", "server:migrations")
    path = tmp_path / "old.sqlite3"
    engine = create_engine(f"sqlite:///{path}")
    event.listen(engine, "connect", lambda each, _record: each.execute("PRAGMA secure_delete=ON"))
    moments = dict.fromkeys(("starts_at", "created_at", "changed_at"), "2026-11-24 12:00:00")
    call = dict.fromkeys(("timezone", "format", "manage_hash"), "x") | moments
    call |= {"id": "1", "title": "Our Sunday", "duration_minutes": 50, "turn_seconds": 180, "sequence": 0}
    person = {"id": "2", "call_id": "1", "place": 0, "role": "partner", "rsvp": "accepted", "token_hash": "h"}
    person |= {"name": "Adele Arbor", "email": "Adele@example.org"}
    with engine.begin() as connection:
        config.attributes |= {"connection": connection, "sealer": SEALER}
        command.upgrade(config, "0002")
        connection.execute(insert(table("calls", *map(column, call))).values(call))
        connection.execute(insert(table("people", *map(column, person))).values(person))
        command.upgrade(config, "head")
        found = connection.execute(select(people)).mappings().one()
    engine.dispose()
    assert SEALER.open(found["data_key"], found["name"]) == "Adele Arbor"
    assert SEALER.open(found["data_key"], found["email"]) == "Adele@example.org"
    assert found["address_hash"] == SEALER.address_hash("adele@example.org")
    stored = path.read_bytes()
    for word in (b"Adele", b"dele@example", b"Our Sunday"):
        assert word not in stored


def test_what_the_old_tables_can_hold_goes_back(tmp_path: Path) -> None:
    """Going back keeps single calls with their people in the clear; a series, whose calls share links, does not fit."""
    config = Config()
    config.set_main_option("script_location", "server:migrations")
    alone, series_calls = a_call(), a_series(2)
    assert series_calls[0].series is not None
    engine = create_engine(f"sqlite:///{tmp_path}/new.sqlite3")
    with engine.begin() as connection:
        config.attributes |= {"connection": connection, "sealer": SEALER}
        command.upgrade(config, "head")
        connection.execute(insert(series).values(asdict(series_calls[0].series)))
        for call in (alone, *series_calls):
            connection.execute(insert(calls).values(call_row(SEALER, call)))
            connection.execute(insert(people), [person_row(SEALER, call, each) for each in call.people])
        command.downgrade(config, "0002")
        assert connection.execute(select(table("calls", column("id"), column("title")))).all() == [
            (alone.id, alone.title)
        ]
        names = connection.scalars(select(column("name")).select_from(table("people"))).all()
        assert sorted(names) == ["Ada", "Ben"]
    engine.dispose()


async def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    """The database and its folder hold names: nobody else on the machine may read them."""
    database = Database(_url(tmp_path), SEALER)
    await database.open()
    async with database.writing() as connection:
        await connection.execute(select(calls))
        modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "new folder").iterdir()}
    await database.close()
    assert set(modes.values()) == {0o600}
    assert stat.S_IMODE((tmp_path / "new folder").stat().st_mode) == 0o700


async def test_foreign_keys_hold(tmp_path: Path) -> None:
    """Nobody is invited to a call that is not there."""
    database = Database(_url(tmp_path), SEALER)
    await database.open()
    row = {
        "id": "1",
        "call_id": "none",
        "place": 0,
        "role": "partner",
        "name": b"A",
        "rsvp": "x",
        "token_hash": "y",
    }

    async def write() -> None:
        async with database.writing() as connection:
            await connection.execute(insert(people).values(row))

    with pytest.raises(IntegrityError, match="FOREIGN KEY") as caught:
        await write()
    assert "partner" not in str(caught.value)
    await database.close()


async def test_a_block_that_fails_writes_nothing(tmp_path: Path) -> None:
    """A writing transaction is kept as a whole or not at all."""
    database = Database(_url(tmp_path), SEALER)
    await database.open()
    row = dict.fromkeys(("id", "timezone", "format", "manage_hash"), "x")
    row |= dict.fromkeys(("duration_minutes", "turn_seconds", "sequence"), 1)
    row |= {name: ObedientClock().now for name in ("starts_at", "created_at", "changed_at")}

    async def write_twice() -> None:
        async with database.writing() as connection:
            await connection.execute(insert(calls).values(row))
            await connection.execute(insert(calls).values(row))

    with pytest.raises(IntegrityError):
        await write_twice()
    async with database.reading() as connection:
        assert (await connection.execute(select(calls))).all() == []
    await database.close()
