"""Leads as people look for them: by any number they ever had, by order, by customer; over all campaigns.

A lead with several numbers has a row in `lead_number` for each; the database keeps them itself (migration 0017), whoever writes the lead.
"""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa

from ..storage.database import Database
from .lead import Lead
from .rows import lead_of
from .tables import lead_number_table, lead_table

_c = lead_table.c


def _newest(*ids: sa.Select[tuple[str]], where: sa.ColumnElement[bool] | None = None) -> sa.Select[Any]:
    """`ids`: each by an index of its own, however many leads the campaign has. Made once: every desk asks for each painted card."""
    mine = _c.id.in_(sa.union(*ids))
    query = sa.select(lead_table).where(mine if where is None else sa.and_(mine, where))
    return query.order_by(_c.created_at.desc(), _c.id).limit(sa.bindparam("most", type_=sa.Integer))


_phones: sa.BindParameter[str] = sa.bindparam("phones", expanding=True)
_with_number = (
    sa.select(_c.id).where(_c.phone.in_(_phones)),
    sa.select(lead_number_table.c.lead_id).where(lead_number_table.c.number.in_(_phones)),
)
_OF_NUMBERS = _newest(*_with_number)
_OF_CUSTOMER = _newest(sa.select(_c.id).where(_c.customer_id == sa.bindparam("customer")), *_with_number)
_IN_CAMPAIGN = _newest(
    *_with_number,
    sa.select(_c.id).where(_c.order_id.in_(sa.bindparam("orders", expanding=True))),
    # Not by the bare column: SQLite would go through all leads of the campaign, by the index that begins with it.
    where=sa.func.coalesce(_c.campaign_id, "") == sa.bindparam("campaign"),
)


class LeadFinder:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def in_campaign(
        self, campaign_id: str, phones: Collection[str], order_ids: Collection[str], limit: int
    ) -> list[Lead]:
        """Those that have one of these numbers, or are of one of these orders, the newest first."""
        return await self._leads(
            _IN_CAMPAIGN, campaign=campaign_id, phones=list(phones), orders=list(order_ids), most=limit
        )

    async def of_customer(self, customer_id: str | None, phones: Collection[str], limit: int) -> list[Lead]:
        """Of all campaigns, those of this customer or with one of these numbers (one_customer.py), the newest first."""
        if customer_id is None:
            return await self._leads(_OF_NUMBERS, phones=list(phones), most=limit)
        return await self._leads(_OF_CUSTOMER, customer=customer_id, phones=list(phones), most=limit)

    async def _leads(self, query: sa.Select[Any], **asked: object) -> list[Lead]:
        async with self._db.read() as connection:
            return [lead_of(row._asdict()) for row in await connection.execute(query, asked)]
