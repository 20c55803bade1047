"""Web chat: chats and their messages."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "chat",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False),
        sa.Column("open_for", sa.String(64)),
        sa.Column("origin", sa.String(64), nullable=False),
        sa.Column("queue", sa.String(40), nullable=False),
        sa.Column("name", sa.String(80), nullable=False),
        sa.Column("language", sa.String(2), nullable=False),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_seq", sa.Integer, nullable=False),
        sa.Column("agent_read", sa.Integer, nullable=False),
        sa.Column("visitor_read", sa.Integer, nullable=False),
        sa.Column("ending", sa.String(16)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("draft", sa.Text, nullable=False),
        sa.Column("draft_by", sa.String(36)),
        sa.PrimaryKeyConstraint("id", name="pk_chat"),
        sa.UniqueConstraint("open_for", name="uq_chat_open_for"),
    )
    op.create_index("ix_chat_token_hash", "chat", ["token_hash", "began_at"])
    op.create_index("ix_chat_ending", "chat", ["ending", "ended_at"])
    op.create_table(
        "chat_message",
        sa.Column("chat_id", sa.String(36), nullable=False),
        sa.Column("seq", sa.Integer, nullable=False),
        sa.Column("author", sa.String(16), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("agent_id", sa.String(36)),
        sa.Column("notice", sa.String(16)),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "seq", name="pk_chat_message"),
        sa.UniqueConstraint("chat_id", "author", "client_id", name="uq_chat_message_chat_id"),
        sa.ForeignKeyConstraint(["chat_id"], ["chat.id"], name="fk_chat_message_chat_id_chat", ondelete="CASCADE"),
    )


def downgrade() -> None:
    op.drop_table("chat_message")
    op.drop_table("chat")
