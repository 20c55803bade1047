"""The table of what a campaign's hours came to, once they change no more."""

import sqlalchemy as sa

from ..storage.base import metadata

quarter_table = sa.Table(
    "campaign_quarter",
    metadata,
    sa.Column("campaign_id", sa.String(36), sa.ForeignKey("campaign.id"), primary_key=True),
    sa.Column("quarter", sa.BigInteger, primary_key=True, autoincrement=False),
    *(sa.Column(name, sa.Integer, nullable=False) for name in ("attempts", "ended", "persons", "firsts")),
)
