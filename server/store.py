"""Reading and writing calls with their people, series and proposals. Names are sealed on the way in (`stored_rows`).

Rules (who may, when) are its callers'. `changing` reads and writes inside one writing transaction, so that two changes at
once never overwrite each other, and letters are queued in the transaction that they tell of.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert, select, update

from server.mail.wishes import queue_mails
from server.stored_rows import (
    SEALED_OF_A_CALL,
    call_row,
    person_row,
    proposal_row,
    read_call,
    read_proposal,
    seal_for,
)
from server.tables import calls, people, proposals, series, therapists

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from server.database import Database
    from server.mail.wishes import MailWish
    from server.reading_here import Reader
    from server.records import Call, Proposal, Rsvp
    from server.sealing import Sealer

MANY: Final = 10
"""Opening what is sealed takes about 30 µs for a call: beyond this many a thread does it, so that live calls don't wait."""


class Change:
    """One call inside a writing transaction: as it is now, and ways to write what belongs to it."""

    def __init__(self, connection: AsyncConnection, sealer: Sealer, call: Call) -> None:
        self.connection = connection
        self._sealer = sealer
        self.call = call

    async def write(self, values: Mapping[str, Any]) -> None:
        """Write these fields of the call and read it again."""
        await self.write_call(self.call.id, values)
        self.call = await self._again(self.call.id)

    async def write_call(self, call_id: str, values: Mapping[str, Any]) -> None:
        """Write these fields of another call, of the same series, say."""
        row = dict(values)
        if sealed := SEALED_OF_A_CALL & row.keys():
            key = await self.connection.scalar(select(calls.c.data_key).where(calls.c.id == call_id))
            row |= {name: seal_for(self._sealer, key, row[name]) for name in sealed}
        await self.connection.execute(update(calls).where(calls.c.id == call_id).values(row))

    async def write_person(self, place: int, values: Mapping[str, Any], call_id: str | None = None) -> None:
        """Write plain columns (`rsvp`, `timezone`, `answered_at`) of who has this place; read the call again."""
        here = (people.c.call_id == (call_id or self.call.id)) & (people.c.place == place)
        await self.connection.execute(update(people).where(here).values(dict(values)))
        self.call = await self._again(self.call.id)

    async def write_person_later(
        self, place: int, values: Mapping[str, Any], *, stamped: datetime | None = None
    ) -> None:
        """Write an answer of who has this place in the later calls of the series, as far as they are still to come.

        `stamped`: when a calendar wrote it; a newer answer to one of them stays as it is.
        """
        if self.call.series is None:
            return
        later = select(calls.c.id).where(
            (calls.c.series_id == self.call.series.id)
            & (calls.c.occurrence_at > self.call.occurrence_at)
            & calls.c.cancelled_at.is_(None)
            & calls.c.ended_at.is_(None)
        )
        here = people.c.call_id.in_(later) & (people.c.place == place)
        if stamped is not None:
            here &= people.c.answered_at.is_(None) | (people.c.answered_at <= stamped)
        await self.connection.execute(update(people).where(here).values(dict(values)))

    async def write_rsvp(self, place: int, rsvp: Rsvp) -> None:
        """Write what one participant answered and read the call again."""
        await self.write_person(place, {"rsvp": rsvp.value})

    async def write_series(self, values: Mapping[str, Any]) -> None:
        """Write these columns of the call's series and read the call again. Raises LookupError without a series."""
        if self.call.series is None:
            raise LookupError("this call is not of a series")
        here = series.c.id == self.call.series.id
        await self.connection.execute(update(series).where(here).values(dict(values)))
        self.call = await self._again(self.call.id)

    async def series_calls(self) -> tuple[Call, ...]:
        """All calls of the series in the order of their original times; the call alone without one."""
        if self.call.series is None:
            return (self.call,)
        return await _read_series(self.connection, self._sealer, self.call.series.id)

    async def proposals(self) -> tuple[Proposal, ...]:
        """The call's proposals, the oldest first."""
        return await _read_proposals(self.connection, self.call.id)

    async def add_proposal(self, proposal: Proposal) -> None:
        """Write a new proposal."""
        await self.connection.execute(insert(proposals).values(proposal_row(proposal)))

    async def write_proposal(self, proposal: Proposal) -> None:
        """Write a proposal as it is now."""
        here = proposals.c.id == proposal.id
        await self.connection.execute(update(proposals).where(here).values(proposal_row(proposal)))

    async def queue(self, wishes: Sequence[MailWish], now: datetime) -> None:
        """Queue letters in this transaction."""
        await queue_mails(self.connection, wishes, now)

    async def _again(self, call_id: str) -> Call:
        call = await _read(self.connection, self._sealer, call_id)
        if call is None:
            raise LookupError("a call vanished inside its own transaction")
        return call


class CallStore:
    """Calls and what belongs to them in the database.

    `told` is called after each transaction that may have queued letters.
    """

    def __init__(self, database: Database, sealer: Sealer, told: Callable[[], None] = lambda: None) -> None:
        self._database = database
        self._sealer = sealer
        self._told = told

    async def add(self, *new: Call, letters: Sequence[MailWish] = ()) -> None:
        """Write a new call with its people, or all the calls of a new series, and queue the letters about them."""
        first = new[0]
        # Sealing a hundred calls takes a while.
        sealed, rows = await asyncio.to_thread(_new_rows, self._sealer, new)
        async with self._database.writing() as connection:
            if first.series is not None:
                row = {column.name: getattr(first.series, column.name) for column in series.columns}
                await connection.execute(insert(series).values(row))
            await connection.execute(insert(calls), sealed)
            await connection.execute(insert(people), rows)
            await queue_mails(connection, letters, first.created_at)
        self._told()

    async def get(self, call_id: str) -> Call | None:
        """Return a call, or None when there is none with this id."""
        async with self._database.reading() as connection:
            return await _read(connection, self._sealer, call_id)

    async def invited(self, token_hash: str) -> tuple[Call, ...]:
        """Return the calls that an invitation belongs to, looked up by its hash, the earliest first; mostly one."""
        return await self.select(
            select(calls).join(people).where(people.c.token_hash == token_hash).order_by(calls.c.starts_at)
        )

    async def is_desks_own(self, therapist_id: str, email: str) -> bool:
        """Whether this is the address with which the therapist signs in at their desk."""
        query = select(therapists.c.address_hash).where(therapists.c.id == therapist_id)
        async with self._database.reading() as connection:
            return await connection.scalar(query) == self._sealer.address_hash(email)

    async def in_feed(self, feed_hash: str) -> tuple[Call, ...]:
        """Return the calls of whom a feed belongs to, looked up by the hash of its secret, the earliest first."""
        return await self.select(
            select(calls).join(people).where(people.c.feed_hash == feed_hash).order_by(calls.c.starts_at)
        )

    async def managed(self, manage_hash: str) -> tuple[Call, ...]:
        """Return the calls that a manage token is good for, the earliest first."""
        return await self.select(
            select(calls).where(calls.c.manage_hash == manage_hash).order_by(calls.c.starts_at)
        )

    async def series_calls(self, series_id: str) -> tuple[Call, ...]:
        """Return all calls of a series in the order of their original times."""
        async with self._database.reading() as connection:
            return await _read_series(connection, self._sealer, series_id)

    async def proposals(self, call_id: str) -> tuple[Proposal, ...]:
        """Return a call's proposals, the oldest first."""
        async with self._database.reading() as connection:
            return await _read_proposals(connection, call_id)

    async def select(self, query: Select[Any]) -> tuple[Call, ...]:
        """Return the calls that a query over the columns of `calls` finds, in its order."""

        async def read(reader: Reader) -> tuple[Call, ...]:
            return (await _read_rows(reader, query)).opened(self._sealer)

        return await self._database.read_at_once(read)

    @asynccontextmanager
    async def changing(self, call_id: str) -> AsyncIterator[Change]:
        """Open a writing transaction on one call; raises LookupError when there is none with this id."""
        async with self._database.writing() as connection:
            call = await _read(connection, self._sealer, call_id)
            if call is None:
                raise LookupError("no such call")
            yield Change(connection, self._sealer, call)
        self._told()

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

    async def check_key(self) -> None:
        """Raise SealError when the server's key does not open what is stored."""
        async with self._database.reading() as connection:
            query = select(calls).where(calls.c.data_key.is_not(None)).limit(1)
            await read_calls(connection, self._sealer, query)
            query = select(therapists.c.data_key, therapists.c.email).limit(1)
            for key, sealed in await connection.execute(query):
                self._sealer.open(key, sealed)


async def read_calls(connection: AsyncConnection, sealer: Sealer, query: Select[Any]) -> tuple[Call, ...]:
    """Run a query over the columns of `calls` and read each call with its people and series: three queries in all."""
    rows = await _read_rows(connection, query)
    if len(rows.calls) > MANY:
        return await asyncio.to_thread(rows.opened, sealer)
    return rows.opened(sealer)


@dataclass(frozen=True, slots=True)
class _Rows:
    """Rows of calls, with those of their people by call and of their series by id."""

    calls: Sequence[Mapping[Any, Any]]
    people: Mapping[str, Sequence[Mapping[Any, Any]]]
    series: Mapping[str, Mapping[Any, Any]]

    def opened(self, sealer: Sealer) -> tuple[Call, ...]:
        """The calls that they are."""
        return tuple(
            read_call(sealer, row, self.people.get(row["id"], ()), self.series.get(row["series_id"]))
            for row in self.calls
        )


async def _read_rows(reader: Reader, query: Select[Any]) -> _Rows:
    found = (await reader.execute(query)).mappings().all()
    ids = [row["id"] for row in found]
    of_people: defaultdict[str, list[Mapping[Any, Any]]] = defaultdict(list)
    known = select(people).where(people.c.call_id.in_(ids)).order_by(people.c.call_id, people.c.place)
    for row in (await reader.execute(known)).mappings():
        of_people[row["call_id"]].append(row)
    of_series: dict[str, Mapping[Any, Any]] = {}
    if wanted := {row["series_id"] for row in found if row["series_id"]}:
        rows = await reader.execute(select(series).where(series.c.id.in_(wanted)))
        of_series = {row["id"]: row for row in rows.mappings()}
    return _Rows(found, of_people, of_series)


def _new_rows(sealer: Sealer, new: Sequence[Call]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The rows of new calls and of their people."""
    return (
        [call_row(sealer, call) for call in new],
        [person_row(sealer, call, person) for call in new for person in call.people],
    )


async def _read(connection: AsyncConnection, sealer: Sealer, call_id: str) -> Call | None:
    found = await read_calls(connection, sealer, select(calls).where(calls.c.id == call_id))
    return found[0] if found else None


async def _read_series(connection: AsyncConnection, sealer: Sealer, series_id: str) -> tuple[Call, ...]:
    query = select(calls).where(calls.c.series_id == series_id).order_by(calls.c.occurrence_at)
    return await read_calls(connection, sealer, query)


async def _read_proposals(connection: AsyncConnection, call_id: str) -> tuple[Proposal, ...]:
    query = select(proposals).where(proposals.c.call_id == call_id).order_by(proposals.c.created_at)
    return tuple(read_proposal(row) for row in (await connection.execute(query)).mappings())
