"""Several numbers and own fields of a lead; lists of leads that are loaded as one."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for name, empty in (("phones", "[]"), ("zones", "[]"), ("fields", "{}")):
        op.add_column("lead", sa.Column(name, sa.JSON, nullable=False, server_default=empty))
    op.add_column("lead", sa.Column("import_id", sa.String(36)))
    some = sa.text("import_id IS NOT NULL")
    op.create_index("ix_lead_import_id", "lead", ["import_id"], sqlite_where=some, postgresql_where=some)
    op.create_table(
        "lead_import",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("campaign_id", sa.String(36), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("actor_id", sa.String(36), nullable=False),
        sa.Column("file_name", sa.String(200), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("form", sa.JSON),
        sa.Column("size", sa.BigInteger, nullable=False),
        sa.Column("rows", sa.BigInteger, nullable=False),
        sa.Column("good", sa.BigInteger, nullable=False),
        sa.Column("bad", sa.BigInteger, nullable=False),
        sa.Column("read_to", sa.BigInteger, nullable=False),
        sa.Column("made", sa.BigInteger, nullable=False),
        sa.Column("known", sa.BigInteger, nullable=False),
        sa.Column("skip_bad", sa.Boolean, nullable=False),
        sa.Column("reason", sa.String(60)),
        sa.PrimaryKeyConstraint("id", name="pk_lead_import"),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name="fk_lead_import_campaign_id_campaign"),
    )
    op.create_index("ix_lead_import_campaign_id", "lead_import", ["campaign_id", "created_at"])


def downgrade() -> None:
    op.drop_index("ix_lead_import_campaign_id", "lead_import")
    op.drop_table("lead_import")
    op.drop_index("ix_lead_import_id", "lead")
    with op.batch_alter_table("lead") as lead:
        for name in ("import_id", "fields", "zones", "phones"):
            lead.drop_column(name)
