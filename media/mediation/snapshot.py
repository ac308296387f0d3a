"""The whole state as people may see it: what signaling sends to everyone after every change.

The keys of `Snapshot.as_json` are the public contract (PROTOCOL.md, `conversation`); signaling adds names,
the revision and the server's time.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, is_dataclass
from enum import StrEnum
from typing import Any

from media.mediation.breaks import Break
from media.mediation.caucus import Caucus, CaucusStage
from media.mediation.course import Course
from media.mediation.distance import Because, Distance
from media.mediation.floor import Floor
from media.mediation.formats import Completion, PhaseFloor, Then
from media.mediation.mirror import Mirror
from media.mediation.people import LineState, Phase, Role
from media.mediation.plan import make_plan
from media.mediation.proposals import Kind, Proposal, aim_fields
from media.mediation.seeing import because
from media.mediation.state import State


class FloorMode(StrEnum):
    """What the gates do: everyone is heard, or the holder alone (nobody while the stick is free)."""

    OPEN = "open"
    TURNS = "turns"


@dataclass(frozen=True, slots=True)
class ParticipantSnapshot:
    """One seat."""

    id: str
    role: Role
    present: bool
    ready: bool
    line: LineState
    left: bool
    microphone: bool
    admitted: bool
    """May take part as far as the others go: a therapist who comes into a running talk is let in by both partners."""


@dataclass(frozen=True, slots=True)
class CourseSnapshot:
    """Where a format with phases stands; times are monotonic seconds. Once it is over the phase is empty."""

    phase: str
    title: str
    floor: PhaseFloor | None
    speaker: str | None
    listener: str | None
    number: int
    """Of this step in one pass through the round, from 1."""
    of: int
    repetition: int
    """From 1."""
    repetitions: int | None
    """None: until something else is agreed."""
    started_at: float | None
    ends_at: float | None
    """Of an open or a silent phase with a time; None while its clock stands."""
    seconds: int | None
    completes: tuple[Completion | str, ...]
    mirror_seconds: int
    opens_with_mirror: bool
    to_speaker: str
    to_listener: str
    halted: bool
    over: bool
    then: Then


@dataclass(frozen=True, slots=True)
class MirrorSnapshot:
    """The listener says back; times are monotonic seconds."""

    by: str
    ends_at: float
    grace_ends_at: float | None
    length_s: float


@dataclass(frozen=True, slots=True)
class FloorSnapshot:
    """The stick; times are monotonic seconds, `ends_at` is None while the clock stands."""

    mode: FloorMode
    format: str
    turn_seconds: int
    holder: str | None
    turn: int | None
    started_at: float | None
    ends_at: float | None
    paused: bool
    remaining_s: float | None
    queue: tuple[str, ...]
    last_holder: str | None
    length_s: float | None
    """Of the running turn, extensions included."""
    grace_ends_at: float | None
    """Once the turn's time is up: when it ends at the latest."""
    return_turn: bool
    """The running turn is a short one, after a break."""
    return_queue: tuple[str, ...]
    """Who has still to have theirs."""
    rest_seconds: int
    """The agreed silence between two turns; 0: none."""
    rest_ends_at: float | None
    done: tuple[str, ...]
    """The partners who are ready to go on from a phase or a silence."""
    airtime: Mapping[str, float]
    """Seconds that each has spoken in turns and said back, until now."""
    course: CourseSnapshot | None
    mirror: MirrorSnapshot | None
    mirror_answer_due: bool
    """The listener has said back, and the speaker has not said yet whether it is that."""


@dataclass(frozen=True, slots=True)
class ViewSnapshot:
    """One ordered pair of the plan, and whose word its distance is."""

    viewer: str
    subject: str
    heard: bool
    distance: Distance
    because: tuple[Because, ...]


@dataclass(frozen=True, slots=True)
class DistanceSnapshot:
    """Everyone's wishes, and the views that follow."""

    room: Distance
    outgoing: Mapping[str, Distance]
    outgoing_to: Mapping[str, Mapping[str, Distance]]
    incoming: Mapping[str, Mapping[str, Distance]]
    listening: tuple[str, ...]
    """Who sees nobody, in the order of the seats."""
    views: tuple[ViewSnapshot, ...]


@dataclass(frozen=True, slots=True)
class ProposalSnapshot:
    """An open proposal; `aim` holds what its kind needs (`proposals.aim_fields`)."""

    id: str
    kind: Kind
    by: str
    needs: tuple[str, ...]
    answers: Mapping[str, bool]
    expires_at: float
    aim: Mapping[str, str | float | None]


@dataclass(frozen=True, slots=True)
class BreakSnapshot:
    """Everyone has stepped back; times are monotonic seconds."""

    by: str
    started_at: float
    returns_at: float
    due: bool
    back: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaucusSnapshot:
    """The therapist is alone with one partner, or was until now; times are monotonic seconds."""

    by: str
    with_: str
    held: str
    started_at: float
    stage: CaucusStage
    back: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A conversation at one moment."""

    phase: Phase
    participants: tuple[ParticipantSnapshot, ...]
    floor: FloorSnapshot
    distance: DistanceSnapshot
    proposals: tuple[ProposalSnapshot, ...]
    break_: BreakSnapshot | None = None
    caucus: CaucusSnapshot | None = None
    caucus_time: Mapping[str, float] = field(default_factory=dict)
    """Seconds that each partner has had alone with the therapist, until now."""

    def as_json(self) -> dict[str, Any]:
        """The same in JSON's types, fresh each time; a proposal's aim stands beside its other keys."""
        plain: dict[str, Any] = _plain(self)
        for proposal in plain["proposals"]:
            proposal.update(proposal.pop("aim"))
        return plain


def take_snapshot(state: State, now: float) -> Snapshot:
    """The snapshot of a state at `now` (monotonic s)."""
    return Snapshot(
        phase=state.phase,
        participants=tuple(_participants(state)),
        floor=_floor(state, now),
        distance=_distance(state),
        proposals=tuple(_proposal(proposal) for proposal in state.proposals),
        break_=_break(state.break_) if state.break_ else None,
        caucus=_caucus(state.caucus) if state.caucus else None,
        caucus_time=_caucus_time(state, now),
    )


def _participants(state: State) -> Iterator[ParticipantSnapshot]:
    for seat in state.seats:
        there = state.people[seat.id]
        yield ParticipantSnapshot(
            seat.id,
            seat.role,
            there.present,
            there.ready,
            there.line,
            there.left,
            there.microphone,
            state.is_admitted(seat.id),
        )


def _floor(state: State, now: float) -> FloorSnapshot:
    floor, turn = state.floor, state.floor.turn
    return FloorSnapshot(
        mode=FloorMode.OPEN if floor.open else FloorMode.TURNS,
        format=floor.format.name,
        turn_seconds=floor.turn_seconds,
        holder=floor.holder,
        turn=turn.id if turn else None,
        started_at=turn.started_at if turn else None,
        ends_at=turn.ends_at if turn else None,
        paused=turn is not None and turn.ends_at is None,
        remaining_s=turn.left_s(now) if turn else None,
        queue=floor.queue,
        last_holder=floor.last_holder,
        length_s=turn.length_s if turn else None,
        grace_ends_at=turn.grace_ends_at if turn else None,
        return_turn=turn is not None and turn.returning,
        return_queue=floor.return_queue,
        rest_seconds=floor.rest_s,
        rest_ends_at=floor.rest_ends_at,
        done=floor.done,
        airtime=_airtime(floor, now),
        course=_course(floor.course, floor) if floor.course else None,
        mirror=_mirror(floor.mirror) if floor.mirror else None,
        mirror_answer_due=turn is not None and turn.answer_due,
    )


def _airtime(floor: Floor, now: float) -> dict[str, float]:
    spent = dict(floor.airtime)
    if floor.turn is not None:
        spent[floor.turn.holder] = spent.get(floor.turn.holder, 0.0) + floor.turn.spoken_s(now)
    if floor.mirror is not None:
        spent[floor.mirror.by] = spent.get(floor.mirror.by, 0.0) + now - floor.mirror.started_at
    return {person: round(seconds, 3) for person, seconds in spent.items()}


def _mirror(mirror: Mirror) -> MirrorSnapshot:
    return MirrorSnapshot(mirror.by, mirror.ends_at, mirror.grace_ends_at, mirror.length_s)


def _course(course: Course, floor: Floor) -> CourseSnapshot:
    present = course.present
    if present is None:
        return _finished_course(course, floor)
    phase, here = present.phase, course.rounds[course.round]
    timed = phase.floor is PhaseFloor.TURN or phase.seconds is not None
    return CourseSnapshot(
        phase=phase.name,
        title=phase.title,
        floor=phase.floor,
        speaker=course.speaker,
        listener=course.listener,
        number=course.step + 1,
        of=len(course.steps),
        repetition=course.repetition + 1,
        repetitions=here.repeat or None,
        started_at=course.started_at,
        ends_at=course.ends_at,
        seconds=phase.seconds,
        completes=("time",) * timed + tuple(sorted(phase.completes)),
        mirror_seconds=phase.mirror_seconds,
        opens_with_mirror=phase.opens_with_mirror,
        to_speaker=phase.to_speaker,
        to_listener=phase.to_listener,
        halted=course.halted,
        over=False,
        then=floor.format.then,
    )


def _finished_course(course: Course, floor: Floor) -> CourseSnapshot:
    return CourseSnapshot(
        phase="",
        title="",
        floor=None,
        speaker=None,
        listener=None,
        number=0,
        of=0,
        repetition=1,
        repetitions=None,
        started_at=course.started_at,
        ends_at=None,
        seconds=None,
        completes=(),
        mirror_seconds=0,
        opens_with_mirror=False,
        to_speaker="",
        to_listener="",
        halted=False,
        over=True,
        then=floor.format.then,
    )


def _caucus(running: Caucus) -> CaucusSnapshot:
    return CaucusSnapshot(
        running.by, running.with_, running.held, running.started_at, running.stage, running.back
    )


def _caucus_time(state: State, now: float) -> dict[str, float]:
    spent, running = dict(state.caucus_s), state.caucus
    if running is not None and running.stage is CaucusStage.TALKING:
        spent[running.with_] = spent.get(running.with_, 0.0) + now - running.started_at
    return {person: round(seconds, 3) for person, seconds in spent.items()}


def _distance(state: State) -> DistanceSnapshot:
    wishes = state.distance
    return DistanceSnapshot(
        room=wishes.room,
        outgoing={seat.id: wishes.seen_as(seat.id) for seat in state.seats},
        outgoing_to=_nested(wishes.outgoing_to),
        incoming=_nested(wishes.incoming),
        listening=tuple(seat.id for seat in state.seats if seat.id in wishes.listening),
        views=tuple(_views(state)),
    )


def _views(state: State) -> Iterator[ViewSnapshot]:
    for (viewer, subject), view in make_plan(state).views.items():
        reasons = because(state, viewer, subject) if state.meet(viewer, subject) else ()
        yield ViewSnapshot(viewer, subject, view.heard, view.distance, reasons)


def _nested(pairs: Mapping[tuple[str, str], Distance]) -> dict[str, dict[str, Distance]]:
    """{(a, b): level} as {a: {b: level}}."""
    nested: dict[str, dict[str, Distance]] = {}
    for (first, second), level in pairs.items():
        nested.setdefault(first, {})[second] = level
    return nested


def _break(running: Break) -> BreakSnapshot:
    return BreakSnapshot(running.by, running.started_at, running.returns_at, running.due, running.back)


def _proposal(proposal: Proposal) -> ProposalSnapshot:
    return ProposalSnapshot(
        proposal.id,
        proposal.kind,
        proposal.by,
        proposal.needs,
        proposal.answers,
        proposal.expires_at,
        aim_fields(proposal.aim),
    )


def _plain(value: Any) -> Any:
    """Dataclasses and mappings as dicts, tuples as lists; `break_` is `break` where it is no keyword."""
    if is_dataclass(value):
        return {item.name.rstrip("_"): _plain(getattr(value, item.name)) for item in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(item) for item in value]
    return str(value) if isinstance(value, StrEnum) else value
