"""Leads in their table (tables.py), beside their campaigns: whom to dial next, and each lead's way, one transition at a time."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from ..storage.clock import Clock
from ..storage.database import Database
from ..storage.ids import Ids
from . import lead as leads
from .booking_store import follow_lead, names_booked
from .campaign import own_values
from .campaign_store import CampaignStore, campaign_by_id, locked_row
from .finding_store import LeadFinder
from .import_store import ImportStore
from .law_store import release
from .lead import DIALABLE_STATES, WAITING_STATES, Lead, LeadEvent, LeadState
from .lead_moves import advance
from .priority import Weights
from .ranks_store import Asked, LeadRanks
from .reason import Reason
from .rows import lead_of, lead_row, values
from .tables import attempt_table, lead_table

_c = lead_table.c
_IN_CALL = sa.select(attempt_table.c.number).where(attempt_table.c.ended_at.is_(None))


class LeadStore(CampaignStore):
    """`depth`: of the leads to be dialed next, how many are kept in mind (LeadRanks)."""

    def __init__(self, db: Database, clock: Clock, ids: Ids, *, depth: int) -> None:
        super().__init__(db, clock, ids)
        self._ranks = LeadRanks(db, clock, depth)
        self.imports = ImportStore(db, self._ranks)
        self.finding = LeadFinder(db)

    async def add_leads(self, new: Sequence[Lead]) -> int:
        """Add those whose (campaign, source) is new; how many were."""
        if not new:
            return 0
        insert = sqlite.insert(lead_table) if self._db.is_sqlite else postgresql.insert(lead_table)
        put = insert.on_conflict_do_nothing(index_elements=["campaign_id", "source"]).returning(_c.id)
        async with self._db.write() as connection:
            added = (await connection.execute(put, [lead_row(lead) for lead in new])).scalars().all()
            self._db.afterwards(lambda: self._ranks.changed(added))
            return len(added)

    async def lead(self, lead_id: str) -> Lead | None:
        found = await self._leads(sa.select(lead_table).where(_c.id == lead_id))
        return found[0] if found else None

    async def numbers_in_call(self) -> set[str]:
        async with self._db.read() as connection:
            return set(await connection.scalars(_IN_CALL))

    async def name_booked(self, lead_id: str) -> str:
        """The name that its customer gave when he booked a call; "" if he did not."""
        async with self._db.read() as connection:
            return (await names_booked(connection, [lead_id])).get(lead_id, "")

    async def leads_of_order(self, order_id: str) -> list[Lead]:
        """The oldest first."""
        return await self._leads(sa.select(lead_table).where(_c.order_id == order_id).order_by(_c.created_at, _c.id))

    async def leads_of_number(self, phone: str) -> list[Lead]:
        """The oldest first, of all campaigns."""
        return await self._leads(sa.select(lead_table).where(_c.phone == phone).order_by(_c.created_at, _c.id))

    async def tell_lead(self, lead_id: str, event: LeadEvent) -> Lead | None:
        """The lead after the event; None if there is no such lead. Raises IllegalTransition."""
        async with self._db.write() as connection:
            return await self._tell(connection, lead_id, event)

    async def wake_due(self, now: datetime, limit: int = 500) -> int:
        """Let those come due whose time has come, at most `limit` at once; how many did."""
        waiting = sa.select(lead_table).where(_c.state == LeadState.RETRY_AT.value, _c.due_at <= now)
        async with self._db.read() as connection:
            if (await connection.execute(waiting.limit(1))).first() is None:
                return 0
        async with self._db.write() as connection:
            rows = await connection.execute(waiting.order_by(_c.due_at).limit(limit).with_for_update())
            due = [lead_of(row._asdict()) for row in rows]
            for lead in due:
                await self._put_lead(connection, advance(lead, leads.CameDue(), {}, now))
        return len(due)

    async def due_callbacks(self, campaign_id: str, zones: Collection[str], limit: int) -> list[Lead]:
        """Callbacks that may be dialed now, the longest due first."""
        mine = _dialable(campaign_id, zones).where(_c.is_callback.is_(True))
        return await self._leads(mine.order_by(_c.due_at, _c.placed_at, self._by_id()).limit(limit))

    async def promised(self, campaign_id: str, before: datetime) -> list[datetime]:
        """When the callbacks that are still owed fall due, up to `before`, the earliest first."""
        waiting = _c.state.in_(values(WAITING_STATES))
        mine = sa.select(_c.due_at).where(_c.campaign_id == campaign_id, _c.is_callback.is_(True), waiting)
        async with self._db.read() as connection:
            return list(await connection.scalars(mine.where(_c.due_at < before).order_by(_c.due_at)))

    async def best(self, campaign_id: str, zones: Collection[str], weights: Weights, limit: int) -> list[Lead]:
        """Leads that may be dialed now and are no callbacks, by points: the same order as priority.order_key."""
        return await self._ranks.first(Asked(campaign_id, frozenset(zones), weights), limit)

    async def not_now(self, campaign_id: str, zones: Collection[str], weights: Weights, limit: int) -> list[Lead]:
        """Leads whose time or whose calling hours (`zones`: those open now) are still to come, by points."""
        return await self._ranks.first(Asked(campaign_id, frozenset(zones), weights, later=True), limit)

    async def rank(self, campaign_id: str, zones: Collection[str], weights: Weights, lead: Lead) -> int:
        """How many of the leads that may be dialed now (see `best`) stand before this one."""
        return await self._ranks.rank(Asked(campaign_id, frozenset(zones), weights), lead)

    async def unfinished_talks(self) -> list[Lead]:
        """Leads in talk or awaiting its result, whose calls are over."""
        is_open = sa.select(attempt_table.c.lead_id).where(attempt_table.c.ended_at.is_(None))
        return await self._leads(
            sa.select(lead_table).where(_c.state == LeadState.CONNECTED.value, _c.id.not_in(is_open))
        )

    async def counts(self, campaign_id: str) -> list[tuple[LeadState, str, int]]:
        """State, zone, number of leads."""
        mine = sa.select(_c.state, _c.zone, sa.func.count()).where(_c.campaign_id == campaign_id)
        query = mine.group_by(_c.state, _c.zone)
        async with self._db.read() as connection:
            return [(LeadState(state), zone, count) for state, zone, count in await connection.execute(query)]

    async def zones(self, campaign_id: str) -> list[str]:
        """The zones of the campaign's leads. Hops along the index, so that a million leads cost no more than ten."""
        found: list[str] = []
        async with self._db.read() as connection:
            for state in sorted(values(DIALABLE_STATES)):
                for is_callback in (False, True):
                    mine = sa.and_(_c.campaign_id == campaign_id, _c.state == state, _c.is_callback.is_(is_callback))
                    last = ""
                    while last is not None:
                        last = await connection.scalar(sa.select(sa.func.min(_c.zone)).where(mine, _c.zone > last))
                        found += [last] if last is not None else []
        return sorted(set(found))

    async def held(self, campaign_id: str) -> Mapping[Reason, int]:
        """How many leads of the campaign are put aside, and for what."""
        query = sa.select(_c.held_by, sa.func.count()).where(_c.held_by.is_not(None), _c.campaign_id == campaign_id)
        async with self._db.read() as connection:
            return {Reason(why): count for why, count in await connection.execute(query.group_by(_c.held_by))}

    async def release(self, reason: Reason) -> None:
        """Let those be tried again that are put aside for it: what stood against them may have changed."""
        async with self._db.write() as connection:
            await release(connection, {reason}, self._clock.now(), sa.true())

    async def _tell(self, connection: AsyncConnection, lead_id: str, event: LeadEvent) -> Lead | None:
        lead = await locked_lead(connection, lead_id)
        if lead is None:
            return None
        campaign = await campaign_by_id(connection, lead.campaign_id)
        after = advance(lead, event, campaign.rules, self._clock.now(), campaign.results)
        if isinstance(event, leads.Edited) and event.fields is not None:
            first, second, third = own_values(campaign, after.fields)
            after = replace(after, own_1=first, own_2=second, own_3=third)
        if after != lead:
            await self._put_lead(connection, after)
        await follow_lead(connection, lead, event, after, self._clock.now())
        return after

    async def _put_lead(self, connection: AsyncConnection, lead: Lead) -> None:
        await put(connection, lead_table, lead_row(lead))
        self._db.afterwards(lambda: self._ranks.changed([lead.id]))

    async def _leads(self, query: sa.Select[Any]) -> list[Lead]:
        async with self._db.read() as connection:
            return [lead_of(row._asdict()) for row in await connection.execute(query)]

    def _by_id(self) -> sa.ColumnElement[Any]:
        """By the bytes of the id, as Python sorts, whatever the language of the database."""
        return _c.id.asc() if self._db.is_sqlite else sa.collate(_c.id, "C").asc()


def _dialable(campaign_id: str, zones: Collection[str]) -> sa.Select[Any]:
    """Leads that may be dialed by their state and the hour, and whose number is not in a call."""
    mine = sa.select(lead_table).where(_c.campaign_id == campaign_id, _c.state.in_(values(DIALABLE_STATES)))
    return mine.where(_c.zone.in_(zones), _c.phone.not_in(_IN_CALL))


async def locked_lead(connection: AsyncConnection, lead_id: str) -> Lead | None:
    row = await locked_row(connection, lead_table, lead_id)
    return lead_of(row) if row else None


async def put(connection: AsyncConnection, table: sa.Table, row: dict[str, Any]) -> None:
    await connection.execute(table.update().where(table.c.id == row["id"]).values(row))
