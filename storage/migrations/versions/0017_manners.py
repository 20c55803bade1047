"""Manners: who was reached by which campaign, so that the others leave him in peace."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

REACHED_BEFORE = """
INSERT INTO reached (key, campaign_id, at)
SELECT number, campaign_id, MAX(COALESCE(ended_at, connected_at)) FROM attempt
WHERE (connected_at IS NOT NULL AND COALESCE(outcome, '') NOT IN ('abandoned', 'machine'))
   OR (mode = 'agentless' AND outcome = 'person' AND answered_at IS NOT NULL AND ended_at IS NOT NULL)
GROUP BY number, campaign_id
"""


def upgrade() -> None:
    op.create_table(
        "reached",
        sa.Column("key", sa.String(60), primary_key=True),
        sa.Column("campaign_id", sa.String(36), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_reached_at", "reached", ["at"])
    op.execute(REACHED_BEFORE)


def downgrade() -> None:
    op.drop_table("reached")
