"""Therapists in the database: the address sealed, found by its hash; their defaults sealed with the same key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import insert, select, update

from server.secret import new_id
from server.tables import therapists

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Any

    from sqlalchemy import ColumnElement
    from sqlalchemy.ext.asyncio import AsyncConnection

    from server.database import Database
    from server.sealing import Sealer


@dataclass(frozen=True, slots=True)
class Therapist:
    """Somebody with a desk."""

    id: str
    address_hash: str = field(repr=False)
    email: str = field(repr=False)
    defaults: str | None = field(repr=False)
    """JSON, as `DeskDefaults` writes it; None: nothing was set yet."""
    data_key: bytes = field(repr=False)
    """Wrapped; seals what belongs to this therapist."""


class Therapists:
    """Reads and writes them."""

    def __init__(self, database: Database, sealer: Sealer) -> None:
        self._database = database
        self._sealer = sealer

    async def get(self, therapist_id: str) -> Therapist | None:
        """Return a therapist, or None when there is none with this id."""
        async with self._database.reading() as connection:
            return await self._find(connection, therapists.c.id == therapist_id)

    async def found_or_added(self, connection: AsyncConnection, email: str, now: datetime) -> Therapist:
        """Return the therapist with this address, a new one if need be, inside the caller's writing transaction."""
        address_hash = self._sealer.address_hash(email)
        known = await self._find(connection, therapists.c.address_hash == address_hash)
        if known is not None:
            return known
        key = self._sealer.new_key()
        made = Therapist(new_id(), address_hash, email, None, key)
        row = {
            "id": made.id,
            "address_hash": address_hash,
            "data_key": key,
            "email": self._sealer.seal(key, email),
            "created_at": now,
        }
        await connection.execute(insert(therapists).values(row))
        return made

    async def write_defaults(self, therapist_id: str, text: str) -> None:
        """Keep these defaults, sealed. Raises LookupError when there is no such therapist."""
        async with self._database.writing() as connection:
            found = await self._find(connection, therapists.c.id == therapist_id)
            if found is None:
                raise LookupError("no such therapist")
            sealed = self._sealer.seal(found.data_key, text)
            here = therapists.c.id == therapist_id
            await connection.execute(update(therapists).where(here).values(defaults=sealed))

    async def _find(self, connection: AsyncConnection, which: ColumnElement[bool]) -> Therapist | None:
        row = (await connection.execute(select(therapists).where(which))).mappings().one_or_none()
        return None if row is None else self._read(row)

    def _read(self, row: Mapping[Any, Any]) -> Therapist:
        key, defaults = row["data_key"], row["defaults"]
        return Therapist(
            id=row["id"],
            address_hash=row["address_hash"],
            email=self._sealer.open(key, row["email"]),
            defaults=None if defaults is None else self._sealer.open(key, defaults),
            data_key=key,
        )
