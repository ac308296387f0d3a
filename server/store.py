"""Reading and writing calls: the only file with queries.

Rules (who may, when) are its callers'. `changing` reads and writes inside one writing transaction, so that
two changes at once never overwrite each other.
"""

from __future__ import annotations

from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from media.mediation.people import Role
from server.records import Call, Person, Rsvp
from server.tables import calls, people

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from server.database import Database


class Change:
    """One call inside a writing transaction: as it is now, and a way to write columns of it."""

    def __init__(self, connection: AsyncConnection, call: Call) -> None:
        self._connection = connection
        self.call = call

    async def write(self, values: Mapping[str, Any]) -> None:
        """Write these columns of the call and read it again."""
        await self._connection.execute(update(calls).where(calls.c.id == self.call.id).values(dict(values)))
        await self._read_again()

    async def write_rsvp(self, person_id: str, rsvp: Rsvp) -> None:
        """Write what one participant answered and read the call again."""
        here = (people.c.call_id == self.call.id) & (people.c.id == person_id)
        await self._connection.execute(update(people).where(here).values(rsvp=rsvp))
        await self._read_again()

    async def _read_again(self) -> None:
        call = await _read(self._connection, self.call.id)
        if call is None:
            raise LookupError("a call vanished inside its own transaction")
        self.call = call


class CallStore:
    """Calls and their people in the database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, call: Call) -> None:
        """Write a new call with its people."""
        async with self._database.writing() as connection:
            await connection.execute(insert(calls).values(_call_row(call)))
            await connection.execute(
                insert(people), [_person_row(call, place) for place in range(len(call.people))]
            )

    async def get(self, call_id: str) -> Call | None:
        """Return a call, or None when there is none with this id."""
        async with self._database.reading() as connection:
            return await _read(connection, call_id)

    async def find_invited(self, token_hash: str) -> tuple[Call, Person] | None:
        """Return whom an invitation belongs to, looked up by its hash."""
        async with self._database.reading() as connection:
            found = await connection.scalar(select(people.c.call_id).where(people.c.token_hash == token_hash))
            call = await _read(connection, found) if found else None
        person = call.person(token_hash) if call else None
        return (call, person) if call and person else None

    @asynccontextmanager
    async def changing(self, call_id: str) -> AsyncIterator[Change]:
        """Open a writing transaction on one call; raises LookupError when there is none with this id."""
        async with self._database.writing() as connection:
            call = await _read(connection, call_id)
            if call is None:
                raise LookupError("no such call")
            yield Change(connection, call)

    async def mark(self, call_id: str, column: str, moment: datetime) -> None:
        """Note that a call began or ended (`began_at`, `ended_at`); the first time counts."""
        still_open = calls.c.cancelled_at.is_(None) & calls.c[column].is_(None)
        async with self._database.writing() as connection:
            await connection.execute(
                update(calls).where((calls.c.id == call_id) & still_open).values({column: moment})
            )

    async def check(self) -> None:
        """Raise an error of SQLAlchemy's when the database does not answer."""
        async with self._database.reading() as connection:
            await connection.execute(select(calls.c.id).limit(1))


async def _read(connection: AsyncConnection, call_id: str) -> Call | None:
    row = (await connection.execute(select(calls).where(calls.c.id == call_id))).mappings().one_or_none()
    if row is None:
        return None
    found = await connection.execute(
        select(people).where(people.c.call_id == call_id).order_by(people.c.place)
    )
    return Call(**row, people=tuple(_person(each) for each in found.mappings()))


def _person(row: Mapping[Any, Any]) -> Person:
    return Person(
        id=row["id"],
        role=Role(row["role"]),
        name=row["name"],
        email=row["email"],
        rsvp=Rsvp(row["rsvp"]),
        token_hash=row["token_hash"],
    )


def _call_row(call: Call) -> dict[str, Any]:
    return {column.name: getattr(call, column.name) for column in calls.columns}


def _person_row(call: Call, place: int) -> dict[str, Any]:
    person = call.people[place]
    return {
        "id": person.id,
        "call_id": call.id,
        "place": place,
        "role": person.role.value,
        "name": person.name,
        "email": person.email,
        "rsvp": person.rsvp.value,
        "token_hash": person.token_hash,
    }
