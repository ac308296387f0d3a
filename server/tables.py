"""The tables, in words that SQLite and PostgreSQL share.

Knows columns and nothing of rules. A change here needs a migration beside it; a test compares the two.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sqlalchemy import (
    Boolean,
    Column,
    DateTime,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    TypeDecorator,
    UniqueConstraint,
    true,
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


series = Table(
    "series",
    metadata,
    Column("id", String(32), primary_key=True),
    # The value of an RRULE (RFC 5545, 3.3.10), and the local time of its first occurrence in `timezone`.
    Column("rule", String(200), nullable=False),
    Column("starts_local", String(19), nullable=False),
    Column("timezone", String(64), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
)

therapists = Table(
    "therapists",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("address_hash", String(64), nullable=False),
    Column("data_key", LargeBinary, nullable=False),
    Column("email", LargeBinary, nullable=False),
    # JSON: how this therapist's calls begin unless something else is said.
    Column("defaults", LargeBinary),
    Column("created_at", UtcDateTime, nullable=False),
    Index("ix_therapists_address_hash", "address_hash", unique=True),
)

desk_tokens = Table(
    "desk_tokens",
    metadata,
    Column("token_hash", String(64), primary_key=True),
    Column("therapist_id", ForeignKey("therapists.id", ondelete="CASCADE"), nullable=False),
    # `link`: mailed, good once; `session`: in the browser's cookie.
    Column("kind", String(16), nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
    Index("ix_desk_tokens_expires_at", "expires_at"),
    Index("ix_desk_tokens_therapist_id", "therapist_id"),
)

# LargeBinary columns are sealed with the row's own `data_key` (server.sealing); without it nobody can read them.
calls = Table(
    "calls",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("data_key", LargeBinary),
    Column("title", LargeBinary),
    Column("reminder_words", LargeBinary),
    Column("series_id", ForeignKey("series.id", ondelete="CASCADE")),
    # When an occurrence of a series was to begin before anybody moved it (RFC 5545 RECURRENCE-ID).
    Column("occurrence_at", UtcDateTime),
    Column("therapist_id", ForeignKey("therapists.id", ondelete="SET NULL")),
    Column("on_the_spot", Boolean, nullable=False, server_default=true()),
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
    Column("erased_at", UtcDateTime),
    Index("ix_calls_starts_at", "starts_at", "id"),
    Index("ix_calls_therapist_id", "therapist_id", "starts_at", "id"),
    Index("ix_calls_series_id", "series_id", "starts_at"),
    Index("ix_calls_manage_hash", "manage_hash", "starts_at"),
    # What is kept too long is found by when it was over: it never began, it ended, or it was called off.
    Index("ix_calls_erased_at", "erased_at", "starts_at", "id"),
    Index("ix_calls_ended_at", "erased_at", "ended_at", "id"),
    Index("ix_calls_cancelled_at", "erased_at", "cancelled_at", "id"),
)

people = Table(
    "people",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("call_id", ForeignKey("calls.id", ondelete="CASCADE"), nullable=False),
    # The same person has the same place in every call of a series.
    Column("place", Integer, nullable=False),
    Column("data_key", LargeBinary),
    Column("role", String(16), nullable=False),
    Column("name", LargeBinary),
    Column("email", LargeBinary),
    # Sealed, so that later letters can hold the person's own link.
    Column("token", LargeBinary),
    Column("timezone", String(64)),
    Column("rsvp", String(16), nullable=False),
    # DTSTAMP of the newest answer by calendar: an older one that comes later counts for nothing (RFC 5546, 2.1.5).
    Column("answered_at", UtcDateTime),
    Column("token_hash", String(64), nullable=False),
    Column("address_hash", String(64)),
    Column("feed_hash", String(64)),
    UniqueConstraint("call_id", "place"),
    Index("ix_people_token_hash", "token_hash"),
    Index("ix_people_feed_hash", "feed_hash"),
)

proposals = Table(
    "proposals",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("call_id", ForeignKey("calls.id", ondelete="CASCADE"), nullable=False),
    Column("place", Integer, nullable=False),
    Column("starts_at", UtcDateTime, nullable=False),
    Column("timezone", String(64), nullable=False),
    # open, accepted, declined, withdrawn, overtaken
    Column("state", String(16), nullable=False),
    # Places of those who have said yes, by commas.
    Column("agreed", String(32), nullable=False, server_default=""),
    Column("created_at", UtcDateTime, nullable=False),
    Column("changed_at", UtcDateTime, nullable=False),
    Index("ix_proposals_call_id", "call_id", "created_at"),
)

mails = Table(
    "mails",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("call_id", ForeignKey("calls.id", ondelete="CASCADE")),
    Column("place", Integer),
    Column("therapist_id", ForeignKey("therapists.id", ondelete="CASCADE")),
    Column("kind", String(32), nullable=False),
    # What it is about beside the call: with the columns before it, each letter is written once.
    Column("occasion", String(80), nullable=False),
    # The token of a mailed sign-in link, sealed with the therapist's key and gone once it is sent.
    Column("enclosed", LargeBinary),
    # queued, claimed, handing-over, sent, uncertain, failed, dropped
    Column("state", String(16), nullable=False),
    Column("reason", String(300)),
    Column("due_at", UtcDateTime, nullable=False),
    Column("attempts", Integer, nullable=False, server_default="0"),
    Column("claimed_by", String(32)),
    Column("claimed_until", UtcDateTime),
    Column("created_at", UtcDateTime, nullable=False),
    Column("settled_at", UtcDateTime),
    UniqueConstraint("call_id", "place", "kind", "occasion"),
    Index("ix_mails_state", "state", "due_at"),
    Index("ix_mails_therapist_id", "therapist_id"),
)

# The newest state of a conversation that goes on, sealed with a key of its own; gone with its call's end.
conversations = Table(
    "conversations",
    metadata,
    Column("call_id", ForeignKey("calls.id", ondelete="CASCADE"), primary_key=True),
    Column("data_key", LargeBinary, nullable=False),
    # JSON (signaling.conversation_store.Standing).
    Column("body", LargeBinary, nullable=False),
    # The call has begun a new conversation: of this one the wishes about distance alone still count.
    Column("choices_only", Boolean, nullable=False),
    Column("stored_at", UtcDateTime, nullable=False),
    # When the server that has the call was last there.
    Column("seen_at", UtcDateTime, nullable=False),
)
