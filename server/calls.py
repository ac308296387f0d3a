"""What may be done with a call, and when: schedule, change, cancel, answer.

Knows the rules that need the present moment, the settings or the stored call. Knows nothing of HTTP but the
problems it raises, and nothing of live rooms.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from media.mediation.people import Role
from server.problems import InvalidFieldError, Problem
from server.records import Call, Person, Rsvp
from server.secret import Pii, new_id, new_token, token_hash
from server.status import DoorHours, Status
from server.times import MomentError, moment, zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from media.mediation.formats import Formats
    from server.clock import WallClock
    from server.schemas import CallChange, NewCall, NewParticipant
    from server.store import CallStore

PARTNERS = 2
PAST_GRACE = timedelta(minutes=5)
"""A start this long ago is still `now`: people take a while to press the button."""
FURTHEST = timedelta(days=2 * 366)
"""Calls are scheduled at most two years ahead."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A new call with the secrets that nobody will be able to read again."""

    call: Call
    manage_token: Pii[str]
    invitations: tuple[Pii[str], ...]
    """In the order of `call.people`."""


class Calls:
    """Schedules and changes calls."""

    def __init__(
        self,
        store: CallStore,
        hours: DoorHours,
        clock: WallClock,
        *,
        max_therapists: int,
        formats: Formats,
    ) -> None:
        self._store = store
        self._hours = hours
        self._clock = clock
        self._max_therapists = max_therapists
        self._formats = formats

    def status(self, call: Call) -> Status:
        """Return where a call stands now."""
        return self._hours.status(call, self._clock())

    async def schedule(self, wish: NewCall) -> Scheduled:
        """Write a new call; raises Problem for what can't be."""
        self._check_people(wish.participants)
        self._check_company(wish.format, wish.participants)
        now = self._clock().replace(microsecond=0)
        starts_at = now if wish.starts_at is None else _moment(wish.starts_at, wish.timezone, now)
        manage_token, invitations = new_token(), tuple(new_token() for _ in wish.participants)
        call = Call(
            id=new_id(),
            title=wish.title,
            starts_at=starts_at,
            timezone=_zone_name(wish.timezone),
            duration_minutes=wish.duration_minutes,
            format=wish.format,
            turn_seconds=wish.turn_seconds or self._formats[wish.format].turn_seconds,
            distance=wish.distance,
            room_minimum=wish.room_minimum,
            manage_hash=token_hash(manage_token),
            sequence=0,
            created_at=now,
            changed_at=now,
            began_at=None,
            ended_at=None,
            cancelled_at=None,
            people=tuple(
                _person(place, one, token)
                for place, (one, token) in enumerate(zip(wish.participants, invitations, strict=True))
            ),
        )
        await self._store.add(call)
        return Scheduled(call, manage_token, invitations)

    async def change(self, call_id: str, wish: CallChange) -> tuple[Call, bool]:
        """Change a call that has not begun; returns it, and whether anything is different now."""
        async with self._store.changing(call_id) as change:
            self._check_not_begun(change.call)
            if wish.format is not None:
                self._check_company(wish.format, change.call.people)
            now = self._clock().replace(microsecond=0)
            values = {
                name: value
                for name, value in _wished(wish, change.call, now).items()
                if value != getattr(change.call, name)
            }
            if values:
                await change.write({**values, "sequence": change.call.sequence + 1, "changed_at": now})
            return change.call, bool(values)

    async def cancel(self, call_id: str) -> Call:
        """Cancel a call that is not over; cancelling again changes nothing."""
        async with self._store.changing(call_id) as change:
            status = self.status(change.call)
            if status is Status.ENDED:
                raise _conflict("call-over", "This call is over.")
            if status is not Status.CANCELLED:
                now = self._clock().replace(microsecond=0)
                sequence = change.call.sequence + 1
                await change.write({"cancelled_at": now, "changed_at": now, "sequence": sequence})
            return change.call

    async def answer(self, call_id: str, person: Person, rsvp: Rsvp) -> Call:
        """Note what a participant answers to the invitation."""
        async with self._store.changing(call_id) as change:
            status = self.status(change.call)
            if status in {Status.ENDED, Status.CANCELLED}:
                raise _conflict(f"call-{_WORDS[status]}", f"This call is {_WORDS[status]}.")
            await change.write_rsvp(person.place, rsvp)
            return change.call

    def _check_people(self, wished: tuple[NewParticipant, ...]) -> None:
        roles = Counter(one.role for one in wished)
        if roles[Role.PARTNER] != PARTNERS:
            raise InvalidFieldError("/participants", "A call needs exactly two partners.")
        if roles[Role.THERAPIST] > self._max_therapists:
            raise InvalidFieldError(
                "/participants", f"A call on this server has at most {self._max_therapists} therapist(s)."
            )

    def _check_company(self, name: str, people: Iterable[Person | NewParticipant]) -> None:
        needs_therapist = self._formats[name].needs_therapist
        if needs_therapist and not any(one.role is Role.THERAPIST for one in people):
            detail = (
                "This format needs a therapist: the partners neither see nor hear each other, and the therapist "
                "goes from one to the other."
            )
            raise InvalidFieldError("/format", detail)

    def _check_not_begun(self, call: Call) -> None:
        status = self.status(call)
        if status is Status.LIVE:
            raise _conflict("call-live", "This call has begun and can't be changed any more.")
        if status in {Status.ENDED, Status.CANCELLED}:
            raise _conflict(f"call-{_WORDS[status]}", f"This call is {_WORDS[status]} and can't be changed.")


_WORDS: Mapping[Status, str] = {Status.ENDED: "over", Status.CANCELLED: "cancelled"}


def _wished(wish: CallChange, call: Call, now: datetime) -> dict[str, Any]:
    values = wish.model_dump(exclude_none=True)
    if wish.starts_at is not None:
        values["starts_at"] = _moment(wish.starts_at, wish.timezone or call.timezone, now)
    elif wish.timezone is not None:
        raise InvalidFieldError("/timezone", "Say `starts_at` as well: a zone alone leaves the time unclear.")
    return values


def _moment(text: str, timezone: str | None, now: datetime) -> datetime:
    try:
        at = moment(text, timezone)
    except MomentError as error:
        raise InvalidFieldError(f"/{error.field}", error.detail) from None
    if at < now - PAST_GRACE:
        raise InvalidFieldError("/starts_at", "This time has passed.")
    if at > now + FURTHEST:
        raise InvalidFieldError("/starts_at", "Calls are scheduled at most two years ahead.")
    return at


def _zone_name(timezone: str | None) -> str:
    try:
        return zone(timezone or "UTC").key
    except MomentError as error:
        raise InvalidFieldError("/timezone", error.detail) from None


def _person(place: int, wished: NewParticipant, token: Pii[str]) -> Person:
    return Person(
        id=new_id(),
        place=place,
        role=wished.role,
        name=wished.name,
        email=wished.email,
        rsvp=Rsvp.NEEDS_ACTION,
        token_hash=token_hash(token),
        token=token,
    )


def _conflict(slug: str, detail: str) -> Problem:
    return Problem(slug, HTTPStatus.CONFLICT, detail)
