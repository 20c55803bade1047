"""The table of forecasts that were applied, and of what then happened."""

import sqlalchemy as sa

from ..storage.base import Json, UtcDateTime, id_column, metadata

what_if_table = sa.Table(
    "what_if",
    metadata,
    id_column(),
    sa.Column("campaign_id", sa.String(36), sa.ForeignKey("campaign.id"), nullable=False),
    sa.Column("actor_id", sa.String(36), nullable=False),
    sa.Column("applied_at", UtcDateTime, nullable=False),
    sa.Column("ends_at", UtcDateTime, nullable=False),
    sa.Column("change_id", sa.String(36), nullable=False),
    *(sa.Column(name, Json, nullable=False) for name in ("knobs", "forecast", "stands_on")),
    sa.Column("operators", sa.Integer, nullable=False),
    *(sa.Column(name, sa.Float, nullable=False) for name in ("busy_s", "logged_s", "seen_s")),
    sa.Column("closed_at", UtcDateTime),
    sa.Column("closed_by", sa.String(16)),
    sa.Column("happened", Json),
    sa.Index("ix_what_if_campaign_id", "campaign_id", "applied_at"),
)
