"""The live state of a call: commands and time go in, notices come out.

No clock and no I/O: the caller hands in `now` (monotonic seconds), asks for the next deadline and wakes the
conversation then. What a command does is in the module of its subject; this one only finds the way there.
"""

from collections.abc import Callable, Sequence
from typing import Any, Final

from media.mediation import attendance, consent, distancing, stepping_back, turns
from media.mediation import commands as c
from media.mediation.deadlines import Deadline, Reason, carry_out_due, next_deadline, settle
from media.mediation.distance_choices import DistanceChoices
from media.mediation.errors import NotInThisPhase, NotPresent
from media.mediation.floor import Floor
from media.mediation.formats import checked_turn_seconds, format_named
from media.mediation.notices import Notice
from media.mediation.people import Phase, Role, Seat
from media.mediation.plan import Plan, make_plan
from media.mediation.presence import Presence
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

_NEEDS_TALK: Final = (
    c.FloorRequest,
    c.FloorRelease,
    c.FloorPass,
    c.FloorGrant,
    c.FloorRevoke,
    c.FloorExtend,
    c.BreakStart,
)


class Conversation:
    """One call's conversation between two partners, perhaps with therapists.

    `distance`: choices that people made in an earlier conversation of the same call; they hold on.

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
    ) -> None:
        _check_seats(seats)
        self._state = State(
            seats=tuple(seats),
            people={seat.id: Presence() for seat in seats},
            floor=Floor(format_named(format), checked_turn_seconds(turn_seconds)),
            distance=(distance or DistanceChoices()).among({seat.id for seat in seats}),
        )
        self._revision = 0

    @property
    def revision(self) -> int:
        """How often the state has changed; a command or tick that changes several things counts once."""
        return self._revision

    @property
    def phase(self) -> Phase:
        """Where the conversation stands."""
        return self._state.phase

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
    """The person is known and there, and the phase has room for the command."""
    state.seat(command.by)
    if state.phase is Phase.ENDED:
        raise NotInThisPhase("The conversation has ended.")
    if not state.people[command.by].present and not isinstance(command, c.Join):
        raise NotPresent("You are not in the conversation; join first.")
    if state.phase is Phase.WAITING and isinstance(command, _NEEDS_TALK):
        raise NotInThisPhase("The conversation begins when both partners are ready.")
    if state.phase is Phase.BREAK and isinstance(command, _NEEDS_TALK):
        raise NotInThisPhase("Everyone has stepped back; the talk goes on when both partners are back.")
