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
POOL = sa.text(
    "state IN ('fresh', 'due') AND NOT is_callback"
)  # literally the same in index and query, or it is not used
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
    sa.Index("ux_lead_source", "campaign_id", "source", unique=True),
    sa.Index("ix_lead_pick", "campaign_id", "state", "is_callback", "zone"),
    sa.Index("ix_lead_pool_sum", "campaign_id", "order_total", sqlite_where=POOL, postgresql_where=POOL),
    sa.Index("ix_lead_pool_age", "campaign_id", "placed_s", sqlite_where=POOL, postgresql_where=POOL),
    sa.Index("ix_lead_due", "state", "due_at"),
    sa.Index("ix_lead_order_id", "order_id"),
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
