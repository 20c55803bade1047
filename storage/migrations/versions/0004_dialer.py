"""The dialer: campaigns, their changes, leads, attempts."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_campaign"),
    )
    op.create_table(
        "campaign_change",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("campaign_id", sa.String(36), nullable=False),
        sa.Column("actor_id", sa.String(36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("field", sa.String(60), nullable=False),
        sa.Column("old", sa.JSON),
        sa.Column("new", sa.JSON),
        sa.PrimaryKeyConstraint("id", name="pk_campaign_change"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_campaign_change_campaign_id_campaign"),
    )
    op.create_index("ix_campaign_change_campaign_id", "campaign_change", ["campaign_id", "at"])
    _leads()
    _attempts()


def _leads() -> None:
    op.create_table(
        "lead",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("campaign_id", sa.String(36), nullable=False),
        sa.Column("source", sa.String(80), nullable=False),
        sa.Column("phone", sa.String(20), nullable=False),
        sa.Column("zone", sa.String(40), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("placed_s", sa.BigInteger, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.String(36)) for name in ("order_id", "customer_id", "agent_id", "settled_by")),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("order_total", sa.BigInteger, nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True)),
        sa.Column("is_callback", sa.Boolean, nullable=False),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("last_outcome", sa.String(16)),
        sa.Column("disposition", sa.String(40)),
        sa.Column("wanted", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_lead"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_lead_campaign_id_campaign"),
    )
    op.create_index("ux_lead_source", "lead", ["campaign_id", "source"], unique=True)
    op.create_index("ix_lead_pick", "lead", ["campaign_id", "state", "is_callback", "zone"])
    pool = sa.text("state IN ('fresh', 'due') AND NOT is_callback")
    for name, column in (("ix_lead_pool_sum", "order_total"), ("ix_lead_pool_age", "placed_s")):
        op.create_index(name, "lead", ["campaign_id", column], sqlite_where=pool, postgresql_where=pool)
    op.create_index("ix_lead_due", "lead", ["state", "due_at"])
    op.create_index("ix_lead_order_id", "lead", ["order_id"])


def _attempts() -> None:
    op.create_table(
        "attempt",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("lead_id", sa.String(36), nullable=False),
        sa.Column("campaign_id", sa.String(36), nullable=False),
        sa.Column("agent_id", sa.String(36)),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("intent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("answered_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("outcome", sa.String(16)),
        sa.Column("cause", sa.Integer),
        sa.Column("tech_cause", sa.String(40)),
        sa.PrimaryKeyConstraint("id", name="pk_attempt"),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_attempt_lead_id_lead"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_attempt_campaign_id_campaign"),
    )
    op.create_index("ix_attempt_lead_id", "attempt", ["lead_id", "intent_at"])
    op.create_index("ix_attempt_campaign_id", "attempt", ["campaign_id", "intent_at"])
    still_open = sa.text("ended_at IS NULL")
    op.create_index(
        "ux_attempt_open",
        "attempt",
        ["number"],
        unique=True,
        sqlite_where=still_open,
        postgresql_where=still_open,
    )


def downgrade() -> None:
    for table in ("attempt", "lead", "campaign_change", "campaign"):
        op.drop_table(table)
