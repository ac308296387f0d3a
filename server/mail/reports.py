"""What became of the letters about a call, for its organizer, and sending the newest one again."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import bindparam, func, select, update

from server.mail.letters import AGAIN, IN_FLIGHT, NEWS
from server.mail.wishes import MailKind, MailState, MailWish, queue_mails
from server.problems import Problem
from server.tables import calls, mails

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from sqlalchemy import ColumnElement, Select
    from sqlalchemy.ext.asyncio import AsyncConnection

    from server.database import Database
    from server.reading_here import Reader

    Row = Mapping[Any, Any]

MOST_AGAIN: Final = 5
"""Times that one person can be sent letters again about one call or series within a day: letters must not become a nuisance."""
_ABOUT_EACH_CALL: Final = (MailKind.INVITATION.value, MailKind.SERIES_ENDED.value)
"""Of a series: they are about every call of it."""


@dataclass(frozen=True, slots=True)
class MailReport:
    """The newest letter to one person about one call."""

    kind: MailKind
    state: MailState
    at: datetime
    """When it came into this state, or was wished for if it still waits."""
    reason: str | None


async def latest_mails(reader: Reader, call_ids: Collection[str]) -> dict[tuple[str, int], MailReport]:
    """Return the newest letter by call and place. Those that were dropped count where there is no other."""
    latest: dict[tuple[str, int], Row] = {}
    for call_id, row in await _newest_rows(reader, call_ids):
        key = (call_id, row["place"])
        if key not in latest or _rank(row) > _rank(latest[key]):
            latest[key] = row
    return {key: _report(row) for key, row in latest.items()}


async def send_again(database: Database, call_id: str, place: int, now: datetime) -> None:
    """Send the newest letter with the state of a call to a person once more; one that still waits goes at once.

    Of a series whose first calls are erased, and with them what was written about it all, the invitation goes: it tells what
    is still to come. Wake the postman afterwards.

    Raises:
        Problem: 409 when there never was one, 429 when it is too often.
    """
    async with database.writing() as connection:
        rows = [row for _, row in await _rows(connection, [call_id]) if row["place"] == place]
        newest = next((row for row in reversed(rows) if row["kind"] in NEWS and not _is_dropped(row)), None)
        if newest is None and not await _is_series_partly_erased(connection, call_id):
            raise Problem(
                "no-letter", HTTPStatus.CONFLICT, "There is no letter to this person to send again."
            )
        if newest is not None and newest["state"] == MailState.QUEUED:
            await connection.execute(update(mails).where(mails.c.id == newest["id"]).values(due_at=now))
            return
        if newest is not None and newest["state"] in IN_FLIGHT:
            return
        _refuse_too_many(rows, now)
        await queue_mails(connection, [_once_more(newest, rows, call_id, place, now)], now)


def _once_more(newest: Row | None, rows: Sequence[Row], call_id: str, place: int, now: datetime) -> MailWish:
    number = sum(AGAIN in row["occasion"] for row in rows) + 1
    if newest is None:
        return MailWish(MailKind.INVITATION, call_id, place, f"{AGAIN}{number}", now)
    occasion = newest["occasion"].partition(AGAIN)[0]
    return MailWish(MailKind(newest["kind"]), newest["call_id"], place, f"{occasion}{AGAIN}{number}", now)


async def _is_series_partly_erased(connection: AsyncConnection, call_id: str) -> bool:
    same = calls.c.series_id == select(calls.c.series_id).where(calls.c.id == call_id).scalar_subquery()
    query = select(calls.c.id).where(same & calls.c.erased_at.is_not(None)).limit(1)
    return await connection.scalar(query) is not None


def _refuse_too_many(rows: Iterable[Row], now: datetime) -> None:
    day = timedelta(days=1)
    recent = [row for row in rows if AGAIN in row["occasion"] and row["created_at"] > now - day]
    if len(recent) >= MOST_AGAIN:
        again_at = recent[-MOST_AGAIN]["created_at"] + day
        raise Problem(
            "too-many-letters",
            HTTPStatus.TOO_MANY_REQUESTS,
            f"A person is sent at most {MOST_AGAIN} letters again in a day.",
            {"Retry-After": str(max(1, int((again_at - now).total_seconds())))},
        )


async def _rows(connection: AsyncConnection, call_ids: Collection[str]) -> Sequence[tuple[str, Row]]:
    """The letters about these calls, each beside the call it is about, the oldest first."""
    own = select(mails, mails.c.call_id.label("about")).where(mails.c.call_id.in_(call_ids))
    found = [(row["about"], row) for row in (await connection.execute(own)).mappings()]
    of_series: defaultdict[str, list[str]] = defaultdict(list)
    asked = select(calls.c.id, calls.c.series_id).where(
        calls.c.id.in_(call_ids), calls.c.series_id.is_not(None)
    )
    for call_id, series_id in await connection.execute(asked):
        of_series[series_id].append(call_id)
    if of_series:
        whole = (
            select(mails, calls.c.series_id)
            .join(calls, calls.c.id == mails.c.call_id)
            .where(calls.c.series_id.in_(of_series), mails.c.kind.in_(_ABOUT_EACH_CALL))
        )
        for row in (await connection.execute(whole)).mappings():
            others = (each for each in of_series[row["series_id"]] if each != row["call_id"])
            found += [(each, row) for each in others]
    return sorted(found, key=lambda each: (each[1]["created_at"], each[1]["id"]))


async def _newest_rows(reader: Reader, call_ids: Collection[str]) -> Sequence[tuple[str, Row]]:
    """The letter of highest rank to each person about each of these calls, and likewise about its series as a whole."""
    own = await reader.execute(_OF_CALLS, {"about": list(call_ids)})
    found = [(row["about"], row) for row in own.mappings()]
    of_series: defaultdict[str, list[str]] = defaultdict(list)
    in_series = calls.c.id.in_(call_ids) & calls.c.series_id.is_not(None)
    query = select(calls.c.id, calls.c.series_id).where(in_series)
    for row in (await reader.execute(query)).mappings():
        of_series[row["series_id"]].append(row["id"])
    if of_series:
        whole = await reader.execute(_OF_SERIES, {"about": list(of_series)})
        for row in whole.mappings():
            found += [(each, row) for each in of_series[row["about"]]]
    return found


def _newest(letters: Select[Any], about: ColumnElement[Any]) -> Select[Any]:
    """Of these letters the one of highest rank to each person about each of the same.

    The database picks it: a call may have been told of in many letters, and a list is of many calls.
    """
    first = (mails.c.state == MailState.DROPPED.value, mails.c.created_at.desc(), mails.c.id.desc())
    number = func.row_number().over(partition_by=(about, mails.c.place), order_by=first).label("number")
    asked_for = about.in_(bindparam("about", expanding=True))
    numbered = letters.add_columns(about.label("about"), number).where(asked_for).subquery()
    return select(numbered).where(numbered.c.number == 1)


_TOLD: Final = select(
    *(mails.c[name] for name in ("id", "place", "kind", "state", "reason", "created_at", "settled_at"))
)
_OF_CALLS: Final = _newest(_TOLD, mails.c.call_id)
_OF_SERIES: Final = _newest(
    _TOLD.join(calls, calls.c.id == mails.c.call_id).where(mails.c.kind.in_(_ABOUT_EACH_CALL)),
    calls.c.series_id,
)


def _rank(row: Row) -> tuple[bool, datetime, str]:
    return (not _is_dropped(row), row["created_at"], row["id"])


def _is_dropped(row: Row) -> bool:
    return bool(row["state"] == MailState.DROPPED)


def _report(row: Row) -> MailReport:
    return MailReport(
        kind=MailKind(row["kind"]),
        state=MailState(row["state"]),
        at=row["settled_at"] or row["created_at"],
        reason=row["reason"],
    )
