"""After the talk: a waiver that is asked for, drafts, messages of supervisors."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # One agent's day is read by it, not his whole past.
    op.create_index("ix_journal_noun_at", "journal", ["noun_id", "at"])
    op.drop_index("ix_journal_noun_id", "journal")
    op.add_column("script_run", sa.Column("asked_by", sa.String(36)))
    op.create_table(
        "draft",
        sa.Column("contact_id", sa.String(36), nullable=False),
        sa.Column("field", sa.String(20), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(36), nullable=False),
        sa.PrimaryKeyConstraint("contact_id", "field", name="pk_draft"),
    )
    op.create_table(
        "desk_message",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sender_id", sa.String(36), nullable=False),
        sa.Column("queue", sa.String(40)),
        sa.Column("text", sa.Text, nullable=False),
    )
    op.create_index("ix_desk_message_sent_at", "desk_message", ["sent_at"])
    op.create_table(
        "desk_message_to",
        sa.Column("message_id", sa.String(36), nullable=False),
        sa.Column("agent_id", sa.String(36), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True)),
        sa.ForeignKeyConstraint(["message_id"], ["desk_message.id"], name="fk_desk_message_to_message"),
        sa.PrimaryKeyConstraint("message_id", "agent_id", name="pk_desk_message_to"),
    )
    op.create_index("ix_desk_message_to_agent_id", "desk_message_to", ["agent_id", "seen_at"])


def downgrade() -> None:
    op.drop_table("desk_message_to")
    op.drop_table("desk_message")
    op.drop_table("draft")
    with op.batch_alter_table("script_run") as batch:
        batch.drop_column("asked_by")
    op.create_index("ix_journal_noun_id", "journal", ["noun_id"])
    op.drop_index("ix_journal_noun_at", "journal")
