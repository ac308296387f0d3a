"""A call that is moved, changed or called off: what is written, who is asked again, and which letters go out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from server.mail.wishes import cancellations, changes
from server.problems import InvalidFieldError
from server.records import ProposalState, Rsvp
from server.scheduling.at_desk import desks_own_places
from server.scheduling.rules import Rules, conflict, future_moment
from server.status import Status

if TYPE_CHECKING:
    from datetime import datetime

    from server.records import Call
    from server.schemas import CallChange
    from server.store import Change

SAME_MOMENT = timedelta(minutes=1)
"""A return is named to the second, and kept to the minute."""
ASKS_AGAIN = frozenset({"starts_at", "duration_minutes"})
"""Whoever said yes said it to this time and length."""


async def change_call(change: Change, rules: Rules, wish: CallChange, *, by_desk: bool) -> bool:
    """Change a call that has not begun; whether anything is different now.

    `by_desk`: the desk that it belongs to wishes it, so that whoever sits there need not be asked.
    """
    rules.check_not_begun(change.call)
    if wish.format is not None:
        rules.check_company(wish.format, change.call.people)
    now = rules.now()
    values = {
        name: value
        for name, value in _wished(wish, change.call, now).items()
        if value != getattr(change.call, name)
    }
    if not values:
        return False
    await write_next(change, values, now)
    if values.keys() & ASKS_AGAIN:
        agree = await desks_own_places(change) if by_desk else ()
        for person in change.call.people:
            await change.write_rsvp(
                person.place, Rsvp.ACCEPTED if person.place in agree else Rsvp.NEEDS_ACTION
            )
        await close_proposals(change, now)
    await change.queue(changes(change.call, now), now)
    return True


async def cancel_call(change: Change, rules: Rules) -> bool:
    """Cancel a call that is not over, or skip it in its series; False when it was cancelled before."""
    status = rules.status(change.call)
    if status is Status.ENDED:
        raise conflict("call-over", "This call is over.")
    if status is Status.CANCELLED:
        return False
    now = rules.now()
    await write_next(change, {"cancelled_at": now}, now)
    await close_proposals(change, now)
    await change.queue(cancellations(change.call, now), now)
    return True


async def postpone_call(change: Change, starts_at: datetime, now: datetime) -> None:
    """Move a call that goes on: both have agreed to it in there, so nobody is asked again.

    After a restart it is told once more; what is there already moves nothing.
    """
    is_there = abs(change.call.starts_at - starts_at) <= SAME_MOMENT
    if change.call.cancelled_at is None and change.call.ended_at is None and not is_there:
        await write_next(change, {"starts_at": starts_at}, now)
        await change.queue(changes(change.call, now), now)


async def write_next(change: Change, values: dict[str, Any], now: datetime) -> None:
    """Write a change of the calendar entry: SEQUENCE rises, above everything that its series has told so far."""
    sequence = next_sequence(change.call)
    await change.write({**values, "sequence": sequence, "changed_at": now})
    if change.call.series is not None:
        await change.write_series({"sequence": sequence, "changed_at": now})


def next_sequence(call: Call) -> int:
    """Return the SEQUENCE of the call's next change."""
    return max(call.sequence, call.series.sequence if call.series else 0) + 1


async def close_proposals(change: Change, now: datetime, *, but: str | None = None) -> None:
    """Close what is still proposed, except the one with this id: the call was moved or called off."""
    for proposal in await change.proposals():
        if proposal.state is ProposalState.OPEN and proposal.id != but:
            await change.write_proposal(replace(proposal, state=ProposalState.OVERTAKEN, changed_at=now))


def _wished(wish: CallChange, call: Call, now: datetime) -> dict[str, Any]:
    values = wish.model_dump(exclude_none=True)
    if wish.starts_at is not None:
        values["starts_at"] = future_moment(wish.starts_at, wish.timezone or call.timezone, now)
    elif wish.timezone is not None:
        raise InvalidFieldError("/timezone", "Say `starts_at` as well: a zone alone leaves the time unclear.")
    return values
