"""Proposals: who may make which, what an answer does, and what happens when both partners said yes.

The proposer's own yes is given by proposing, if they are a partner; a therapist who proposes asks both.
"""

from dataclasses import replace

from media.mediation.breaks import MAX_BREAK_S, MIN_BREAK_S, MIN_NOT_YET_S
from media.mediation.commands import Admit, BreakTime, Consent, DistanceRoom, End, FloorExtend, FormatSet
from media.mediation.distance import Distance
from media.mediation.ending import end_for_all
from media.mediation.errors import (
    NothingToChange,
    NotHolder,
    NotInThisPhase,
    NotPresent,
    OutOfRange,
    ProposalOpen,
    UnknownProposal,
)
from media.mediation.floor import EndReason
from media.mediation.formats import (
    FloorRule,
    checked_rest_seconds,
    checked_turn_seconds,
    format_named,
)
from media.mediation.people import Phase, Role
from media.mediation.proposals import (
    PROPOSAL_S,
    Aim,
    Kind,
    Proposal,
    ToAdmit,
    ToEnd,
    ToExtend,
    ToFormat,
    ToReturn,
    ToRoom,
    kind_of,
)
from media.mediation.state import Draft
from media.mediation.telling import tell_proposal
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
    """Anyone asks for another format, or other turns; what is so already is refused, but a course may begin anew."""
    wanted = format_named(command.format, draft.state.formats)
    if wanted.needs_therapist and not draft.state.therapists:
        raise OutOfRange("This format needs a therapist, and nobody in this call is one.")
    aim = ToFormat(
        wanted.name,
        checked_turn_seconds(
            draft.floor.turn_seconds if command.turn_seconds is None else command.turn_seconds
        ),
        checked_rest_seconds(_rest(draft, command)),
        _first(draft, command) if wanted.floor is FloorRule.COURSE else None,
    )
    now = (draft.floor.format.name, draft.floor.turn_seconds, draft.floor.rest_s)
    if aim.first is None and (aim.format, aim.turn_seconds, aim.rest_seconds) == now:
        raise NothingToChange("That is the format already.")
    _propose(draft, command.by, aim)


def _rest(draft: Draft, command: FormatSet) -> int:
    """The silence that is asked for; else the present one, or the usual one of another format."""
    if command.rest_seconds is not None:
        return command.rest_seconds
    if command.format == draft.floor.format.name:
        return draft.floor.rest_s
    return draft.state.formats[command.format].rest_seconds


def _first(draft: Draft, command: FormatSet) -> str:
    """Who begins: whoever is named, else who proposes."""
    partners = draft.state.partners
    first = command.first
    if first is None:
        return command.by if command.by in partners else partners[0]
    draft.state.seat(first)
    if first not in partners:
        raise OutOfRange("One of the two partners begins.")
    return first


def propose_admission(draft: Draft, command: Admit) -> None:
    """A partner asks the other once more whether a therapist who came while they talk may take part."""
    draft.state.seat(command.participant)
    if command.participant not in draft.state.therapists:
        raise OutOfRange("Only a therapist is let in.")
    if not draft.state.people[command.participant].takes_part:
        raise NotPresent("They are not here, or not ready.")
    if command.participant in draft.state.admitted:
        raise NothingToChange("They take part already.")
    _propose(draft, command.by, ToAdmit(command.participant))


def ask_about_newcomers(draft: Draft) -> None:
    """Whoever wants to join a talk that goes on is let in by both partners; they are asked once for each coming."""
    here = frozenset(who for who in draft.state.therapists if draft.state.people[who].takes_part)
    gone = frozenset(who for who in draft.state.therapists if not draft.state.people[who].ready)
    admitted, asked = draft.state.admitted - gone, draft.state.asked - gone
    if draft.phase is not Phase.TALKING:
        # A break and a caucus belong to the talk; people may close the page and take a walk in a break. So does a wait
        # for one partner, while the other has not said anew that they are ready.
        during = {Phase.CAUCUS: admitted, Phase.BREAK: draft.state.admitted}
        if draft.state.interrupted:
            during[Phase.WAITING] = admitted
        admitted, asked = during.get(draft.phase, here), frozenset()
    if (admitted, asked) != (draft.state.admitted, draft.state.asked):
        draft.state = replace(draft.state, admitted=admitted, asked=asked)
    waiting = [who for who in draft.state.therapists if who in here - admitted - asked]
    if draft.phase is Phase.TALKING and waiting and not _of_kind(draft, Kind.ADMIT):
        draft.state = replace(draft.state, asked=asked | {waiting[0]})
        _propose(draft, waiting[0], ToAdmit(waiting[0]))


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


def set_return(draft: Draft, command: BreakTime) -> None:
    """Another time of return: later is so at once and outdoes an open question for an earlier one, which is a proposal."""
    running = draft.running_break()
    if not MIN_NOT_YET_S <= command.seconds <= MAX_BREAK_S:
        raise OutOfRange(f"The return is {MIN_NOT_YET_S} seconds to {MAX_BREAK_S // 3600} hours from now.")
    returns_at = draft.now + command.seconds
    if returns_at < running.started_at + MIN_BREAK_S:
        raise OutOfRange(f"A break lasts {MIN_BREAK_S // 60} minutes at least, unless both are back before.")
    if returns_at == running.returns_at:
        raise NothingToChange("That is the time of return already.")
    if returns_at < running.returns_at:
        _propose(draft, command.by, ToReturn(returns_at), expires_at=returns_at)
        return
    _name_return(draft, command.by, returns_at)
    # Whoever needs longer says no to coming back sooner.
    for proposal in _of_kind(draft, Kind.RETURN):
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


def expire_stale(draft: Draft) -> None:
    """An extension is for one turn alone, and goes with it; in a break nothing is asked but when to come back."""
    for proposal in draft.state.proposals:
        if _is_stale(draft, proposal.aim):
            expire(draft, proposal)


def _is_stale(draft: Draft, aim: Aim) -> bool:
    turn = draft.floor.turn
    if isinstance(aim, ToExtend) and (turn is None or turn.id != aim.turn):
        return True
    if isinstance(aim, ToAdmit) and not draft.state.people[aim.participant].takes_part:
        return True
    if draft.phase is Phase.CAUCUS:
        return True
    return isinstance(aim, ToReturn) != (draft.phase is Phase.BREAK)


def _propose(draft: Draft, by: str, aim: Aim, *, expires_at: float | None = None) -> None:
    """Open a proposal of which no other of its kind is open; it waits for a minute, or until `expires_at`."""
    kind = kind_of(aim)
    if draft.phase is Phase.BREAK and kind is not Kind.RETURN:
        raise NotInThisPhase("Everyone has stepped back: this waits until both are back.")
    if draft.phase is Phase.CAUCUS:
        raise NotInThisPhase("This waits until all are together again.")
    if _of_kind(draft, kind):
        raise ProposalOpen("A proposal of this kind waits for answers already.")
    number = draft.state.proposals_so_far + 1
    partners = draft.state.partners
    answers = {by: True} if by in partners else {}
    until = draft.now + PROPOSAL_S if expires_at is None else expires_at
    proposal = Proposal(str(number), by, partners, answers, until, aim)
    draft.state = replace(draft.state, proposals=(*draft.state.proposals, proposal), proposals_so_far=number)
    tell_proposal(draft, proposal, "opened")


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
    tell_proposal(draft, proposal, outcome)


def _carry_out(draft: Draft, proposal: Proposal) -> None:
    """What both partners said yes to."""
    match proposal.aim:
        case ToExtend(seconds=seconds):
            draft.floor = draft.floor.extend(seconds, draft.now)
        case ToFormat(format=name, turn_seconds=turn_seconds, rest_seconds=rest_seconds, first=first):
            drop(draft, EndReason.REVOKED)
            partners = draft.state.partners
            in_order = tuple(sorted(partners, key=lambda who: who != first)) if first else partners
            wanted = format_named(name, draft.state.formats)
            draft.floor = draft.floor.with_format(
                wanted, turn_seconds, rest_s=rest_seconds, partners=in_order
            )
        case ToAdmit(participant=participant):
            draft.state = replace(draft.state, admitted=draft.state.admitted | {participant})
        case ToRoom(level=level):
            _change_room(draft, proposal.by, level)
        case ToReturn(returns_at=returns_at):
            _name_return(draft, proposal.by, returns_at)
        case ToEnd():
            end_for_all(draft)


def _change_room(draft: Draft, by: str, level: Distance) -> None:
    """Another least distance for all, which everyone is told."""
    draft.distance = draft.distance.with_room(level)
    draft.tell("distance.room", by=by, level=level)


def _name_return(draft: Draft, by: str, returns_at: float) -> None:
    """Another time of return, which everyone is told."""
    draft.break_ = draft.running_break().named(returns_at)
    draft.tell("break.moved", by=by, returns_at=returns_at)
