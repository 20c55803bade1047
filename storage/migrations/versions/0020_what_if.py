"""What if: forecasts of a changed campaign that were applied, and what then happened, so that one can be held against the other."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "what_if",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("campaign_id", sa.String(36), sa.ForeignKey("campaign.id"), nullable=False),
        sa.Column("actor_id", sa.String(36), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("change_id", sa.String(36), nullable=False),
        *(sa.Column(name, sa.JSON, nullable=False) for name in ("knobs", "forecast", "stands_on")),
        sa.Column("operators", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Float, nullable=False) for name in ("busy_s", "logged_s", "seen_s")),
        sa.Column("closed_at", sa.DateTime(timezone=True)),
        sa.Column("closed_by", sa.String(16)),
        sa.Column("happened", sa.JSON),
    )
    op.create_index("ix_what_if_campaign_id", "what_if", ["campaign_id", "applied_at"])


def downgrade() -> None:
    op.drop_table("what_if")
