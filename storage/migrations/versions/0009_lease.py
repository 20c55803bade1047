"""The lease: which of the engines on this database leads."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "lease",
        sa.Column("name", sa.String(20), nullable=False),
        sa.Column("epoch", sa.Integer, nullable=False),
        sa.Column("holder", sa.String(300)),
        sa.Column("expires", sa.DateTime(timezone=True), nullable=False),
        sa.Column("awaited", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("name", name="pk_lease"),
    )
    op.execute("INSERT INTO lease (name, epoch, expires) VALUES ('engine', 0, '2026-01-01 00:00:00+00:00')")


def downgrade() -> None:
    op.drop_table("lease")
