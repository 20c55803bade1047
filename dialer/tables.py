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
    sa.Column("field", sa.String(60), nullable=False),
    sa.Column("old", Json),
    sa.Column("new", Json),
    sa.Index("ix_campaign_change_campaign_id", "campaign_id", "at"),
)
LIVE = sa.text("state IN ('fresh', 'due', 'retry_at')")  # literally the same in index and query, or it is not used
OWN_FIELDS = ("own_1", "own_2", "own_3")
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
    sa.Index("ix_lead_due", "state", "due_at"),
    sa.Index("ix_lead_order_id", "order_id"),
    sa.Index("ix_lead_phone", "phone"),
)
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
    sa.Index("ix_attempt_lead_id", "lead_id", "intent_at"),
    sa.Index("ix_attempt_campaign_id", "campaign_id", "intent_at"),
    # Never two calls to one number at once, whatever the code above believes.
    sa.Index("ux_attempt_open", "number", unique=True, sqlite_where=_open.is_(None), postgresql_where=_open.is_(None)),
)
