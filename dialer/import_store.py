"""Leads by their source, and the lists that bring many at once, in the dialer's tables."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ..storage.database import Database
from .lead import Lead
from .rows import lead_of, lead_row
from .tables import lead_table

_c = lead_table.c


class ImportStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def add_new(self, leads: Sequence[Lead]) -> set[str]:
        """Add those whose (campaign, source) is new, all in one transaction; the sources that were."""
        if not leads:
            return set()
        insert = sqlite.insert(lead_table) if self._db.is_sqlite else postgresql.insert(lead_table)
        put = insert.on_conflict_do_nothing(index_elements=["campaign_id", "source"]).returning(_c.source)
        async with self._db.write() as connection:
            return set((await connection.scalars(put, [lead_row(lead) for lead in leads])).all())

    async def by_source(self, campaign_id: str, sources: Collection[str]) -> dict[str, Lead]:
        """The campaign's leads of these sources, by source."""
        query = sa.select(lead_table).where(_c.campaign_id == campaign_id, _c.source.in_(sources))
        async with self._db.read() as connection:
            rows = (await connection.execute(query)).all()
        return {row.source: lead_of(row._asdict()) for row in rows}
