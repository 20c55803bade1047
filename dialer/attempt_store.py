"""How attempts begin and end in the tables, many in one transaction: each by its rule, in the order in which they were asked for.

Whoever locks, locks in one order: attempts by number (those that begin) or id (those that end), then leads by id, then customers by their
turns. So two transactions of many calls wait for each other, and never both.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from ..queue.channel import AttemptOutcome
from ..queue.contact import IllegalTransition
from . import lead as leads
from .booking_store import follow_lead, names_booked
from .campaign import Campaign
from .law import Law, Wish, verdict
from .law_store import charge, keep_list_still, known_of, take_turns
from .lead import DIALABLE_STATES, Attempt, Lead, LeadState, end_of
from .lead_moves import advance
from .reached_store import keep_reached
from .reason import HELD, Wait
from .rows import attempt_of, campaign_of, lead_of, lead_row, row_of
from .tables import attempt_table, campaign_table, lead_table

_a = attempt_table.c


@dataclass(frozen=True, slots=True)
class End:
    """How an attempt is told to have ended: `cause` is Q.850, `tech_cause` the SIP code; `rang_at`: its first sign of life."""

    attempt_id: str
    outcome: AttemptOutcome
    cause: int | None = None
    tech_cause: str | None = None
    rang_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """A person answered: the call, its lead, its campaign's queue, and the name that he gave when he booked it ("" if he did not)."""

    attempt: Attempt
    lead: Lead
    queue: str
    name: str


@dataclass(slots=True)
class Written:
    """What one transaction made: by the attempt's id its lead as the call begins, what is known of who answered, or itself as it ended;
    `refused`: whose lead is in no state to be dialed; `changed`: the leads that were written."""

    begun: dict[str, Lead] = field(default_factory=dict)
    answered: dict[str, Answered] = field(default_factory=dict)
    ended: dict[str, Attempt] = field(default_factory=dict)
    refused: dict[str, IllegalTransition] = field(default_factory=dict)
    changed: dict[str, Lead] = field(default_factory=dict)


async def begin(connection: AsyncConnection, attempts: Sequence[Attempt], law: Law, now: datetime) -> Written:
    """Write the intents that the law allows at `now`, each as if those before it had begun. Of the others nothing is written; the lead of
    one that the law is against is put aside for as long as that lasts."""
    written = Written()
    await keep_list_still(connection)
    # Written first: from here on nobody else can begin a call to these numbers, so what is counted below stays true.
    own = await _insert(connection, attempts)
    mine = [attempt for attempt in attempts if attempt.id in own]
    found = await _locked_leads(connection, {attempt.lead_id for attempt in mine})
    await take_turns(connection, [(found[each.lead_id], each.number) for each in mine if each.lead_id in found])
    campaigns = await _campaigns(connection, {lead.campaign_id for lead in found.values()})
    wishes = {
        each.id: Wish(lead, campaigns[lead.campaign_id], each.number)
        for each in mine
        if (lead := found.get(each.lead_id)) is not None
    }
    known = await known_of(connection, list(wishes.values()), law, now, own)
    for attempt_id, wish in wishes.items():
        lead = written.changed.get(wish.lead.id, wish.lead)
        try:
            begun = advance(lead, leads.AttemptStarted(), wish.campaign.rules, now)
        except IllegalTransition as refusal:
            written.refused[attempt_id] = refusal
            continue
        against = verdict(wish, known.facts(wish, law, now), law, now)
        if against is None:
            written.begun[attempt_id] = written.changed[lead.id] = begun
            known.begins(wish, law)
        elif (held := aside(lead, against, now)) is not None:
            written.changed[lead.id] = held
    if gone := sorted(own - written.begun.keys()):
        await connection.execute(attempt_table.delete().where(_a.id.in_(gone)))
    await put_leads(connection, written.changed.values())
    for attempt_id, begun in written.begun.items():
        await follow_lead(connection, wishes[attempt_id].lead, leads.AttemptStarted(), begun, now)
    return written


async def answer(connection: AsyncConnection, attempt_ids: Collection[str], now: datetime) -> Written:
    """Write that persons answered. What is answered or over already, or unknown, is left as it is."""
    written = Written()
    open_now = sa.select(attempt_table).where(
        _a.id.in_(set(attempt_ids)), _a.answered_at.is_(None), _a.ended_at.is_(None)
    )
    rows = await connection.execute(open_now.order_by(_a.id).with_for_update())
    attempts = [replace(attempt_of(row._asdict()), answered_at=now) for row in rows]
    found = await _locked_leads(connection, {attempt.lead_id for attempt in attempts})
    campaigns = await _campaigns(connection, {lead.campaign_id for lead in found.values()})
    names = await names_booked(connection, found)
    for attempt in attempts:
        lead = found[attempt.lead_id]
        campaign = campaigns[lead.campaign_id]
        moved = written.changed[lead.id] = advance(lead, leads.Connected(), campaign.rules, now, campaign.results)
        written.answered[attempt.id] = Answered(attempt, moved, campaign.queue, names.get(lead.id, ""))
    await _put(connection, attempt_table, [row_of(attempt) for attempt in attempts])
    await put_leads(connection, written.changed.values())
    return written


async def end(connection: AsyncConnection, ends: Sequence[End], law: Law, now: datetime) -> Written:
    """Write how calls ended; their leads go on by the rules. What is over already, or unknown, is left as it is."""
    written = Written()
    query = sa.select(attempt_table).where(_a.id.in_({each.attempt_id for each in ends}), _a.ended_at.is_(None))
    rows = await connection.execute(query.order_by(_a.id).with_for_update())
    open_now = {row.id: attempt_of(row._asdict()) for row in rows}
    told: list[tuple[Attempt, AttemptOutcome]] = []
    for each in ends:
        if (attempt := open_now.pop(each.attempt_id, None)) is not None:
            outcome = end_of(attempt, each.outcome)
            after = replace(
                attempt,
                ended_at=now,
                cause=each.cause,
                tech_cause=each.tech_cause,
                outcome=outcome,
                rang_at=each.rang_at,
            )
            written.ended[attempt.id] = after
            told.append((attempt, outcome))
    await _put(connection, attempt_table, [row_of(after) for after in written.ended.values()])
    for attempt, _outcome in told:
        await charge(connection, law, attempt, now)
    found = await _locked_leads(connection, {attempt.lead_id for attempt, _outcome in told})
    campaigns = await _campaigns(connection, {lead.campaign_id for lead in found.values()})
    followed: list[tuple[Lead, leads.AttemptEnded, Lead]] = []
    for attempt, outcome in told:
        lead = found.get(attempt.lead_id)
        if lead is not None and lead.state in (LeadState.DIALING, LeadState.CONNECTED):
            campaign, event = campaigns[lead.campaign_id], leads.AttemptEnded(outcome)
            moved = advance(lead, event, campaign.rules, now, campaign.results)
            found[lead.id] = written.changed[lead.id] = moved
            followed.append((lead, event, moved))
    ended = [(found.get(after.lead_id), after) for after in written.ended.values()]
    await keep_reached(connection, ended, now)
    await put_leads(connection, written.changed.values())
    for before, event, moved in followed:
        await follow_lead(connection, before, event, moved, now)
    return written


def aside(lead: Lead, wait: Wait, now: datetime) -> Lead | None:
    """The lead put aside for what stands against it; None when that is not for long enough to be written down, or nobody else dials it."""
    waits = wait.reason in HELD and lead.state in DIALABLE_STATES
    return advance(lead, leads.Held(wait.reason.value, wait.until), {}, now) if waits else None


async def put_leads(connection: AsyncConnection, changed: Collection[Lead]) -> None:
    await _put(connection, lead_table, [lead_row(lead) for lead in changed])


async def _put(connection: AsyncConnection, table: sa.Table, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        names: dict[str, Any] = {name: sa.bindparam(f"new_{name}") for name in rows[0] if name != "id"}
        update = table.update().where(table.c.id == sa.bindparam("new_id")).values(names)
        await connection.execute(update, [{f"new_{name}": value for name, value in row.items()} for row in rows])


async def _insert(connection: AsyncConnection, attempts: Sequence[Attempt]) -> set[str]:
    """The ids of those whose number no other call is open to; of several to one number the first."""
    if not attempts:
        return set()
    insert = sqlite.insert if connection.dialect.name == "sqlite" else postgresql.insert
    put = insert(attempt_table).on_conflict_do_nothing().returning(_a.id)
    rows = [row_of(attempt) for attempt in sorted(attempts, key=lambda each: each.number)]
    return set((await connection.execute(put, rows)).scalars())


async def _locked_leads(connection: AsyncConnection, ids: Collection[str]) -> dict[str, Lead]:
    if not ids:
        return {}
    query = sa.select(lead_table).where(lead_table.c.id.in_(sorted(ids))).order_by(lead_table.c.id)
    rows = await connection.execute(query.with_for_update())
    return {row.id: lead_of(row._asdict()) for row in rows}


async def _campaigns(connection: AsyncConnection, ids: Collection[str]) -> dict[str, Campaign]:
    if not ids:
        return {}
    query = sa.select(campaign_table).where(campaign_table.c.id.in_(sorted(ids)))
    return {row.id: campaign_of(row._asdict()) for row in await connection.execute(query)}
