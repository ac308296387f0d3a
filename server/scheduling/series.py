"""A series: all its calls are made when it is scheduled, and it can end early from any of them on."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from sqlalchemy import update

from server.calendar.recurrence import Recurrence, RecurrenceError, ended_rule, occurrences
from server.mail.wishes import series_end
from server.problems import InvalidFieldError
from server.records import Call, ProposalState, Series
from server.scheduling.beside import read_occurrences
from server.scheduling.change import cancel_call, next_sequence
from server.scheduling.rules import Rules, conflict
from server.secret import new_id
from server.status import Status
from server.tables import calls, proposals

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.ext.asyncio import AsyncConnection

    from server.schemas import NewCall, NewRecurrence
    from server.store import Change


def series_of(first: Call, wish: NewCall) -> tuple[Call, ...]:
    """Return all the calls of the series that is wished for, or the one call. Raises InvalidFieldError."""
    if wish.recurrence is None:
        return (first,)
    local = _local(wish)
    try:
        rule, moments = occurrences(_recurrence(wish.recurrence), local, first.timezone, first.created_at)
    except RecurrenceError as error:
        raise InvalidFieldError(f"/{error.field}", error.detail) from None
    made = Series(
        id=new_id(),
        rule=rule,
        starts_local=local.isoformat(),
        timezone=first.timezone,
        sequence=0,
        created_at=first.created_at,
        changed_at=first.created_at,
    )
    return tuple(_at(first, at, made) for at in moments)


async def end_series(change: Change, rules: Rules) -> tuple[str, ...]:
    """End the series from this call on; the ids of the calls that no longer take place. Earlier ones stay."""
    call = change.call
    if call.series is None:
        return (call.id,) if await cancel_call(change, rules) else ()
    if rules.status(call) is Status.ENDED:
        raise conflict("call-over", "This call is over; end the series from a later one on.")
    known = await read_occurrences(change.connection, call.series.id)
    first_at = call.occurrence_at
    rest = [one for one in known if first_at is None or one.occurrence_at >= first_at]
    now = rules.now()
    over = {Status.ENDED, Status.CANCELLED}
    ended = tuple(one.id for one in rest if rules.hours.status(one, now) not in over)
    if not ended:
        return ()
    sequence = next_sequence(call)
    await _cancel(change.connection, ended, sequence, now)
    await change.write({"sequence": sequence, "changed_at": now})
    kept = known[: len(known) - len(rest)]
    rule = ended_rule(call.series.rule, kept[-1].occurrence_at) if kept else call.series.rule
    await change.write_series({"rule": rule, "sequence": sequence, "changed_at": now})
    await change.queue(series_end(change.call, now), now)
    return ended


async def _cancel(connection: AsyncConnection, ids: Sequence[str], sequence: int, now: datetime) -> None:
    values = {"cancelled_at": now, "changed_at": now, "sequence": sequence}
    await connection.execute(update(calls).where(calls.c.id.in_(ids)).values(values))
    waiting = proposals.c.call_id.in_(ids) & (proposals.c.state == ProposalState.OPEN.value)
    closed = {"state": ProposalState.OVERTAKEN.value, "changed_at": now}
    await connection.execute(update(proposals).where(waiting).values(closed))


def _local(wish: NewCall) -> datetime:
    """Return the local time of the first call; it has been read as a moment before."""
    if wish.starts_at is None:
        raise InvalidFieldError("/starts_at", "Say when the first call of the series is.")
    local = datetime.fromisoformat(wish.starts_at)
    if local.tzinfo is not None:
        raise InvalidFieldError(
            "/starts_at",
            "Write a local time without an offset: a series keeps its hour when the clocks change.",
        )
    return local.replace(microsecond=0)


def _recurrence(wish: NewRecurrence) -> Recurrence:
    return Recurrence(wish.frequency, wish.interval, wish.count, wish.until)


def _at(first: Call, at: datetime, made: Series) -> Call:
    """Return one call of the series: the same people by the same links, under ids of their own."""
    people = tuple(replace(person, id=new_id()) for person in first.people)
    return replace(first, id=new_id(), starts_at=at, occurrence_at=at, series=made, people=people)
