"""The facts of the law out of the tables, inside whoever's transaction it is."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from ..queue.channel import AttemptOutcome
from .attempt_limits import Past, window
from .do_not_call import Entry, Kind, keys
from .holidays import NO_HOLIDAYS, Holiday, Holidays
from .law import Known, Law, Wish, closed_until, verdict
from .law_tables import do_not_call_table, holiday_table, toll_day_table
from .lead import Attempt, Lead, LeadState
from .one_customer import keys_of, keys_of_lead, turns
from .reached_store import talks_with
from .reason import Reason, Wait
from .rows import attempt_of
from .tables import attempt_table, lead_table
from .tolls import LEAST_S, Spent, day_of, keeps_account

AT_ONCE = 400
"""Wishes looked up by one query: SQLite takes no more than 32,766 values in one."""
_a = attempt_table.c
_d = do_not_call_table.c


async def keep_list_still(connection: AsyncConnection) -> None:
    """Nobody writes into the do-not-call list until this transaction ends: what was forbidden before it began is seen by it, and nothing
    begins after what it did not see. SQLite has one writer anyway."""
    if connection.dialect.name == "postgresql":
        await connection.execute(sa.text("LOCK TABLE do_not_call IN SHARE MODE"))


async def bans(connection: AsyncConnection, wishes: Sequence[Wish], law: Law, now: datetime) -> dict[str, Wait]:
    """By the lead's id, what stands against each wish at `now`, whatever becomes of the others."""
    if not wishes:
        return {}
    known = await known_of(connection, wishes, law, now)
    found = {wish.lead.id: verdict(wish, known.facts(wish, law, now), law, now) for wish in wishes}
    return {lead_id: wait for lead_id, wait in found.items() if wait is not None}


async def known_of(
    connection: AsyncConnection, wishes: Sequence[Wish], law: Law, now: datetime, own: Collection[str] = ()
) -> Known:
    """The facts of these wishes at `now`. `own`: attempts that do not count, being those that are asked for."""
    known = Known(
        spent=await _spent(connection, law, now, own),
        calls=await _calls(connection, own),
        holidays=await read_holidays(connection, now) if wishes else NO_HOLIDAYS,
    )
    for start in range(0, len(wishes), AT_ONCE):
        some = wishes[start : start + AT_ONCE]
        known.entries += await _entries(connection, some, now)
        known.pasts |= await _pasts(connection, some, now, own)
        known.talks |= await talks_with(
            connection, {k for wish in some for k in keys_of_lead(wish.lead, wish.number)}, now
        )
    return known


async def read_holidays(connection: AsyncConnection, now: datetime) -> Holidays:
    """Those that can still be today somewhere, or are to come."""
    query = sa.select(holiday_table).where(holiday_table.c.day >= now.date() - timedelta(days=2))
    kept = [Holiday(**row._asdict()) for row in await connection.execute(query)]
    return Holidays(kept) if kept else NO_HOLIDAYS


def entry_of(row: dict[str, Any]) -> Entry:
    return Entry(**row | {"kind": Kind(row["kind"])})


async def _entries(connection: AsyncConnection, wishes: Sequence[Wish], now: datetime) -> list[Entry]:
    wanted = {key for wish in wishes for key in keys(wish.number, wish.lead.customer_id)}
    query = sa.select(do_not_call_table).where(_d.value.in_(wanted), sa.or_(_d.until.is_(None), _d.until > now))
    return [entry_of(row._asdict()) for row in await connection.execute(query)]


async def take_turns(connection: AsyncConnection, calls: Sequence[tuple[Lead, str]]) -> None:
    """Until this transaction ends nobody else begins a call to the same customers: each is a lead and the number to dial. SQLite has
    one writer anyway."""
    if connection.dialect.name == "postgresql":
        keys = {key for lead, number in calls for key in keys_of_lead(lead, number)}
        locked = "SELECT pg_advisory_xact_lock(turn) FROM unnest(CAST(:turns AS bigint[])) AS turn"
        await connection.execute(sa.text(locked), {"turns": turns(keys)})


async def _calls(connection: AsyncConnection, own: Collection[str]) -> dict[str, frozenset[str]]:
    """The few calls that are open, whatever the number of leads."""
    lead = lead_table.c
    query = sa.select(_a.id, lead.id, lead.customer_id, lead.phone, lead.phones, _a.number)
    found: dict[str, frozenset[str]] = {}
    open_calls = query.join(attempt_table, _a.lead_id == lead.id).where(_a.ended_at.is_(None))
    for attempt_id, lead_id, customer_id, phone, phones, number in await connection.execute(open_calls):
        if attempt_id not in own:
            for key in keys_of(customer_id, (number, phone, *phones)):
                found[key] = found.get(key, frozenset()) | {lead_id}
    return found


async def _pasts(
    connection: AsyncConnection, wishes: Sequence[Wish], now: datetime, own: Collection[str]
) -> dict[str, Past]:
    since = now - max(window(wish.campaign.limits) for wish in wishes)
    numbers, ids = {wish.number for wish in wishes}, {wish.lead.id for wish in wishes}
    mine = sa.or_(_a.number.in_(numbers), _a.lead_id.in_(ids))
    lately = sa.or_(_a.intent_at > since, _a.ended_at > since)  # a talk may be older than the window, and its end not
    rows = await connection.execute(sa.select(attempt_table).where(mine, lately))
    recent = [attempt_of(row._asdict()) for row in rows if row.id not in own]
    by_end = sa.select(_a.lead_id, _a.outcome, sa.func.count()).where(_a.lead_id.in_(ids), _a.id.not_in(own))
    ends: dict[str, dict[AttemptOutcome | None, int]] = {lead_id: {} for lead_id in ids}
    for lead_id, outcome, count in await connection.execute(by_end.group_by(_a.lead_id, _a.outcome)):
        ends[lead_id][AttemptOutcome(outcome) if outcome else None] = count
    of_number, of_lead = defaultdict(list), defaultdict(list)
    for each in recent:
        of_number[each.number].append(each)
        of_lead[each.lead_id].append(each)
    return {
        wish.lead.id: Past(_once(of_number[wish.number], of_lead[wish.lead.id]), ends[wish.lead.id]) for wish in wishes
    }


def _once(*lists: Sequence[Attempt]) -> tuple[Attempt, ...]:
    return tuple({each.id: each for some in lists for each in some}.values())


# Leads that are put aside


async def release(
    connection: AsyncConnection, reasons: Collection[Reason], now: datetime, which: sa.ColumnElement[bool]
) -> None:
    """Those leads come due: `wake_due` lets them be tried, and what still stands against them is found then (lead.Held). Their place in
    the order stays until then, so it need not be told to ranks_store.py."""
    held = sa.and_(
        lead_table.c.held_by.in_(sorted(reason.value for reason in reasons)), lead_table.c.held_by.is_not(None), which
    )
    mine = sa.and_(held, lead_table.c.state == LeadState.RETRY_AT.value)
    await connection.execute(lead_table.update().where(mine).values(due_at=now))


# The account of the day


async def account_closed(connection: AsyncConnection, law: Law, now: datetime) -> datetime | None:
    """When the account opens again, if what was talked and what rings or is talked now is all that this day may take; else None."""
    return closed_until(law, await _spent(connection, law, now), now)


async def _spent(connection: AsyncConnection, law: Law, now: datetime, own: Collection[str] = ()) -> Spent:
    """Of this day, with what rings or is talked now; nothing where no account is kept."""
    if not keeps_account(law.tolls):
        return Spent()
    query = sa.select(toll_day_table).where(toll_day_table.c.day == day_of(now, law.home_zone))
    row = (await connection.execute(query)).first()
    spent = Spent(row.seconds, row.kopecks) if row else Spent()
    is_open = sa.select(_a.id, _a.number, _a.answered_at).where(_a.ended_at.is_(None))
    for attempt_id, number, answered_at in await connection.execute(is_open):
        if attempt_id not in own:
            talk_s = (now - answered_at).total_seconds() if answered_at else 0.0
            spent = spent.with_call(law.tolls, number, max(LEAST_S, talk_s))
    return spent


async def charge(connection: AsyncConnection, law: Law, attempt: Attempt, at: datetime) -> None:
    """Put an answered call that is over on the account of the day."""
    if attempt.answered_at is not None:
        await charge_talk(connection, law, attempt.number, max(0.0, (at - attempt.answered_at).total_seconds()), at)


async def charge_talk(connection: AsyncConnection, law: Law, number: str, talk_s: float, at: datetime) -> None:
    """Put a talk that is over on the account of the day, where one is kept."""
    if not keeps_account(law.tolls):
        return
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    put = insert(toll_day_table).values(
        day=day_of(at, law.home_zone), seconds=talk_s, kopecks=law.tolls.cost(number, talk_s)
    )
    more = {name: toll_day_table.c[name] + put.excluded[name] for name in ("seconds", "kopecks")}
    await connection.execute(put.on_conflict_do_update(index_elements=["day"], set_=more))
