"""Reading everything that one letter depends on, inside the transaction that takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from server.mail.letters import NEWS, CallLetter, Case, Claim, QueuedMail, SignInLetter
from server.mail.truth import Drop, Hold, Write, judge
from server.mail.wishes import MailKind, MailState
from server.secret import Pii
from server.store import read_calls
from server.stored_rows import read_proposal
from server.tables import calls, desk_tokens, mails, proposals, therapists

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from sqlalchemy.ext.asyncio import AsyncConnection

    from server.records import Call, Proposal
    from server.sealing import Sealer

    Row = Mapping[Any, Any]

LINK_OVER = Drop("The link was no longer good before this letter went out.")
_ABOUT_A_PROPOSAL = {MailKind.PROPOSED, MailKind.PROPOSAL_DECLINED}
_ABOUT_A_SERIES = NEWS | {MailKind.DECLINED, MailKind.SETTLED}


async def read_claim(
    connection: AsyncConnection, sealer: Sealer, row: Row, ticket: str, now: datetime
) -> tuple[Claim, tuple[str, ...]] | Drop | Hold:
    """Return the letter of a row of the queue with the ids of those it makes needless, or why it is not to be sent now.

    Raises:
        SealError: it was sealed with another key.
        LookupError: what it is about is not there.
    """
    if row["call_id"] is None:
        return await _sign_in(connection, sealer, row, ticket, now)
    mail = read_mail(row)
    case = await _read_case(connection, sealer, mail)
    verdict = judge(mail, case, now)
    if not isinstance(verdict, Write):
        return verdict
    person = case.call.at_place(mail.place)
    if person is None or person.email is None:
        raise LookupError("a letter was to be written to nobody")
    letter = CallLetter(
        kind=verdict.kind,
        call=case.call,
        calls=case.calls,
        person=person,
        about=mail.about,
        feed=sealer.feed_token(sealer.address_hash(person.email)),
        proposal=case.proposal,
    )
    return Claim(mail.id, ticket, row["attempts"], letter), verdict.covers


def read_mail(row: Row) -> QueuedMail:
    """Return a letter about a call out of its row."""
    names = ("id", "call_id", "place", "occasion", "due_at", "created_at")
    return QueuedMail(
        **{name: row[name] for name in names}, kind=MailKind(row["kind"]), state=MailState(row["state"])
    )


async def _read_case(connection: AsyncConnection, sealer: Sealer, mail: QueuedMail) -> Case:
    (call,) = await read_calls(connection, sealer, select(calls).where(calls.c.id == mail.call_id)) or (None,)
    if call is None:
        raise LookupError("a letter is about no call")
    everything: tuple[Call, ...] = (call,)
    if call.series is not None and mail.kind in _ABOUT_A_SERIES:
        query = select(calls).where(calls.c.series_id == call.series.id).order_by(calls.c.occurrence_at)
        everything = await read_calls(connection, sealer, query)
    return Case(call, everything, await _others(connection, call, mail), await _proposal(connection, mail))


async def _others(connection: AsyncConnection, call: Call, mail: QueuedMail) -> tuple[QueuedMail, ...]:
    same_call = mails.c.call_id == call.id
    if call.series is not None:
        same_call = mails.c.call_id.in_(select(calls.c.id).where(calls.c.series_id == call.series.id))
    query = select(mails).where(same_call & (mails.c.place == mail.place) & (mails.c.id != mail.id))
    return tuple(read_mail(row) for row in (await connection.execute(query)).mappings())


async def _proposal(connection: AsyncConnection, mail: QueuedMail) -> Proposal | None:
    if mail.kind not in _ABOUT_A_PROPOSAL:
        return None
    query = select(proposals).where(proposals.c.id == mail.about)
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else read_proposal(row)


async def _sign_in(
    connection: AsyncConnection, sealer: Sealer, row: Row, ticket: str, now: datetime
) -> tuple[Claim, tuple[str, ...]] | Drop:
    link = desk_tokens.c.token_hash == row["occasion"]
    expires_at = await connection.scalar(select(desk_tokens.c.expires_at).where(link))
    if expires_at is None or now >= expires_at or row["enclosed"] is None:
        return LINK_OVER
    query = select(therapists).where(therapists.c.id == row["therapist_id"])
    therapist = (await connection.execute(query)).mappings().one()
    letter = SignInLetter(
        email=sealer.open(therapist["data_key"], therapist["email"]),
        token=Pii(sealer.open(therapist["data_key"], row["enclosed"])),
    )
    return Claim(row["id"], ticket, row["attempts"], letter), ()
