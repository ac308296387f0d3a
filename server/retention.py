"""How long is kept what: some days after a call is over, its names, addresses, titles and links are erased for good.

A call is over when it was ended or called off, or when its time has passed. It is found by an index for each of these, some
at a time, so that a server that was down for long does not stand still over it.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, exists, select

from server.desk.sessions import forget_expired
from server.erasing import erase_calls, remove_letters
from server.mail.wishes import MailState
from server.tables import calls, mails, therapists

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping, Sequence
    from pathlib import Path

    from sqlalchemy import Column

    from server.database import Database
    from server.desk.listed import ListedTherapists
    from server.status import DoorHours

BATCH: Final = 100
"""Calls that are erased in one transaction: others who write wait for some milliseconds."""
LETTERS_GRACE: Final = timedelta(days=2)
"""A call that was called off is kept until everybody is told, but no longer than this: letters are tried for about a day."""
SIGN_IN_LETTERS: Final = timedelta(days=1)
"""Their links are good for a quarter of an hour; the rows tell an operator who asks why none came."""
_WAITING: Final = (MailState.QUEUED.value, MailState.CLAIMED.value, MailState.HANDING_OVER.value)


@dataclass(frozen=True, slots=True)
class _Kept:
    """The moments of a call that is not erased yet."""

    id: str
    starts_at: datetime
    duration_minutes: int
    began_at: datetime | None
    ended_at: datetime | None
    cancelled_at: datetime | None
    letters_wait: bool

    @property
    def planned_end(self) -> datetime:
        """As of a `Call`."""
        return self.starts_at + timedelta(minutes=self.duration_minutes)


class Retention:
    """Erases what is over for longer than `keep`. `outbox`: where letters are written to without a mail server."""

    def __init__(
        self,
        database: Database,
        hours: DoorHours,
        listed: ListedTherapists,
        *,
        keep: timedelta,
        outbox: Path,
    ) -> None:
        self._database = database
        self._hours = hours
        self._listed = listed
        self._keep = keep
        self._outbox = outbox

    async def run(self, now: datetime) -> int:
        """Erase what is due; returns how many calls that were."""
        erased = 0
        for column in (calls.c.ended_at, calls.c.cancelled_at, calls.c.starts_at):
            async for kept in self._pages(column, now - self._keep):
                due = [call.id for call in kept if self._is_due(call, now - self._keep)]
                await self._erase(due, now)
                erased += len(due)
        await self._tidy(now)
        if erased or self._database.journal_holds_more:
            await self._database.empty_journal()
        return erased

    async def tidy_journal(self) -> None:
        """Empty the database's journal where somebody was reading, and it could not be done, when something was erased."""
        if self._database.journal_holds_more:
            await self._database.empty_journal()

    def _is_due(self, call: _Kept, until: datetime) -> bool:
        over = self._hours.over_since(call)
        return over <= (until - LETTERS_GRACE if call.letters_wait else until)

    async def _pages(self, column: Column[Any], until: datetime) -> AsyncIterator[Sequence[_Kept]]:
        """The calls that are kept though this moment of theirs has passed, the earliest first."""
        query = _kept().where(column <= until).order_by(column, calls.c.id).limit(BATCH)
        page: Sequence[Mapping[Any, Any]] = ()
        while True:
            further = query
            if page:
                last, last_id = page[-1][column.name], page[-1]["id"]
                further = query.where((column >= last) & ((column > last) | (calls.c.id > last_id)))
            async with self._database.reading() as connection:
                page = (await connection.execute(further)).mappings().all()
            yield [_Kept(**row) for row in page]
            if len(page) < BATCH:
                return

    async def _erase(self, ids: Sequence[str], now: datetime) -> None:
        if not ids:
            return
        async with self._database.writing() as connection:
            await erase_calls(connection, ids, now)
            # Not later: after a crash in between, the rows still tell which files to look for. Nor before: a letter that is
            # just written is noted either before this transaction, and found here, or after it, and taken back.
            await asyncio.to_thread(remove_letters, self._outbox, topics=frozenset(ids))

    async def _tidy(self, now: datetime) -> None:
        async with self._database.writing() as connection:
            await forget_expired(connection, now)
            to_therapists = mails.c.therapist_id.in_(select(therapists.c.id))  # few, where letters are many
            old = to_therapists & (mails.c.created_at < now - SIGN_IN_LETTERS)
            letters = (await connection.scalars(delete(mails).where(old).returning(mails.c.id))).all()
            rows = await connection.execute(
                select(therapists.c.id, therapists.c.address_hash).where(_idle(now))
            )
            if gone := [row.id for row in rows if not self._listed.has(row.address_hash)]:
                await connection.execute(delete(therapists).where(therapists.c.id.in_(gone)))
        await asyncio.to_thread(remove_letters, self._outbox, letters=frozenset(letters))


def _kept() -> Any:
    of_it = (mails.c.call_id == calls.c.id) & mails.c.state.in_(_WAITING)
    moments = (
        calls.c[name] for name in ("starts_at", "duration_minutes", "began_at", "ended_at", "cancelled_at")
    )
    letters_wait = exists().where(of_it).label("letters_wait")
    return select(calls.c.id, *moments, letters_wait).where(calls.c.erased_at.is_(None))


def _idle(now: datetime) -> Any:
    """Therapists who have no call that is still kept, and did not come today."""
    kept = (calls.c.therapist_id == therapists.c.id) & calls.c.erased_at.is_(None)
    return ~exists().where(kept) & (therapists.c.created_at < now - SIGN_IN_LETTERS)
