"""Rejoin: from whom a customer was parted in mid-talk, so that the talk goes on with that agent."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("contact") as contact:
        contact.add_column(sa.Column("talked_with", sa.String(36)))


def downgrade() -> None:
    with op.batch_alter_table("contact") as contact:
        contact.drop_column("talked_with")
