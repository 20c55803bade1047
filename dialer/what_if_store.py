"""What a forecast is learned from, and the forecasts that were applied, in their tables."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from ..queue.store import contact_table
from ..storage.database import Database
from .lead import Attempt
from .rows import attempt_of
from .tables import attempt_table
from .what_if_kept import Kept, kept_of, row_of
from .what_if_tables import what_if_table

LOOKED_BACK = timedelta(days=14)
MOST_ATTEMPTS, MOST_TALKS = 2000, 1000
LONGEST_WRAP_UP_S = 3600.0
_a, _w, _c = attempt_table.c, what_if_table.c, contact_table.c


@dataclass(frozen=True, slots=True)
class Past:
    attempts: list[Attempt]
    talk_s: list[float]
    wrap_up_s: list[float]


class WhatIfStore:
    def __init__(self, db: Database) -> None:
        self._db = db

    async def past(self, campaign_id: str, queue: str, now: datetime) -> Past:
        """The campaign's newest calls that have ended; talks and wrap-ups of its queue's contacts that we dialed."""
        since = now - LOOKED_BACK
        ended = sa.select(attempt_table).where(_a.campaign_id == campaign_id, _a.intent_at >= since)
        newest = ended.where(_a.outcome.is_not(None)).order_by(_a.intent_at.desc()).limit(MOST_ATTEMPTS)
        talks = (
            sa.select(_c.talk_s, _c.talk_ended_at, _c.closed_at)
            .where(_c.closed_at >= since, _c.queue == queue, _c.attempt_id.is_not(None), _c.talk_s > 0)
            .order_by(_c.closed_at.desc())
            .limit(MOST_TALKS)
        )
        async with self._db.read() as connection:
            rows = (await connection.execute(newest)).all()
            times = (await connection.execute(talks)).all()
        attempts = await asyncio.to_thread(_attempts, rows)
        wraps = [(row.closed_at - row.talk_ended_at).total_seconds() for row in times if row.talk_ended_at is not None]
        return Past(attempts, [row.talk_s for row in times], [each for each in wraps if 0 < each < LONGEST_WRAP_UP_S])

    async def begun(self, campaign_id: str, since: datetime, until: datetime) -> list[Attempt]:
        """The campaign's calls that were begun from `since` to `until`."""
        mine = sa.select(attempt_table).where(
            _a.campaign_id == campaign_id, _a.intent_at >= since, _a.intent_at < until
        )
        async with self._db.read() as connection:
            rows = (await connection.execute(mine)).all()
        return await asyncio.to_thread(_attempts, rows)

    async def keep(self, kept: Kept) -> None:
        async with self._db.write() as connection:
            await connection.execute(what_if_table.insert().values(row_of(kept)))

    async def put(self, kept: Kept) -> None:
        async with self._db.write() as connection:
            await connection.execute(what_if_table.update().where(_w.id == kept.id).values(row_of(kept)))

    async def open(self) -> list[Kept]:
        """Those that are still compared."""
        return await self._kept(sa.select(what_if_table).where(_w.closed_at.is_(None)).order_by(_w.applied_at))

    async def of_campaign(self, campaign_id: str, limit: int) -> list[Kept]:
        """The newest first."""
        mine = sa.select(what_if_table).where(_w.campaign_id == campaign_id)
        return await self._kept(mine.order_by(_w.applied_at.desc(), _w.id).limit(limit))

    async def _kept(self, query: sa.Select[Any]) -> list[Kept]:
        async with self._db.read() as connection:
            return [kept_of(row._asdict()) for row in await connection.execute(query)]


def _attempts(rows: Sequence[sa.Row[Any]]) -> list[Attempt]:
    """Beside the event loop: thousands of them would hold it."""
    return [attempt_of(row._asdict()) for row in rows]
