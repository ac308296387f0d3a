"""Calls and the people invited to them."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "calls",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False),
        sa.Column("timezone", sa.String(64), nullable=False),
        sa.Column("duration_minutes", sa.Integer, nullable=False),
        sa.Column("format", sa.String(32), nullable=False),
        sa.Column("turn_seconds", sa.Integer, nullable=False),
        sa.Column("manage_hash", sa.String(64), nullable=False),
        sa.Column("sequence", sa.Integer, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
        sa.Column("began_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("cancelled_at", MOMENT),
        sa.PrimaryKeyConstraint("id", name="pk_calls"),
    )
    op.create_table(
        "people",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("call_id", sa.String(32), nullable=False),
        sa.Column("place", sa.Integer, nullable=False),
        sa.Column("role", sa.String(16), nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("email", sa.Text),
        sa.Column("rsvp", sa.String(16), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_people"),
        sa.ForeignKeyConstraint(["call_id"], ["calls.id"], name="fk_people_call_id", ondelete="CASCADE"),
        sa.UniqueConstraint("call_id", "place", name="uq_people_call_id"),
    )
    op.create_index("ix_people_token_hash", "people", ["token_hash"], unique=True)


def downgrade() -> None:
    op.drop_table("people")
    op.drop_table("calls")
