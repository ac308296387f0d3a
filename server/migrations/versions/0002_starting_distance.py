"""How people are seen when a call begins. Calls from before begin as they always did: clear."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

COLUMNS = ("distance", "room_minimum")


def upgrade() -> None:
    for name in COLUMNS:
        op.add_column("calls", sa.Column(name, sa.String(16), nullable=False, server_default="clear"))


def downgrade() -> None:
    for name in COLUMNS:
        op.drop_column("calls", name)
