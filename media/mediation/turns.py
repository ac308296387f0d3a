"""Whose turn comes next, and what each floor command may do.

Decides who may take which step of the table in `floor`. The therapist is the chair (RFC 8855): may give the
stick to anyone and take it back, and must hold it to be heard like everybody else.
"""

from collections.abc import Callable, Mapping
from typing import Final

from media.mediation.commands import (
    FloorGrant,
    FloorPass,
    FloorRelease,
    FloorRequest,
    FloorRevoke,
    SpeechPaused,
)
from media.mediation.course import Course
from media.mediation.errors import FloorTaken, NotHolder, NotInThisPhase, NotPresent
from media.mediation.floor import EndReason, Floor, Stick
from media.mediation.formats import PhaseFloor, Then
from media.mediation.mirror import Mirror
from media.mediation.people import Phase
from media.mediation.state import Draft, State

# What becomes of the course when a turn of it ends. A phase is complete with its time, its "you got it" or the speaker's own
# end; what was taken back or lost waits until somebody asks for the stick; what everyone stepped back from begins anew.
_COURSE_AFTER: Final[Mapping[EndReason, Callable[[Course], Course]]] = {
    EndReason.TIME: Course.advanced,
    EndReason.RELEASED: Course.advanced,
    EndReason.PASSED: Course.advanced,
    EndReason.COMPLETE: Course.advanced,
    EndReason.REVOKED: Course.halt,
    EndReason.LOST: Course.halt,
    EndReason.BREAK: Course.rewound,
    EndReason.CAUCUS: Course.rewound,
}
_RESTS_AFTER: Final = frozenset({EndReason.TIME, EndReason.RELEASED, EndReason.COMPLETE})


def request(draft: Draft, command: FloorRequest) -> None:
    """A free stick is granted at once, a held one is waited for; in a course the partners' turns come by themselves."""
    _check_takes_part(draft.state, command.by)
    floor, course = draft.floor, draft.floor.in_course
    if course is not None and command.by in draft.state.partners and course.floor is not PhaseFloor.OPEN:
        _ask_course_to_go_on(draft, course)
    elif floor.turn is None and floor.rest_ends_at is None and not _is_silence(floor):
        start(draft, command.by)
    else:
        draft.floor = floor.enqueue(command.by)


def _ask_course_to_go_on(draft: Draft, course: Course) -> None:
    """The stick was taken back or lost, and lies there: the phase that is due begins again (`keeping_course`)."""
    if not course.halted or draft.floor.turn is not None:
        raise NotInThisPhase("In this format the stick comes to you when it is your turn.")
    draft.floor = draft.floor.with_course(course.rewound())


def _is_silence(floor: Floor) -> bool:
    return floor.in_course is not None and floor.in_course.floor is PhaseFloor.SILENCE


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
    _check_takes_part(draft.state, command.by)
    _hand_to(draft, command.to, EndReason.REVOKED)


def revoke(draft: Draft, command: FloorRevoke) -> None:
    """The chair takes the stick back; it lies free and the queue stays."""
    _check_takes_part(draft.state, command.by)
    end(draft, EndReason.REVOKED)


def end(draft: Draft, reason: EndReason) -> None:
    """End the running turn and leave the stick free.

    Raises:
        NotHolder: nobody holds the stick.
    """
    turn = draft.floor.turn
    if turn is not None and turn.mirror is not None:
        stop_mirror(draft, turn.mirror, "turn")
    draft.floor = draft.floor.end()
    if turn is None:
        return
    draft.floor = draft.floor.with_airtime(turn.holder, turn.spoken_s(draft.now))
    draft.tell("turn.ended", turn=turn.id, holder=turn.holder, reason=reason)
    if turn.in_course and draft.floor.course is not None:
        draft.floor = draft.floor.with_course(_COURSE_AFTER[reason](draft.floor.course))


def stop_mirror(draft: Draft, mirror: Mirror, reason: str, *, answer_due: bool = False) -> None:
    """The listener's slot is over, and counts as theirs."""
    draft.floor = draft.floor.with_mirror(None, answer_due=answer_due)
    draft.floor = draft.floor.with_airtime(mirror.by, draft.now - mirror.started_at)
    draft.tell("mirror.ended", by=mirror.by, reason=reason)


def end_and_pass_on(draft: Draft, reason: EndReason) -> None:
    """End the running turn; the stick goes where the format says, after a silence if there is to be one."""
    turn, before = draft.floor.turn, draft.floor.in_course
    end(draft, reason)
    if turn is None or turn.returning or reason not in _RESTS_AFTER or _is_last(draft.floor, before):
        go_on(draft)
    elif draft.floor.rest_s and (before is not None or _next_speaker(draft.state) is not None):
        draft.floor = draft.floor.resting(draft.now, draft.floor.rest_s)
        draft.tell("rest.started", ends_at=draft.floor.rest_ends_at)
    else:
        go_on(draft)


def _is_last(floor: Floor, before: Course | None) -> bool:
    """The course has just come to its end, and nobody speaks after it."""
    return before is not None and floor.in_course is None and floor.format.then is Then.END


def go_on(draft: Draft) -> None:
    """The stick goes where the format says; a phase that is due begins by itself (`keeping_course`)."""
    speaker = _next_speaker(draft.state)
    if speaker is not None:
        start(draft, speaker)


def end_rest(draft: Draft) -> None:
    """The silence between two turns is over; the turn of a partner who was lost in it is held, and its clock stands."""
    draft.floor = draft.floor.rested()
    draft.tell("rest.ended")
    speaker = _next_speaker(draft.state) or _other_partner(draft.state)
    if speaker is not None:
        start(draft, speaker)


def time_is_up(draft: Draft) -> None:
    """Nobody is cut off in the middle of a word: the turn closes at the first pause, or when the grace is over."""
    draft.floor = draft.floor.time_up(draft.now)
    turn = draft.floor.turn
    if turn is not None and turn.grace_ends_at is not None:
        draft.tell("turn.closing", turn=turn.id, ends_at=turn.grace_ends_at)


def speech_paused(draft: Draft, command: SpeechPaused) -> None:
    """Whoever's time is up pauses; anybody else's pause, or an earlier one, means nothing."""
    if command.by != draft.floor.awaits_pause_of:
        return
    if draft.floor.mirror is not None:
        mirror_time_over(draft)
    else:
        close(draft)


def mirror_time_over(draft: Draft) -> None:
    """The listener has said back for as long as there was time; the speaker is asked whether it was that."""
    mirror = draft.floor.mirror
    if mirror is not None:
        stop_mirror(draft, mirror, "time", answer_due=True)


def close(draft: Draft) -> None:
    """A turn that has had its time passes on."""
    end_and_pass_on(draft, EndReason.TIME)


def drop(draft: Draft, reason: EndReason) -> None:
    """There is nothing to take turns in any more: the turn, if there is one, and the queue go. A phase begins anew later."""
    before = draft.floor.course
    if draft.floor.turn is not None:
        end(draft, reason)
    draft.floor = draft.floor.with_nobody_waiting()
    if before is not None:
        draft.floor = draft.floor.with_course(before.rewound())


def break_off(draft: Draft, reason: EndReason) -> None:
    """The talk pauses: the turn ends, and the queue stays; who still had time is first in line for a whole turn."""
    turn, course = draft.floor.turn, draft.floor.course
    draft.floor = draft.floor.rested().with_return_queue(())
    if turn is not None:
        end(draft, reason)
        if not turn.returning and not turn.in_course and turn.grace_ends_at is None:
            draft.floor = draft.floor.first_in_line(turn.holder)
    if course is not None:
        draft.floor = draft.floor.with_course(course.rewound())


def go_on_returning(draft: Draft) -> None:
    """After a break the short turns follow each other by themselves, also when one of them is taken back."""
    if draft.phase is not Phase.TALKING or draft.floor.turn is not None:
        return
    returning = next((who for who in draft.floor.return_queue if draft.state.takes_part(who)), None)
    if returning is not None:
        start(draft, returning)


def give_cue(draft: Draft) -> None:
    """Tell everyone once that little is left of the running turn."""
    turn = draft.floor.turn
    draft.floor = draft.floor.cue()
    if turn is not None and turn.left_s(draft.now) > 0:
        draft.tell("turn.ending", turn=turn.id, seconds=round(turn.left_s(draft.now), 3))


def keep_clock(draft: Draft) -> None:
    """Let the turn's clock stand while the holder is cut off, a partner is lost or the listener says back; else it runs.

    Nobody's time is used up while they can't be heard, and nobody talks into the void.
    """
    cut_off, awaited = _is_cut_off(draft.state, draft.floor.holder), _is_partner_awaited(draft.state)
    mirror = draft.floor.mirror
    if mirror is not None and (cut_off or awaited or _is_cut_off(draft.state, mirror.by)):
        stop_mirror(draft, mirror, "lost")
        mirror = None
    if draft.floor.stick is Stick.CLOSING and mirror is None:
        # Time is up, so there is none to keep; whoever is cut off has paused.
        if cut_off:
            close(draft)
        return
    draft.floor = draft.floor.waiting(draft.now, for_holder=cut_off, for_partner=awaited)
    stick, runs = draft.floor.stick, not (cut_off or awaited or mirror)
    if stick in {Stick.HELD, Stick.CLOSING} and not runs:
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


def start(draft: Draft, holder: str) -> None:
    """A new turn for `holder`, whose clock may have to wait for someone.

    Whoever's phase is due gets that, whole: it is left to `keeping_course` to begin.
    """
    course = draft.floor.in_course
    returns = holder in draft.floor.return_queue
    if course is not None and draft.floor.is_due_in_course(holder) and not (course.began or returns):
        draft.floor = draft.floor.rested().with_course(course.rewound())
        return
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
    start(draft, to)


def _next_speaker(state: State) -> str | None:
    """Who comes back; else who waits longest; else the partner who did not speak last, if the format alternates."""
    in_line = (*state.floor.return_queue, *state.floor.queue)
    waiting = next((person for person in in_line if state.takes_part(person)), None)
    if waiting is not None:
        return waiting
    other = _other_partner(state)
    return other if other is not None and state.takes_part(other) else None


def _other_partner(state: State) -> str | None:
    """The partner who did not speak last, there or not, if the format alternates."""
    last = state.floor.last_partner
    if not state.floor.alternates or last is None:
        return None
    return next(partner for partner in state.partners if partner != last)


def _check_takes_part(state: State, person: str) -> None:
    if not state.takes_part(person):
        raise NotPresent("Only someone who takes part can have the stick, or move it.")
