"""Another time: one person proposes it, every partner but them answers, and the call moves when all have said yes."""

from __future__ import annotations

from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from media.mediation.people import Role
from server.mail.wishes import changes, proposal_declined, proposed
from server.problems import InvalidFieldError, Problem
from server.records import Proposal, ProposalState, Rsvp
from server.scheduling.change import close_proposals, write_next
from server.scheduling.rules import Rules, conflict, future_moment, zone_name
from server.secret import new_id

if TYPE_CHECKING:
    from datetime import datetime

    from server.records import Call, Person
    from server.schemas import NewProposal
    from server.store import Change

MAX_PROPOSALS: Final = 20
"""In one call, the closed ones included: each is a letter in somebody's mailbox."""


async def propose(change: Change, rules: Rules, person: Person, wish: NewProposal) -> None:
    """Write a proposal and ask the others; an earlier one of the same person is overtaken."""
    call = change.call
    rules.check_not_begun(call)
    now = rules.now()
    timezone = zone_name(wish.timezone or person.timezone or call.timezone)
    starts_at = future_moment(wish.starts_at, timezone, now)
    if starts_at == call.starts_at:
        raise InvalidFieldError("/starts_at", "The call is at this time already.")
    known = await change.proposals()
    if len(known) >= MAX_PROPOSALS:
        raise conflict(
            "too-many-proposals", f"There were {MAX_PROPOSALS} proposals; please talk with each other."
        )
    for one in known:
        if one.state is ProposalState.OPEN and one.place == person.place:
            await change.write_proposal(replace(one, state=ProposalState.OVERTAKEN, changed_at=now))
    made = Proposal(
        id=new_id(),
        call_id=call.id,
        place=person.place,
        starts_at=starts_at,
        timezone=timezone,
        state=ProposalState.OPEN,
        agreed=frozenset(),
        created_at=now,
        changed_at=now,
    )
    await change.add_proposal(made)
    await change.queue(proposed(call, made, now), now)


async def answer_proposal(
    change: Change, rules: Rules, person: Person, proposal_id: str, *, accepted: bool
) -> bool:
    """Note what a partner says; whether the call has moved by it."""
    rules.check_not_begun(change.call)
    proposal = await _open_one(change, proposal_id)
    if person.place == proposal.place or person.role is not Role.PARTNER:
        raise Problem(
            "forbidden",
            HTTPStatus.FORBIDDEN,
            "It is for the partners who did not propose this time to answer.",
        )
    now = rules.now()
    if not accepted:
        closed = replace(proposal, state=ProposalState.DECLINED, changed_at=now)
        await change.write_proposal(closed)
        await change.queue(proposal_declined(change.call, closed, now), now)
        return False
    if proposal.starts_at < now:
        raise conflict("proposal-past", "The proposed time has passed.")
    agreed = replace(proposal, agreed=proposal.agreed | {person.place}, changed_at=now)
    if _asked(change.call, proposal) <= agreed.agreed:
        await _move(change, replace(agreed, state=ProposalState.ACCEPTED), now)
        return True
    await change.write_proposal(agreed)
    return False


async def withdraw(change: Change, rules: Rules, person: Person, proposal_id: str) -> None:
    """Take back one's own proposal."""
    proposal = await _open_one(change, proposal_id)
    if person.place != proposal.place:
        raise Problem("forbidden", HTTPStatus.FORBIDDEN, "Only whoever proposed this time takes it back.")
    withdrawn = replace(proposal, state=ProposalState.WITHDRAWN, changed_at=rules.now())
    await change.write_proposal(withdrawn)


async def _open_one(change: Change, proposal_id: str) -> Proposal:
    found = next((one for one in await change.proposals() if one.id == proposal_id), None)
    if found is None:
        raise Problem("proposal-unknown", HTTPStatus.NOT_FOUND, "There is no such proposal for this call.")
    if found.state is not ProposalState.OPEN:
        raise conflict("proposal-closed", f"This proposal is {found.state} and can't be answered any more.")
    return found


async def _move(change: Change, proposal: Proposal, now: datetime) -> None:
    """The call is at the proposed time now; a therapist who did not propose it is asked again."""
    await change.write_proposal(proposal)
    await write_next(change, {"starts_at": proposal.starts_at}, now)
    for person in change.call.people:
        agrees = person.role is Role.PARTNER or person.place == proposal.place
        await change.write_rsvp(person.place, Rsvp.ACCEPTED if agrees else Rsvp.NEEDS_ACTION)
    await close_proposals(change, now)
    await change.queue(changes(change.call, now), now)


def _asked(call: Call, proposal: Proposal) -> frozenset[int]:
    return frozenset(one.place for one in call.partners if one.place != proposal.place)
