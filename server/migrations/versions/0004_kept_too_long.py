"""Indexes by which calls are found whose names are kept no longer."""

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_calls_erased_at", "calls")
    op.create_index("ix_calls_erased_at", "calls", ["erased_at", "starts_at", "id"])
    op.create_index("ix_calls_ended_at", "calls", ["erased_at", "ended_at", "id"])
    op.create_index("ix_calls_cancelled_at", "calls", ["erased_at", "cancelled_at", "id"])


def downgrade() -> None:
    op.drop_index("ix_calls_cancelled_at", "calls")
    op.drop_index("ix_calls_ended_at", "calls")
    op.drop_index("ix_calls_erased_at", "calls")
    op.create_index("ix_calls_erased_at", "calls", ["erased_at", "starts_at"])
