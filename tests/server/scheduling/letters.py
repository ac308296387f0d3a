"""What waits in the queue of letters, and whether anything is stored: for tests of what is told to whom, and what is not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from server.app import PARTS
from server.tables import mails, metadata

if TYPE_CHECKING:
    from tests.server.scene import Site

ADA = {"role": "partner", "name": "Ada", "email": "ada@example.org"}
BEN = {"role": "partner", "name": "Ben", "email": "ben@example.org"}
TESS = {"role": "therapist", "name": "Tess", "email": "tess@example.org"}
THREE = [ADA, BEN, TESS]


async def letters(site: Site, kind: str | None = None) -> list[tuple[str, int]]:
    """Return all letters ever queued, the oldest first, as kind and place; or those of one kind."""
    async with site.client.app[PARTS].database.reading() as connection:  # type: ignore[union-attr]
        rows = await connection.execute(select(mails.c.kind, mails.c.place).order_by(mails.c.created_at))
        return sorted((row.kind, row.place) for row in rows if kind in {None, row.kind})


async def rows(site: Site) -> dict[str, int]:
    """Return how many rows each table has, the queue included."""
    async with site.client.app[PARTS].database.reading() as connection:  # type: ignore[union-attr]
        found = {}
        for table in metadata.sorted_tables:
            found[table.name] = await connection.scalar(select(func.count()).select_from(table)) or 0
        return found


async def seen(site: Site, call: dict[str, Any]) -> dict[str, Any]:
    """Return a call as its organizer sees it."""
    response = await site.ask("GET", call, call["manage_token"])
    assert response.status == 200, await response.text()
    answer: dict[str, Any] = await response.json()
    return answer


def answers(call: dict[str, Any]) -> list[str]:
    """Return what everyone has answered, in their order."""
    return [person["rsvp"] for person in call["participants"]]
