"""The HTTP API's bodies and answers, with their limits beside the fields. Parsed once here, then trusted.

Knows shapes only; what depends on the moment, on settings or on the stored call is decided in `server.calls`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection  # noqa: TC003 - pydantic reads it at run time
from datetime import date  # noqa: TC003 - the same
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo

from media.mediation.distance import Distance
from media.mediation.formats import MAX_TURN_S, MIN_TURN_S
from media.mediation.people import Role  # noqa: TC001 - pydantic reads it at run time
from media.plain_text import one_line
from server.calendar.recurrence import MAX_INTERVAL, MAX_OCCURRENCES, MIN_OCCURRENCES
from server.known_formats import DEFAULT
from server.records import ProposalState, Rsvp  # noqa: TC001 - the same

B = TypeVar("B", bound="Body")
Q = TypeVar("Q", bound="Query")

MAX_TITLE_CHARS = 120
MAX_NAME_CHARS = 80
MAX_PEOPLE = 8
"""More than any setting allows; the setting's own limit is checked where it is known."""
MIN_MINUTES, MAX_MINUTES = 5, 480
MAX_REMINDER_CHARS = 300


def read_body(kind: type[B], data: bytes, formats: Collection[str]) -> B:
    """The body, whose format must be one of `formats`. Raises ValidationError."""
    return kind.model_validate_json(data, context=formats)


def _known_format(name: str, info: ValidationInfo) -> str:
    """Which formats there are is known when the server starts: they stand in the context (`read_body`)."""
    known: Collection[str] = info.context or ()
    if name not in known:
        raise ValueError(f"must be one of {', '.join(known)}")
    return name


def _text(max_length: int) -> StringConstraints:
    return StringConstraints(strip_whitespace=True, min_length=1, max_length=max_length)


def _seen(text: str) -> str:
    """The text itself, if there is something in it to be seen. Raises ValueError."""
    if all(unicodedata.category(char)[0] in "CZ" for char in text):
        raise ValueError("must have characters that can be seen")
    return text


Title = Annotated[str, _text(MAX_TITLE_CHARS), AfterValidator(one_line), AfterValidator(_seen)]
Name = Annotated[str, _text(MAX_NAME_CHARS), AfterValidator(one_line), AfterValidator(_seen)]
ReminderWords = Annotated[str, _text(MAX_REMINDER_CHARS), AfterValidator(one_line)]
_ATOM = r"[^@\s<>()\[\]:;,\\\"]+"
Email = Annotated[
    str, StringConstraints(max_length=254, pattern=f"^{_ATOM}@{_ATOM}$"), AfterValidator(one_line)
]
"""As people write addresses: nothing that would need quotes in a letter's head (RFC 5322, 3.2.3)."""
Minutes = Annotated[int, Field(ge=MIN_MINUTES, le=MAX_MINUTES)]
TurnSeconds = Annotated[int, Field(ge=MIN_TURN_S, le=MAX_TURN_S)]
FormatName = Annotated[str, AfterValidator(_known_format)]
"""Of a format that a call can begin with; `openapi` lists them."""
Moment = Annotated[str, Field(max_length=40, examples=["2026-12-06T19:00", "2026-12-06T19:00:00+01:00"])]
Zone = Annotated[str, Field(max_length=64, examples=["Europe/Berlin"])]
Given = Annotated[
    Literal["accepted", "declined", "tentative"], Field(description="What the participant answers.")
]


Status = Literal["scheduled", "open", "live", "ended", "cancelled"]


class Body(BaseModel):
    """What a client sends: unknown fields are refused, and no type is guessed."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, strict=True, hide_input_in_errors=True, use_attribute_docstrings=True
    )


class NewParticipant(Body):
    """A person to invite."""

    role: Role
    name: Name
    """Shown to the others in the call."""
    email: Email | None = None
    """Letters about the call go there; kept with the call and shown to nobody."""
    timezone: Zone | None = None
    """IANA name, where it is known; missing: the call's."""


class NewRecurrence(Body):
    """How a call recurs; it ends after `count` calls or on the day `until`."""

    frequency: Literal["weekly", "daily"] = "weekly"
    interval: Annotated[int, Field(ge=1, le=MAX_INTERVAL)] = 1
    """Every so many weeks or days."""
    count: Annotated[int, Field(ge=MIN_OCCURRENCES, le=MAX_OCCURRENCES)] | None = None
    """How many calls there are in all."""
    until: date | None = None
    """The last day on which there may be one, in `timezone`."""


class NewCall(Body):
    """A call to schedule."""

    title: Title = "A talk"
    starts_at: Moment | None = None
    """RFC 3339 with an offset, or local time together with `timezone`; missing: now."""
    timezone: Zone | None = None
    """IANA name; needed when `starts_at` has no offset."""
    duration_minutes: Minutes = 50
    format: FormatName = DEFAULT
    turn_seconds: TurnSeconds | None = None
    """Missing: as is usual in the format."""
    distance: Distance = Distance.CLEAR
    """How each participant is seen at first; everyone may choose otherwise for themselves."""
    room_minimum: Distance = Distance.CLEAR
    """The least distance for everyone; in the call anyone can add to it, and both partners together lower it."""
    on_the_spot: bool | None = None
    """Whether the door opens without asking; otherwise both partners accept first. Missing: as `starts_at` is missing."""
    recurrence: NewRecurrence | None = None
    """Makes a series of calls; needs a local `starts_at` and `timezone`, so that the hour stays when the clocks change."""
    reminder_words: ReminderWords | None = None
    """A sentence for the reminders by mail."""
    participants: Annotated[tuple[NewParticipant, ...], Field(max_length=MAX_PEOPLE)]
    """Exactly two partners, and at most as many therapists as this server allows."""


class CallChange(Body):
    """What to change about a call that has not begun; fields left out, or null, stay as they are."""

    title: Title | None = None
    starts_at: Moment | None = None
    """RFC 3339 with an offset, or local time, in `timezone` or else in the call's own zone."""
    timezone: Zone | None = None
    """IANA name; only together with `starts_at`."""
    duration_minutes: Minutes | None = None
    format: FormatName | None = None
    turn_seconds: TurnSeconds | None = None
    distance: Distance | None = None
    """For those who have not chosen for themselves yet."""
    room_minimum: Distance | None = None


class RsvpAnswer(Body):
    """A participant's answer to the invitation."""

    answer: Given
    timezone: Zone | None = None
    """IANA name of where the participant is; letters tell them times there."""
    scope: Literal["this", "series"] = "series"
    """In a series: for this call alone, or for it and the later ones."""


class NewProposal(Body):
    """Another time for a call."""

    starts_at: Moment
    """RFC 3339 with an offset, or local time, in `timezone` or else in the participant's zone or the call's."""
    timezone: Zone | None = None
    """IANA name."""


class ProposalReply(Body):
    """What a partner says of another's proposal."""

    answer: Literal["accepted", "declined"]


class LetterWish(Body):
    """Whose newest letter is to be sent again."""

    participant: Annotated[str, Field(max_length=32)]


class Query(BaseModel):
    """What stands behind the question mark; other names are not looked at."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, use_attribute_docstrings=True)


class ListQuery(Query):
    """Which calls are listed."""

    when: Literal["coming", "past", "all"] = "coming"
    """To come, the earliest first; over, or all of them, the latest first."""
    limit: Annotated[int, Field(ge=1, le=100)] = 50
    """Most calls in one page."""
    after: Annotated[str, Field(max_length=120)] | None = None
    """`next` of the page before."""


class CancelQuery(Query):
    """What is cancelled."""

    scope: Literal["this", "series"] = "this"
    """In a series: this call alone, or it and all later ones."""


class Answer(BaseModel):
    """What the server sends."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class MailAnswer(Answer):
    """The newest letter to a participant."""

    kind: str
    state: str
    """`queued`, `claimed`, `handing-over`, `sent`, `uncertain`, `failed` or `dropped`."""
    at: str
    """Since when it is so; RFC 3339 in UTC."""
    reason: str | None


class ParticipantAnswer(Answer):
    """A person in a call."""

    id: str
    role: Role
    name: str
    rsvp: Rsvp
    timezone: str | None
    """IANA name, where it is known."""
    has_email: bool | None
    """Whether letters reach them; told to the organizer alone."""
    mail: MailAnswer | None
    """Told to the organizer alone; null: none was written yet."""


class InvitedAnswer(ParticipantAnswer):
    """A person who has just been invited."""

    invitation_url: str
    """This person's own secret link. It is shown in this answer alone."""


class OccurrenceAnswer(Answer):
    """One call of a series."""

    id: str
    starts_at: str
    """RFC 3339, with the offset in the series' zone."""
    occurrence_at: str
    """When it was to begin before anybody moved it; the same way."""
    status: Status


class SeriesAnswer(Answer):
    """The series that a call is of."""

    id: str
    rule: str
    """An RRULE's value (RFC 5545)."""
    calls: tuple[OccurrenceAnswer, ...] | None
    """All its calls in their first order; null in a list of calls."""


class ProposalAnswer(Answer):
    """Another time that somebody proposed."""

    id: str
    by: str
    """Participant id."""
    starts_at: str
    """RFC 3339, with the offset in `timezone`."""
    timezone: str
    """IANA name of the zone in which it was written."""
    state: ProposalState
    agreed: tuple[str, ...]
    """Participant ids of those who have said yes."""


class CallFields(Answer):
    """What every answer about a call holds."""

    id: str
    status: Status
    title: str
    starts_at: str
    """RFC 3339, with the offset in `timezone`."""
    timezone: str
    duration_minutes: int
    format: str
    turn_seconds: int
    distance: Distance
    """How each participant is seen until they choose for themselves."""
    room_minimum: Distance
    """The least distance for everyone with which the call begins."""
    on_the_spot: bool
    """Whether the door opens without asking."""
    agreed: bool
    """Whether the door may open: both partners have accepted, or nobody is asked."""
    sequence: int
    """How often the calendar entry has changed (RFC 5545 SEQUENCE)."""
    series: SeriesAnswer | None


class CallAnswer(CallFields):
    """A call as its participants and its organizer see it."""

    participants: tuple[ParticipantAnswer, ...]
    you: str | None
    """The participant who asks; null: the organizer."""
    proposals: tuple[ProposalAnswer, ...]
    """The oldest first."""
    occupied: bool | None
    """Whether somebody is in the call now (a live call may be empty for a while); told to the organizer alone."""


class CallList(Answer):
    """One page of calls."""

    calls: tuple[CallAnswer, ...]
    next: str | None
    """Where the next page begins: give it as `after`; null: this is the last one."""


class CreatedCall(CallFields):
    """A call that has just been scheduled, the first one of a series, with its secrets."""

    participants: tuple[InvitedAnswer, ...]
    manage_token: str
    """Whoever holds it may change and cancel the call. It is shown in this answer alone."""
    manage_url: str
    """The organizer's own secret link, with that token. It is shown in this answer alone."""


class FieldError(Answer):
    """One field that was refused."""

    pointer: str
    """JSON pointer (RFC 6901) into the body; empty: the whole body."""
    detail: str


class ProblemAnswer(Answer):
    """An error (RFC 9457)."""

    type: str
    """A stable slug."""
    title: str
    status: int
    detail: str
    errors: tuple[FieldError, ...] | None = None


class HealthAnswer(Answer):
    """How the server is."""

    status: Literal["ok", "ready"]
