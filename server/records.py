"""What the store gives back: frozen records of calls, the people invited to them, their series and proposals.

Knows nothing of SQL or of sealing. Names, addresses and secrets stay out of the records' `repr`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from media.mediation.people import Role

if TYPE_CHECKING:
    from media.mediation.distance import Distance
    from server.secret import Pii

ERASED_NAME = "(erased)"
"""Stands where a name or a title was, once its key is destroyed."""


class Rsvp(StrEnum):
    """What an invited person answered (RFC 5545 PARTSTAT, in lower case)."""

    NEEDS_ACTION = "needs-action"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"


@dataclass(frozen=True, slots=True)
class Person:
    """One participant of one call. In every call of a series the same person has the same `place` and token, not the same id."""

    id: str
    place: int
    role: Role
    name: str = field(repr=False)
    email: str | None = field(repr=False)
    rsvp: Rsvp
    token_hash: str = field(repr=False)
    token: Pii[str] | None = field(default=None, repr=False)
    """The secret of the own link, for letters and feeds; None once erased, or when made before it was kept."""
    timezone: str | None = None
    """IANA name, where it is known; otherwise the call's is taken."""
    answered_at: datetime | None = None
    """DTSTAMP of the newest answer by calendar."""
    erased: bool = False


@dataclass(frozen=True, slots=True)
class Series:
    """Calls that recur. The rule and the first local time say when; each call is a row of its own."""

    id: str
    rule: str
    """An RRULE's value (RFC 5545, 3.3.10), always with an end."""
    starts_local: str
    """Local time of the first occurrence in `timezone`, as `2026-12-06T19:00:00`."""
    timezone: str
    sequence: int
    """How often the series as a whole has changed; never below that of a call of it."""
    created_at: datetime
    changed_at: datetime


@dataclass(frozen=True, slots=True)
class Call:
    """A scheduled call. Moments are aware and in UTC; `timezone` is an IANA name, for showing them."""

    id: str
    title: str = field(repr=False)
    starts_at: datetime
    timezone: str
    duration_minutes: int
    format: str
    turn_seconds: int
    distance: Distance
    """How each person is seen until they choose for themselves."""
    room_minimum: Distance
    """The least distance for everyone with which the call begins."""
    manage_hash: str = field(repr=False)
    sequence: int
    """How often the calendar entry has changed (RFC 5545 SEQUENCE)."""
    created_at: datetime
    changed_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    cancelled_at: datetime | None
    people: tuple[Person, ...]
    on_the_spot: bool = True
    """Nobody is asked first: the door opens at its time. Otherwise both partners accept before it does."""
    series: Series | None = None
    occurrence_at: datetime | None = None
    """When this call of a series was to begin before anybody moved it (RFC 5545 RECURRENCE-ID)."""
    therapist_id: str | None = None
    """Whose desk it was scheduled from."""
    reminder_words: str | None = field(default=None, repr=False)
    """A sentence of the therapist's for the reminders."""
    erased_at: datetime | None = None

    @property
    def planned_end(self) -> datetime:
        """The moment at which the call should be over."""
        return self.starts_at + timedelta(minutes=self.duration_minutes)

    @property
    def partners(self) -> tuple[Person, ...]:
        """The two partners."""
        return tuple(person for person in self.people if person.role is Role.PARTNER)

    @property
    def is_agreed(self) -> bool:
        """Whether the door may open: both partners have accepted, or nobody was to be asked."""
        return self.on_the_spot or all(person.rsvp is Rsvp.ACCEPTED for person in self.partners)

    @property
    def uid(self) -> str:
        """The calendar entry's UID; a series has one for all its calls."""
        return f"{self.series.id if self.series else self.id}@holdspace"

    def person(self, token_hash: str) -> Person | None:
        """Return whom an invitation with this hash belongs to, if to anybody in this call."""
        return next((person for person in self.people if person.token_hash == token_hash), None)

    def at_place(self, place: int) -> Person | None:
        """Return who has this place, if anybody has."""
        return next((person for person in self.people if person.place == place), None)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One call of a series, as far as it is plain: when it is, and what became of it."""

    id: str
    starts_at: datetime
    occurrence_at: datetime
    duration_minutes: int
    began_at: datetime | None
    ended_at: datetime | None
    cancelled_at: datetime | None

    @property
    def planned_end(self) -> datetime:
        """The moment at which the call should be over."""
        return self.starts_at + timedelta(minutes=self.duration_minutes)


class ProposalState(StrEnum):
    """What became of a proposal of another time."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    OVERTAKEN = "overtaken"
    """The call was moved or cancelled otherwise, or the same person proposed again."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """Another time for a call, proposed by one of its people; every partner but the proposer has to agree."""

    id: str
    call_id: str
    place: int
    """Of the person who proposes."""
    starts_at: datetime
    timezone: str
    """IANA name of the zone in which it was written."""
    state: ProposalState
    agreed: frozenset[int]
    """Places of those who have said yes."""
    created_at: datetime
    changed_at: datetime
