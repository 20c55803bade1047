"""The queue: journal, contacts, agents."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "journal",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("noun", sa.String(16), nullable=False),
        sa.Column("noun_id", sa.String(36), nullable=False),
        sa.Column("event", sa.String(40), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("details", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_journal"),
    )
    op.create_index("ix_journal_noun_id", "journal", ["noun_id"])
    op.create_index("ix_journal_at", "journal", ["at"])
    op.create_table(
        "contact",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("direction", sa.String(16), nullable=False),
        sa.Column("queue", sa.String(40), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("wire_key", sa.String(120), nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        *(sa.Column(name, sa.String(36)) for name in _REFERENCES),
        *(
            sa.Column(name, sa.DateTime(timezone=True))
            for name in ("offered_at", "connected_at", "talk_ended_at", "closed_at")
        ),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("talk_s", sa.Float, nullable=False),
        sa.Column("disposition", sa.String(40)),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("lost_reason", sa.String(40)),
        sa.Column("callback_at", sa.DateTime(timezone=True)),
        sa.Column("followed_up", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_contact"),
        sa.UniqueConstraint("wire_key", name="uq_contact_wire_key"),
    )
    op.create_index("ix_contact_state", "contact", ["state"])
    op.create_index("ix_contact_customer_id", "contact", ["customer_id", "arrived_at"])
    op.create_index("ix_contact_closed_at", "contact", ["closed_at"])
    op.create_table(
        "agent",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("name", sa.String(120), nullable=False),
        sa.Column("sip_name", sa.String(40), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pause_code", sa.String(40)),
        sa.Column("contact_id", sa.String(36)),
        sa.Column("attempt_id", sa.String(36)),
        sa.Column("reserved_until", sa.DateTime(timezone=True)),
        sa.Column("wrap_up_until", sa.DateTime(timezone=True)),
        sa.Column("next_state", sa.String(20)),
        sa.Column("next_pause_code", sa.String(40)),
        sa.Column("needs_page", sa.Boolean, nullable=False),
        sa.Column("queues", sa.JSON, nullable=False),
        sa.Column("served", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_agent"),
    )


_REFERENCES = ("customer_id", "order_id", "lead_id", "attempt_id", "agent_id", "for_agent")


def downgrade() -> None:
    for table in ("agent", "contact", "journal"):
        op.drop_table(table)
