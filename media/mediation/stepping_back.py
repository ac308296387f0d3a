"""Stepping back: anyone can, at once and without a reason, and nobody can refuse it.

The running turn ends with the break, since a return starts with how each feels and not where it broke. Nobody loses by
that: whoever was speaking is first in line for a whole turn afterwards. The named time opens nothing by itself; the talk
goes on when both partners have said that they are back, with one short turn each. Whoever stepped back begins.

Another time of return is `consent`'s business: later needs one, earlier needs two.
"""

from media.mediation import caucusing, turns
from media.mediation.breaks import DEFAULT_BREAK_S, MAX_BREAK_S, MIN_BREAK_S, Break
from media.mediation.commands import BreakEnd, BreakStart
from media.mediation.errors import NotPresent, NotYourRight, OutOfRange
from media.mediation.floor import EndReason
from media.mediation.people import Phase
from media.mediation.state import Draft


def start(draft: Draft, command: BreakStart) -> None:
    """All gates close: the plan outside the talk is silence and no picture."""
    seconds = DEFAULT_BREAK_S if command.seconds is None else command.seconds
    if not MIN_BREAK_S <= seconds <= MAX_BREAK_S:
        raise OutOfRange(f"A break lasts from {MIN_BREAK_S // 60} minutes to {MAX_BREAK_S // 3600} hours.")
    if not draft.state.takes_part(command.by):
        raise NotPresent("Only someone who is present and ready can step back.")
    if draft.caucus is not None:
        caucusing.leave_off(draft, Phase.TALKING)
    turns.break_off(draft, EndReason.BREAK)
    draft.break_ = Break(command.by, draft.now, draft.now + seconds)
    draft.phase = Phase.BREAK
    draft.tell("break.started", by=command.by, returns_at=draft.now + seconds)


def come_back(draft: Draft, command: BreakEnd) -> None:
    """A partner says that they are back; the return itself takes both (`return_when_back`)."""
    running = draft.running_break()
    if command.by not in draft.state.partners:
        raise NotYourRight("The two partners say when they are back.")
    if not draft.state.takes_part(command.by):
        raise NotPresent("Say first that you are here and ready.")
    draft.break_ = running.with_back(command.by)


def go_again(draft: Draft, person: str) -> None:
    """Whoever said that they were back has gone after all."""
    draft.break_ = draft.running_break().without(person)


def tell_due(draft: Draft) -> None:
    """The named time has come; everyone is told, and nothing opens."""
    draft.break_ = draft.running_break().reached()
    draft.tell("break.due")


def return_when_back(draft: Draft) -> None:
    """Both partners are there and say so: the talk goes on with one short turn each."""
    over, partners = draft.break_, draft.state.partners
    if over is None or set(over.back) != set(partners) or not draft.state.both_willing:
        return
    caller_first = sorted(over.back, key=lambda person: person != over.by)
    draft.floor = draft.floor.with_return_queue(tuple(caller_first))
    draft.break_ = None
    draft.phase = Phase.TALKING
    draft.tell("break.ended")
