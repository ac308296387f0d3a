"""A caucus: the therapist takes one partner aside, and the talk of all three pauses.

The therapist begins it; either of the two who talk aside ends it, at once, and a partner who has is not taken aside again before
they say that they come back. Nobody is brought back unasked: until both partners
have said that they will meet again, nobody hears or sees anybody. In a shuttle the partners never meet, so nothing is asked.
"""

from dataclasses import replace

from media.mediation import turns
from media.mediation.caucus import Caucus, CaucusStage
from media.mediation.commands import CaucusBack, CaucusEnd, CaucusStart
from media.mediation.errors import NothingToChange, NotInThisPhase, NotPresent, NotYourRight, OutOfRange
from media.mediation.floor import EndReason
from media.mediation.formats import FloorRule
from media.mediation.people import Phase
from media.mediation.state import Draft, State


def start(draft: Draft, command: CaucusStart) -> None:
    """The therapist alone with one partner; from another caucus they move on."""
    draft.state.seat(command.with_)
    if command.with_ not in draft.state.partners:
        raise OutOfRange("A caucus is with one of the two partners.")
    for person in (command.by, command.with_):
        if not draft.state.takes_part(person):
            raise NotPresent("Both who are to talk have to be present and ready.")
    running = draft.caucus
    if running is not None:
        if running.by != command.by:
            raise NotYourRight("Another therapist is in a caucus.")
        if running.with_ == command.with_ and running.stage is CaucusStage.TALKING:
            raise NothingToChange("You are alone with them already.")
        if running.is_declined_by(command.with_):
            raise NotPresent("They have ended it. Wait until they say that they come back.")
        _count(draft, running)
    else:
        turns.break_off(draft, EndReason.CAUCUS)
    held = next(partner for partner in draft.state.partners if partner != command.with_)
    draft.phase = Phase.CAUCUS
    draft.caucus = Caucus(command.by, command.with_, held, draft.now)
    draft.tell("caucus.started", by=command.by, **{"with": command.with_})


def end(draft: Draft, command: CaucusEnd) -> None:
    """The two stop at once; both partners are asked before they meet."""
    running = draft.running_caucus()
    if command.by not in running.pair:
        raise NotYourRight("One of the two who talk alone ends it.")
    if running.stage is CaucusStage.RETURNING:
        raise NotInThisPhase("It has been ended already.")
    stop(draft, command.by)


def stop(draft: Draft, by: str) -> None:
    """Nobody hears or sees anybody until both partners will meet again."""
    running = draft.running_caucus()
    _count(draft, running)
    draft.caucus = running.returning(by)
    draft.tell("caucus.ended", by=by)


def come_back(draft: Draft, command: CaucusBack) -> None:
    """A partner will meet the other again."""
    running = draft.running_caucus()
    if command.by not in draft.state.partners:
        raise NotYourRight("The two partners say when they come back together.")
    if running.stage is not CaucusStage.RETURNING:
        raise NotInThisPhase("The two are still talking alone.")
    if not draft.state.takes_part(command.by):
        raise NotPresent("Say first that you are here and ready.")
    draft.caucus = running.with_back(command.by)


def step_out(draft: Draft, person: str) -> None:
    """Someone goes, or is willing no longer: without one of the two there is no caucus, and nobody comes back who is gone."""
    running = draft.running_caucus()
    if person in running.pair and running.stage is CaucusStage.TALKING:
        stop(draft, person)
    draft.caucus = draft.running_caucus().without(person)


def follow(draft: Draft) -> None:
    """What follows by itself: all are together again, or apart as before."""
    running = draft.caucus
    if running is None or running.stage is not CaucusStage.RETURNING or not draft.state.both_willing:
        return
    if _is_shuttle(draft.state) or set(running.back) == set(draft.state.partners):
        leave_off(draft, Phase.TALKING)


def leave_off(draft: Draft, phase: Phase) -> None:
    """The caucus is over, whatever comes next."""
    running = draft.running_caucus()
    if running.stage is CaucusStage.TALKING:
        _count(draft, running)
    draft.caucus = None
    draft.phase = phase
    draft.tell("caucus.over")


def _is_shuttle(state: State) -> bool:
    return state.floor.format.floor is FloorRule.SHUTTLE


def _count(draft: Draft, running: Caucus) -> None:
    """Each partner's time alone with the therapist, so that the other can be offered as much."""
    if running.stage is not CaucusStage.TALKING:
        return
    so_far = draft.state.caucus_s.get(running.with_, 0.0)
    spent = {**draft.state.caucus_s, running.with_: so_far + draft.now - running.started_at}
    draft.state = replace(draft.state, caucus_s=spent)
