"""Collecting what is kept about a person, and erasing it: in a call, and in all calls of its series that they are in."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from media.mediation.people import Role
from server.erasing import erase_person
from server.my_data.answers import MyDataAnswer, about, kept_call, series_of
from server.records import Rsvp
from server.scheduling.answers import answer_call
from server.scheduling.rules import conflict
from server.scheduling.series import end_series
from server.status import Status
from server.stored_rows import read_proposal
from server.tables import mails, proposals

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import timedelta

    from sqlalchemy.ext.asyncio import AsyncConnection

    from server.database import Database
    from server.records import Call, Person, Proposal
    from server.scheduling.rules import Rules
    from server.store import CallStore, Change

    Row = Mapping[Any, Any]


async def export(
    database: Database, store: CallStore, rules: Rules, person: Person, keep: timedelta
) -> MyDataAnswer:
    """Return everything that is kept about whoever has this person's invitation. `keep`: how long after a call's end."""
    invited = await store.invited(person.token_hash)
    ids = [call.id for call in invited]
    async with database.reading() as connection:
        proposed = await _proposals(connection, ids)
        letters = await _letters(connection, ids, person.place)
    return MyDataAnswer(
        made_at=rules.now(),
        you=about(person),
        series=series_of(invited[0]),
        calls=tuple(
            kept_call(
                call,
                call.at_place(person.place) or person,
                proposed[call.id],
                letters[call.id],
                rules.hours.over_since(call) + keep,
            )
            for call in invited
        ),
    )


@dataclass(frozen=True, slots=True)
class Erased:
    """What was erased, by id."""

    calls: Collection[str]
    """Those that the person was in."""
    cancelled: Collection[str]
    """Those that don't take place without them."""
    letters: Collection[str]


async def erase(store: CallStore, rules: Rules, call_id: str, person: Person) -> Erased:
    """Erase this person: without a partner what is still to come is called off, a therapist has declined it.

    Raises Problem `call-live` (409) while one of them goes on.
    """
    async with store.changing(call_id) as change:
        theirs = [call for call in await change.series_calls() if call.person(person.token_hash)]
        _check_none_is_live(theirs, rules)
        cancelled: Collection[str] = ()
        ahead = [call for call in theirs if rules.status(call) in {Status.SCHEDULED, Status.OPEN}]
        if ahead:
            change.call = min(ahead, key=lambda call: call.occurrence_at or call.starts_at)
            cancelled = await _take_out(change, rules, person)
        ids = [call.id for call in theirs]
        return Erased(ids, cancelled, await erase_person(change.connection, ids, person.place))


async def _take_out(change: Change, rules: Rules, person: Person) -> Collection[str]:
    """Tell the others, of this call and the later ones of its series; the ids of those that are called off.

    Nobody could ever say yes in the place of a partner whose link is gone, and the other one must not wait for it.
    """
    if person.role is Role.PARTNER:
        return await end_series(change, rules)
    await answer_call(change, rules, person.place, Rsvp.DECLINED, scope="series", timezone=None, stamped=None)
    return ()


def _check_none_is_live(theirs: Sequence[Call], rules: Rules) -> None:
    if any(rules.status(call) is Status.LIVE for call in theirs):
        raise conflict(
            "call-live", "This call goes on. What is kept about you can be erased as soon as it has ended."
        )


async def _proposals(connection: AsyncConnection, ids: Sequence[str]) -> Mapping[str, Sequence[Proposal]]:
    found: defaultdict[str, list[Proposal]] = defaultdict(list)
    query = select(proposals).where(proposals.c.call_id.in_(ids)).order_by(proposals.c.created_at)
    for row in (await connection.execute(query)).mappings():
        found[row["call_id"]].append(read_proposal(row))
    return found


async def _letters(
    connection: AsyncConnection, ids: Sequence[str], place: int
) -> Mapping[str, Sequence[Row]]:
    found: defaultdict[str, list[Row]] = defaultdict(list)
    told = (mails.c.kind, mails.c.state, mails.c.reason, mails.c.created_at, mails.c.settled_at)
    theirs = mails.c.call_id.in_(ids) & (mails.c.place == place)
    query = select(mails.c.call_id, *told).where(theirs).order_by(mails.c.created_at)
    for row in (await connection.execute(query)).mappings():
        found[row["call_id"]].append({name: row[name] for name in row if name != "call_id"})
    return found
