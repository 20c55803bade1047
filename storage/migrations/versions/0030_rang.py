"""When the far side first gave a sign of life, of each call that has ended since; of earlier ones it is not known."""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("attempt", sa.Column("rang_at", sa.DateTime(timezone=True)))


def downgrade() -> None:
    with op.batch_alter_table("attempt") as attempt:
        attempt.drop_column("rang_at")
