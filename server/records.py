"""What the store gives back: frozen records of calls and the people invited to them.

Knows nothing of SQL. Names, addresses and hashes stay out of the records' `repr`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from media.mediation.distance import Distance
    from media.mediation.people import Role


class Rsvp(StrEnum):
    """What an invited person answered (RFC 5545 PARTSTAT, in lower case)."""

    NEEDS_ACTION = "needs-action"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    TENTATIVE = "tentative"


@dataclass(frozen=True, slots=True)
class Person:
    """One participant of one call, and the hash of the invitation."""

    id: str
    role: Role
    name: str = field(repr=False)
    email: str | None = field(repr=False)
    rsvp: Rsvp
    token_hash: str = field(repr=False)


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

    @property
    def planned_end(self) -> datetime:
        """The moment at which the call should be over."""
        return self.starts_at + timedelta(minutes=self.duration_minutes)

    def person(self, token_hash: str) -> Person | None:
        """Return whom an invitation with this hash belongs to, if to anybody in this call."""
        return next((person for person in self.people if person.token_hash == token_hash), None)
