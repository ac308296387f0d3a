"""Finds the calls that are near and puts their reminders into the queue, each once, however many processes look.

Whom to remind is decided twice: here by what the tables say, and again when a reminder is sent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import exists, func, select

from media.mediation.people import Role
from server.mail.letters import NEWS
from server.mail.truth import LATEST_DAY_REMINDER
from server.mail.wishes import MailKind, MailWish, queue_mails
from server.records import Rsvp
from server.tables import calls, mails, people

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Row, Select

    from server.clock import WallClock
    from server.database import Database


@dataclass(frozen=True, slots=True)
class Reminder:
    """One kind of reminder: when it is for."""

    kind: MailKind
    ahead: timedelta
    """It is due this long before the start."""
    until: timedelta
    """It makes sense up to this long before."""


DAY: Final = Reminder(MailKind.REMINDER_DAY, timedelta(days=1), LATEST_DAY_REMINDER)
SOON: Final = Reminder(MailKind.REMINDER_SOON, timedelta(minutes=10), timedelta())
_TELL: Final = sorted(kind.value for kind in NEWS | {MailKind.SETTLED})


class Reminders:
    """Queues reminders of the calls in a database."""

    def __init__(self, database: Database, clock: WallClock) -> None:
        self._database = database
        self._clock = clock

    async def queue_due(self) -> int:
        """Queue every reminder that is due and not queued yet; returns how many are new."""
        now = self._clock()
        wishes: list[MailWish] = []
        async with self._database.reading() as connection:
            for reminder in (DAY, SOON):
                rows = (await connection.execute(near(reminder, now))).all()
                wishes += _wishes(reminder, rows, now)
        if not wishes:
            return 0
        async with self._database.writing() as connection:
            return await queue_mails(connection, wishes, now)


def near(reminder: Reminder, now: datetime) -> Select[Any]:
    """Everyone to be reminded at `now`, once for each such reminder that they have had, with when they were last told."""
    told, had, partner = mails.alias(), mails.alias(), people.alias()
    told_at = (
        select(func.max(told.c.created_at))
        .where((told.c.call_id == calls.c.id) & (told.c.place == people.c.place) & told.c.kind.in_(_TELL))
        .correlate(calls, people)
        .scalar_subquery()
    )
    of_this_kind = (
        (had.c.call_id == calls.c.id) & (had.c.place == people.c.place) & (had.c.kind == reminder.kind.value)
    )
    hesitant = (
        (partner.c.call_id == calls.c.id)
        & (partner.c.role == Role.PARTNER.value)
        & (partner.c.rsvp != Rsvp.ACCEPTED.value)
    )
    return (
        select(
            calls.c.id,
            calls.c.starts_at,
            calls.c.created_at,
            people.c.place,
            had.c.occasion,
            told_at.label("told_at"),
        )
        .join(people, people.c.call_id == calls.c.id)
        .outerjoin(had, of_this_kind)
        .where(calls.c.starts_at > now + reminder.until, calls.c.starts_at <= now + reminder.ahead)
        .where(calls.c.cancelled_at.is_(None), calls.c.ended_at.is_(None))
        .where(people.c.email.is_not(None), people.c.rsvp != Rsvp.DECLINED.value)
        .where(calls.c.on_the_spot | ~exists().where(hesitant))
    )


def _wishes(reminder: Reminder, rows: Sequence[Row[Any]], now: datetime) -> list[MailWish]:
    had = {(row.id, row.place) for row in rows if row.occasion == row.starts_at.isoformat()}
    missing = {
        (row.id, row.place): row.starts_at
        for row in rows
        if (row.id, row.place) not in had and not _is_fresh(reminder, row)
    }
    return [
        MailWish(reminder.kind, call_id, place, starts_at.isoformat(), now)
        for (call_id, place), starts_at in missing.items()
    ]


def _is_fresh(reminder: Reminder, row: Row[Any]) -> bool:
    """Whether another letter of that time has told as much: nobody is reminded of what they have only just heard."""
    told_at = max(row.created_at, row.told_at or row.created_at)
    return bool(told_at >= row.starts_at - reminder.ahead)
