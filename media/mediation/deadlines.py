"""What time alone will change, when and why.

Deadlines are computed from the state and never stored, so that none can outlive what it was for: a timer that
fires late finds the deadlines of the state as it is now, and a turn can only be ended by its own.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from media.mediation import (
    attendance,
    caucusing,
    consent,
    keeping_course,
    saying_back,
    stepping_back,
    turns,
)
from media.mediation.breaks import Break
from media.mediation.caucus import Caucus, CaucusStage
from media.mediation.floor import Floor, Turn
from media.mediation.mirror import Mirror
from media.mediation.people import Phase
from media.mediation.presence import HOLD_S
from media.mediation.proposals import Proposal
from media.mediation.state import Draft, State


class Reason(StrEnum):
    """Why the conversation wants to be woken."""

    TURN_CUE = "turn-cue"
    TURN_END = "turn-end"
    GRACE_END = "grace-end"
    HOLD_END = "hold-end"
    PROPOSAL_END = "proposal-end"
    BREAK_DUE = "break-due"
    MIRROR_END = "mirror-end"
    REST_END = "rest-end"
    PHASE_END = "phase-end"


@dataclass(frozen=True, slots=True)
class Deadline:
    """The next moment (monotonic s) at which `tick` has something to do."""

    at: float
    reason: Reason


@dataclass(frozen=True, slots=True)
class _Due:
    """A deadline with what is then done."""

    deadline: Deadline
    carry_out: Callable[[Draft], None]


def next_deadline(state: State) -> Deadline | None:
    """The earliest deadline, if time alone will change anything."""
    due = _earliest(state)
    return due.deadline if due else None


def carry_out_due(draft: Draft) -> None:
    """Everything that is due at `draft.now`, in order; each step may bring the next one's deadline forth."""
    while (due := _earliest(draft.state)) and due.deadline.at <= draft.now:
        due.carry_out(draft)
        settle(draft)


def settle(draft: Draft) -> None:
    """What follows by itself: the talk begins or goes on, the clock stands or runs, stale questions go."""
    attendance.begin_when_willing(draft)
    caucusing.follow(draft)
    stepping_back.return_when_back(draft)
    # A turn may end with its holder's line; what follows it begins after that.
    turns.keep_clock(draft)
    turns.go_on_returning(draft)
    keeping_course.keep(draft)
    consent.ask_about_newcomers(draft)
    consent.expire_stale(draft)


def _earliest(state: State) -> _Due | None:
    return min(_all(state), key=lambda due: due.deadline.at, default=None)


def _all(state: State) -> Iterator[_Due]:
    """Every deadline of a state."""
    if state.phase is Phase.TALKING:
        yield from _for_lost_partners(state)
        yield from _for_floor(state.floor)
    if state.break_ is not None:
        yield from _for_break(state, state.break_)
    if state.caucus is not None:
        yield from _for_caucus(state, state.caucus)
    for proposal in state.proposals:
        yield _for_proposal(proposal)


def _for_lost_partners(state: State) -> Iterator[_Due]:
    """A lost partner's place is held for a while, whoever holds the stick."""
    for partner in state.partners:
        gone_at = state.people[partner].gone_at
        if gone_at is not None:
            yield _Due(Deadline(gone_at + HOLD_S, Reason.HOLD_END), attendance.give_up_waiting)


def _for_floor(floor: Floor) -> Iterator[_Due]:
    """The running turn; or the silence between two, or a phase without one, which have times of their own."""
    course = floor.in_course
    if floor.turn is not None:
        yield from _for_turn(floor.turn)
    elif floor.rest_ends_at is not None:
        yield _Due(Deadline(floor.rest_ends_at, Reason.REST_END), turns.end_rest)
    elif course is not None and course.ends_at is not None:
        yield _Due(Deadline(course.ends_at, Reason.PHASE_END), keeping_course.complete)


def _for_turn(turn: Turn) -> Iterator[_Due]:
    """A turn's cue, its time and its grace while its clock runs; the end of its patience while it waits for somebody."""
    if turn.cue_at is not None:
        yield _Due(Deadline(turn.cue_at, Reason.TURN_CUE), turns.give_cue)
    if turn.grace_ends_at is not None:
        yield _Due(Deadline(turn.grace_ends_at, Reason.GRACE_END), turns.close)
    elif turn.ends_at is not None:
        yield _Due(Deadline(turn.ends_at, Reason.TURN_END), turns.time_is_up)
    if turn.mirror is not None:
        yield _for_mirror(turn.mirror)
    if turn.for_partner.over_at is not None:
        yield _Due(Deadline(turn.for_partner.over_at, Reason.HOLD_END), attendance.give_up_waiting)
    if turn.for_holder.over_at is not None:
        yield _Due(Deadline(turn.for_holder.over_at, Reason.HOLD_END), attendance.lose_turn)


def _for_mirror(mirror: Mirror) -> _Due:
    if mirror.grace_ends_at is not None:
        return _Due(Deadline(mirror.grace_ends_at, Reason.GRACE_END), turns.mirror_time_over)
    return _Due(Deadline(mirror.ends_at, Reason.MIRROR_END), saying_back.time_up)


def _for_caucus(state: State, running: Caucus) -> Iterator[_Due]:
    """Without one of the two there is no caucus; whoever said yes to meeting again, and is lost for long, is not back."""
    concerned = running.pair if running.stage is CaucusStage.TALKING else running.back
    for person in concerned:
        gone_at = state.people[person].gone_at
        if gone_at is not None:
            step_out = partial(caucusing.step_out, person=person)
            yield _Due(Deadline(gone_at + HOLD_S, Reason.HOLD_END), step_out)


def _for_break(state: State, running: Break) -> Iterator[_Due]:
    """The named time; and whoever said that they were back, and is lost for long, is not back any more."""
    if not running.due:
        yield _Due(Deadline(running.returns_at, Reason.BREAK_DUE), stepping_back.tell_due)
    for person in running.back:
        gone_at = state.people[person].gone_at
        if gone_at is not None:
            forget = partial(stepping_back.go_again, person=person)
            yield _Due(Deadline(gone_at + HOLD_S, Reason.HOLD_END), forget)


def _for_proposal(proposal: Proposal) -> _Due:
    close = partial(consent.expire, proposal=proposal)
    return _Due(Deadline(proposal.expires_at, Reason.PROPOSAL_END), close)
