"""Quality: recordings, and which open pages have listened to them."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "recording",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("contact_id", sa.String(64), nullable=False),
        sa.Column("take", sa.Integer, nullable=False),
        sa.Column("agent_id", sa.String(36)),
        sa.Column("order_id", sa.String(36)),
        sa.Column("customer_id", sa.String(36)),
        sa.Column("direction", sa.String(16), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("talk_s", sa.Float),
        sa.Column("seconds", sa.Float, nullable=False),
        sa.Column("bytes", sa.BigInteger, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("path", sa.String(300)),
        sa.Column("peaks", sa.LargeBinary, nullable=False),
        sa.Column("measures", sa.JSON, nullable=False),
        sa.Column("kept_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_recording"),
        sa.UniqueConstraint("contact_id", "take", name="uq_recording_contact_id"),
    )
    op.create_index("ix_recording_started_at", "recording", ["started_at", "id"])
    op.create_index("ix_recording_agent_id", "recording", ["agent_id", "started_at"])
    op.create_index("ix_recording_order_id", "recording", ["order_id"])
    op.create_index("ix_recording_customer_id", "recording", ["customer_id"])
    op.create_table(
        "recording_listening",
        sa.Column("recording_id", sa.String(36), nullable=False),
        sa.Column("user_id", sa.String(36), nullable=False),
        sa.Column("view", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("recording_id", "user_id", "view", name="pk_recording_listening"),
        sa.ForeignKeyConstraint(
            ["recording_id"], ["recording.id"], name="fk_recording_listening_recording_id_recording", ondelete="CASCADE"
        ),
    )


def downgrade() -> None:
    op.drop_table("recording_listening")
    op.drop_table("recording")
