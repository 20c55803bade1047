"""Keeps what the pacers of campaigns learned, so that the next engine need not begin with one call for an operator."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy.dialects import postgresql, sqlite

from ..storage.database import Database
from .pacing_tables import pacing_table

_p = pacing_table.c


class PacingStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def learned(self, campaign_id: str) -> tuple[Mapping[str, object], datetime] | None:
        """What was kept last, and when; None for a campaign that was never paced."""
        async with self._db.read() as connection:
            row = (await connection.execute(pacing_table.select().where(_p.campaign_id == campaign_id))).first()
        return (row.learned, row.at) if row is not None and isinstance(row.learned, dict) else None

    async def keep(self, campaign_id: str, learned: Mapping[str, object], at: datetime) -> None:
        insert = sqlite.insert(pacing_table) if self._db.is_sqlite else postgresql.insert(pacing_table)
        put = insert.values(campaign_id=campaign_id, at=at, learned=dict(learned))
        kept = {"at": put.excluded.at, "learned": put.excluded.learned}
        async with self._db.write() as connection:
            await connection.execute(put.on_conflict_do_update(index_elements=["campaign_id"], set_=kept))
