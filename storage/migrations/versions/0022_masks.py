"""Masks: the parts of a talk that were not to be recorded."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("contact") as contact:
        contact.add_column(sa.Column("masks", sa.JSON, nullable=False, server_default="[]"))


def downgrade() -> None:
    with op.batch_alter_table("contact") as contact:
        contact.drop_column("masks")
