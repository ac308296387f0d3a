"""A vocabulary for the tests of letters: people, calls and series in a real database, with a clock that obeys."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from media.mediation.distance import Distance
from media.mediation.people import Role
from server.records import Call, Person, Rsvp, Series
from server.secret import new_id, new_token, token_hash
from server.tables import mails

if TYPE_CHECKING:
    from server.database import Database

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
BASE_URL = "https://talk.example.org"
KEY = bytes(range(32))


def a_person(place: int, name: str, email: str | None, role: Role = Role.PARTNER, **more: Any) -> Person:
    """One person with a link of their own, who has not answered."""
    token = new_token()
    known = {"rsvp": Rsvp.NEEDS_ACTION, "token": token, "token_hash": token_hash(token), **more}
    return Person(id=new_id(), place=place, role=role, name=name, email=email, **known)


def a_call(**more: Any) -> Call:
    """A call of Ada's and Ben's in five days, which both have to accept."""
    fields: dict[str, Any] = {
        "id": new_id(),
        "title": "What we owe each other",
        "starts_at": NOW + timedelta(days=5),
        "timezone": "Europe/Berlin",
        "duration_minutes": 50,
        "format": "timed-turns",
        "turn_seconds": 180,
        "distance": Distance.CLEAR,
        "room_minimum": Distance.CLEAR,
        "manage_hash": token_hash(new_token()),
        "sequence": 0,
        "created_at": NOW,
        "changed_at": NOW,
        "began_at": None,
        "ended_at": None,
        "cancelled_at": None,
        "people": (a_person(0, "Ada", "ada@example.net"), a_person(1, "Ben", "ben@example.net")),
        "on_the_spot": False,
    }
    return Call(**fields | more)


def agreed(call: Call) -> Call:
    """The same call, to which everyone has said yes."""
    return replace(call, people=tuple(replace(one, rsvp=Rsvp.ACCEPTED) for one in call.people))


def a_series(weeks: int = 3, **more: Any) -> tuple[Call, ...]:
    """Weekly calls on Sundays at 19:00 in Berlin, from 29 November 2026 on."""
    starts = datetime(2026, 11, 29, 18, 0, tzinfo=UTC)
    series = Series(
        new_id(), f"FREQ=WEEKLY;COUNT={weeks}", "2026-11-29T19:00:00", "Europe/Berlin", 0, NOW, NOW
    )
    first = a_call(series=series, starts_at=starts, occurrence_at=starts, **more)
    later = [starts + timedelta(weeks=week) for week in range(1, weeks)]
    return (
        first,
        *(
            replace(
                first,
                id=new_id(),
                starts_at=at,
                occurrence_at=at,
                people=tuple(replace(person, id=new_id()) for person in first.people),
            )
            for at in later
        ),
    )


@dataclass(frozen=True)
class Row:
    """What the queue says of one letter."""

    kind: str
    place: int | None
    state: str
    reason: str | None
    occasion: str
    id: str
    attempts: int


async def the_queue(database: Database) -> list[Row]:
    """All letters in the order in which they were wished for, then by place."""
    async with database.reading() as connection:
        query = select(mails).order_by(mails.c.created_at, mails.c.kind, mails.c.place, mails.c.occasion)
        rows = (await connection.execute(query)).mappings().all()
    names = ("kind", "place", "state", "reason", "occasion", "id", "attempts")
    return [Row(**{name: row[name] for name in names}) for row in rows]
