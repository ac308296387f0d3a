"""The couples of a therapist's calls, so that the next call for one of them need not be typed anew.

A couple is known by both partners' addresses; without them, by a call, or by a series. The database groups them, and only
the newest call of each is opened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import case, func, select

from media.mediation.people import Role
from server.desk.schemas import CoupleAnswer, KnownPerson
from server.tables import calls, people
from server.times import shown

if TYPE_CHECKING:
    from sqlalchemy import Select

    from server.records import Call
    from server.store import CallStore

MAX_COUPLES: Final = 50
"""More than one practice holds in a month."""
BOTH: Final = 2


async def couples(store: CallStore, therapist_id: str) -> tuple[CoupleAnswer, ...]:
    """Return the couples of this therapist's calls, each with its newest call, the newest first."""
    found: dict[tuple[str, ...], Call] = {}
    for call in await store.select(_newest_calls(therapist_id)):
        if not any(person.erased for person in call.partners):
            found.setdefault(tuple(sorted(person.name.casefold() for person in call.partners)), call)
    return tuple(_couple(call) for call in found.values())


def _newest_calls(therapist_id: str) -> Select[Any]:
    addresses = people.c.address_hash
    known = (func.count(addresses) == BOTH, func.min(addresses) + func.max(addresses))
    each = (
        select(
            calls.c.id,
            calls.c.starts_at,
            case(known, else_=func.coalesce(calls.c.series_id, calls.c.id)).label("couple"),
        )
        .join(people, (people.c.call_id == calls.c.id) & (people.c.role == Role.PARTNER.value))
        .where(calls.c.therapist_id == therapist_id, calls.c.erased_at.is_(None))
        .group_by(calls.c.id, calls.c.starts_at, calls.c.series_id)
        .subquery()
    )
    newest_first = func.row_number().over(
        partition_by=each.c.couple, order_by=(each.c.starts_at.desc(), each.c.id)
    )
    ranked = select(each.c.id, newest_first.label("rank")).subquery()
    newest = select(ranked.c.id).where(ranked.c.rank == 1)
    return select(calls).where(calls.c.id.in_(newest)).order_by(calls.c.starts_at.desc()).limit(MAX_COUPLES)


def _couple(call: Call) -> CoupleAnswer:
    return CoupleAnswer(
        call_id=call.id,
        starts_at=shown(call.starts_at, call.timezone),
        participants=tuple(
            KnownPerson(role=one.role, name=one.name, email=one.email, timezone=one.timezone)
            for one in call.people
            if not one.erased
        ),
        title=call.title,
        timezone=call.timezone,
        duration_minutes=call.duration_minutes,
        format=call.format,
        turn_seconds=call.turn_seconds,
        distance=call.distance,
        room_minimum=call.room_minimum,
    )
