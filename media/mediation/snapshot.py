"""The whole state as people may see it: what signaling sends to everyone after every change.

The keys of `Snapshot.as_json` are the public contract (PROTOCOL.md, `conversation`); signaling adds names,
the revision and the server's time.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from typing import Any

from media.mediation.breaks import Break
from media.mediation.distance import Because, Distance
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
    """An open proposal; `aim` holds what its kind needs (format and turn_seconds, seconds, level, or returns_at)."""

    id: str
    kind: Kind
    by: str
    needs: tuple[str, ...]
    answers: Mapping[str, bool]
    expires_at: float
    aim: Mapping[str, str | float]


@dataclass(frozen=True, slots=True)
class BreakSnapshot:
    """Everyone has stepped back; times are monotonic seconds."""

    by: str
    started_at: float
    returns_at: float
    due: bool
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
    caucus: None = None

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
    )


def _participants(state: State) -> Iterator[ParticipantSnapshot]:
    for seat in state.seats:
        there = state.people[seat.id]
        yield ParticipantSnapshot(
            seat.id, seat.role, there.present, there.ready, there.line, there.left, there.microphone
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
    )


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
