"""Trunks: what a supervisor set of each and who did, and by which of them, under which number of ours, an attempt was made."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

KNOWN = sa.text("trunk <> ''")


def upgrade() -> None:
    op.add_column("attempt", sa.Column("trunk", sa.String(32), nullable=False, server_default=""))
    op.add_column("attempt", sa.Column("caller_id", sa.String(40), nullable=False, server_default=""))
    op.create_index("ix_attempt_trunk", "attempt", ["trunk", "intent_at"], sqlite_where=KNOWN, postgresql_where=KNOWN)
    op.create_table(
        "trunk",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("settings", sa.JSON, nullable=False),
    )
    op.create_table(
        "trunk_change",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("trunk", sa.String(32), nullable=False),
        sa.Column("actor_id", sa.String(36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("field", sa.String(80), nullable=False),
        sa.Column("old", sa.JSON),
        sa.Column("new", sa.JSON),
    )
    op.create_index("ix_trunk_change_at", "trunk_change", ["at"])


def downgrade() -> None:
    op.drop_table("trunk_change")
    op.drop_table("trunk")
    op.drop_index("ix_attempt_trunk", "attempt")
    with op.batch_alter_table("attempt") as attempt:
        for name in ("caller_id", "trunk"):
            attempt.drop_column(name)
