"""Dialog scripts, every edition of them, and their runs in contacts."""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "script",
        sa.Column("code", sa.String(40), nullable=False),
        sa.Column("edition", sa.Integer, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(36)),
        sa.PrimaryKeyConstraint("code", "edition", name="pk_script"),
    )
    op.create_table(
        "script_run",
        sa.Column("contact_id", sa.String(36), primary_key=True),
        sa.Column("script", sa.String(40), nullable=False),
        sa.Column("edition", sa.Integer, nullable=False),
        sa.Column("at", sa.String(40), nullable=False),
        sa.Column("trail", sa.JSON, nullable=False),
        sa.Column("doing", sa.Text),
        sa.Column("trouble", sa.String(300), nullable=False),
        sa.Column("waived_by", sa.String(36)),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["script", "edition"], ["script.code", "script.edition"], name="fk_script_run_script"),
    )


def downgrade() -> None:
    op.drop_table("script_run")
    op.drop_table("script")
