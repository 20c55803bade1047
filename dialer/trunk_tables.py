"""The tables of the trunks; which trunk carried an attempt stands in its row (tables.py)."""

import sqlalchemy as sa

from ..storage.base import Json, UtcDateTime, id_column, metadata

trunk_table = sa.Table(
    "trunk",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("settings", Json, nullable=False),
)
trunk_change_table = sa.Table(
    "trunk_change",
    metadata,
    id_column(),
    sa.Column("trunk", sa.String(32), nullable=False),
    sa.Column("actor_id", sa.String(36), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("field", sa.String(80), nullable=False),
    sa.Column("old", Json),
    sa.Column("new", Json),
    sa.Index("ix_trunk_change_at", "at"),
)
