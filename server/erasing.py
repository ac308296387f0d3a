"""Erasing: the key is destroyed, and what it sealed with it; no link leads anywhere any more.

What is left of a call is its row with its times; of a person their role and their answer. Nothing of it says who they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, select, update

from server.tables import calls, conversations, mails, people, proposals

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.ext.asyncio import AsyncConnection

NO_HASH: Final = ""
"""Where a token's hash was: the hash of nothing that anybody could show."""
_OF_A_CALL: Final[Mapping[str, Any]] = {
    "data_key": None,
    "title": None,
    "reminder_words": None,
    "manage_hash": NO_HASH,
}
_OF_A_PERSON: Final[Mapping[str, Any]] = {
    "data_key": None,
    "name": None,
    "email": None,
    "token": None,
    "timezone": None,
    "answered_at": None,
    "token_hash": NO_HASH,
    "address_hash": None,
    "feed_hash": None,
}


async def erase_calls(connection: AsyncConnection, ids: Collection[str], now: datetime) -> None:
    """Erase these calls with everybody in them, what they proposed and every letter, inside a writing transaction."""
    await connection.execute(update(calls).where(calls.c.id.in_(ids)).values(**_OF_A_CALL, erased_at=now))
    await connection.execute(update(people).where(people.c.call_id.in_(ids)).values(**_OF_A_PERSON))
    for table in (proposals, mails, conversations):
        await connection.execute(delete(table).where(table.c.call_id.in_(ids)))


async def erase_person(connection: AsyncConnection, ids: Collection[str], place: int) -> Collection[str]:
    """Erase who has this place in these calls, what they proposed and their letters, inside a writing transaction.

    Returns the letters' ids: some may lie in the outbox.
    """
    to_them = mails.c.call_id.in_(ids) & (mails.c.place == place)
    letters = (await connection.scalars(select(mails.c.id).where(to_them))).all()
    here = people.c.call_id.in_(ids) & (people.c.place == place)
    await connection.execute(update(people).where(here).values(**_OF_A_PERSON))
    for table in (proposals, mails):
        theirs = table.c.call_id.in_(ids) & (table.c.place == place)
        await connection.execute(delete(table).where(theirs))
    return letters


def remove_letters(outbox: Path, *, topics: Collection[str] = (), letters: Collection[str] = ()) -> None:
    """Remove letters that were written to files, `<topic>-<letter's id>`, finished or not. Blocking.

    Args:
        outbox: where they lie.
        topics: ids of calls.
        letters: ids of letters.
    """
    if not (outbox.is_dir() and (topics or letters)):
        return
    for path in outbox.iterdir():
        topic, _, letter = path.stem.rpartition("-")
        if topic in topics or letter in letters:
            path.unlink(missing_ok=True)
