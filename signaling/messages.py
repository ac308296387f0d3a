"""Every message of the WebSocket, typed, with its limits beside the fields; PROTOCOL.md describes each of them.

A text is parsed once, here; whatever leaves `parse` can be trusted in shape. What a message may do is decided
elsewhere: ranges that belong to the rules of a conversation (turn lengths, extensions) are the core's to refuse.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator
from pydantic_core import from_json

from media.mediation.distance import Distance
from media.mediation.people import Phase
from signaling.errors import InvalidError, MalformedError, ProtocolError, TooLargeError, UnknownTypeError
from signaling.shapes import (
    ArrivalState,
    BreakState,
    CallState,
    CaucusState,
    DistanceState,
    FloorState,
    OtherLine,
    OwnLine,
    Person,
    PresentPerson,
    ProposalState,
    ReceiveState,
    Shape,
)

MAX_MESSAGE_BYTES = 65_536
"""One message of a client; the longest is an offer, about 6 KiB with today's browsers and three seats."""
MAX_ID = 64
"""Characters of a message's or a participant's id."""
MAX_FORMAT = 64
"""Characters of a format's name."""
MAX_ARRIVAL = 200
"""Characters of a place, and of whom to call: an address with a floor, a name with a number."""
MAX_CANDIDATE = 4_096
"""Characters of one ICE candidate; browsers' are below 300."""
MAX_JS_INTEGER = 2**53 - 1
"""The largest integer that every JSON reader keeps exactly."""
MAX_INT32 = 2**31 - 1

MessageId = (
    Annotated[str, StringConstraints(max_length=MAX_ID)] | Annotated[int, Field(ge=0, le=MAX_JS_INTEGER)]
)
ParticipantId = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID)]
ForTheTherapist = Annotated[str, StringConstraints(min_length=1, max_length=MAX_ARRIVAL)]
Level = Annotated[Distance, Field(strict=False)]
Seconds = Annotated[int, Field(ge=-MAX_INT32, le=MAX_INT32)]


class ClientMessage(BaseModel):
    """What a client may send: exactly its fields, nothing converted. `id` comes back as `re`."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, hide_input_in_errors=True)
    id: MessageId | None = None


class JoinMessage(ClientMessage):
    """Enter the conversation; the first message."""

    type: Literal["join"]
    resume: Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID)] | None = None
    """What the `welcome` of this page's earlier connection said."""


class OfferMessage(ClientMessage):
    """The client's one SDP offer."""

    type: Literal["offer"]
    sdp: Annotated[str, StringConstraints(min_length=1, max_length=MAX_MESSAGE_BYTES)]


class CandidateMessage(ClientMessage):
    """Trickle ICE as browsers send it: accepted, and not needed."""

    type: Literal["candidate"]
    candidate: Annotated[str, StringConstraints(max_length=MAX_CANDIDATE)] | None = None
    sdpMid: Annotated[str, StringConstraints(max_length=MAX_ID)] | None = None  # noqa: N815 - WebRTC's name
    sdpMLineIndex: Annotated[int, Field(ge=0, le=MAX_INT32)] | None = None  # noqa: N815 - WebRTC's name
    usernameFragment: Annotated[str, StringConstraints(max_length=256)] | None = None  # noqa: N815 - the same


class ArriveMessage(ClientMessage):
    """What one says at the door; the therapist alone is told."""

    type: Literal["arrive"]
    alone: bool
    good_time: bool
    where: ForTheTherapist | None = Field(default=None, repr=False)
    contact: ForTheTherapist | None = Field(default=None, repr=False)


class SignalMessage(ClientMessage):
    """Tell the therapist, and nobody else, that one needs them."""

    type: Literal["signal"]


class ReadyMessage(ClientMessage):
    """Willing to talk, or no longer."""

    type: Literal["ready"]
    ready: bool


class MicrophoneSetMessage(ClientMessage):
    """Say whether one's own microphone is on."""

    type: Literal["microphone.set"]
    on: bool


class FloorRequestMessage(ClientMessage):
    """Ask for the stick."""

    type: Literal["floor.request"]


class FloorReleaseMessage(ClientMessage):
    """Give the stick back, or stop waiting for it."""

    type: Literal["floor.release"]


class FloorPassMessage(ClientMessage):
    """The holder hands the stick to `to`."""

    type: Literal["floor.pass"]
    to: ParticipantId


class FloorGrantMessage(ClientMessage):
    """The chair gives the stick to `to`."""

    type: Literal["floor.grant"]
    to: ParticipantId


class FloorRevokeMessage(ClientMessage):
    """The chair takes the stick back."""

    type: Literal["floor.revoke"]


class FloorExtendMessage(ClientMessage):
    """Propose that the running turn lasts `seconds` longer."""

    type: Literal["floor.extend"]
    seconds: Seconds


class FormatSetMessage(ClientMessage):
    """Propose another format."""

    type: Literal["format.set"]
    format: Annotated[str, StringConstraints(min_length=1, max_length=MAX_FORMAT)]
    turn_seconds: Seconds | None = None
    rest_seconds: Seconds | None = None
    first: ParticipantId | None = None


class PhaseDoneMessage(ClientMessage):
    """Ready to go on from a phase or a silence, or not yet."""

    type: Literal["phase.done"]
    done: bool


class MirrorStartMessage(ClientMessage):
    """The speaker asks the listener to say back what they heard."""

    type: Literal["mirror.start"]


class MirrorDoneMessage(ClientMessage):
    """The listener has said it back."""

    type: Literal["mirror.done"]


class MirrorAnswerMessage(ClientMessage):
    """The speaker: you got it, or there is more."""

    type: Literal["mirror.answer"]
    got_it: bool


class CaucusStartMessage(ClientMessage):
    """The therapist takes one partner aside."""

    type: Literal["caucus.start"]
    with_: ParticipantId = Field(alias="with")


class CaucusEndMessage(ClientMessage):
    """One of the two who talk aside ends it."""

    type: Literal["caucus.end"]


class CaucusBackMessage(ClientMessage):
    """A partner will meet the other again."""

    type: Literal["caucus.back"]


class AdmitMessage(ClientMessage):
    """A partner asks the other to let a therapist in who came while they talk."""

    type: Literal["admit"]
    participant: ParticipantId


class BreakStartMessage(ClientMessage):
    """Step back, and everyone with me."""

    type: Literal["break.start"]
    seconds: Seconds | None = None


class BreakTimeMessage(ClientMessage):
    """Name another time of return, in seconds from now."""

    type: Literal["break.time"]
    seconds: Seconds


class BreakEndMessage(ClientMessage):
    """I am back."""

    type: Literal["break.end"]


class DistanceSetMessage(ClientMessage):
    """Choose one distance: `outgoing` (with `to`: for that viewer alone), `incoming` + `of`, `listening`, or `room`."""

    type: Literal["distance.set"]
    outgoing: Level | None = None
    to: ParticipantId | None = None
    incoming: Level | None = None
    of: ParticipantId | None = None
    listening: bool | None = None
    room: Level | None = None

    @model_validator(mode="after")
    def _exactly_one_choice(self) -> Self:
        choices = (self.outgoing, self.incoming, self.listening, self.room)
        if sum(choice is not None for choice in choices) != 1:
            raise ValueError("give exactly one of outgoing, incoming, listening and room")
        if (self.incoming is None) != (self.of is None):
            raise ValueError("incoming and of belong together")
        if self.to is not None and self.outgoing is None:
            raise ValueError("to belongs to outgoing")
        return self


class ConsentMessage(ClientMessage):
    """Yes or no to an open proposal."""

    type: Literal["consent"]
    proposal: Annotated[str, StringConstraints(min_length=1, max_length=MAX_ID)]
    answer: bool


class LineNumbersMessage(ClientMessage):
    """Ask how the line is."""

    type: Literal["line.numbers"]


class LeaveMessage(ClientMessage):
    """Go."""

    type: Literal["leave"]


class EndMessage(ClientMessage):
    """Propose to end the conversation for all."""

    type: Literal["end"]


CLIENT_MESSAGES: Mapping[str, type[ClientMessage]] = {
    "join": JoinMessage,
    "offer": OfferMessage,
    "candidate": CandidateMessage,
    "arrive": ArriveMessage,
    "signal": SignalMessage,
    "ready": ReadyMessage,
    "microphone.set": MicrophoneSetMessage,
    "floor.request": FloorRequestMessage,
    "floor.release": FloorReleaseMessage,
    "floor.pass": FloorPassMessage,
    "floor.grant": FloorGrantMessage,
    "floor.revoke": FloorRevokeMessage,
    "floor.extend": FloorExtendMessage,
    "format.set": FormatSetMessage,
    "phase.done": PhaseDoneMessage,
    "mirror.start": MirrorStartMessage,
    "mirror.done": MirrorDoneMessage,
    "mirror.answer": MirrorAnswerMessage,
    "caucus.start": CaucusStartMessage,
    "caucus.end": CaucusEndMessage,
    "caucus.back": CaucusBackMessage,
    "admit": AdmitMessage,
    "break.start": BreakStartMessage,
    "break.time": BreakTimeMessage,
    "break.end": BreakEndMessage,
    "distance.set": DistanceSetMessage,
    "consent": ConsentMessage,
    "line.numbers": LineNumbersMessage,
    "leave": LeaveMessage,
    "end": EndMessage,
}


def parse(text: str) -> ClientMessage:
    """Read one message. Raises TooLargeError, MalformedError, UnknownTypeError or InvalidError."""
    if len(text) > MAX_MESSAGE_BYTES or len(text.encode("utf-8", "replace")) > MAX_MESSAGE_BYTES:
        raise TooLargeError(f"A message may have {MAX_MESSAGE_BYTES} bytes.")
    envelope = _envelope(text)
    re = _usable_id(envelope.get("id"))
    kind = envelope.get("type")
    if not isinstance(kind, str):
        raise InvalidError("type: a message names its type.", re)
    model = CLIENT_MESSAGES.get(kind)
    if model is None:
        raise UnknownTypeError("This server does not know messages of that type.", re)
    try:
        return model.model_validate(envelope)
    except ValidationError as error:
        raise _invalid(error, re) from None


def _envelope(text: str) -> dict[str, Any]:
    try:
        value = from_json(text, allow_inf_nan=False)
    except ValueError:
        raise MalformedError("A message is one JSON object.") from None
    if not isinstance(value, dict):
        raise MalformedError("A message is one JSON object.")
    return value


def _usable_id(value: object) -> str | int | None:
    """The id to answer with, even where the rest of the message is wrong."""
    if isinstance(value, str) and len(value) <= MAX_ID:
        return value
    usable = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_JS_INTEGER
    return value if isinstance(value, int) and usable else None


def _invalid(error: ValidationError, re: str | int | None) -> ProtocolError:
    """Name the first wrong field; the value itself is not repeated."""
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    field = str(first["loc"][0])[:MAX_ID] if first["loc"] else "message"
    return InvalidError(f"{field}: {first['msg'].removeprefix('Value error, ')}", re)


class ServerMessage(Shape):
    """What the server sends."""

    def encode(self) -> str:
        """The message as JSON text."""
        return self.model_dump_json(by_alias=True)


class WelcomeMessage(ServerMessage):
    """The answer to `join`."""

    type: Literal["welcome"] = "welcome"
    resume: str
    media: bool
    """Whether the media connection of this page is still there, and stays."""
    you: Person
    seats: int
    ice_servers: tuple[Mapping[str, Any], ...]
    call: CallState
    server_time: float


class AnswerMessage(ServerMessage):
    """The SDP answer, with all of the server's candidates."""

    type: Literal["answer"] = "answer"
    re: str | int | None
    sdp: str
    receive: tuple[ReceiveState, ...]


class ReceiveMessage(ServerMessage):
    """`receive` again, when somebody has taken a seat."""

    type: Literal["receive"] = "receive"
    receive: tuple[ReceiveState, ...]


class ConversationMessage(ServerMessage):
    """The whole state, after every change."""

    type: Literal["conversation"] = "conversation"
    revision: int
    server_time: float
    phase: Phase
    participants: tuple[PresentPerson, ...]
    floor: FloorState
    distance: DistanceState
    break_: BreakState | None = Field(default=None, alias="break")
    caucus: CaucusState | None = None
    caucus_time: Mapping[str, float]
    proposals: tuple[ProposalState, ...]


class NoticeMessage(ServerMessage):
    """Something that happened; the fields beside `code` depend on it."""

    model_config = ConfigDict(frozen=True, extra="allow")
    type: Literal["notice"] = "notice"
    code: str


class ArrivalsMessage(ServerMessage):
    """What people said at the door, to therapists alone."""

    type: Literal["arrivals"] = "arrivals"
    arrivals: tuple[ArrivalState, ...]


class NumbersMessage(ServerMessage):
    """How the asker's line is, and how what the others send arrives."""

    type: Literal["numbers"] = "numbers"
    re: str | int | None
    line: OwnLine | None
    others: tuple[OtherLine, ...]


class OkMessage(ServerMessage):
    """Carried out in the media path; `revision` contains the effect."""

    type: Literal["ok"] = "ok"
    re: str | int | None
    revision: int


class ErrorMessage(ServerMessage):
    """Refused."""

    type: Literal["error"] = "error"
    re: str | int | None
    code: str
    detail: str


class ByeMessage(ServerMessage):
    """The last message before the server closes."""

    type: Literal["bye"] = "bye"
    code: str
    detail: str


SERVER_MESSAGES: tuple[type[ServerMessage], ...] = (
    WelcomeMessage,
    AnswerMessage,
    ReceiveMessage,
    ConversationMessage,
    NoticeMessage,
    ArrivalsMessage,
    NumbersMessage,
    OkMessage,
    ErrorMessage,
    ByeMessage,
)
