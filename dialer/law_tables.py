"""Tables of what must not be dialed, or not now: the do-not-call list, holidays, what each day's calls have cost, who was reached."""

import sqlalchemy as sa

from ..storage.base import UtcDateTime, id_column, metadata

do_not_call_table = sa.Table(
    "do_not_call",
    metadata,
    id_column(),
    sa.Column("kind", sa.String(10), nullable=False),
    sa.Column("value", sa.String(36), nullable=False),
    sa.Column("campaign_id", sa.String(36), nullable=False),  # "": every campaign
    sa.Column("reason", sa.String(200), nullable=False),
    sa.Column("by", sa.String(36), nullable=False),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Column("until", UtcDateTime),
    # By value first: a number, all its beginnings and its customer are one look-up.
    sa.Index("ux_do_not_call", "value", "kind", "campaign_id", unique=True),
    sa.Index("ix_do_not_call_at", "at", "id"),
)
holiday_table = sa.Table(
    "holiday",
    metadata,
    sa.Column("place", sa.String(40), primary_key=True),
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("name", sa.String(80), nullable=False),
)
toll_day_table = sa.Table(
    "toll_day",
    metadata,
    sa.Column("day", sa.Date, primary_key=True),
    sa.Column("seconds", sa.Float(53), nullable=False),
    sa.Column("kopecks", sa.BigInteger, nullable=False),
)
reached_table = sa.Table(
    "reached",
    metadata,
    sa.Column("key", sa.String(60), primary_key=True),  # of a customer: his id or one of his numbers (one_customer.py)
    sa.Column("campaign_id", sa.String(36), primary_key=True),
    sa.Column("at", UtcDateTime, nullable=False),
    sa.Index("ix_reached_at", "at"),
)
