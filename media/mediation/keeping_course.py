"""How a format's phases are followed: what begins each of them, and what completes it.

A turn is complete with its end (`turns`); an open or a silent phase with its time, or when both partners are ready to go on.
Everything begins by itself, except after the stick was taken back or lost.
"""

from media.mediation import saying_back, turns
from media.mediation.commands import PhaseDone
from media.mediation.course import Course, Step
from media.mediation.ending import end_for_all
from media.mediation.errors import NotInThisPhase, NotPresent, NotYourRight
from media.mediation.formats import PhaseFloor, Then
from media.mediation.people import Phase
from media.mediation.state import Draft


def keep(draft: Draft) -> None:
    """Begin what is due; the end of the last phase is the end of the talk, if the format says so."""
    floor, course = draft.floor, draft.floor.course
    if draft.phase is not Phase.TALKING or course is None:
        return
    if course.over:
        _finish(draft, course)
        return
    present = course.present
    is_free = floor.turn is None and floor.rest_ends_at is None and not floor.return_queue
    if present is not None and is_free and not course.began and not course.halted:
        _begin(draft, course, present)
    keep_clock(draft)


def keep_clock(draft: Draft) -> None:
    """The clock of an open or a silent phase stands while a partner is lost."""
    course = draft.floor.in_course
    if course is None or not course.began:
        return
    if all(draft.state.people[partner].present for partner in draft.state.partners):
        draft.floor = draft.floor.with_course(course.resumed(draft.now))
    else:
        draft.floor = draft.floor.with_course(course.stopped(draft.now))


def set_done(draft: Draft, command: PhaseDone) -> None:
    """Ready to go on, or not yet; it goes on when both are."""
    if command.by not in draft.state.partners:
        raise NotYourRight("The two partners say when they are ready to go on.")
    if not draft.state.takes_part(command.by):
        raise NotPresent("Say first that you are here and ready.")
    course, rests = draft.floor.in_course, draft.floor.rest_ends_at is not None
    can_complete = course is not None and course.began and course.both_complete and draft.floor.turn is None
    if not (rests or can_complete):
        raise NotInThisPhase("Nothing waits for both of you to be ready.")
    draft.floor = draft.floor.with_done(command.by, done=command.done)
    if set(draft.floor.done) != set(draft.state.partners):
        return
    if rests:
        turns.end_rest(draft)
    else:
        complete(draft)


def complete(draft: Draft) -> None:
    """The open or silent phase is complete."""
    course = draft.floor.in_course
    if course is not None:
        draft.floor = draft.floor.with_course(course.advanced())
        turns.go_on(draft)


def _begin(draft: Draft, course: Course, present: Step) -> None:
    """The stick goes to whose phase it is, if they are there; an open or a silent phase just begins."""
    phase, speaker = present.phase, course.speaker
    if phase.floor is PhaseFloor.TURN:
        if speaker is None or not draft.state.takes_part(speaker):
            return
        draft.floor = draft.floor.with_course(course.begun(draft.now, seconds=None))
        _tell(draft, phase.name, phase.title, speaker)
        turns.start(draft, speaker)
        if phase.opens_with_mirror and _can_say_back(draft, course):
            saying_back.begin(draft, course, phase)
        return
    draft.floor = draft.floor.with_course(course.begun(draft.now, seconds=phase.seconds))
    _tell(draft, phase.name, phase.title, None)


def _can_say_back(draft: Draft, course: Course) -> bool:
    listener = course.listener
    return (
        listener is not None
        and draft.state.takes_part(listener)
        and draft.state.people[listener].reachable
        and draft.floor.turn is not None
        and draft.floor.turn.ends_at is not None
    )


def _tell(draft: Draft, phase: str, title: str, speaker: str | None) -> None:
    draft.tell("phase.started", phase=phase, title=title, speaker=speaker)


def _finish(draft: Draft, course: Course) -> None:
    """Said once: the format goes on without phases, or the call is over."""
    if not course.began:
        draft.floor = draft.floor.with_course(course.begun(draft.now, seconds=None))
        draft.tell("course.ended", format=draft.floor.format.name)
    if draft.floor.format.then is Then.END:
        end_for_all(draft)
