"""Everything that can happen to a conversation from outside, one frozen dataclass each.

`by` is always the id of the participant the command comes from. What a command may do is decided by the
rules, not here; time is no command (see `Conversation.tick`).
"""

from dataclasses import dataclass

from media.mediation.distance import Distance
from media.mediation.people import LineState

__all__ = [
    "Admit",
    "BreakEnd",
    "BreakStart",
    "BreakTime",
    "CaucusBack",
    "CaucusEnd",
    "CaucusStart",
    "Command",
    "Consent",
    "DistanceIncoming",
    "DistanceOutgoing",
    "DistanceRoom",
    "End",
    "FloorExtend",
    "FloorGrant",
    "FloorPass",
    "FloorRelease",
    "FloorRequest",
    "FloorRevoke",
    "FormatSet",
    "Join",
    "Leave",
    "Line",
    "LineState",
    "LineThin",
    "Listen",
    "Lost",
    "MicrophoneSet",
    "MirrorAnswer",
    "MirrorDone",
    "MirrorStart",
    "PhaseDone",
    "Ready",
    "SpeechPaused",
]


@dataclass(frozen=True, slots=True)
class Join:
    """`by` is there, for the first time or again."""

    by: str


@dataclass(frozen=True, slots=True)
class Leave:
    """`by` goes by choice."""

    by: str


@dataclass(frozen=True, slots=True)
class Lost:
    """The connection of `by` broke."""

    by: str


@dataclass(frozen=True, slots=True)
class Line:
    """The plane reports how the media of `by` arrives."""

    by: str
    line: LineState


@dataclass(frozen=True, slots=True)
class LineThin:
    """The plane finds the line to `by` too thin for clear pictures, or no longer."""

    by: str
    thin: bool


@dataclass(frozen=True, slots=True)
class Ready:
    """`by` is willing to talk, or no longer."""

    by: str
    ready: bool


@dataclass(frozen=True, slots=True)
class MicrophoneSet:
    """What `by` says of their own microphone; it opens and closes nothing."""

    by: str
    on: bool


@dataclass(frozen=True, slots=True)
class SpeechPaused:
    """The plane, which was asked to listen for it, hears `by` pause."""

    by: str


@dataclass(frozen=True, slots=True)
class FloorRequest:
    """`by` asks for the stick."""

    by: str


@dataclass(frozen=True, slots=True)
class FloorRelease:
    """`by` gives the stick back, or no longer waits for it."""

    by: str


@dataclass(frozen=True, slots=True)
class FloorPass:
    """The holder hands the stick to `to`."""

    by: str
    to: str


@dataclass(frozen=True, slots=True)
class FloorGrant:
    """The chair gives the stick to `to`."""

    by: str
    to: str


@dataclass(frozen=True, slots=True)
class FloorRevoke:
    """The chair takes the stick back."""

    by: str


@dataclass(frozen=True, slots=True)
class FloorExtend:
    """`by` proposes that the running turn lasts longer, by whole seconds."""

    by: str
    seconds: int


@dataclass(frozen=True, slots=True)
class FormatSet:
    """`by` proposes another format; `turn_seconds` None keeps the present length of turns."""

    by: str
    format: str
    turn_seconds: int | None
    rest_seconds: int | None = None
    """The silence between two turns; None: as the format has it."""
    first: str | None = None
    """Who begins in a format with phases; None: who proposes, if they are a partner."""


@dataclass(frozen=True, slots=True)
class PhaseDone:
    """`by` is ready to go on from a phase or a silence, or not yet."""

    by: str
    done: bool


@dataclass(frozen=True, slots=True)
class MirrorStart:
    """The holder asks the listener to say back what they have heard."""

    by: str


@dataclass(frozen=True, slots=True)
class MirrorDone:
    """`by`, who says back, has done so."""

    by: str


@dataclass(frozen=True, slots=True)
class MirrorAnswer:
    """The holder: "you got it", or "there is more"."""

    by: str
    got_it: bool


@dataclass(frozen=True, slots=True)
class CaucusStart:
    """The therapist `by` takes `with_` aside."""

    by: str
    with_: str


@dataclass(frozen=True, slots=True)
class CaucusEnd:
    """`by`, one of the two who talk aside, ends it."""

    by: str


@dataclass(frozen=True, slots=True)
class CaucusBack:
    """`by` will meet the other again."""

    by: str


@dataclass(frozen=True, slots=True)
class Admit:
    """`by` asks the other partner to let the therapist `participant` in, who came while they talk."""

    by: str
    participant: str


@dataclass(frozen=True, slots=True)
class BreakStart:
    """`by` steps back, and everyone with them; `seconds` None: for the usual time."""

    by: str
    seconds: int | None = None


@dataclass(frozen=True, slots=True)
class BreakTime:
    """`by` names another time of return, in whole seconds from now: later is so at once, earlier is a proposal."""

    by: str
    seconds: int


@dataclass(frozen=True, slots=True)
class BreakEnd:
    """`by` is back."""

    by: str


@dataclass(frozen=True, slots=True)
class DistanceOutgoing:
    """How `by` is seen: by everyone, or with `to` by that viewer alone."""

    by: str
    level: Distance
    to: str | None


@dataclass(frozen=True, slots=True)
class DistanceIncoming:
    """How `by` sees `of`."""

    by: str
    level: Distance
    of: str


@dataclass(frozen=True, slots=True)
class Listen:
    """`by` sees nobody, wherever they stand, or sees again."""

    by: str
    listening: bool


@dataclass(frozen=True, slots=True)
class DistanceRoom:
    """The least distance for all: more is done at once, less is a proposal."""

    by: str
    level: Distance


@dataclass(frozen=True, slots=True)
class Consent:
    """The answer of `by` to an open proposal."""

    by: str
    proposal: str
    answer: bool


@dataclass(frozen=True, slots=True)
class End:
    """`by` proposes to end the conversation for all."""

    by: str


Command = (
    Join
    | Leave
    | Lost
    | Line
    | LineThin
    | Ready
    | MicrophoneSet
    | SpeechPaused
    | FloorRequest
    | FloorRelease
    | FloorPass
    | FloorGrant
    | FloorRevoke
    | FloorExtend
    | FormatSet
    | PhaseDone
    | MirrorStart
    | MirrorDone
    | MirrorAnswer
    | CaucusStart
    | CaucusEnd
    | CaucusBack
    | Admit
    | BreakStart
    | BreakTime
    | BreakEnd
    | DistanceOutgoing
    | DistanceIncoming
    | Listen
    | DistanceRoom
    | Consent
    | End
)
