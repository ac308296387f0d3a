"""The mirror step: the holder has the listener say back what they heard, and says whether it is that.

The floor stays the holder's and their clock stands (`turns.keep_clock`). "You got it" and "there is more" are the holder's
alone to say: nobody else can declare somebody understood.
"""

from media.mediation import turns
from media.mediation.commands import MirrorAnswer, MirrorDone, MirrorStart
from media.mediation.course import Course
from media.mediation.errors import NotHolder, NotInThisPhase, NotPresent
from media.mediation.floor import EndReason, Stick, Turn
from media.mediation.formats import Completion, FormatPhase
from media.mediation.mirror import Mirror
from media.mediation.state import Draft


def start(draft: Draft, command: MirrorStart) -> None:
    """The holder asks for it, in a phase that has it; also in the grace, since the last part is said back too."""
    turn, course, phase = _running(draft, command.by)
    if not phase.mirror_seconds:
        raise NotInThisPhase("There is no saying back in this phase.")
    if turn.mirror is not None:
        raise NotInThisPhase("They are saying it back already.")
    if not draft.state.people[command.by].reachable:
        raise NotPresent("Your line is gone; nobody has heard you, and you would hear nobody.")
    if turn.last_said_back:
        raise NotInThisPhase("The time of this turn is over, and the last part has been said back.")
    begin(draft, course, phase)


def begin(draft: Draft, course: Course, phase: FormatPhase) -> None:
    """The listener has the microphone for the phase's slot.

    Raises:
        NotPresent: the listener is not there to say anything.
    """
    listener = course.listener
    if listener is None or not draft.state.takes_part(listener) or not draft.state.people[listener].reachable:
        raise NotPresent("Who is to say it back is not there.")
    mirror = Mirror(listener, draft.now, draft.now + phase.mirror_seconds)
    draft.floor = draft.floor.with_mirror(mirror, is_last=draft.floor.stick is Stick.CLOSING)
    draft.tell("mirror.started", by=listener, ends_at=mirror.ends_at)
    turns.keep_clock(draft)


def finish(draft: Draft, command: MirrorDone) -> None:
    """The listener has said it; the speaker is asked whether it was that."""
    mirror = draft.floor.mirror
    if mirror is None or mirror.by != command.by:
        raise NotHolder("You are not saying anything back.")
    turns.stop_mirror(draft, mirror, "done", answer_due=True)


def answer(draft: Draft, command: MirrorAnswer) -> None:
    """The speaker's word: "you got it" completes a phase that waits for it; with anything else the speaker goes on."""
    turn, _, phase = _running(draft, command.by)
    if turn.mirror is None and not turn.answer_due:
        raise NotInThisPhase("Nothing has been said back yet.")
    if turn.mirror is not None:
        turns.stop_mirror(draft, turn.mirror, "answered")
    else:
        draft.floor = draft.floor.with_mirror(None)
    draft.tell("mirror.answered", by=command.by, got_it=command.got_it)
    if command.got_it and Completion.GOT_IT in phase.completes:
        turns.end_and_pass_on(draft, EndReason.COMPLETE)


def time_up(draft: Draft) -> None:
    """The slot's time is over; it ends at the first pause, or with its grace."""
    turn, mirror = draft.floor.turn, draft.floor.mirror
    if turn is not None and mirror is not None:
        draft.floor = draft.floor.with_mirror(mirror.time_up())


def _running(draft: Draft, by: str) -> tuple[Turn, Course, FormatPhase]:
    """The holder's turn, the course that it belongs to, and the phase.

    Raises:
        NotHolder: the stick is somebody else's, or nobody's.
        NotInThisPhase: the turn is none of a format with phases.
    """
    turn, course = draft.floor.turn, draft.floor.in_course
    if turn is None or turn.holder != by:
        raise NotHolder("This is the speaker's to say.")
    present = None if course is None else course.present
    if not turn.in_course or course is None or present is None:
        raise NotInThisPhase("There is no saying back in this format.")
    return turn, course, present.phase
