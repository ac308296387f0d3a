"""Whose turn comes next, and what each floor command may do.

Decides who may take which step of the table in `floor`. The therapist is the chair (RFC 8855): may give the
stick to anyone and take it back, and must hold it to be heard like everybody else.
"""

from media.mediation.commands import (
    FloorGrant,
    FloorPass,
    FloorRelease,
    FloorRequest,
    FloorRevoke,
    SpeechPaused,
)
from media.mediation.errors import FloorTaken, NotHolder, NotPresent, NotYourRight
from media.mediation.floor import EndReason, Stick
from media.mediation.people import Phase, Role
from media.mediation.state import Draft, State


def request(draft: Draft, command: FloorRequest) -> None:
    """A free stick is granted at once, a held one is waited for."""
    _check_takes_part(draft.state, command.by)
    if draft.floor.turn is None:
        _start(draft, command.by)
    else:
        draft.floor = draft.floor.enqueue(command.by)


def release(draft: Draft, command: FloorRelease) -> None:
    """The holder ends their turn; one who waits waits no longer."""
    if command.by == draft.floor.holder:
        end_and_pass_on(draft, EndReason.RELEASED)
    elif command.by in draft.floor.queue:
        draft.floor = draft.floor.without(command.by)
    else:
        raise NotHolder("You neither hold the stick nor wait for it.")


def pass_on(draft: Draft, command: FloorPass) -> None:
    """The holder gives the rest of the talk to someone else, with a whole turn of their own."""
    if command.by != draft.floor.holder:
        raise NotHolder("You don't hold the stick.")
    _hand_to(draft, command.to, EndReason.PASSED)


def grant(draft: Draft, command: FloorGrant) -> None:
    """The chair gives the stick to anyone; a running turn ends by it."""
    _check_chair(draft.state, command.by)
    _hand_to(draft, command.to, EndReason.REVOKED)


def revoke(draft: Draft, command: FloorRevoke) -> None:
    """The chair takes the stick back; it lies free and the queue stays."""
    _check_chair(draft.state, command.by)
    end(draft, EndReason.REVOKED)


def end(draft: Draft, reason: EndReason) -> None:
    """End the running turn and leave the stick free.

    Raises:
        NotHolder: nobody holds the stick.
    """
    turn = draft.floor.turn
    draft.floor = draft.floor.end()
    if turn is not None:
        draft.tell("turn.ended", turn=turn.id, holder=turn.holder, reason=reason)


def end_and_pass_on(draft: Draft, reason: EndReason) -> None:
    """End the running turn; the stick goes where the format says."""
    end(draft, reason)
    speaker = _next_speaker(draft.state)
    if speaker is not None:
        _start(draft, speaker)


def time_is_up(draft: Draft) -> None:
    """Nobody is cut off in the middle of a word: the turn closes at the first pause, or when the grace is over."""
    draft.floor = draft.floor.time_up(draft.now)
    turn = draft.floor.turn
    if turn is not None and turn.grace_ends_at is not None:
        draft.tell("turn.closing", turn=turn.id, ends_at=turn.grace_ends_at)


def speech_paused(draft: Draft, command: SpeechPaused) -> None:
    """The holder of a turn whose time is up pauses; anybody else's pause, or an earlier one, means nothing."""
    if draft.floor.stick is Stick.CLOSING and command.by == draft.floor.holder:
        close(draft)


def close(draft: Draft) -> None:
    """A turn that has had its time passes on."""
    end_and_pass_on(draft, EndReason.TIME)


def drop(draft: Draft, reason: EndReason) -> None:
    """There is nothing to take turns in any more: the turn, if there is one, and the queue go."""
    if draft.floor.turn is not None:
        end(draft, reason)
    draft.floor = draft.floor.with_nobody_waiting()


def break_off(draft: Draft) -> None:
    """Everyone steps back: the turn ends, and the queue stays; who still had time is first in line for a whole turn."""
    turn = draft.floor.turn
    draft.floor = draft.floor.with_return_queue(())
    if turn is None:
        return
    end(draft, EndReason.BREAK)
    if not turn.returning and turn.grace_ends_at is None:
        draft.floor = draft.floor.first_in_line(turn.holder)


def go_on_returning(draft: Draft) -> None:
    """After a break the short turns follow each other by themselves, also when one of them is taken back."""
    if draft.phase is not Phase.TALKING or draft.floor.turn is not None:
        return
    returning = next((who for who in draft.floor.return_queue if draft.state.takes_part(who)), None)
    if returning is not None:
        _start(draft, returning)


def give_cue(draft: Draft) -> None:
    """Tell everyone once that little is left of the running turn."""
    turn = draft.floor.turn
    draft.floor = draft.floor.cue()
    if turn is not None and turn.left_s(draft.now) > 0:
        draft.tell("turn.ending", turn=turn.id, seconds=round(turn.left_s(draft.now), 3))


def keep_clock(draft: Draft) -> None:
    """Let the turn's clock stand while the holder is cut off or a partner is lost, and run otherwise.

    Nobody's time is used up while they can't be heard, and nobody talks into the void.
    """
    cut_off, awaited = _is_cut_off(draft.state, draft.floor.holder), _is_partner_awaited(draft.state)
    if draft.floor.stick is Stick.CLOSING:
        # Time is up, so there is none to keep; whoever is cut off has paused.
        if cut_off:
            close(draft)
        return
    draft.floor = draft.floor.waiting(draft.now, for_holder=cut_off, for_partner=awaited)
    stick, runs = draft.floor.stick, not (cut_off or awaited)
    if stick is Stick.HELD and not runs:
        draft.floor = draft.floor.pause(draft.now)
    elif stick is Stick.PAUSED and runs:
        draft.floor = draft.floor.resume(draft.now)


def _is_cut_off(state: State, holder: str | None) -> bool:
    """The holder, if there is one, is absent or has no line."""
    return holder is not None and not state.people[holder].reachable


def _is_partner_awaited(state: State) -> bool:
    """A partner who is not the holder is absent."""
    others = (partner for partner in state.partners if partner != state.floor.holder)
    return not all(state.people[partner].present for partner in others)


def _start(draft: Draft, holder: str) -> None:
    """A new turn for `holder`, whose clock may have to wait for someone."""
    partner = holder in draft.state.partners
    draft.floor = draft.floor.start(holder, draft.now, partner=partner)
    keep_clock(draft)
    turn = draft.floor.turn
    if turn is not None:
        draft.tell("turn.started", turn=turn.id, holder=holder, ends_at=turn.ends_at)


def _hand_to(draft: Draft, to: str, reason: EndReason) -> None:
    """The stick goes straight to `to`."""
    draft.state.seat(to)
    _check_takes_part(draft.state, to)
    if to == draft.floor.holder:
        raise FloorTaken("The stick is with them already.")
    if draft.floor.turn is not None:
        end(draft, reason)
    _start(draft, to)


def _next_speaker(state: State) -> str | None:
    """Who comes back; else who waits longest; else the partner who did not speak last, if the format alternates."""
    in_line = (*state.floor.return_queue, *state.floor.queue)
    waiting = next((person for person in in_line if state.takes_part(person)), None)
    if waiting is not None or not state.floor.format.alternates or state.floor.last_partner is None:
        return waiting
    others = (partner for partner in state.partners if partner != state.floor.last_partner)
    return next((partner for partner in others if state.takes_part(partner)), None)


def _check_takes_part(state: State, person: str) -> None:
    if not state.takes_part(person):
        raise NotPresent("Only someone who is present and ready can have the stick.")


def _check_chair(state: State, person: str) -> None:
    if state.seat(person).role is not Role.THERAPIST:
        raise NotYourRight("Only the therapist may give the stick to others or take it back.")
