"""The tables, in words that SQLite and PostgreSQL share.

Knows columns and nothing of rules. A change here needs a migration beside it; a test compares the two.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)

from media.mediation.distance import Distance

if TYPE_CHECKING:
    from sqlalchemy import Dialect

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware moment, kept as UTC; SQLite forgets the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware datetime into UTC; a naive one is a mistake of ours."""
        del dialect
        if value is not None and value.tzinfo is None:
            raise ValueError("a stored moment needs a time zone")
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Return an aware datetime in UTC."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Level(TypeDecorator[Distance]):
    """A distance, kept as its word."""

    impl = String(16)
    cache_ok = True

    def process_bind_param(self, value: Distance | None, dialect: Dialect) -> str | None:
        """Turn a distance into its word."""
        del dialect
        return None if value is None else value.value

    def process_result_value(self, value: str | None, dialect: Dialect) -> Distance | None:
        """Return the distance with this word."""
        del dialect
        return None if value is None else Distance(value)


calls = Table(
    "calls",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("title", Text, nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("duration_minutes", Integer, nullable=False),
    Column("format", String(32), nullable=False),
    Column("turn_seconds", Integer, nullable=False),
    # Calls from before there was such a choice begin as they always did.
    Column("distance", Level, nullable=False, server_default=Distance.CLEAR.value),
    Column("room_minimum", Level, nullable=False, server_default=Distance.CLEAR.value),
    Column("manage_hash", String(64), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Column("began_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("cancelled_at", UtcDateTime),
)

people = Table(
    "people",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("call_id", ForeignKey("calls.id", ondelete="CASCADE"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("role", String(16), nullable=False),
    Column("name", Text, nullable=False),
    Column("email", Text),
    Column("rsvp", String(16), nullable=False),
    Column("token_hash", String(64), nullable=False),
    UniqueConstraint("call_id", "place"),
    Index("ix_people_token_hash", "token_hash", unique=True),
)
