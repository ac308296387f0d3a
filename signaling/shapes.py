"""The parts that the server's messages are made of: people, the call, the floor, distances, proposals.

PROTOCOL.md describes each of them; where they come from is the core's snapshot and the call's own description.
"""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from media.mediation.distance import Because, Distance
from media.mediation.people import LineState, Role


class Shape(BaseModel):
    """Something that the server says."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Person(Shape):
    """A participant: id, role, and the name shown to the others."""

    id: str
    role: Role
    name: str


class CallState(Shape):
    """The call as it was scheduled; times as in CallInfo."""

    id: str
    title: str
    status: str
    starts_at: str
    duration_minutes: int
    format: str
    turn_seconds: int
    distance: Distance
    """How each participant is seen until they choose for themselves."""
    room_minimum: Distance
    participants: tuple[Person, ...]


class ReceiveState(Shape):
    """Which m-lines carry one other participant."""

    participant: str
    audio_mid: str
    video_mid: str | None


class OwnLine(Shape):
    """The asker's own line; null: not known now."""

    loss: float | None
    """Part of the packets sent to them."""
    jitter: float | None
    """Seconds."""
    round_trip: float | None
    """Seconds."""
    estimate: int | None
    """Bits per second that the line down can carry."""
    thin: bool
    """Pictures are small for now, because of this line."""
    loss_up: float | None
    """Part of the packets that they sent."""


class OtherLine(Shape):
    """How what another participant sends arrives at the server."""

    participant: str
    line: LineState
    loss: float | None


class PresentPerson(Person):
    """A participant and how they are there."""

    present: bool
    ready: bool
    line: LineState
    left: bool
    microphone: bool
    admitted: bool


class CourseState(Shape):
    """Where a format with phases stands (`_at`: seconds on the server's clock)."""

    phase: str
    title: str
    floor: Literal["turn", "open", "silence"] | None
    speaker: str | None
    listener: str | None
    number: int
    of: int
    repetition: int
    repetitions: int | None
    started_at: float | None
    ends_at: float | None
    seconds: int | None
    completes: tuple[Literal["time", "got-it", "both"], ...]
    mirror_seconds: int
    opens_with_mirror: bool
    to_speaker: str
    to_listener: str
    halted: bool
    over: bool
    then: Literal["open", "turns", "end"]


class MirrorState(Shape):
    """The listener says back (`_at`: seconds on the server's clock)."""

    by: str
    ends_at: float
    grace_ends_at: float | None
    length_s: float


class ArrivalState(Shape):
    """What one person said at the door; what names a place or a person stays out of any `repr`, and so of every log."""

    participant: str
    alone: bool
    good_time: bool
    where: str | None = Field(repr=False)
    contact: str | None = Field(repr=False)


class FloorState(Shape):
    """Who may be heard, and until when (`_at`: seconds on the server's clock)."""

    mode: Literal["open", "turns"]
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
    grace_ends_at: float | None
    return_turn: bool
    return_queue: tuple[str, ...]
    rest_seconds: int
    rest_ends_at: float | None
    done: tuple[str, ...]
    airtime: Mapping[str, float]
    course: CourseState | None
    mirror: MirrorState | None
    mirror_answer_due: bool


class BreakState(Shape):
    """Everyone has stepped back (`_at`: seconds on the server's clock)."""

    by: str
    started_at: float
    returns_at: float
    due: bool
    back: tuple[str, ...]


class CaucusState(Shape):
    """The therapist is alone with one partner, or was until now (`_at`: seconds on the server's clock)."""

    by: str
    with_: str = Field(alias="with")
    held: str
    started_at: float
    stage: Literal["talking", "returning"]
    back: tuple[str, ...]


class ViewState(Shape):
    """What one viewer gets of one subject: the plan that is carried out, and whose word its distance is."""

    viewer: str
    subject: str
    heard: bool
    distance: Distance
    because: tuple[Because, ...]


class DistanceState(Shape):
    """Everyone's choices, and what follows from them."""

    room: Distance
    outgoing: Mapping[str, Distance]
    outgoing_to: Mapping[str, Mapping[str, Distance]]
    incoming: Mapping[str, Mapping[str, Distance]]
    listening: tuple[str, ...]
    views: tuple[ViewState, ...]


def _absent(value: object) -> bool:
    return value is None


class ProposalState(Shape):
    """A question that waits for answers; what comes after `expires_at` stands there only for the kinds that have it."""

    id: str
    kind: Literal["format", "extend", "room", "end", "return", "admit"]
    by: str
    needs: tuple[str, ...]
    answers: Mapping[str, bool]
    expires_at: float
    format: str | None = Field(default=None, exclude_if=_absent)
    turn_seconds: int | None = Field(default=None, exclude_if=_absent)
    rest_seconds: int | None = Field(default=None, exclude_if=_absent)
    first: str | None = Field(default=None, exclude_if=_absent)
    participant: str | None = Field(default=None, exclude_if=_absent)
    seconds: int | None = Field(default=None, exclude_if=_absent)
    level: Distance | None = Field(default=None, exclude_if=_absent)
    returns_at: float | None = Field(default=None, exclude_if=_absent)
