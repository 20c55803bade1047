"""Attempts: how each was dialed, and when an operator had the customer on the line; leads by number."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attempt", sa.Column("mode", sa.String(16), nullable=False, server_default="progressive"))
    op.add_column("attempt", sa.Column("connected_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    with op.batch_alter_table("attempt") as attempt:
        attempt.drop_column("connected_at")
        attempt.drop_column("mode")
