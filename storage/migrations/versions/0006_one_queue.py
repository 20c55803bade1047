"""One queue for voice and text: an agent's tasks, a contact's place in the order."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

GONE = ("contact_id", "attempt_id", "reserved_until", "wrap_up_until", "next_state", "next_pause_code")


def upgrade() -> None:
    """An upgrade happens between two engines: nobody is in a talk then, and hands that were not free become so."""
    with op.batch_alter_table("contact") as contact:
        contact.add_column(sa.Column("due_at", sa.DateTime(timezone=True)))
        contact.add_column(sa.Column("lifts", sa.JSON, nullable=False, server_default="[]"))
        contact.add_column(sa.Column("needs", sa.JSON, nullable=False, server_default="[]"))
        contact.add_column(sa.Column("personal_until", sa.DateTime(timezone=True)))
        contact.add_column(sa.Column("not_before", sa.DateTime(timezone=True)))
        contact.add_column(sa.Column("overflowed", sa.JSON, nullable=False, server_default="[]"))
    op.create_index("ix_contact_last_agent", "contact", ["customer_id", "connected_at"])
    op.create_index("ix_journal_noun_event", "journal", ["noun_id", "event"])
    op.execute(
        "UPDATE agent SET state = 'logged_out' WHERE state NOT IN ('logged_out', 'ready', 'paused', 'not_responding')"
    )
    with op.batch_alter_table("agent") as agent:
        agent.alter_column("state", new_column_name="stance", existing_type=sa.String(20), existing_nullable=False)
        agent.add_column(sa.Column("tasks", sa.JSON, nullable=False, server_default="[]"))
        for name in GONE:
            agent.drop_column(name)


def downgrade() -> None:
    with op.batch_alter_table("agent") as agent:
        agent.alter_column("stance", new_column_name="state", existing_type=sa.String(20), existing_nullable=False)
        agent.drop_column("tasks")
        agent.add_column(sa.Column("contact_id", sa.String(36)))
        agent.add_column(sa.Column("attempt_id", sa.String(36)))
        agent.add_column(sa.Column("reserved_until", sa.DateTime(timezone=True)))
        agent.add_column(sa.Column("wrap_up_until", sa.DateTime(timezone=True)))
        agent.add_column(sa.Column("next_state", sa.String(20)))
        agent.add_column(sa.Column("next_pause_code", sa.String(40)))
    op.drop_index("ix_journal_noun_event", "journal")
    op.drop_index("ix_contact_last_agent", "contact")
    with op.batch_alter_table("contact") as contact:
        for name in ("due_at", "lifts", "needs", "personal_until", "not_before", "overflowed"):
            contact.drop_column(name)
