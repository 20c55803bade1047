"""Quarters: what a campaign's hours came to is kept, so that it is counted once and not at each start of an engine."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaign_quarter",
        sa.Column("campaign_id", sa.String(36), sa.ForeignKey("campaign.id"), primary_key=True),
        sa.Column("quarter", sa.BigInteger, primary_key=True, autoincrement=False),
        *(sa.Column(name, sa.Integer, nullable=False) for name in ("attempts", "ended", "persons", "firsts")),
    )


def downgrade() -> None:
    op.drop_table("campaign_quarter")
