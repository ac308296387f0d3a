"""A database as a practice fills it: couples, each with a call a week, some of them as series, and the letters about them.

Everything is sealed as the server seals it. What is made is the same each time but for ids and keys.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import insert

from media.mediation.distance import Distance
from media.mediation.people import Role
from server.mail.wishes import MailKind, MailState
from server.records import Call, Person, Rsvp, Series
from server.secret import Pii, new_id, new_token, token_hash
from server.stored_rows import call_row, person_row
from server.tables import calls, mails, people, series, therapists

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Table

    from server.database import Database
    from server.sealing import Sealer

NOW: Final = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CALLS_OF_A_COUPLE: Final = 20
FIRST: Final = timedelta(days=-28)
"""Nothing is old enough to be erased."""
THERAPISTS: Final = 10
ADDRESS: Final = "therapist{}@practice.example"


@dataclass(frozen=True, slots=True)
class Practice:
    """What was made."""

    calls: tuple[Call, ...]
    therapists: tuple[str, ...]
    """Ids."""


async def fill(database: Database, sealer: Sealer, count: int) -> Practice:
    """Write so many calls with three people each, the letters that invited them, and the therapists they belong to."""
    made_therapists = [_therapist(sealer, number) for number in range(THERAPISTS)]
    ids = tuple(row["id"] for row in made_therapists)
    made = tuple(call for couple in range(count // CALLS_OF_A_COUPLE) for call in _couple(couple, ids))
    known = {call.series.id: call.series for call in made if call.series}
    rows: dict[Table, list[dict[str, Any]]] = {
        therapists: made_therapists,
        series: [_series_row(each) for each in known.values()],
        calls: [call_row(sealer, call) for call in made],
        people: [person_row(sealer, call, person) for call in made for person in call.people],
        mails: list(_letters(made)),
    }
    for table, values in rows.items():
        async with database.writing() as connection:
            await connection.execute(insert(table), values)
    return Practice(made, ids)


def _couple(number: int, owners: Sequence[str]) -> Iterator[Call]:
    """A call a week at one of forty times; every other couple's are a series, with one link for each person."""
    starts = NOW + FIRST + timedelta(days=number % 7, minutes=45 * (number % 40))
    recurring = number % 2 == 0
    rule = f"FREQ=WEEKLY;COUNT={CALLS_OF_A_COUPLE}"
    the_series = Series(new_id(), rule, starts.isoformat()[:19], "Europe/Berlin", 0, NOW, NOW)
    same = [new_token() for _ in range(3)]
    for week in range(CALLS_OF_A_COUPLE):
        at = starts + timedelta(weeks=week)
        tokens = same if recurring else [new_token() for _ in range(3)]
        call = _call(at, owners[number % len(owners)], _people(number, tokens))
        yield replace(call, series=the_series, occurrence_at=at) if recurring else call


def _call(starts_at: datetime, owner: str, who: tuple[Person, ...]) -> Call:
    created = min(NOW, starts_at) - timedelta(days=7)
    over = starts_at + timedelta(minutes=50) if starts_at < NOW - timedelta(hours=1) else None
    return Call(
        id=new_id(),
        title="What we owe each other",
        starts_at=starts_at,
        timezone="Europe/Berlin",
        duration_minutes=50,
        format="timed-turns",
        turn_seconds=180,
        distance=Distance.CLEAR,
        room_minimum=Distance.CLEAR,
        manage_hash=token_hash(new_token()),
        sequence=0,
        created_at=created,
        changed_at=created,
        began_at=starts_at if over else None,
        ended_at=over,
        cancelled_at=None,
        people=who,
        on_the_spot=False,
        therapist_id=owner,
        reminder_words="Please bring the letter you wrote.",
    )


def _people(couple: int, tokens: Sequence[Pii[str]]) -> tuple[Person, ...]:
    therapist = ADDRESS.format(couple % THERAPISTS)
    addresses = (f"ada{couple}@example.org", f"ben{couple}@example.org", therapist)
    roles = (Role.PARTNER, Role.PARTNER, Role.THERAPIST)
    return tuple(
        Person(
            id=new_id(),
            place=place,
            role=role,
            name=f"Person {place} of couple {couple}",
            email=address,
            rsvp=Rsvp.ACCEPTED,
            token_hash=token_hash(token),
            token=token,
            timezone="Europe/Lisbon" if place else None,
        )
        for place, (role, address, token) in enumerate(zip(roles, addresses, tokens, strict=True))
    )


def _letters(made: Sequence[Call]) -> Iterator[dict[str, Any]]:
    for call in made:
        for person in call.people:
            for kind, occasion, at in _told(call):
                yield {
                    "id": new_id(),
                    "call_id": call.id,
                    "place": person.place,
                    "kind": kind.value,
                    "occasion": occasion,
                    "state": MailState.SENT.value,
                    "due_at": at,
                    "created_at": at,
                    "settled_at": at,
                }


def _told(call: Call) -> Iterator[tuple[MailKind, str, datetime]]:
    """What each person was sent: of a series one invitation; of every call, in its time, two reminders."""
    if call.series is None or call.series.starts_local == call.starts_at.isoformat()[:19]:
        yield MailKind.INVITATION, "", call.created_at
        yield MailKind.SETTLED, "0", call.created_at + timedelta(hours=1)
    for kind, ahead in (
        (MailKind.REMINDER_DAY, timedelta(days=1)),
        (MailKind.REMINDER_SOON, timedelta(minutes=10)),
    ):
        if (due := call.starts_at - ahead) <= NOW:
            yield kind, call.starts_at.isoformat(), due


def _series_row(each: Series) -> dict[str, Any]:
    return {column.name: getattr(each, column.name) for column in series.columns}


def _therapist(sealer: Sealer, number: int) -> dict[str, Any]:
    key, address = sealer.new_key(), ADDRESS.format(number)
    return {
        "id": new_id(),
        "address_hash": sealer.address_hash(address),
        "data_key": key,
        "email": sealer.seal(key, address),
        "created_at": NOW,
    }
