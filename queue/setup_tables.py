"""The tables of the queues' setup: its items as they stand, and who changed what."""

import sqlalchemy as sa

from ..storage.base import Json, UtcDateTime, metadata

setup_table = sa.Table(
    "queue_setup",
    metadata,
    sa.Column("noun", sa.String(16), primary_key=True),
    sa.Column("code", sa.String(40), primary_key=True),
    sa.Column("value", Json, nullable=False),
    sa.Column("version", sa.BigInteger, nullable=False),  # the change that wrote it last
)
setup_change_table = sa.Table(
    "queue_setup_change",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("actor_id", sa.String(36)),
    sa.Column("edits", Json, nullable=False),
)
