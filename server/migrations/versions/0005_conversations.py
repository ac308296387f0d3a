"""Conversations that outlive the process, sealed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "conversations",
        sa.Column("call_id", sa.String(32), nullable=False),
        sa.Column("data_key", sa.LargeBinary, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("choices_only", sa.Boolean, nullable=False),
        sa.Column("stored_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("call_id", name="pk_conversations"),
        sa.ForeignKeyConstraint(
            ["call_id"], ["calls.id"], name="fk_conversations_call_id", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    op.drop_table("conversations")
