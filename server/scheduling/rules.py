"""The rules that every step shares: who makes up a call, which times can be, and until when something may be done."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING

from media.mediation.people import Role
from server.mail.sender import envelope_address
from server.problems import InvalidFieldError, Problem
from server.status import Status
from server.times import MomentError, UnclearMomentError, moment, zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

    from media.mediation.formats import Formats
    from server.clock import WallClock
    from server.records import Call, Person
    from server.schemas import NewParticipant
    from server.status import DoorHours

PARTNERS = 2
PAST_GRACE = timedelta(minutes=5)
"""A start this long ago is still `now`: people take a while to press the button."""
FURTHEST = timedelta(days=2 * 366)
"""Calls are scheduled at most two years ahead."""
UNCLEAR_IN_SERIES = (
    "The clocks change at this time on that day. Choose another one: "
    "a series keeps to local time, and an offset can't settle it."
)
WORDS: Mapping[Status, str] = {Status.ENDED: "over", Status.CANCELLED: "cancelled", Status.LIVE: "live"}


@dataclass(frozen=True, slots=True)
class Rules:
    """What depends on the moment and on this server's settings."""

    hours: DoorHours
    clock: WallClock
    max_therapists: int
    formats: Formats

    def now(self) -> datetime:
        """Return the present moment in whole seconds, as it is stored."""
        return self.clock().replace(microsecond=0)

    def status(self, call: Call) -> Status:
        """Return where a call stands now."""
        return self.hours.status(call, self.clock())

    def check_people(self, wished: Sequence[NewParticipant]) -> None:
        """Two partners, not too many therapists, and an address of their own for each. Raises InvalidFieldError."""
        roles = Counter(one.role for one in wished)
        if roles[Role.PARTNER] != PARTNERS:
            raise InvalidFieldError("/participants", "A call needs exactly two partners.")
        if roles[Role.THERAPIST] > self.max_therapists:
            raise InvalidFieldError(
                "/participants", f"A call on this server has at most {self.max_therapists} therapist(s)."
            )
        _check_addresses(wished)

    def check_company(self, name: str, people: Iterable[Person | NewParticipant]) -> None:
        """A format that needs a therapist has one. Raises InvalidFieldError."""
        needs_therapist = self.formats[name].needs_therapist
        if needs_therapist and not any(one.role is Role.THERAPIST for one in people):
            detail = (
                "This format needs a therapist: the partners neither see nor hear each other, and the therapist "
                "goes from one to the other."
            )
            raise InvalidFieldError("/format", detail)

    def check_not_begun(self, call: Call) -> None:
        """The call is still to come. Raises Problem."""
        status = self.status(call)
        if status is Status.LIVE:
            raise conflict("call-live", "This call has begun and can't be changed any more.")
        if status in {Status.ENDED, Status.CANCELLED}:
            raise conflict(f"call-{WORDS[status]}", f"This call is {WORDS[status]} and can't be changed.")

    def check_not_over(self, call: Call) -> None:
        """The call is still to come, or goes on. Raises Problem."""
        status = self.status(call)
        if status in {Status.ENDED, Status.CANCELLED}:
            raise conflict(f"call-{WORDS[status]}", f"This call is {WORDS[status]}.")


def future_moment(text: str, timezone: str | None, now: datetime, *, recurs: bool = False) -> datetime:
    """Return the moment meant, which must lie ahead but not too far. Raises InvalidFieldError.

    `recurs`: it is the first of a series, which keeps to local time, so that nobody is asked for an offset.
    """
    try:
        at = moment(text, timezone)
    except UnclearMomentError as error:
        raise InvalidFieldError("/starts_at", UNCLEAR_IN_SERIES if recurs else error.detail) from None
    except MomentError as error:
        raise InvalidFieldError(f"/{error.field}", error.detail) from None
    if at < now - PAST_GRACE:
        raise InvalidFieldError("/starts_at", "This time has passed.")
    if at > now + FURTHEST:
        raise InvalidFieldError("/starts_at", "Calls are scheduled at most two years ahead.")
    return at


def zone_name(timezone: str, pointer: str = "/timezone") -> str:
    """Return an IANA name that there is. Raises InvalidFieldError at the pointer."""
    try:
        return zone(timezone).key
    except MomentError as error:
        raise InvalidFieldError(pointer, error.detail) from None


def conflict(slug: str, detail: str) -> Problem:
    """Return the problem of something that can't be done as things stand."""
    return Problem(slug, HTTPStatus.CONFLICT, detail)


def _check_addresses(wished: Sequence[NewParticipant]) -> None:
    """Two people with one mailbox would read each other's links."""
    known: set[str] = set()
    for place, one in enumerate(wished):
        if one.email is None:
            continue
        address = _mailbox(one.email)
        if address in known:
            raise InvalidFieldError(
                f"/participants/{place}/email",
                "Somebody else in this call has this address; each person needs their own.",
            )
        known.add(address)


def _mailbox(email: str) -> str:
    """The address as mail servers take it: two that look different may be one to them."""
    try:
        return envelope_address(email).casefold()
    except ValueError:
        return email.casefold()
