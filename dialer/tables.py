"""The dialer's tables."""

import sqlalchemy as sa

from ..storage.base import Json, UtcDateTime, id_column, metadata

campaign_table = sa.Table(
    "campaign",
    metadata,
    id_column(),
    sa.Column("name", sa.String(120), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("settings", Json, nullable=False),
)
change_table = sa.Table(
    "campaign_change",
    metadata,
    id_column(),
    sa.Column("campaign_id", sa.String(36), sa.ForeignKey("campaign.id"), nullable=False),
    sa.Column("actor_id", sa.String(36), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("field", sa.String(80), nullable=False),
    sa.Column("old", Json),
    sa.Column("new", Json),
    sa.Column("save_id", sa.String(36), nullable=False, server_default=""),
    sa.Index("ix_campaign_change_campaign_id", "campaign_id", "at"),
)
LIVE = sa.text("state IN ('fresh', 'due', 'retry_at')")  # literally the same in index and query, or it is not used
OWN_FIELDS = ("own_1", "own_2", "own_3")
IS_HELD = sa.text("held_by IS NOT NULL")
IS_TIMED = sa.text("due_at IS NOT NULL")
HAS_ORDER = sa.text("order_id IS NOT NULL")
HAS_CUSTOMER = sa.text("customer_id IS NOT NULL")
_import_id = sa.Column("import_id", sa.String(36))
lead_table = sa.Table(
    "lead",
    metadata,
    id_column(),
    sa.Column("campaign_id", sa.String(36), sa.ForeignKey("campaign.id"), nullable=False),
    sa.Column("source", sa.String(80), nullable=False),
    sa.Column("phone", sa.String(20), nullable=False),
    sa.Column("zone", sa.String(40), nullable=False),
    sa.Column("placed_at", UtcDateTime, nullable=False),
    sa.Column(
        "placed_s", sa.BigInteger, nullable=False
    ),  # placed_at in whole seconds since 1970: what the score counts by
    sa.Column("created_at", UtcDateTime, nullable=False),
    *(sa.Column(name, sa.String(36)) for name in ("order_id", "customer_id", "agent_id", "settled_by")),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("order_total", sa.BigInteger, nullable=False),
    sa.Column("due_at", UtcDateTime),
    sa.Column("is_callback", sa.Boolean, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("last_outcome", sa.String(16)),
    sa.Column("disposition", sa.String(40)),
    sa.Column("wanted", sa.Boolean, nullable=False),
    *(sa.Column(name, sa.BigInteger) for name in ("promised_s", "reserved_s")),  # seconds since 1970
    sa.Column("segment", sa.String(50), nullable=False, server_default=""),
    *(sa.Column(name, sa.BigInteger, nullable=False, server_default="0") for name in OWN_FIELDS),
    sa.Column("held_by", sa.String(20)),
    sa.Column("due_by", UtcDateTime),
    sa.Column("phones", Json, nullable=False, server_default="[]"),
    sa.Column("zones", Json, nullable=False, server_default="[]"),
    sa.Column("fields", Json, nullable=False, server_default="{}"),
    _import_id,
    sa.Index(
        "ix_lead_import_id",
        "import_id",
        sqlite_where=_import_id.is_not(None),
        postgresql_where=_import_id.is_not(None),
    ),
    sa.Index("ux_lead_source", "campaign_id", "source", unique=True),
    sa.Index("ix_lead_pick", "campaign_id", "state", "is_callback", "zone"),
    # All that the order of the leads is made of: a whole list is ranked without reading a lead, those long done are not even there.
    sa.Index(
        "ix_lead_rank",
        *(
            "campaign_id",
            "state",
            "is_callback",
            "zone",
            "id",
        ),  # the id first: no order that a weight could run against
        *("order_total", "placed_s", "attempts", "promised_s", "reserved_s", "segment", *OWN_FIELDS, "placed_at"),
        sqlite_where=LIVE,
        postgresql_where=LIVE,
    ),
    # Leads of a list have none of these, and cost nothing here.
    sa.Index("ix_lead_due", "state", "due_at", sqlite_where=IS_TIMED, postgresql_where=IS_TIMED),
    sa.Index("ix_lead_order_id", "order_id", sqlite_where=HAS_ORDER, postgresql_where=HAS_ORDER),
    sa.Index("ix_lead_held_by", "held_by", "campaign_id", sqlite_where=IS_HELD, postgresql_where=IS_HELD),
    sa.Index("ix_lead_phone", "phone"),
    sa.Index("ix_lead_customer_id", "customer_id", sqlite_where=HAS_CUSTOMER, postgresql_where=HAS_CUSTOMER),
)
# Of leads with several numbers; filled by triggers on `lead` (migration 0017), which a migration that rebuilds `lead` on SQLite makes anew
# (storage/migrations/README.md).
lead_number_table = sa.Table(
    "lead_number",
    metadata,
    sa.Column("number", sa.String(20), primary_key=True),
    sa.Column("lead_id", sa.String(36), primary_key=True),
)
import_table = sa.Table(
    "lead_import",
    metadata,
    id_column(),
    sa.Column("campaign_id", sa.String(36), sa.ForeignKey("campaign.id"), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("actor_id", sa.String(36), nullable=False),
    sa.Column("file_name", sa.String(200), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("form", Json),
    *(
        sa.Column(name, sa.BigInteger, nullable=False)
        for name in ("size", "rows", "good", "bad", "read_to", "made", "known")
    ),
    sa.Column("skip_bad", sa.Boolean, nullable=False),
    sa.Column("reason", sa.String(60)),
    sa.Index("ix_lead_import_campaign_id", "campaign_id", "created_at"),
)
HAS_TRUNK = sa.text("trunk <> ''")
BY_HAND = sa.text("mode = 'manual'")
_open = sa.Column("ended_at", UtcDateTime)
attempt_table = sa.Table(
    "attempt",
    metadata,
    id_column(),
    sa.Column("lead_id", sa.String(36), sa.ForeignKey("lead.id"), nullable=False),
    sa.Column("campaign_id", sa.String(36), sa.ForeignKey("campaign.id"), nullable=False),
    sa.Column("agent_id", sa.String(36)),
    sa.Column("number", sa.String(20), nullable=False),
    sa.Column("intent_at", UtcDateTime, nullable=False),
    sa.Column("answered_at", UtcDateTime),
    _open,
    sa.Column("outcome", sa.String(16)),
    sa.Column("cause", sa.Integer),
    sa.Column("tech_cause", sa.String(40)),
    sa.Column("mode", sa.String(16), nullable=False, server_default="progressive"),
    sa.Column("connected_at", UtcDateTime),
    sa.Column("trunk", sa.String(32), nullable=False, server_default=""),
    sa.Column("caller_id", sa.String(40), nullable=False, server_default=""),
    sa.Column("rang_at", UtcDateTime),
    sa.Index("ix_attempt_trunk", "trunk", "intent_at", sqlite_where=HAS_TRUNK, postgresql_where=HAS_TRUNK),
    sa.Index("ix_attempt_lead_id", "lead_id", "intent_at"),
    sa.Index("ix_attempt_campaign_id", "campaign_id", "intent_at"),
    sa.Index("ix_attempt_number", "number", "intent_at"),
    sa.Index("ix_attempt_by_hand", "agent_id", "intent_at", sqlite_where=BY_HAND, postgresql_where=BY_HAND),
    # Never two calls to one number at once, whatever the code above believes.
    sa.Index("ux_attempt_open", "number", unique=True, sqlite_where=_open.is_(None), postgresql_where=_open.is_(None)),
)
HAS_CALL = sa.text("state IN ('booked', 'moved', 'missed', 'dialed') AND lead_id IS NOT NULL")
booking_table = sa.Table(
    "booking",
    metadata,
    id_column(),
    sa.Column("campaign_id", sa.String(36), sa.ForeignKey("campaign.id"), nullable=False),
    sa.Column("queue", sa.String(40), nullable=False),
    sa.Column("phone", sa.String(20), nullable=False),
    sa.Column("name", sa.String(60), nullable=False),
    sa.Column("zone", sa.String(40), nullable=False),
    sa.Column("language", sa.String(2), nullable=False),
    sa.Column("starts_at", UtcDateTime, nullable=False),
    sa.Column("ends_at", UtcDateTime, nullable=False),
    sa.Column("source", sa.String(16), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("created_at", UtcDateTime, nullable=False),
    sa.Column("token_hash", sa.String(64), unique=True),
    sa.Column("asker", sa.String(64), nullable=False),
    sa.Column("lead_id", sa.String(36), sa.ForeignKey("lead.id")),
    sa.Column("missed_at", UtcDateTime),
    sa.Index("ix_booking_phone", "phone", "created_at"),
    sa.Index("ix_booking_asker", "asker", "created_at"),
    sa.Index("ix_booking_created_at", "created_at"),
    sa.Index("ix_booking_lead_id", "lead_id"),
    sa.Index("ix_booking_state", "state", "starts_at"),
    # One call a number at a time, whatever the code above believes.
    sa.Index("ux_booking_call", "phone", unique=True, sqlite_where=HAS_CALL, postgresql_where=HAS_CALL),
)
slot_table = sa.Table(
    "booking_slot",
    metadata,
    sa.Column("queue", sa.String(40), primary_key=True),
    sa.Column("starts_at", UtcDateTime, primary_key=True),
    sa.Column("places", sa.Integer, nullable=False),
)
