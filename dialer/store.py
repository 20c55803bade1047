"""Leads and attempts in their tables (tables.py), beside their campaigns; here alone they change."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from ..queue.channel import AttemptOutcome
from ..queue.contact import IllegalTransition
from ..storage.clock import Clock
from ..storage.database import Database, is_away
from ..storage.grouped import Grouped
from ..storage.ids import Ids
from . import lead as leads
from .abandonment import CapBook
from .attempt_store import End, aside, begin, end
from .booking_store import follow_lead, name_booked
from .campaign import own_values
from .campaign_store import CampaignStore, campaign_by_id, locked_row
from .cap_store import fill
from .day_store import DayFigures
from .do_not_call_store import DoNotCallList
from .finding_store import LeadFinder
from .holiday_store import HolidayStore
from .holidays import Holidays
from .import_store import ImportStore
from .law import Law, Wish
from .law_store import account_closed, bans, keep_list_still, read_holidays, release
from .lead import DIALABLE_STATES, WAITING_STATES, Attempt, Lead, LeadEvent, LeadState
from .lead_moves import advance, may_give_back
from .priority import Weights
from .ranks_store import DEPTH, Asked, LeadRanks
from .reached_store import keep_reached
from .reason import HELD, Reason, Wait
from .rows import attempt_of, lead_of, lead_row, row_of, values
from .tables import attempt_table, lead_table
from .trunk_store import TrunkStore
from .week_store import WeekStore
from .what_if_store import WhatIfStore

_c = lead_table.c
MOST_AT_ONCE = 100
"""Calls that begin, or end, in one transaction."""
_IN_CALL = sa.select(attempt_table.c.number).where(attempt_table.c.ended_at.is_(None))


class DialerStore(CampaignStore):
    """Leads change only here, one transition at a time, each read and written in one transaction."""

    def __init__(self, db: Database, clock: Clock, ids: Ids, law: Law = Law(), *, depth: int = DEPTH) -> None:  # noqa: B008  # frozen
        """`depth`: of the leads to be dialed next, how many are kept in mind (LeadRanks)."""
        super().__init__(db, clock, ids)
        self._law = law
        self._ranks = LeadRanks(db, clock, depth)
        self.do_not_call = DoNotCallList(db, clock, ids)
        self.kept_holidays = HolidayStore(db)
        self.imports = ImportStore(db, self._ranks)
        self.day = DayFigures(db)
        self.trunks = TrunkStore(db, clock, ids)
        self.week = WeekStore(db)
        self.finding = LeadFinder(db)
        self.what_ifs = WhatIfStore(db)
        self._begins = Grouped(self._begin, MOST_AT_ONCE, _undone)
        self._ends = Grouped(self._end, MOST_AT_ONCE, _undone)
        self._looks = Grouped(self._look, MOST_AT_ONCE, _undone)

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
            return await name_booked(connection, lead_id)

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

    async def begin_attempt(self, attempt: Attempt) -> Lead | None:
        """Commit the intent to dial, before anything is dialed. Raises IllegalTransition if the lead is not to be dialed.

        None, and no intent is written, while another call to the number is open, or when the law (law.py) is against it; the lead is
        then put aside for as long as that lasts. Those who ask while a transaction runs share the next one, in their order.
        """
        begun = await self._begins.ask(attempt)
        if isinstance(begun, IllegalTransition):
            raise begun
        return begun

    async def _begin(self, attempts: Sequence[Attempt]) -> list[Lead | IllegalTransition | None]:
        async with self._db.write() as connection:
            written = await begin(connection, attempts, self._law, self._clock.now())
            self._db.afterwards(lambda: self._ranks.changed(written.changed))
        return [written.begun.get(each.id) or written.refused.get(each.id) for each in attempts]

    async def bans(self, wishes: Sequence[Wish]) -> dict[str, Wait]:
        """By the lead's id: why it must not be dialed now. What may be is not there."""
        async with self._db.read() as connection:
            return await bans(connection, wishes, self._law, self._clock.now())

    async def sift(self, wishes: Sequence[Wish]) -> set[str]:
        """The ids of those that the law forbids now. They are put aside, so that they are not chosen again before that ends."""
        found = await self.bans(wishes)
        holding = [wish for wish in wishes if wish.lead.id in found and found[wish.lead.id].reason in HELD]
        if holding:
            async with self._db.write() as connection:
                await keep_list_still(connection)
                # Asked again where nothing can be taken back meanwhile: who is put aside for good waits for that to be taken back.
                now_set = {key: await campaign_by_id(connection, key) for key in {wish.campaign.id for wish in holding}}
                fresh = [replace(wish, campaign=now_set[wish.campaign.id]) for wish in holding]
                for lead_id, wait in sorted((await bans(connection, fresh, self._law, self._clock.now())).items()):
                    lead = await _locked_lead(connection, lead_id)
                    if lead is not None and lead.state in DIALABLE_STATES:
                        await self._hold(connection, lead, wait)
        return set(found)

    async def _hold(self, connection: AsyncConnection, lead: Lead, wait: Wait) -> None:
        if (after := aside(lead, wait, self._clock.now())) is not None:
            await self._put_lead(connection, after)

    async def release(self, reason: Reason) -> None:
        """Let those be tried again that are put aside for it: what stood against them may have changed."""
        async with self._db.write() as connection:
            await release(connection, {reason}, self._clock.now(), sa.true())

    async def held(self, campaign_id: str) -> Mapping[Reason, int]:
        """How many leads of the campaign are put aside, and for what."""
        query = sa.select(_c.held_by, sa.func.count()).where(_c.held_by.is_not(None), _c.campaign_id == campaign_id)
        async with self._db.read() as connection:
            return {Reason(why): count for why, count in await connection.execute(query.group_by(_c.held_by))}

    async def holidays(self) -> Holidays:
        """Those that can still be today somewhere, or are to come."""
        async with self._db.read() as connection:
            return await read_holidays(connection, self._clock.now())

    async def account_closed(self) -> datetime | None:
        """When the day's talk or money is used up: when a new day begins. None while calls may be made."""
        async with self._db.read() as connection:
            return await account_closed(connection, self._law, self._clock.now())

    async def answer(self, attempt_id: str) -> tuple[Attempt, Lead] | None:
        """A person answered. None if that was known, or the attempt is over or unknown."""
        async with self._db.write() as connection:
            attempt = await _locked_attempt(connection, attempt_id)
            if attempt is None or attempt.answered_at or attempt.ended_at:
                return None
            lead = await self._tell(connection, attempt.lead_id, leads.Connected())
            after = replace(attempt, answered_at=self._clock.now())
            await _put(connection, attempt_table, row_of(after))
            return (after, lead) if lead else None

    async def end_attempt(
        self, attempt_id: str, outcome: AttemptOutcome, cause: int | None, tech_cause: str | None
    ) -> Attempt | None:
        """The call is over, and its lead goes on by the rule. None if that was known, or the attempt is unknown. Calls that end while a
        transaction runs share the next one."""
        return await self._ends.ask(End(attempt_id, outcome, cause, tech_cause))

    async def _end(self, ends: Sequence[End]) -> list[Attempt | None]:
        async with self._db.write() as connection:
            written = await end(connection, ends, self._law, self._clock.now())
            self._db.afterwards(lambda: self._ranks.changed(written.changed))
        return [written.ended.pop(each.attempt_id, None) for each in ends]

    async def give_back(self, attempt_id: str) -> None:
        """The attempt was refused by its trunk and not by the customer: it is none of the lead's, if the lead has not gone on since."""
        async with self._db.write() as connection:
            attempt = await _locked_attempt(connection, attempt_id)
            trouble = AttemptOutcome.TRUNK_TROUBLE
            if (
                attempt is None
                or attempt.outcome is None
                or attempt.answered_at is not None
                or attempt.outcome is trouble
            ):
                return
            await _put(connection, attempt_table, row_of(replace(attempt, outcome=trouble)))
            mine = sa.select(attempt_table.c.id).where(attempt_table.c.lead_id == attempt.lead_id)
            newest = mine.order_by(attempt_table.c.intent_at.desc(), attempt_table.c.id.desc()).limit(1)
            lead = await _locked_lead(connection, attempt.lead_id)
            if (
                lead is None
                or not may_give_back(lead, attempt.outcome)
                or await connection.scalar(newest) != attempt_id
            ):
                return
            await self._tell(connection, lead.id, leads.GivenBack(attempt.outcome))

    async def connect(self, attempt_id: str, at: datetime) -> Attempt | None:
        """An operator has him on the line since `at`. None if that was known, or nobody answered."""
        async with self._db.write() as connection:
            attempt = await _locked_attempt(connection, attempt_id)
            if attempt is None or attempt.answered_at is None or attempt.connected_at is not None:
                return None
            after = replace(attempt, connected_at=at)
            await _put(connection, attempt_table, row_of(after))
            await keep_reached(connection, [(await _locked_lead(connection, attempt.lead_id), after)], at)
            return after

    async def abandon(self, attempt_id: str) -> Attempt | None:
        """The customer who answered was gone before an agent spoke to him. None if that was known."""
        async with self._db.write() as connection:
            attempt = await _locked_attempt(connection, attempt_id)
            lead = await _locked_lead(connection, attempt.lead_id) if attempt else None
            if attempt is None or lead is None or attempt.outcome is AttemptOutcome.ABANDONED:
                return None
            after = replace(attempt, outcome=AttemptOutcome.ABANDONED)
            await _put(connection, attempt_table, row_of(after))
            if lead.state is LeadState.CONNECTED:
                await self._tell(connection, lead.id, leads.AttemptEnded(AttemptOutcome.ABANDONED))
            return after

    async def fill_cap(self, book: CapBook, now: datetime) -> None:
        """The counts behind the bound on abandonment, and the calls in flight."""
        await fill(book, self._db, now)

    async def attempt(self, attempt_id: str) -> Attempt | None:
        return await self._looks.ask(attempt_id)

    async def _look(self, attempt_ids: Sequence[str]) -> list[Attempt | None]:
        found = {each.id: each for each in await self._attempts(attempt_table.c.id.in_(attempt_ids))}
        return [found.get(each) for each in attempt_ids]

    async def open_attempts(self) -> list[Attempt]:
        """Calls without an end, the oldest first."""
        return await self._attempts(attempt_table.c.ended_at.is_(None))

    async def _attempts(self, which: sa.ColumnElement[bool]) -> list[Attempt]:
        query = sa.select(attempt_table).where(which).order_by(attempt_table.c.intent_at, attempt_table.c.id)
        async with self._db.read() as connection:
            return [attempt_of(row._asdict()) for row in await connection.execute(query)]

    async def outcomes(self, campaign_id: str, since: datetime) -> list[tuple[AttemptOutcome | None, bool, int]]:
        """Outcome (None: not over), whether answered, number of attempts begun at or after `since`."""
        columns = attempt_table.c
        answered = columns.answered_at.is_not(None)
        query = (
            sa.select(columns.outcome, answered, sa.func.count())
            .where(columns.campaign_id == campaign_id, columns.intent_at >= since)
            .group_by(columns.outcome, answered)
        )
        async with self._db.read() as connection:
            rows = await connection.execute(query)
            return [
                (AttemptOutcome(outcome) if outcome else None, bool(spoke), count) for outcome, spoke, count in rows
            ]

    async def _tell(self, connection: AsyncConnection, lead_id: str, event: LeadEvent) -> Lead | None:
        lead = await _locked_lead(connection, lead_id)
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
        await _put(connection, lead_table, lead_row(lead))
        self._db.afterwards(lambda: self._ranks.changed([lead.id]))

    async def _leads(self, query: sa.Select[Any]) -> list[Lead]:
        async with self._db.read() as connection:
            return [lead_of(row._asdict()) for row in await connection.execute(query)]

    def _by_id(self) -> sa.ColumnElement[Any]:
        """By the bytes of the id, as Python sorts, whatever the language of the database."""
        return _c.id.asc() if self._db.is_sqlite else sa.collate(_c.id, "C").asc()


def _undone(error: Exception) -> bool:
    """Whether certainly nothing of what was asked for was committed."""
    return not is_away(error)


def _dialable(campaign_id: str, zones: Collection[str]) -> sa.Select[Any]:
    """Leads that may be dialed by their state and the hour, and whose number is not in a call."""
    mine = sa.select(lead_table).where(_c.campaign_id == campaign_id, _c.state.in_(values(DIALABLE_STATES)))
    return mine.where(_c.zone.in_(zones), _c.phone.not_in(_IN_CALL))


async def _locked_lead(connection: AsyncConnection, lead_id: str) -> Lead | None:
    row = await locked_row(connection, lead_table, lead_id)
    return lead_of(row) if row else None


async def _locked_attempt(connection: AsyncConnection, attempt_id: str) -> Attempt | None:
    row = await locked_row(connection, attempt_table, attempt_id)
    return attempt_of(row) if row else None


async def _put(connection: AsyncConnection, table: sa.Table, row: dict[str, Any]) -> None:
    await connection.execute(table.update().where(table.c.id == row["id"]).values(row))
