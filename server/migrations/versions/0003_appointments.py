"""Series, proposals, letters, therapists; names and addresses sealed, each row with a key of its own.

Both old tables are made anew: SQLite can't add a foreign key to a table, and a column that held a name in the clear is not
only dropped but gone with its table. Rows pass through Python, where they are sealed.
"""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

from media.mediation.distance import Distance
from server.sealing import Sealer
from server.secret import token_hash

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)
KEPT_OF_A_CALL = (
    "id", "starts_at", "timezone", "duration_minutes", "format", "turn_seconds", "distance", "room_minimum",
    "manage_hash", "sequence", "created_at", "changed_at", "began_at", "ended_at", "cancelled_at",
)  # fmt: skip
KEPT_OF_A_PERSON = ("id", "call_id", "place", "role", "rsvp", "token_hash")


def upgrade() -> None:
    sealer = _sealer()
    calls, people = _rows("calls"), _rows("people")
    _drop_both()
    _create_series_and_therapists()
    new_calls, new_people = _create_calls(), _create_people()
    _create_proposals_and_mails()
    _insert(new_calls, [_sealed_call(sealer, row) for row in calls])
    _insert(new_people, [_sealed_person(sealer, row) for row in people])


def downgrade() -> None:
    """Series are gone with their calls, which share links as no calls did before, and so are letters.

    People whose data is erased already can't come back.
    """
    sealer = _sealer()
    calls = [row for row in _rows("calls") if row["data_key"] and row["series_id"] is None]
    known = {row["id"] for row in calls}
    people = [row for row in _rows("people") if row["data_key"] and row["call_id"] in known]
    op.drop_table("mails")
    op.drop_table("proposals")
    _drop_both()
    for name in ("desk_tokens", "therapists", "series"):
        op.drop_table(name)
    old_calls, old_people = _create_old()
    _insert(old_calls, [_kept(row, KEPT_OF_A_CALL) | {"title": _open(sealer, row, "title")} for row in calls])
    _insert(
        old_people,
        [
            _kept(row, KEPT_OF_A_PERSON) | {name: _open(sealer, row, name) for name in ("name", "email")}
            for row in people
        ],
    )


def _sealer() -> Sealer:
    found: Sealer = context.config.attributes["sealer"]
    return found


def _rows(name: str) -> list[dict[str, Any]]:
    table = sa.Table(name, sa.MetaData(), autoload_with=op.get_bind())
    return [dict(row) for row in op.get_bind().execute(sa.select(table)).mappings()]


def _insert(table: sa.Table, rows: list[dict[str, Any]]) -> None:
    if rows:
        op.bulk_insert(table, rows)


def _kept(row: dict[str, Any], names: tuple[str, ...]) -> dict[str, Any]:
    return {name: row[name] for name in names}


def _open(sealer: Sealer, row: dict[str, Any], name: str) -> str | None:
    sealed = row[name]
    return None if sealed is None else sealer.open(row["data_key"], sealed)


def _sealed_call(sealer: Sealer, row: dict[str, Any]) -> dict[str, Any]:
    key = sealer.new_key()
    title = sealer.seal(key, row["title"])
    return _kept(row, KEPT_OF_A_CALL) | {"data_key": key, "title": title, "on_the_spot": True}


def _sealed_person(sealer: Sealer, row: dict[str, Any]) -> dict[str, Any]:
    key, email = sealer.new_key(), row["email"]
    address = None if email is None else sealer.address_hash(email)
    feed = sealer.feed_token(address or row["token_hash"])
    return _kept(row, KEPT_OF_A_PERSON) | {
        "data_key": key,
        "name": sealer.seal(key, row["name"]),
        "email": None if email is None else sealer.seal(key, email),
        "address_hash": address,
        "feed_hash": token_hash(feed),
    }


def _drop_both() -> None:
    op.drop_table("people")
    op.drop_table("calls")


def _create_series_and_therapists() -> None:
    op.create_table(
        "series",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("rule", sa.String(200), nullable=False),
        sa.Column("starts_local", sa.String(19), nullable=False),
        sa.Column("timezone", sa.String(64), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_series"),
    )
    op.create_table(
        "therapists",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("address_hash", sa.String(64), nullable=False),
        sa.Column("data_key", sa.LargeBinary, nullable=False),
        sa.Column("email", sa.LargeBinary, nullable=False),
        sa.Column("defaults", sa.LargeBinary),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_therapists"),
    )
    op.create_index("ix_therapists_address_hash", "therapists", ["address_hash"], unique=True)
    op.create_table(
        "desk_tokens",
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("therapist_id", sa.String(32), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("token_hash", name="pk_desk_tokens"),
        sa.ForeignKeyConstraint(
            ["therapist_id"], ["therapists.id"], name="fk_desk_tokens_therapist_id", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_desk_tokens_expires_at", "desk_tokens", ["expires_at"])
    op.create_index("ix_desk_tokens_therapist_id", "desk_tokens", ["therapist_id"])


def _create_calls() -> sa.Table:
    table = op.create_table(
        "calls",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("data_key", sa.LargeBinary),
        sa.Column("title", sa.LargeBinary),
        sa.Column("reminder_words", sa.LargeBinary),
        sa.Column("series_id", sa.String(32)),
        sa.Column("occurrence_at", MOMENT),
        sa.Column("therapist_id", sa.String(32)),
        sa.Column("on_the_spot", sa.Boolean, nullable=False, server_default=sa.true()),
        *_columns_that_stay(),
        sa.Column("erased_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name="fk_calls_series_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["therapist_id"], ["therapists.id"], name="fk_calls_therapist_id", ondelete="SET NULL"
        ),
    )
    op.create_index("ix_calls_starts_at", "calls", ["starts_at", "id"])
    op.create_index("ix_calls_therapist_id", "calls", ["therapist_id", "starts_at", "id"])
    op.create_index("ix_calls_series_id", "calls", ["series_id", "starts_at"])
    op.create_index("ix_calls_manage_hash", "calls", ["manage_hash", "starts_at"])
    op.create_index("ix_calls_erased_at", "calls", ["erased_at", "starts_at"])
    return table


def _columns_that_stay() -> list[sa.Column[Any]]:
    return [
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("timezone", sa.String(64), nullable=False),
        sa.Column("duration_minutes", sa.Integer, nullable=False),
        sa.Column("format", sa.String(32), nullable=False),
        sa.Column("turn_seconds", sa.Integer, nullable=False),
        *(
            sa.Column(name, sa.String(16), nullable=False, server_default=Distance.CLEAR.value)
            for name in ("distance", "room_minimum")
        ),
        sa.Column("manage_hash", sa.String(64), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        *(sa.Column(name, MOMENT) for name in ("began_at", "ended_at", "cancelled_at")),
    ]


def _create_people() -> sa.Table:
    table = op.create_table(
        "people",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("call_id", sa.String(32), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("data_key", sa.LargeBinary),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("name", sa.LargeBinary),
        sa.Column("email", sa.LargeBinary),
        sa.Column("token", sa.LargeBinary),
        sa.Column("timezone", sa.String(64)),
        sa.Column("rsvp", sa.String(16), nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("address_hash", sa.String(64)),
        sa.Column("feed_hash", sa.String(64)),
        *_constraints_of_people(),
    )
    op.create_index("ix_people_token_hash", "people", ["token_hash"])
    op.create_index("ix_people_feed_hash", "people", ["feed_hash"])
    return table


def _constraints_of_people() -> list[sa.Constraint]:
    return [
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_people_call_id", ondelete="CASCADE"),
        sa.UniqueConstraint("call_id", "place", name="uq_people_call_id"),
    ]


def _create_proposals_and_mails() -> None:
    op.create_table(
        "proposals",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("call_id", sa.String(32), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("timezone", sa.String(64), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("agreed", sa.String(32), nullable=False, server_default=""),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_proposals"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_proposals_call_id", ondelete="CASCADE"),
    )
    op.create_index("ix_proposals_call_id", "proposals", ["call_id", "created_at"])
    op.create_table(
        "mails",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("call_id", sa.String(32)),
        sa.Column("place", sa.Integer),
        sa.Column("therapist_id", sa.String(32)),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("occasion", sa.String(80), nullable=False),
        sa.Column("enclosed", sa.LargeBinary),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.String(300)),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
        sa.Column("claimed_by", sa.String(32)),
        sa.Column("claimed_until", MOMENT),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_mails"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_mails_call_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["therapist_id"], ["therapists.id"], name="fk_mails_therapist_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("call_id", "place", "kind", "occasion", name="uq_mails_call_id"),
    )
    op.create_index("ix_mails_state", "mails", ["state", "due_at"])
    op.create_index("ix_mails_therapist_id", "mails", ["therapist_id"])


def _create_old() -> tuple[sa.Table, sa.Table]:
    calls = op.create_table(
        "calls",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        *_columns_that_stay(),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
    )
    people = op.create_table(
        "people",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("call_id", sa.String(32), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("rsvp", sa.String(16), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        *_constraints_of_people(),
    )
    op.create_index("ix_people_token_hash", "people", ["token_hash"], unique=True)
    return calls, people
