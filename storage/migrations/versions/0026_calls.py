"""What operators dial themselves is found by its operator; a customer may be parked; an operator may have a number of his own."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

BY_HAND = sa.text("mode = 'manual'")


def upgrade() -> None:
    op.create_index(
        "ix_attempt_by_hand", "attempt", ["agent_id", "intent_at"], sqlite_where=BY_HAND, postgresql_where=BY_HAND
    )
    with op.batch_alter_table("contact") as contact:
        contact.add_column(sa.Column("parked_by", sa.String(36)))
        contact.add_column(sa.Column("own_phone", sa.Boolean, nullable=False, server_default=sa.false()))
    with op.batch_alter_table("users") as users:
        users.add_column(sa.Column("own_number", sa.String(20)))


def downgrade() -> None:
    with op.batch_alter_table("users") as users:
        users.drop_column("own_number")
    with op.batch_alter_table("contact") as contact:
        contact.drop_column("own_phone")
        contact.drop_column("parked_by")
    op.drop_index("ix_attempt_by_hand", "attempt")
