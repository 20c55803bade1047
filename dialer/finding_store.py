"""Leads as people look for them: by any number they ever had, by order, by customer; over all campaigns.

A lead with several numbers has a row in `lead_number` for each; the database keeps them itself (migration 0017), whoever writes the lead.
"""

from collections.abc import Collection

import sqlalchemy as sa

from ..storage.database import Database
from .lead import Lead
from .rows import lead_of
from .tables import lead_number_table, lead_table

_c = lead_table.c


class LeadFinder:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def in_campaign(
        self, campaign_id: str, phones: Collection[str], order_ids: Collection[str], limit: int
    ) -> list[Lead]:
        """Those that have one of these numbers, or are of one of these orders, the newest first."""
        mine = sa.or_(_has_number(phones), _c.order_id.in_(order_ids))
        return await self._newest(sa.and_(_c.campaign_id == campaign_id, mine), limit)

    async def of_customer(self, customer_id: str | None, phones: Collection[str], limit: int) -> list[Lead]:
        """Of all campaigns, those of this customer or with one of these numbers (one_customer.py), the newest first."""
        known = _c.customer_id == customer_id if customer_id is not None else sa.false()
        return await self._newest(sa.or_(known, _has_number(phones)), limit)

    async def _newest(self, which: sa.ColumnElement[bool], limit: int) -> list[Lead]:
        query = sa.select(lead_table).where(which).order_by(_c.created_at.desc(), _c.id).limit(limit)
        async with self._db.read() as connection:
            return [lead_of(row._asdict()) for row in await connection.execute(query)]


def _has_number(phones: Collection[str]) -> sa.ColumnElement[bool]:
    several = sa.select(lead_number_table.c.lead_id).where(lead_number_table.c.number.in_(phones))
    return sa.or_(_c.phone.in_(phones), _c.id.in_(several))
