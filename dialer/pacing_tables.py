"""The table of what pacers learned, one row a campaign."""

import sqlalchemy as sa

from ..storage.base import Json, UtcDateTime, metadata

pacing_table = sa.Table(
    "campaign_pacing",
    metadata,
    sa.Column("campaign_id", sa.String(36), sa.ForeignKey("campaign.id"), primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("learned", Json, nullable=False),
)
