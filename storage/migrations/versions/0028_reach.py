"""The keys that an operator chose for the desk's commands; none for who chose none."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("users", sa.Column("chords", sa.JSON))


def downgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.drop_column("chords")
