"""Sources: the leads of a list cost nothing in indexes that know nothing of them; the leads of a customer are found at once."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0014"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_lead_due": (["state", "due_at"], sa.text("due_at IS NOT NULL")),
    "ix_lead_order_id": (["order_id"], sa.text("order_id IS NOT NULL")),
}
HAS_CUSTOMER = sa.text("customer_id IS NOT NULL")


def upgrade() -> None:
    for name, (columns, some) in INDEXES.items():
        op.drop_index(name, "lead")
        op.create_index(name, "lead", columns, sqlite_where=some, postgresql_where=some)
    op.create_index(
        "ix_lead_customer_id", "lead", ["customer_id"], sqlite_where=HAS_CUSTOMER, postgresql_where=HAS_CUSTOMER
    )


def downgrade() -> None:
    op.drop_index("ix_lead_customer_id", "lead")
    for name, (columns, _) in INDEXES.items():
        op.drop_index(name, "lead")
        op.create_index(name, "lead", columns)
