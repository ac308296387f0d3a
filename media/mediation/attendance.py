"""Coming, going, being lost and being ready: when the talk begins, and what an absence does to it.

The talk lasts while both partners are in it. A partner who is merely lost is waited for; a therapist
who goes just goes. A break goes on whoever comes and goes: people may close the page and take a walk.
"""

from dataclasses import replace

from media.mediation import caucusing, stepping_back
from media.mediation.commands import Join, Leave, Line, LineThin, Lost, MicrophoneSet, Ready
from media.mediation.floor import EndReason
from media.mediation.people import Phase
from media.mediation.presence import HOLD_S
from media.mediation.state import Draft
from media.mediation.turns import drop, end_and_pass_on


def join(draft: Draft, command: Join) -> None:
    """There, for the first time or again; joining while present changes nothing."""
    before = draft.state.people[command.by]
    # A yes from long ago opens no microphone. In a break it does not: coming back from that is said by a press of its own.
    lapsed = before.lost_for(draft.now) >= HOLD_S and draft.state.break_ is None
    draft.set_presence(command.by, before.joined(ready=before.ready and not lapsed))


def leave(draft: Draft, command: Leave) -> None:
    """Gone by choice: a partner's going sends the others back to waiting, at once."""
    draft.set_presence(command.by, draft.state.people[command.by].departed())
    _step_out(draft, command.by)


def lose(draft: Draft, command: Lost) -> None:
    """The connection broke; the place is held (`presence.HOLD_S`) and the turn's clock stands."""
    draft.set_presence(command.by, draft.state.people[command.by].dropped(draft.now))


def report_line(draft: Draft, command: Line) -> None:
    """The plane's word on the line; a holder whose line is lost is waited for like one who is lost."""
    draft.set_presence(command.by, draft.state.people[command.by].with_line(command.line))


def report_thin_line(draft: Draft, command: LineThin) -> None:
    """The plane's word on what the line down can carry; it adds distance, and people are told why."""
    draft.set_presence(command.by, draft.state.people[command.by].with_thin(thin=command.thin))


def set_microphone(draft: Draft, command: MicrophoneSet) -> None:
    """The person's word on their own microphone, for the others to see."""
    draft.set_presence(command.by, draft.state.people[command.by].with_microphone(on=command.on))


def set_ready(draft: Draft, command: Ready) -> None:
    """Willing, or no longer; taking it back is like leaving, but for staying in the room."""
    before = draft.state.people[command.by]
    draft.set_presence(command.by, before.with_ready(ready=command.ready))
    if before.ready and not command.ready:
        _step_out(draft, command.by)


def begin_when_willing(draft: Draft) -> None:
    """The talk begins when both partners are present and ready; anew, once neither is willing any more."""
    if draft.phase is not Phase.WAITING:
        return
    if draft.state.both_willing:
        draft.phase = Phase.TALKING
    if not any(draft.state.people[partner].ready for partner in draft.state.partners):
        draft.state = replace(draft.state, interrupted=False)


def give_up_waiting(draft: Draft) -> None:
    """A partner was lost for longer than the place is held, or for too long in one turn."""
    _fall_back(draft, EndReason.LOST)


def lose_turn(draft: Draft) -> None:
    """The holder was cut off for longer than the turn is held, all gaps together."""
    end_and_pass_on(draft, EndReason.LOST)


def _step_out(draft: Draft, person: str) -> None:
    """Someone takes part no longer, by choice."""
    if draft.phase is Phase.BREAK:
        stepping_back.go_again(draft, person)
        return
    if draft.phase is Phase.CAUCUS:
        caucusing.step_out(draft, person)
        return
    holds = person == draft.floor.holder
    if person in draft.state.partners:
        _fall_back(draft, EndReason.RELEASED if holds else EndReason.LOST)
        return
    draft.floor = draft.floor.without(person)
    if holds:
        end_and_pass_on(draft, EndReason.RELEASED)


def _fall_back(draft: Draft, reason: EndReason) -> None:
    """Back to waiting, where nobody hears or sees anybody; the turn is dropped.

    Whoever stays willing has said yes to those who took part: one partner's going and coming lets nobody else in.
    """
    drop(draft, reason)
    if draft.phase is Phase.TALKING:
        draft.state = replace(draft.state, interrupted=True)
    draft.phase = Phase.WAITING
