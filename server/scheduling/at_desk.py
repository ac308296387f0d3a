"""Who sits at the desk that a call was scheduled from: for them, setting it up or moving it there is saying yes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from media.mediation.people import Role
from server.tables import calls, people, therapists

if TYPE_CHECKING:
    from collections.abc import Collection

    from server.store import Change


async def desks_own_places(change: Change) -> Collection[int]:
    """Return the places of therapists in the call who have the desk's own address; none where it is of no desk."""
    query = (
        select(people.c.place)
        .join(calls, calls.c.id == people.c.call_id)
        .join(therapists, therapists.c.id == calls.c.therapist_id)
        .where((calls.c.id == change.call.id) & (people.c.role == Role.THERAPIST.value))
        .where(people.c.address_hash == therapists.c.address_hash)
    )
    return frozenset(await change.connection.scalars(query))
