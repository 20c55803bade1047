"""Manners: who was reached by which campaign, so that the others leave him in peace; leads found by any of their numbers; and which
knobs of a campaign were saved at once.

`lead_number` follows `lead.phones` by triggers: leads are written row by row, by lists and by programs, and none of them can forget it. A
number that was struck out stays, for people look for it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

REACHED_BEFORE = """
INSERT INTO reached (key, campaign_id, at)
SELECT number, campaign_id, MAX(COALESCE(ended_at, connected_at)) FROM attempt
WHERE (connected_at IS NOT NULL AND COALESCE(outcome, '') NOT IN ('abandoned', 'machine'))
   OR (mode = 'agentless' AND outcome = 'person' AND answered_at IS NOT NULL AND ended_at IS NOT NULL)
GROUP BY number, campaign_id
"""
CUSTOMER_KNOWN = sa.text("customer_id IS NOT NULL")

SQLITE_NUMBERS_BEFORE = """
INSERT OR IGNORE INTO lead_number (number, lead_id) SELECT one.value, lead.id FROM lead, json_each(lead.phones) AS one
WHERE lead.phones <> '[]'
"""
SQLITE_KEEP = """
CREATE TRIGGER lead_number_{when} AFTER {event} ON lead WHEN NEW.phones <> '[]' BEGIN
    INSERT OR IGNORE INTO lead_number (number, lead_id) SELECT value, NEW.id FROM json_each(NEW.phones);
END
"""
EVENTS = {"came": "INSERT", "changed": "UPDATE OF phones"}
NAMES = (*EVENTS, "gone")
SQLITE_FORGET = """
CREATE TRIGGER lead_number_gone AFTER DELETE ON lead WHEN OLD.phones <> '[]' BEGIN
    DELETE FROM lead_number WHERE lead_id = OLD.id AND number IN (SELECT value FROM json_each(OLD.phones));
END
"""
POSTGRESQL_NUMBERS_BEFORE = """
INSERT INTO lead_number (number, lead_id) SELECT json_array_elements_text(phones), id FROM lead WHERE phones::text <> '[]'
ON CONFLICT DO NOTHING
"""
POSTGRESQL = (
    """
CREATE FUNCTION lead_number_keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO lead_number (number, lead_id) SELECT json_array_elements_text(NEW.phones), NEW.id ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$
""",
    """
CREATE FUNCTION lead_number_forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    DELETE FROM lead_number WHERE lead_id = OLD.id AND number IN (SELECT json_array_elements_text(OLD.phones));
    RETURN NULL;
END $$
""",
    """
CREATE TRIGGER lead_number_came AFTER INSERT ON lead FOR EACH ROW WHEN (NEW.phones::text <> '[]')
EXECUTE FUNCTION lead_number_keep()
""",
    """
CREATE TRIGGER lead_number_changed AFTER UPDATE OF phones ON lead FOR EACH ROW
WHEN (NEW.phones::text <> '[]' AND NEW.phones::text <> OLD.phones::text) EXECUTE FUNCTION lead_number_keep()
""",
    """
CREATE TRIGGER lead_number_gone AFTER DELETE ON lead FOR EACH ROW WHEN (OLD.phones::text <> '[]')
EXECUTE FUNCTION lead_number_forget()
""",
)


def upgrade() -> None:
    op.create_table(
        "reached",
        sa.Column("key", sa.String(60), primary_key=True),
        sa.Column("campaign_id", sa.String(36), primary_key=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_reached_at", "reached", ["at"])
    op.execute(REACHED_BEFORE)
    op.add_column("campaign_change", sa.Column("save_id", sa.String(36), nullable=False, server_default=""))
    op.create_index(
        *("ix_lead_customer_id", "lead", ["customer_id"]), sqlite_where=CUSTOMER_KNOWN, postgresql_where=CUSTOMER_KNOWN
    )
    op.create_table(
        "lead_number",
        sa.Column("number", sa.String(20), primary_key=True),
        sa.Column("lead_id", sa.String(36), primary_key=True),
    )
    statements: tuple[str, ...] = (POSTGRESQL_NUMBERS_BEFORE, *POSTGRESQL)
    if op.get_bind().dialect.name == "sqlite":
        keep = (SQLITE_KEEP.format(when=when, event=event) for when, event in EVENTS.items())
        statements = (SQLITE_NUMBERS_BEFORE, *keep, SQLITE_FORGET)
    for statement in statements:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        for name in NAMES:
            op.execute(f"DROP TRIGGER lead_number_{name} ON lead")
        for name in ("keep", "forget"):
            op.execute(f"DROP FUNCTION lead_number_{name}()")
    else:
        for name in NAMES:
            op.execute(f"DROP TRIGGER lead_number_{name}")
    op.drop_table("lead_number")
    op.drop_index("ix_lead_customer_id", "lead")
    with op.batch_alter_table("campaign_change") as change:
        change.drop_column("save_id")
    op.drop_table("reached")
