"""Campaigns and what was changed of them, in their tables; here alone they change."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ..storage.clock import Clock
from ..storage.database import Database
from ..storage.ids import Ids
from .campaign import Campaign, Change, changed_knobs, check_campaign
from .law_store import release
from .reason import LIMITS
from .rows import campaign_of, campaign_row, row_of
from .tables import campaign_table, change_table, lead_table


class CampaignStore:
    def __init__(self, db: Database, clock: Clock, ids: Ids) -> None:
        self._db = db
        self._clock = clock
        self._ids = ids

    async def add_campaign(self, campaign: Campaign) -> None:
        """Raises CampaignRefused."""
        check_campaign(campaign)
        row = campaign_row(campaign) | {"id": campaign.id, "created_at": campaign.created_at}
        async with self._db.write() as connection:
            await connection.execute(campaign_table.insert().values(row))

    async def campaigns(self) -> list[Campaign]:
        """All of them, the oldest first."""
        query = sa.select(campaign_table).order_by(campaign_table.c.created_at, campaign_table.c.id)
        async with self._db.read() as connection:
            return [campaign_of(row._asdict()) for row in await connection.execute(query)]

    async def change_campaign(
        self, campaign_id: str, change: Callable[[Campaign], Campaign], actor_id: str
    ) -> Campaign | None:
        """Turn knobs and write down who did; None if there is no such campaign. Raises CampaignRefused."""
        async with self._db.write() as connection:
            row = await locked_row(connection, campaign_table, campaign_id)
            if row is None:
                return None
            old = campaign_of(row)
            new = change(old)
            check_campaign(new)
            now, save_id = self._clock.now(), self._ids()
            changes = [
                Change(self._ids(), campaign_id, actor_id, now, *knob, save_id) for knob in changed_knobs(old, new)
            ]
            if changes:
                update = campaign_table.update().where(campaign_table.c.id == campaign_id)
                await connection.execute(update.values(campaign_row(new)))
                await connection.execute(change_table.insert(), [row_of(change) for change in changes])
            if any(change.field.startswith(("limits.", "rules.")) for change in changes):
                await release(connection, LIMITS, self._clock.now(), lead_table.c.campaign_id == campaign_id)
            return new

    async def changes(self, campaign_id: str, limit: int = 50) -> list[Change]:
        """The newest first."""
        return await self._changes(change_table.c.campaign_id == campaign_id, limit)

    async def save_of(self, change_id: str) -> list[Change]:
        """All that was turned at once with this change, itself among it; empty if there is none."""
        c = change_table.c
        found = await self._changes(c.id == change_id, 1)
        if not found or not found[0].save_id:
            return found
        return await self._changes(sa.and_(c.campaign_id == found[0].campaign_id, c.save_id == found[0].save_id))

    async def _changes(self, which: sa.ColumnElement[bool], limit: int | None = None) -> list[Change]:
        newest = sa.select(change_table).where(which).order_by(change_table.c.at.desc(), change_table.c.id.desc())
        async with self._db.read() as connection:
            return [Change(**row._asdict()) for row in await connection.execute(newest.limit(limit))]


async def campaign_by_id(connection: AsyncConnection, campaign_id: str) -> Campaign:
    query = sa.select(campaign_table).where(campaign_table.c.id == campaign_id)
    return campaign_of((await connection.execute(query)).one()._asdict())


async def locked_row(connection: AsyncConnection, table: sa.Table, row_id: str) -> dict[str, Any] | None:
    """The row, kept from other writers until the transaction ends."""
    row = (await connection.execute(sa.select(table).where(table.c.id == row_id).with_for_update())).first()
    return row._asdict() if row else None
