"""Letters that are to be written: rows without a word of text, stored in one transaction with what they tell of.

A letter is rendered when it is sent, from the call as it is then: it can't tell an old time, and no name or link waits in
the queue. Who, what about and which occasion make a letter unique, so that nothing is told twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from sqlalchemy import select

from server.secret import new_id
from server.tables import mails

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from server.records import Call, Person, Proposal


class MailKind(StrEnum):
    """What a letter is for. Those with a calendar part say so."""

    INVITATION = "invitation"
    """METHOD:REQUEST, of the whole series where there is one."""
    CHANGED = "changed"
    """METHOD:REQUEST of one call, or of one occurrence (RECURRENCE-ID)."""
    CANCELLED = "cancelled"
    """METHOD:CANCEL of one call, or of one occurrence."""
    SERIES_ENDED = "series-ended"
    """METHOD:CANCEL of the whole, or REQUEST of what remains when some of it has taken place."""
    DECLINED = "declined"
    """Somebody can't come, or is no longer sure. Occasion: `<sequence>:<when>:<place of whoever declined>`."""
    SETTLED = "settled"
    """Both partners have accepted. Occasion: `<sequence>:<when>`, since minds change to and fro."""
    PROPOSED = "proposed"
    """Another time is proposed, and this person is to answer. Occasion: the proposal's id."""
    PROPOSAL_DECLINED = "proposal-declined"
    """The other time was declined. Occasion: the proposal's id."""
    REMINDER_DAY = "reminder-day"
    """The day before. Occasion: the start, in ISO 8601."""
    REMINDER_SOON = "reminder-soon"
    """Ten minutes before. Occasion: the start, in ISO 8601."""
    SIGN_IN = "sign-in"
    """A therapist's link to the desk. Occasion: the link's hash."""


class MailState(StrEnum):
    """Where a letter stands."""

    QUEUED = "queued"
    CLAIMED = "claimed"
    """A process is about to send it; nothing was handed over yet."""
    HANDING_OVER = "handing-over"
    """The mail server is being given it: if the process dies now, nobody can know whether it arrived."""
    SENT = "sent"
    UNCERTAIN = "uncertain"
    FAILED = "failed"
    DROPPED = "dropped"
    """Overtaken by what happened since: a newer letter, a cancellation, another time."""


@dataclass(frozen=True, slots=True)
class MailWish:
    """One letter to be written."""

    kind: MailKind
    call_id: str | None
    place: int | None
    """Whom it goes to; the person's address is looked up when it is sent."""
    occasion: str
    due_at: datetime
    therapist_id: str | None = None
    enclosed: bytes | None = None
    """A sign-in link's token, sealed with the therapist's key."""


async def queue_mails(connection: AsyncConnection, wishes: Iterable[MailWish], now: datetime) -> int:
    """Write these letters into the queue within the caller's transaction; those that are there already stay as they are.

    Returns how many are new.
    """
    new = 0
    for wish in wishes:
        if wish.call_id is not None and await _is_there(connection, wish):
            continue
        row = {
            "id": new_id(),
            "call_id": wish.call_id,
            "place": wish.place,
            "therapist_id": wish.therapist_id,
            "kind": wish.kind.value,
            "occasion": wish.occasion,
            "enclosed": wish.enclosed,
            "state": MailState.QUEUED.value,
            "due_at": wish.due_at,
            "created_at": now,
        }
        await connection.execute(mails.insert().values(row))
        new += 1
    return new


async def _is_there(connection: AsyncConnection, wish: MailWish) -> bool:
    same = (
        (mails.c.call_id == wish.call_id)
        & (mails.c.place == wish.place)
        & (mails.c.kind == wish.kind.value)
        & (mails.c.occasion == wish.occasion)
    )
    return await connection.scalar(select(mails.c.id).where(same)) is not None


def invitations(first: Call, now: datetime) -> list[MailWish]:
    """Letters about a new call, or about a series by its first call."""
    return [_wish(MailKind.INVITATION, first, person, "", now) for person in _reachable(first)]


def changes(call: Call, now: datetime) -> list[MailWish]:
    """Letters about a call that was moved or changed; `call` as it is since."""
    return [_wish(MailKind.CHANGED, call, person, str(call.sequence), now) for person in _reachable(call)]


def cancellations(call: Call, now: datetime) -> list[MailWish]:
    """Letters about a call that was cancelled, or skipped in its series."""
    return [_wish(MailKind.CANCELLED, call, person, str(call.sequence), now) for person in _reachable(call)]


def series_end(call: Call, now: datetime) -> list[MailWish]:
    """Letters about the end of a series; `call` is the first one that no longer takes place."""
    return [
        _wish(MailKind.SERIES_ENDED, call, person, str(call.sequence), now) for person in _reachable(call)
    ]


def declined(call: Call, by: Person, now: datetime) -> list[MailWish]:
    """Letters to the others: `by` can't come, or is no longer sure."""
    occasion = f"{call.sequence}:{int(now.timestamp())}:{by.place}"
    return [
        _wish(MailKind.DECLINED, call, one, occasion, now)
        for one in _reachable(call)
        if one.place != by.place
    ]


def settled(call: Call, now: datetime) -> list[MailWish]:
    """Letters to everyone: both partners have accepted."""
    occasion = f"{call.sequence}:{int(now.timestamp())}"
    return [_wish(MailKind.SETTLED, call, person, occasion, now) for person in _reachable(call)]


def proposed(call: Call, proposal: Proposal, now: datetime) -> list[MailWish]:
    """Letters to the partners who are to answer."""
    asked = [one for one in _reachable(call) if one in call.partners and one.place != proposal.place]
    return [_wish(MailKind.PROPOSED, call, person, proposal.id, now) for person in asked]


def proposal_declined(call: Call, proposal: Proposal, now: datetime) -> list[MailWish]:
    """A letter to whoever proposed."""
    proposers = [one for one in _reachable(call) if one.place == proposal.place]
    return [_wish(MailKind.PROPOSAL_DECLINED, call, one, proposal.id, now) for one in proposers]


def _reachable(call: Call) -> list[Person]:
    return [person for person in call.people if person.email]


def _wish(kind: MailKind, call: Call, person: Person, occasion: str, now: datetime) -> MailWish:
    return MailWish(kind, call.id, person.place, occasion, now)
