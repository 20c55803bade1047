"""What must not be dialed, or not now: the do-not-call list, holidays, the account of the day, and leads put aside."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

IS_HELD = sa.text("held_by IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "do_not_call",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(10), nullable=False),
        sa.Column("value", sa.String(36), nullable=False),
        sa.Column("campaign_id", sa.String(36), nullable=False),
        sa.Column("reason", sa.String(200), nullable=False),
        sa.Column("by", sa.String(36), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True)),
        sa.PrimaryKeyConstraint("id", name="pk_do_not_call"),
    )
    op.create_index("ux_do_not_call", "do_not_call", ["value", "kind", "campaign_id"], unique=True)
    op.create_index("ix_do_not_call_at", "do_not_call", ["at", "id"])
    op.create_table(
        "holiday",
        sa.Column("place", sa.String(40), nullable=False),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.PrimaryKeyConstraint("place", "day", name="pk_holiday"),
    )
    op.create_table(
        "toll_day",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("seconds", sa.Float(53), nullable=False),
        sa.Column("kopecks", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("day", name="pk_toll_day"),
    )
    op.add_column("lead", sa.Column("held_by", sa.String(20)))
    op.create_index(
        "ix_lead_held_by", "lead", ["held_by", "campaign_id"], sqlite_where=IS_HELD, postgresql_where=IS_HELD
    )
    op.create_index("ix_attempt_number", "attempt", ["number", "intent_at"])


def downgrade() -> None:
    op.drop_index("ix_attempt_number", "attempt")
    op.drop_index("ix_lead_held_by", "lead")
    op.drop_column("lead", "held_by")
    op.drop_table("toll_day")
    op.drop_table("holiday")
    op.drop_table("do_not_call")
