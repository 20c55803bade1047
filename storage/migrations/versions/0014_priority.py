"""Priority: what else a lead is ranked by, and one index that ranks a whole list without reading a lead."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

LIVE = sa.text("state IN ('fresh', 'due', 'retry_at')")
POOL = sa.text("state IN ('fresh', 'due') AND NOT is_callback")
OWN = ("own_1", "own_2", "own_3")
RANK = ("campaign_id", "state", "is_callback", "zone", "id")
TERMS = ("order_total", "placed_s", "attempts", "promised_s", "reserved_s", "segment", *OWN, "placed_at")


def upgrade() -> None:
    op.add_column("orders", sa.Column("reserved_until", sa.DateTime(timezone=True)))
    for name in ("promised_s", "reserved_s"):
        op.add_column("lead", sa.Column(name, sa.BigInteger))
    op.add_column("lead", sa.Column("segment", sa.String(50), nullable=False, server_default=""))
    for name in OWN:
        op.add_column("lead", sa.Column(name, sa.BigInteger, nullable=False, server_default="0"))
    for name in ("ix_lead_pool_sum", "ix_lead_pool_age"):
        op.drop_index(name, "lead")
    op.create_index("ix_lead_rank", "lead", [*RANK, *TERMS], sqlite_where=LIVE, postgresql_where=LIVE)
    with op.batch_alter_table("campaign_change") as change:  # a segment's weight has a long name
        change.alter_column("field", existing_type=sa.String(60), type_=sa.String(80), existing_nullable=False)


def downgrade() -> None:
    op.drop_index("ix_lead_rank", "lead")
    with op.batch_alter_table("lead") as lead:
        for name in ("promised_s", "reserved_s", "segment", *OWN):
            lead.drop_column(name)
    for name, column in (("ix_lead_pool_sum", "order_total"), ("ix_lead_pool_age", "placed_s")):
        op.create_index(name, "lead", ["campaign_id", column], sqlite_where=POOL, postgresql_where=POOL)
    with op.batch_alter_table("orders") as orders:
        orders.drop_column("reserved_until")
