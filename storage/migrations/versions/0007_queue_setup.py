"""The setup of the queues: its items, and who changed what."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "queue_setup",
        sa.Column("noun", sa.String(16), nullable=False),
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("value", sa.JSON, nullable=False),
        sa.Column("version", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("noun", "code", name="pk_queue_setup"),
    )
    op.create_table(
        "queue_setup_change",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(36)),
        sa.Column("edits", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_queue_setup_change"),
    )


def downgrade() -> None:
    op.drop_table("queue_setup_change")
    op.drop_table("queue_setup")
