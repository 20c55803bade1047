"""The third in a talk: whom the operator asks while the customer waits, or who joins them."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("contact") as contact:
        contact.add_column(sa.Column("third", sa.JSON))


def downgrade() -> None:
    with op.batch_alter_table("contact") as contact:
        contact.drop_column("third")
