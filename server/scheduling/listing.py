"""Lists of calls, one page at a time: each page begins behind the last call of the one before (by time and id).

What is over follows from the clock and from each call's length, so the database narrows by time, along an index, and the few
calls round the present moment are told apart here.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import literal, select, tuple_

from server.problems import Problem
from server.schemas import MAX_MINUTES, MIN_MINUTES
from server.status import LONGEST_OVERRUN, Status
from server.tables import UtcDateTime, calls

if TYPE_CHECKING:
    from sqlalchemy import Select

    from server.records import Call
    from server.scheduling.rules import Rules
    from server.status import DoorHours
    from server.store import CallStore

When = Literal["coming", "past", "all"]
MAX_PAGE = 100
FEW = 10
"""Calls that are asked for at least, so that no page takes many queries."""


@dataclass(frozen=True, slots=True)
class Page:
    """Some calls, and where the next page begins."""

    calls: tuple[Call, ...]
    after: str | None


async def list_calls(
    store: CallStore, rules: Rules, when: When, limit: int, after: str | None, therapist_id: str | None
) -> Page:
    """Return a page: those to come, the earliest first; those that are over or all of them, the latest first.

    `therapist_id`: those of this therapist alone. Raises Problem for an `after` that is none of ours.
    """
    now = rules.now()
    found: list[Call] = []
    place = None if after is None else _place(after)
    while True:
        # Those round the present moment that don't belong here stand at the front: after them, little is missing.
        rows = max(limit + 1 - len(found), FEW)
        query = page_query(when, now, rules.hours, rows, place, therapist_id)
        page = await store.select(query)
        found += (call for call in page if when == "all" or _is_past(call, rules) == (when == "past"))
        if len(found) > limit:
            return Page(tuple(found[:limit]), _mark(found[limit - 1]))
        if len(page) < rows:
            return Page(tuple(found), None)
        place = (page[-1].starts_at, page[-1].id)


def page_query(
    when: When,
    now: datetime,
    hours: DoorHours,
    rows: int,
    place: tuple[datetime, str] | None,
    therapist_id: str | None,
) -> Select[Any]:
    """Return the query of so many calls behind a place, along the index of times or that of a therapist's times."""
    key = (calls.c.starts_at, calls.c.id)
    query = select(calls).limit(rows)
    if therapist_id is not None:
        query = query.where(calls.c.therapist_id == therapist_id)
    if when == "coming":
        earliest = now - timedelta(minutes=MAX_MINUTES) - LONGEST_OVERRUN
        query = query.where(calls.c.starts_at >= earliest, calls.c.ended_at.is_(None))
    elif when == "past":
        # What nobody ended or called off is over some time after its start, as the door says.
        unended = calls.c.starts_at <= now - timedelta(minutes=MIN_MINUTES) - hours.after
        over = calls.c.ended_at.is_not(None) | calls.c.cancelled_at.is_not(None) | unended
        query = query.where(calls.c.starts_at <= now + hours.before, over)
    if place is not None:
        there = tuple_(literal(place[0], UtcDateTime), literal(place[1]))
        query = query.where(tuple_(*key) > there if when == "coming" else tuple_(*key) < there)
    return query.order_by(*key) if when == "coming" else query.order_by(*(column.desc() for column in key))


def _is_past(call: Call, rules: Rules) -> bool:
    status = rules.status(call)
    return status is Status.ENDED or (status is Status.CANCELLED and call.planned_end <= rules.now())


def _mark(call: Call) -> str:
    text = f"{call.starts_at.isoformat()} {call.id}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _place(after: str) -> tuple[datetime, str]:
    try:
        padded = after.encode() + b"=" * (-len(after) % 4)
        at, _, call_id = base64.b64decode(padded, b"-_", validate=True).decode().partition(" ")
        return datetime.fromisoformat(at).astimezone(UTC), call_id
    except (binascii.Error, ValueError, OverflowError):
        detail = "`after` is none of ours; take it from `next` of the page before."
        raise Problem("invalid-query", HTTPStatus.BAD_REQUEST, detail) from None
