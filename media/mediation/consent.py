"""Proposals: who may make which, what an answer does, and what happens when both partners said yes.

The proposer's own yes is given by proposing, if they are a partner; a therapist who proposes asks both.
"""

from dataclasses import replace

from media.mediation.commands import Consent, DistanceRoom, End, FloorExtend, FormatSet
from media.mediation.distance import Distance
from media.mediation.errors import NothingToChange, NotHolder, OutOfRange, ProposalOpen, UnknownProposal
from media.mediation.floor import EndReason
from media.mediation.formats import checked_turn_seconds, format_named
from media.mediation.people import Phase, Role
from media.mediation.proposals import (
    PROPOSAL_S,
    Aim,
    Kind,
    Proposal,
    ToEnd,
    ToExtend,
    ToFormat,
    ToRoom,
    aim_fields,
    kind_of,
)
from media.mediation.state import Draft
from media.mediation.turns import drop

# Less is not worth a question; more than a quarter of an hour is a turn of its own.
MIN_EXTENSION_S = 10
MAX_EXTENSION_S = 900


def propose_extension(draft: Draft, command: FloorExtend) -> None:
    """The holder or the chair asks for more time for the running turn."""
    if not MIN_EXTENSION_S <= command.seconds <= MAX_EXTENSION_S:
        raise OutOfRange(f"A turn is extended by {MIN_EXTENSION_S} to {MAX_EXTENSION_S} seconds.")
    turn = draft.floor.turn
    if turn is None:
        raise NotHolder("There is no turn to extend.")
    if command.by != turn.holder and draft.state.seat(command.by).role is not Role.THERAPIST:
        raise NotHolder("Only the holder of the stick or the therapist can ask for more time.")
    _propose(draft, command.by, ToExtend(turn.id, command.seconds))


def propose_format(draft: Draft, command: FormatSet) -> None:
    """Anyone asks for another format, or another length of turns; asking for what is so already is refused."""
    seconds = draft.floor.turn_seconds if command.turn_seconds is None else command.turn_seconds
    aim = ToFormat(format_named(command.format).name, checked_turn_seconds(seconds))
    if (aim.format, aim.turn_seconds) == (draft.floor.format.name, draft.floor.turn_seconds):
        raise NothingToChange("That is the format already.")
    _propose(draft, command.by, aim)


def propose_end(draft: Draft, command: End) -> None:
    """Anyone asks to end the conversation for all."""
    _propose(draft, command.by, ToEnd())


def set_room(draft: Draft, command: DistanceRoom) -> None:
    """More distance for all is there at once and outdoes an open question for less; less is a proposal."""
    room = draft.distance.room
    if command.level.rank < room.rank:
        _propose(draft, command.by, ToRoom(command.level))
    elif command.level is not room:
        _change_room(draft, command.by, command.level)
        # Whoever adds distance says no to having less of it.
        for proposal in _of_kind(draft, Kind.ROOM):
            _close(draft, proposal, "declined")


def answer(draft: Draft, command: Consent) -> None:
    """One no declines, the last yes carries out."""
    proposal = _open_proposal(draft, command.proposal).answered(command.by, yes=command.answer)
    if proposal.declined:
        _close(draft, proposal, "declined")
    elif proposal.accepted:
        _close(draft, proposal, "accepted")
        _carry_out(draft, proposal)
    else:
        kept = tuple(proposal if proposal.id == other.id else other for other in draft.state.proposals)
        draft.state = replace(draft.state, proposals=kept)


def expire(draft: Draft, proposal: Proposal) -> None:
    """The time for answers is over, or there is nothing left to answer about."""
    _close(draft, proposal, "expired")


def expire_stale_extensions(draft: Draft) -> None:
    """An extension is for one turn alone, and goes with it."""
    turn = draft.floor.turn
    for proposal in draft.state.proposals:
        stale = isinstance(proposal.aim, ToExtend) and (turn is None or turn.id != proposal.aim.turn)
        if stale:
            expire(draft, proposal)


def _propose(draft: Draft, by: str, aim: Aim) -> None:
    """Open a proposal of which no other of its kind is open."""
    kind = kind_of(aim)
    if _of_kind(draft, kind):
        raise ProposalOpen("A proposal of this kind waits for answers already.")
    number = draft.state.proposals_so_far + 1
    partners = draft.state.partners
    answers = {by: True} if by in partners else {}
    proposal = Proposal(str(number), by, partners, answers, draft.now + PROPOSAL_S, aim)
    draft.state = replace(draft.state, proposals=(*draft.state.proposals, proposal), proposals_so_far=number)
    _tell(draft, proposal, "opened")


def _of_kind(draft: Draft, kind: Kind) -> list[Proposal]:
    """Open proposals of one kind: one or none."""
    return [proposal for proposal in draft.state.proposals if proposal.kind is kind]


def _open_proposal(draft: Draft, number: str) -> Proposal:
    for proposal in draft.state.proposals:
        if proposal.id == number:
            return proposal
    raise UnknownProposal("No such proposal is open.")


def _close(draft: Draft, proposal: Proposal, outcome: str) -> None:
    """The proposal waits no longer."""
    kept = tuple(other for other in draft.state.proposals if other.id != proposal.id)
    draft.state = replace(draft.state, proposals=kept)
    _tell(draft, proposal, outcome)


def _tell(draft: Draft, proposal: Proposal, what: str) -> None:
    """Say what became of a proposal, whole: a closed one stands in no snapshot any more."""
    fields = {"kind": proposal.kind, "by": proposal.by, **aim_fields(proposal.aim)}
    draft.tell(f"proposal.{what}", proposal=proposal.id, **fields)


def _carry_out(draft: Draft, proposal: Proposal) -> None:
    """What both partners said yes to."""
    match proposal.aim:
        case ToExtend(seconds=seconds):
            draft.floor = draft.floor.extend(seconds, draft.now)
        case ToFormat(format=name, turn_seconds=turn_seconds):
            drop(draft, EndReason.REVOKED)
            draft.floor = draft.floor.with_format(format_named(name), turn_seconds)
        case ToRoom(level=level):
            _change_room(draft, proposal.by, level)
        case ToEnd():
            _end(draft)


def _change_room(draft: Draft, by: str, level: Distance) -> None:
    """Another least distance for all, which everyone is told."""
    draft.distance = draft.distance.with_room(level)
    draft.tell("distance.room", by=by, level=level)


def _end(draft: Draft) -> None:
    """Nobody is heard or seen any more, and nothing waits for an answer."""
    drop(draft, EndReason.REVOKED)
    for proposal in draft.state.proposals:
        expire(draft, proposal)
    draft.phase = Phase.ENDED
