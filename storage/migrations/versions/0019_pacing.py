"""What a campaign's pacer learned is kept, so that an engine's start does not cost an hour of one call for one operator."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaign_pacing",
        sa.Column("campaign_id", sa.String(36), sa.ForeignKey("campaign.id"), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("learned", sa.JSON, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("campaign_pacing")
