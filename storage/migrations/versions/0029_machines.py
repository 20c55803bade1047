"""Screened calls: what detection of answering machines said of each, and what people say who heard it."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    instant = sa.DateTime(timezone=True)
    op.create_table(
        "screened_call",
        sa.Column("attempt_id", sa.String(36), primary_key=True),
        sa.Column("campaign_id", sa.String(36), nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("heard", sa.String(16), nullable=False),
        sa.Column("certainty", sa.Float, nullable=False),
        sa.Column("heard_s", sa.Float, nullable=False),
        sa.Column("why", sa.String(80), nullable=False),
        sa.Column("point", sa.String(16), nullable=False),
        sa.Column("drawn", sa.Boolean, nullable=False),
        sa.Column("sound", sa.String(200)),
        sa.Column("by_listener", sa.String(16)),
        sa.Column("listener_id", sa.String(36)),
        sa.Column("listened_at", instant),
        sa.Column("by_agent", sa.String(16)),
        sa.Column("agent_id", sa.String(36)),
        sa.Column("told_at", instant),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_screened_call_campaign_id_campaign"),
    )
    op.create_index("ix_screened_call_campaign_id", "screened_call", ["campaign_id", "heard"])
    for name, condition in (("drawn", "drawn"), ("sound", "sound IS NOT NULL")):
        where = sa.text(condition)
        op.create_index(f"ix_screened_call_{name}", "screened_call", ["at"], sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_table("screened_call")
