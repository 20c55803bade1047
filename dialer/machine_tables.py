"""The table of screened calls: what detection said of each, and what people say who heard it."""

import sqlalchemy as sa

from ..storage.base import UtcDateTime, metadata

_drawn = sa.Column("drawn", sa.Boolean, nullable=False)
IS_DRAWN = sa.text("drawn")
HAS_SOUND = sa.text("sound IS NOT NULL")
screened_table = sa.Table(
    "screened_call",
    metadata,
    sa.Column("attempt_id", sa.String(36), primary_key=True),
    sa.Column("campaign_id", sa.String(36), sa.ForeignKey("campaign.id"), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("heard", sa.String(16), nullable=False),
    sa.Column("certainty", sa.Float, nullable=False),
    sa.Column("heard_s", sa.Float, nullable=False),
    sa.Column("why", sa.String(80), nullable=False),
    sa.Column("point", sa.String(16), nullable=False),
    _drawn,
    sa.Column("sound", sa.String(200)),
    sa.Column("by_listener", sa.String(16)),
    sa.Column("listener_id", sa.String(36)),
    sa.Column("listened_at", UtcDateTime),
    sa.Column("by_agent", sa.String(16)),
    sa.Column("agent_id", sa.String(36)),
    sa.Column("told_at", UtcDateTime),
    sa.Index("ix_screened_call_campaign_id", "campaign_id", "heard"),
    sa.Index("ix_screened_call_drawn", "at", sqlite_where=IS_DRAWN, postgresql_where=IS_DRAWN),
    sa.Index("ix_screened_call_sound", "at", sqlite_where=HAS_SOUND, postgresql_where=HAS_SOUND),
)
