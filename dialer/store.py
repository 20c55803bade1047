"""Attempts in their table, beside their leads (lead_store.py): begun within the law, answered, ended, many in one transaction."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from ..queue.channel import AttemptOutcome
from ..queue.contact import IllegalTransition
from ..storage.clock import Clock
from ..storage.database import Database, is_away
from ..storage.grouped import Grouped
from ..storage.ids import Ids
from . import lead as leads
from .abandonment import CapBook
from .attempt_store import Answered, End, answer, aside, begin, end
from .campaign import DialMode
from .campaign_store import campaign_by_id, locked_row
from .cap_store import fill
from .day_store import DayFigures
from .do_not_call_store import DoNotCallList
from .holiday_store import HolidayStore
from .holidays import Holidays
from .law import Law, Wish
from .law_store import account_closed, bans, charge_talk, keep_list_still, read_holidays
from .lead import DIALABLE_STATES, Attempt, Lead, LeadState
from .lead_moves import may_give_back
from .lead_store import LeadStore, locked_lead, put
from .machine_store import MachineStore
from .open_attempts_store import OpenAttempts
from .pacing_store import PacingStore
from .ranks_store import DEPTH
from .reached_store import keep_reached
from .reason import HELD, Wait
from .rows import attempt_of, row_of
from .tables import attempt_table
from .trunk_store import TrunkStore
from .week_store import WeekStore
from .what_if_store import WhatIfStore

MOST_AT_ONCE = 100
"""Calls that begin, are answered, or end in one transaction."""


class DialerStore(LeadStore):
    """Leads and attempts change only here, each read and written in one transaction."""

    def __init__(self, db: Database, clock: Clock, ids: Ids, law: Law = Law(), *, depth: int = DEPTH) -> None:  # noqa: B008  # frozen
        """`depth`: see LeadStore."""
        super().__init__(db, clock, ids, depth=depth)
        self._law = law
        self.do_not_call = DoNotCallList(db, clock, ids)
        self.kept_holidays = HolidayStore(db)
        self.day = DayFigures(db)
        self.trunks = TrunkStore(db, clock, ids)
        self.week = WeekStore(db)
        self.pacing = PacingStore(db)
        self.what_ifs = WhatIfStore(db)
        self.machines = MachineStore(db, clock)
        self._open = OpenAttempts(db)
        self.open_attempts = self._open.all
        self.read_anew = self._open.forget
        self._begins = Grouped(self._begin, MOST_AT_ONCE, _undone)
        self._answers = Grouped(self._answer, MOST_AT_ONCE, _undone)
        self._ends = Grouped(self._end, MOST_AT_ONCE, _undone)
        self._looks = Grouped(self._look, MOST_AT_ONCE, _undone)

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
            self._db.afterwards(lambda: self._open.changed(written.begun))
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
                    lead = await locked_lead(connection, lead_id)
                    if lead is not None and lead.state in DIALABLE_STATES:
                        await self._hold(connection, lead, wait)
        return set(found)

    async def _hold(self, connection: AsyncConnection, lead: Lead, wait: Wait) -> None:
        if (after := aside(lead, wait, self._clock.now())) is not None:
            await self._put_lead(connection, after)

    async def holidays(self) -> Holidays:
        """Those that can still be today somewhere, or are to come."""
        async with self._db.read() as connection:
            return await read_holidays(connection, self._clock.now())

    async def account_closed(self) -> datetime | None:
        """When the day's talk or money is used up: when a new day begins. None while calls may be made."""
        async with self._db.read() as connection:
            return await account_closed(connection, self._law, self._clock.now())

    async def charge_talk(self, number: str, talk_s: float) -> None:
        """A talk (s) outside that is no attempt of the dialer's is over: it goes on the day's account too."""
        async with self._db.write() as connection:
            await charge_talk(connection, self._law, number, talk_s, self._clock.now())

    async def answer(self, attempt_id: str) -> Answered | None:
        """A person answered. None if that was known, or the attempt is over or unknown. Those who answer while a transaction runs share
        the next one."""
        return await self._answers.ask(attempt_id)

    async def _answer(self, attempt_ids: Sequence[str]) -> list[Answered | None]:
        async with self._db.write() as connection:
            written = await answer(connection, attempt_ids, self._clock.now())
            self._db.afterwards(lambda: self._ranks.changed(written.changed))
            self._db.afterwards(lambda: self._open.changed(attempt_ids))
        return [written.answered.pop(each, None) for each in attempt_ids]

    async def end_attempt(
        self,
        attempt_id: str,
        outcome: AttemptOutcome,
        cause: int | None,
        tech_cause: str | None,
        rang_at: datetime | None = None,
    ) -> Attempt | None:
        """The call is over, and its lead goes on by the rule. None if that was known, or the attempt is unknown. Calls that end while a
        transaction runs share the next one."""
        return await self._ends.ask(End(attempt_id, outcome, cause, tech_cause, rang_at))

    async def _end(self, ends: Sequence[End]) -> list[Attempt | None]:
        async with self._db.write() as connection:
            written = await end(connection, ends, self._law, self._clock.now())
            self._db.afterwards(lambda: self._ranks.changed(written.changed))
            self._db.afterwards(lambda: self._open.changed(each.attempt_id for each in ends))
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
            await self._put_attempt(connection, replace(attempt, outcome=trouble))
            mine = sa.select(attempt_table.c.id).where(attempt_table.c.lead_id == attempt.lead_id)
            newest = mine.order_by(attempt_table.c.intent_at.desc(), attempt_table.c.id.desc()).limit(1)
            lead = await locked_lead(connection, attempt.lead_id)
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
            await self._put_attempt(connection, after)
            await keep_reached(connection, [(await locked_lead(connection, attempt.lead_id), after)], at)
            return after

    async def abandon(self, attempt_id: str) -> Attempt | None:
        """The customer who answered was gone before an agent spoke to him. None if that was known."""
        async with self._db.write() as connection:
            attempt = await _locked_attempt(connection, attempt_id)
            lead = await locked_lead(connection, attempt.lead_id) if attempt else None
            if attempt is None or lead is None or attempt.outcome is AttemptOutcome.ABANDONED:
                return None
            after = replace(attempt, outcome=AttemptOutcome.ABANDONED)
            await self._put_attempt(connection, after)
            if lead.state is LeadState.CONNECTED:
                await self._tell(connection, lead.id, leads.AttemptEnded(AttemptOutcome.ABANDONED))
            return after

    async def fill_cap(self, book: CapBook, now: datetime) -> None:
        """The counts behind the bound on abandonment, and the calls in flight."""
        await fill(book, self._db, now)

    async def attempt(self, attempt_id: str) -> Attempt | None:
        return await self._looks.ask(attempt_id)

    async def last_by_hand(self, agent_id: str) -> str:
        """The number that this agent last dialed himself; "" if he never did."""
        _a = attempt_table.c
        mine = sa.select(_a.number).where(_a.agent_id == agent_id, _a.mode == DialMode.MANUAL.value)
        async with self._db.read() as connection:
            return (await connection.execute(mine.order_by(_a.intent_at.desc()).limit(1))).scalar() or ""

    async def _look(self, attempt_ids: Sequence[str]) -> list[Attempt | None]:
        query = sa.select(attempt_table).where(attempt_table.c.id.in_(attempt_ids))
        async with self._db.read() as connection:
            found = {row.id: attempt_of(row._asdict()) for row in await connection.execute(query)}
        return [found.get(each) for each in attempt_ids]

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

    async def _put_attempt(self, connection: AsyncConnection, attempt: Attempt) -> None:
        await put(connection, attempt_table, row_of(attempt))
        self._db.afterwards(lambda: self._open.changed([attempt.id]))


def _undone(error: Exception) -> bool:
    """Whether certainly nothing of what was asked for was committed."""
    return not is_away(error)


async def _locked_attempt(connection: AsyncConnection, attempt_id: str) -> Attempt | None:
    row = await locked_row(connection, attempt_table, attempt_id)
    return attempt_of(row) if row else None
