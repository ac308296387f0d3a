"""The queue in the database: several processes take letters from it, and each letter is taken by one of them.

    queued ──claim──▶ claimed ──hand over──▶ handing-over ──settle──▶ sent
       ▲  └──────────▶ dropped   │                └── the process dies ──▶ uncertain
       └── the process dies, ────┘
           or a later attempt

A claim is a lease: when its process dies, another takes the letter over. Up to `handing-over` nothing has left this server, so
that trying again is safe. From then on only the mail server knows, so that nobody tries again and a person is told.
"""

from __future__ import annotations

from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import structlog
from sqlalchemy import func, select, update

from server.mail.case import read_claim
from server.mail.letters import IN_FLIGHT
from server.mail.truth import Drop, Hold
from server.mail.wishes import MailState
from server.sealing import SealError
from server.secret import new_id
from server.tables import calls, mails

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from server.clock import WallClock
    from server.database import Database
    from server.mail.letters import Claim
    from server.sealing import Sealer

    Row = Mapping[Any, Any]

log = structlog.stdlib.get_logger(__name__)

LEASE: Final = timedelta(minutes=3)
"""Longer than handing one letter over ever takes; a letter whose process died waits for no longer than this."""
PAGE: Final = 50
"""Letters that are looked at in one transaction."""
MAX_REASON_CHARS: Final = 300
DELAYS_MINUTES: Final = (1, 5, 15, 60, *[240] * 5)
"""Waits between attempts: about a day in all."""
INTERRUPTED: Final = "The server stopped while it handed this letter over: it may or may not have arrived."
UNREADABLE: Final = "What it is about could not be read."
COVERED: Final = "The invitation that went out says what is true now."
_FREE: Final[Mapping[str, Any]] = MappingProxyType(
    {"state": MailState.QUEUED.value, "claimed_by": None, "claimed_until": None}
)


class LostClaimError(Exception):
    """Our lease was over, and the letter is another process's now."""


class MailQueue:
    """Takes due letters and notes what became of them.

    Args:
        database: where they wait.
        sealer: opens names and addresses.
        clock: the present moment.
        lease: how long a process may keep a letter; see `LEASE`.
    """

    def __init__(
        self, database: Database, sealer: Sealer, clock: WallClock, lease: timedelta = LEASE
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._clock = clock
        self._lease = lease

    async def claim(self) -> Claim | None:
        """Take the letter that has been due for longest and is still true; None when there is none.

        What is not true any more is dropped on the way. Two letters to one person about one call never go at once.
        """
        if not await self._is_any_due():
            return None
        async with self._database.writing() as connection:
            now = self._clock()
            busy = {_whose(row) for row in await _rows(connection, mails.c.state.in_(IN_FLIGHT))}
            due = (mails.c.state == MailState.QUEUED) & (mails.c.due_at <= now)
            for row in await _rows(connection, due):
                if row["call_id"] and _whose(row) in busy:
                    continue
                claim = await self._take(connection, row, now)
                if claim is not None:
                    return claim
        return None

    async def hand_over(self, claim: Claim) -> None:
        """Note, before the first word of a letter leaves, that it leaves. Raises LostClaimError."""
        until = self._clock() + self._lease
        values = {"state": MailState.HANDING_OVER.value, "claimed_until": until}
        if not await self._write(claim, (MailState.CLAIMED,), values):
            raise LostClaimError

    async def settle(self, claim: Claim, state: MailState, reason: str | None = None) -> bool:
        """Note what became of a letter, for good. A late answer of the mail server's beats `uncertain`.

        Whether it is still known of: what it tells may have been erased since the claim, and the letter's row with it.
        """
        values = _settled(state, self._clock(), reason)
        async with self._database.writing() as connection:
            if await _write(connection, claim, (*IN_FLIGHT, MailState.UNCERTAIN), values):
                return True
            query = select(mails.c.id).where(mails.c.id == claim.mail_id)
            return await connection.scalar(query) is not None

    async def try_again(self, claim: Claim, reason: str) -> MailState:
        """Put a letter that could not be handed over back for a later attempt; after a day, give up."""
        if claim.attempts >= len(DELAYS_MINUTES):
            await self.settle(claim, MailState.FAILED, reason)
            return MailState.FAILED
        wait = timedelta(minutes=DELAYS_MINUTES[claim.attempts])
        values = {
            **_FREE,
            "due_at": self._clock() + wait,
            "attempts": claim.attempts + 1,
            "reason": reason[:MAX_REASON_CHARS],
        }
        await self._write(claim, IN_FLIGHT, values)
        return MailState.QUEUED

    async def give_back(self, claim: Claim) -> None:
        """Put a letter back that nothing was done with: this process stops."""
        await self._write(claim, (MailState.CLAIMED,), _FREE)

    async def lapse(self) -> int:
        """Take letters out of the hands of processes that died. Returns how many are uncertain now."""
        now = self._clock()
        lapsed = mails.c.claimed_until < now
        async with self._database.reading() as connection:
            query = select(mails.c.id).where(mails.c.state.in_(IN_FLIGHT) & lapsed).limit(1)
            if await connection.scalar(query) is None:
                return 0
        async with self._database.writing() as connection:
            claimed = (mails.c.state == MailState.CLAIMED) & lapsed
            await connection.execute(update(mails).where(claimed).values(dict(_FREE)))
            leaving = (mails.c.state == MailState.HANDING_OVER) & lapsed
            # The ticket stays: a process that was only asleep may yet say how it went.
            values = _settled(MailState.UNCERTAIN, now, INTERRUPTED)
            result = await connection.execute(update(mails).where(leaving).values(values))
            return result.rowcount

    async def next_due(self) -> datetime | None:
        """Return when the next letter is due, which may have passed; None when none waits."""
        async with self._database.reading() as connection:
            queued = mails.c.state == MailState.QUEUED
            due: datetime | None = await connection.scalar(select(func.min(mails.c.due_at)).where(queued))
            return due

    async def depth(self) -> int:
        """Return how many letters wait or are on their way."""
        async with self._database.reading() as connection:
            waiting = mails.c.state.in_((MailState.QUEUED, *IN_FLIGHT))
            return await connection.scalar(select(func.count()).select_from(mails).where(waiting)) or 0

    async def _is_any_due(self) -> bool:
        due = await self.next_due()
        return due is not None and due <= self._clock()

    async def _take(self, connection: AsyncConnection, row: Row, now: datetime) -> Claim | None:
        ticket = new_id()
        try:
            found = await read_claim(connection, self._sealer, row, ticket, now)
        except (SealError, LookupError):
            log.error("a letter could not be read", mail=row["id"])  # noqa: TRY400 - no traceback: names may be in it
            found = Drop(UNREADABLE)
        if isinstance(found, Hold):
            if found.until > now:
                await _set(connection, row["id"], {"due_at": found.until})
            return None
        if isinstance(found, Drop):
            await _set(connection, row["id"], _settled(MailState.DROPPED, now, found.reason))
            return None
        claim, covers = found
        for each in covers:
            await _set(connection, each, _settled(MailState.DROPPED, now, COVERED))
        values = {
            "state": MailState.CLAIMED.value,
            "claimed_by": ticket,
            "claimed_until": now + self._lease,
        }
        await _set(connection, row["id"], values)
        return claim

    async def _write(self, claim: Claim, states: tuple[MailState, ...], values: Mapping[str, Any]) -> bool:
        async with self._database.writing() as connection:
            return await _write(connection, claim, states, values)


def _settled(state: MailState, now: datetime, reason: str | None) -> dict[str, Any]:
    """A letter's row at its end; a sign-in link is not kept any longer."""
    shortened = None if reason is None else reason[:MAX_REASON_CHARS]
    return {"state": state.value, "reason": shortened, "settled_at": now, "enclosed": None}


def _whose(row: Row) -> tuple[str, int]:
    """Who is written to about which call or series."""
    return row["series_id"] or row["call_id"], row["place"]


async def _rows(connection: AsyncConnection, where: ColumnElement[bool]) -> Sequence[Row]:
    """Some rows of the queue, those that have been due for longest first, each with its call's series."""
    query = (
        select(mails, calls.c.series_id)
        .outerjoin(calls, calls.c.id == mails.c.call_id)
        .where(where)
        .order_by(mails.c.due_at, mails.c.created_at, mails.c.id)
        .limit(PAGE)
    )
    return (await connection.execute(query)).mappings().all()


async def _write(
    connection: AsyncConnection, claim: Claim, states: tuple[MailState, ...], values: Mapping[str, Any]
) -> bool:
    """Write these values while the letter is ours and in one of these states; whether it was."""
    ours = (mails.c.id == claim.mail_id) & (mails.c.claimed_by == claim.ticket)
    query = update(mails).where(ours & mails.c.state.in_(states)).values(dict(values))
    return bool((await connection.execute(query)).rowcount)


async def _set(connection: AsyncConnection, mail_id: str, values: Mapping[str, Any]) -> None:
    await connection.execute(update(mails).where(mails.c.id == mail_id).values(dict(values)))
