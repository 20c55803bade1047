"""Booked callbacks, what a supervisor set a slot to, and the end of the window that a lead was promised."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("lead", sa.Column("due_by", sa.DateTime(timezone=True)))
    op.create_index("ix_lead_phone", "lead", ["phone"])
    op.create_table(
        "booking",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("campaign_id", sa.String(36), nullable=False),
        sa.Column("queue", sa.String(40), nullable=False),
        sa.Column("phone", sa.String(20), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("zone", sa.String(40), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("source", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("token_hash", sa.String(64)),
        sa.Column("asker", sa.String(64), nullable=False),
        sa.Column("lead_id", sa.String(36)),
        sa.Column("missed_at", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_booking"),
        sa.UniqueConstraint("token_hash", name="uq_booking_token_hash"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_booking_campaign_id_campaign"),
        sa.ForeignKeyConstraint(["lead_id"], ["lead.id"], name="fk_booking_lead_id_lead"),
    )
    op.create_index("ix_booking_phone", "booking", ["phone", "created_at"])
    op.create_index("ix_booking_asker", "booking", ["asker", "created_at"])
    op.create_index("ix_booking_created_at", "booking", ["created_at"])
    op.create_index("ix_booking_lead_id", "booking", ["lead_id"])
    op.create_index("ix_booking_state", "booking", ["state", "starts_at"])
    has_call = sa.text("state IN ('booked', 'moved', 'missed', 'dialed') AND lead_id IS NOT NULL")
    op.create_index(
        "ux_booking_call", "booking", ["phone"], unique=True, sqlite_where=has_call, postgresql_where=has_call
    )
    op.create_table(
        "booking_slot",
        sa.Column("queue", sa.String(40), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("places", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("queue", "starts_at", name="pk_booking_slot"),
    )


def downgrade() -> None:
    op.drop_table("booking_slot")
    op.drop_table("booking")
    op.drop_index("ix_lead_phone", "lead")
    with op.batch_alter_table("lead") as lead:
        lead.drop_column("due_by")
