"""The live state of a call: commands and time go in, notices come out.

No clock and no I/O: the caller hands in `now` (monotonic seconds), asks for the next deadline and wakes the
conversation then. What a command does is in the module of its subject; this one only finds the way there.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final, Self

from media.mediation import (
    attendance,
    caucusing,
    consent,
    distancing,
    keeping_course,
    saying_back,
    stepping_back,
    turns,
)
from media.mediation import commands as c
from media.mediation.deadlines import Deadline, Reason, carry_out_due, next_deadline, settle
from media.mediation.distance_choices import DistanceChoices
from media.mediation.errors import NotInThisPhase, NotPresent
from media.mediation.floor import Floor
from media.mediation.formats import PLAIN, Formats, checked_turn_seconds, format_named
from media.mediation.notices import Notice
from media.mediation.people import Phase, Role, Seat
from media.mediation.plan import Plan, make_plan
from media.mediation.presence import Presence
from media.mediation.rights import check_right
from media.mediation.snapshot import Snapshot, take_snapshot
from media.mediation.state import Draft, State

__all__ = ["Conversation", "Deadline", "Notice", "Phase", "Reason", "Snapshot"]

_PARTNERS: Final = 2

# Each handler takes the draft and a command of its own type, which a table can't say to the type checker.
_HANDLERS: Final[dict[type, Callable[[Draft, Any], None]]] = {
    c.Join: attendance.join,
    c.Leave: attendance.leave,
    c.Lost: attendance.lose,
    c.Line: attendance.report_line,
    c.LineThin: attendance.report_thin_line,
    c.Ready: attendance.set_ready,
    c.MicrophoneSet: attendance.set_microphone,
    c.SpeechPaused: turns.speech_paused,
    c.FloorRequest: turns.request,
    c.FloorRelease: turns.release,
    c.FloorPass: turns.pass_on,
    c.FloorGrant: turns.grant,
    c.FloorRevoke: turns.revoke,
    c.FloorExtend: consent.propose_extension,
    c.FormatSet: consent.propose_format,
    c.PhaseDone: keeping_course.set_done,
    c.MirrorStart: saying_back.start,
    c.MirrorDone: saying_back.finish,
    c.MirrorAnswer: saying_back.answer,
    c.CaucusStart: caucusing.start,
    c.CaucusEnd: caucusing.end,
    c.CaucusBack: caucusing.come_back,
    c.Admit: consent.propose_admission,
    c.BreakStart: stepping_back.start,
    c.BreakTime: consent.set_return,
    c.BreakEnd: stepping_back.come_back,
    c.DistanceOutgoing: distancing.set_outgoing,
    c.DistanceIncoming: distancing.set_incoming,
    c.Listen: distancing.set_listening,
    c.DistanceRoom: consent.set_room,
    c.Consent: consent.answer,
    c.End: consent.propose_end,
}


class Conversation:
    """One call's conversation between two partners, perhaps with therapists.

    `distance`: choices that people made in an earlier conversation of the same call; they hold on. `formats`: what it may
    be held in. In a format with phases the first partner begins, unless people agree otherwise.

    Raises:
        UnknownFormat, OutOfRange: the format or the length of turns is none.
        ValueError: the seats are not two partners and any number of therapists with different ids.
    """

    def __init__(
        self,
        seats: Sequence[Seat],
        *,
        format: str = "timed-turns",  # noqa: A002 - the word of the public contract
        turn_seconds: int = 180,
        distance: DistanceChoices | None = None,
        formats: Formats = PLAIN,
    ) -> None:
        _check_seats(seats)
        chosen, partners = format_named(format, formats), [s.id for s in seats if s.role is Role.PARTNER]
        floor = Floor(chosen, checked_turn_seconds(turn_seconds))
        self._state = State(
            seats=tuple(seats),
            people={seat.id: Presence() for seat in seats},
            floor=floor.with_format(
                chosen, turn_seconds, rest_s=chosen.rest_seconds, partners=tuple(partners)
            ),
            distance=(distance or DistanceChoices()).among({seat.id for seat in seats}),
            formats=formats,
        )
        self._revision = 0

    @classmethod
    def going_on(cls, state: State, revision: int) -> Self:
        """The conversation that had come to this state with this revision (see `saved`).

        Raises:
            ValueError: nobody can have a conversation in it.
        """
        running = state.floor.format
        conversation = cls(state.seats, format=running.name, formats={running.name: running})
        conversation._state, conversation._revision = state, revision
        return conversation

    @property
    def state(self) -> State:
        """All that is true now, for whoever keeps it; immutable."""
        return self._state

    @property
    def revision(self) -> int:
        """How often the state has changed; a command or tick that changes several things counts once."""
        return self._revision

    @property
    def phase(self) -> Phase:
        """Where the conversation stands."""
        return self._state.phase

    @property
    def returns_at(self) -> float | None:
        """The named time of return from the break (monotonic s), while there is one."""
        return None if self._state.break_ is None else self._state.break_.returns_at

    @property
    def distance(self) -> DistanceChoices:
        """Everyone's wishes about distance."""
        return self._state.distance

    def handle(self, command: c.Command, now: float) -> list[Notice]:
        """Carry out a command at `now`, after whatever was due before it.

        Raises:
            MediationError: it was refused, and nothing has changed (what was due waits for `tick`).
        """
        draft = Draft(self._state, now)
        carry_out_due(draft)
        _check_may_act(draft.state, command)
        _HANDLERS[type(command)](draft, command)
        settle(draft)
        carry_out_due(draft)
        return self._accept(draft)

    def tick(self, now: float) -> list[Notice]:
        """Carry out every deadline that is due at `now`; too early a call does nothing."""
        draft = Draft(self._state, now)
        carry_out_due(draft)
        return self._accept(draft)

    def deadline(self) -> Deadline | None:
        """When to call `tick` next, and why; later than the last `now` that was carried out."""
        return next_deadline(self._state)

    def plan(self) -> Plan:
        """What everyone may hear and see now."""
        return make_plan(self._state)

    def snapshot(self, now: float) -> Snapshot:
        """The whole state as people may see it."""
        return take_snapshot(self._state, now)

    def _accept(self, draft: Draft) -> list[Notice]:
        """The draft becomes the state."""
        if draft.state != self._state:
            self._state = draft.state
            self._revision += 1
        return draft.notices


def _check_seats(seats: Sequence[Seat]) -> None:
    partners = [seat for seat in seats if seat.role is Role.PARTNER]
    if len(partners) != _PARTNERS or len({seat.id for seat in seats}) != len(seats):
        raise ValueError("A conversation has exactly two partners, and every seat an id of its own.")


def _check_may_act(state: State, command: c.Command) -> None:
    """The person is known and there, and the table of rights has the command for their role in this phase."""
    seat = state.seat(command.by)
    if state.phase is Phase.ENDED:
        raise NotInThisPhase("The conversation has ended.")
    if not state.people[command.by].present and not isinstance(command, c.Join):
        raise NotPresent("You are not in the conversation; join first.")
    check_right(type(command), seat.role, state.phase)
