"""A new call, or all the calls of a new series, with the secrets that nobody will be shown again."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from media.mediation.people import Role
from server.mail.wishes import invitations
from server.records import Call, Person, Rsvp
from server.scheduling.rules import Rules, future_moment, zone_name
from server.scheduling.series import series_of
from server.secret import Pii, new_id, new_token, token_hash

if TYPE_CHECKING:
    from collections.abc import Sequence

    from server.schemas import NewCall, NewParticipant
    from server.store import CallStore


@dataclass(frozen=True, slots=True)
class Scheduled:
    """A new call, the first one of a series, with its secrets."""

    call: Call
    manage_token: Pii[str]
    invitations: tuple[Pii[str], ...]
    """In the order of `call.people`."""


async def schedule(store: CallStore, rules: Rules, wish: NewCall, therapist_id: str | None) -> Scheduled:
    """Write what is wished for and queue the invitations; raises Problem for what can't be."""
    rules.check_people(wish.participants)
    rules.check_company(wish.format, wish.participants)
    now = rules.now()
    zones = tuple(
        None if one.timezone is None else zone_name(one.timezone, f"/participants/{place}/timezone")
        for place, one in enumerate(wish.participants)
    )
    manage_token = new_token()
    tokens = tuple(new_token() for _ in wish.participants)
    recurs = wish.recurrence is not None
    starts_at = (
        now if wish.starts_at is None else future_moment(wish.starts_at, wish.timezone, now, recurs=recurs)
    )
    answers = [await _first_answer(store, one, therapist_id) for one in wish.participants]
    call = Call(
        id=new_id(),
        title=wish.title,
        starts_at=starts_at,
        timezone=zone_name(wish.timezone or "UTC"),
        duration_minutes=wish.duration_minutes,
        format=wish.format,
        turn_seconds=wish.turn_seconds or rules.formats[wish.format].turn_seconds,
        distance=wish.distance,
        room_minimum=wish.room_minimum,
        manage_hash=token_hash(manage_token),
        sequence=0,
        created_at=now,
        changed_at=now,
        began_at=None,
        ended_at=None,
        cancelled_at=None,
        people=_people(wish.participants, answers, zones, tokens),
        on_the_spot=wish.starts_at is None if wish.on_the_spot is None else wish.on_the_spot,
        therapist_id=therapist_id,
        reminder_words=wish.reminder_words,
    )
    # A hundred calls take a while to be made.
    made = await asyncio.to_thread(series_of, call, wish)
    await store.add(*made, letters=invitations(made[0], now))
    return Scheduled(made[0], manage_token, tokens)


async def _first_answer(store: CallStore, wished: NewParticipant, therapist_id: str | None) -> Rsvp:
    """Nobody has answered yet, but a therapist who schedules the call from their own desk has said by it that they come."""
    if therapist_id is None or wished.email is None or wished.role is not Role.THERAPIST:
        return Rsvp.NEEDS_ACTION
    comes = await store.is_desks_own(therapist_id, wished.email)
    return Rsvp.ACCEPTED if comes else Rsvp.NEEDS_ACTION


def _people(
    wished: tuple[NewParticipant, ...],
    answers: Sequence[Rsvp],
    zones: tuple[str | None, ...],
    tokens: tuple[Pii[str], ...],
) -> tuple[Person, ...]:
    return tuple(
        Person(
            id=new_id(),
            place=place,
            role=one.role,
            name=one.name,
            email=one.email,
            rsvp=answer,
            token_hash=token_hash(token),
            token=token,
            timezone=timezone,
        )
        for place, (one, answer, timezone, token) in enumerate(
            zip(wished, answers, zones, tokens, strict=True)
        )
    )
