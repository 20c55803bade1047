"""Sources: the leads of a list cost nothing in indexes that know nothing of them."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_lead_due": (["state", "due_at"], sa.text("due_at IS NOT NULL")),
    "ix_lead_order_id": (["order_id"], sa.text("order_id IS NOT NULL")),
}


def upgrade() -> None:
    for name, (columns, some) in INDEXES.items():
        op.drop_index(name, "lead")
        op.create_index(name, "lead", columns, sqlite_where=some, postgresql_where=some)


def downgrade() -> None:
    for name, (columns, _) in INDEXES.items():
        op.drop_index(name, "lead")
        op.create_index(name, "lead", columns)
