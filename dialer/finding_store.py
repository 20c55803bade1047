"""Leads as people look for them: by any number they ever had, by order, by customer; over all campaigns.

A lead with several numbers has a row in `lead_number` for each; the database keeps them itself (migration 0017), whoever writes the lead.
"""

from collections.abc import Collection, Sequence

import sqlalchemy as sa

from ..storage.database import Database
from .lead import Lead
from .rows import lead_of
from .tables import lead_number_table, lead_table

_c = lead_table.c
Ids = sa.Select[tuple[str]]


class LeadFinder:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def in_campaign(
        self, campaign_id: str, phones: Collection[str], order_ids: Collection[str], limit: int
    ) -> list[Lead]:
        """Those that have one of these numbers, or are of one of these orders, the newest first."""
        of_order = sa.select(_c.id).where(_c.order_id.in_(order_ids))
        # Not by the bare column: SQLite would go through all leads of the campaign, by the index that begins with it.
        here = sa.func.coalesce(_c.campaign_id, "") == campaign_id
        return await self._newest(here, [*_with_number(phones), of_order], limit)

    async def of_customer(self, customer_id: str | None, phones: Collection[str], limit: int) -> list[Lead]:
        """Of all campaigns, those of this customer or with one of these numbers (one_customer.py), the newest first."""
        known = [] if customer_id is None else [sa.select(_c.id).where(_c.customer_id == customer_id)]
        return await self._newest(sa.true(), [*known, *_with_number(phones)], limit)

    async def _newest(self, which: sa.ColumnElement[bool], ids: Sequence[Ids], limit: int) -> list[Lead]:
        """`ids`: each by an index of its own, however many leads the campaign has."""
        mine = sa.and_(_c.id.in_(sa.union(*ids)), which)
        query = sa.select(lead_table).where(mine).order_by(_c.created_at.desc(), _c.id).limit(limit)
        async with self._db.read() as connection:
            return [lead_of(row._asdict()) for row in await connection.execute(query)]


def _with_number(phones: Collection[str]) -> list[Ids]:
    several = sa.select(lead_number_table.c.lead_id).where(lead_number_table.c.number.in_(phones))
    return [sa.select(_c.id).where(_c.phone.in_(phones)), several]
