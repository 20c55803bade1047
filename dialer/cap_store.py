"""The counts behind the bound on abandonment, read from the attempt table once at each start."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..queue.channel import AttemptOutcome
from ..storage.database import Database
from .abandonment import KEPT, PROMISE_S, CapBook, Verdict
from .lead import UNRESERVED_MODES, Attempt
from .machine_labels import Answerer
from .machine_tables import screened_table
from .rows import attempt_of
from .tables import attempt_table

_a = attempt_table.c


async def fill(book: CapBook, db: Database, now: datetime) -> None:
    """All of the longest window, by campaign, minute and verdict (abandonment.verdict, said in SQL), and what is in flight."""
    async with db.read() as connection:
        for row in await connection.execute(_counted(db.is_sqlite, now - KEPT)):
            book.remember(row.campaign_id, datetime.fromisoformat(row.minute), Verdict(row.verdict), row.many)
        flying = sa.select(attempt_table).where(
            _a.ended_at.is_(None), _a.mode.in_(UNRESERVED_MODES), _a.agent_id.is_(None)
        )
        for row in await connection.execute(flying.where(_a.connected_at.is_(None))):
            attempt: Attempt = attempt_of(row._asdict())
            book.takes_off(attempt.id, attempt.campaign_id, attempt.intent_at)


def _counted(is_sqlite: bool, since: datetime) -> sa.Select[tuple[str, str, str, int]]:
    """Decided: it is over, or an operator has met the customer."""
    minute: sa.ColumnElement[str]
    waited_s: sa.ColumnElement[Any]
    if is_sqlite:
        minute = sa.func.strftime("%Y-%m-%dT%H:%M:00+00:00", _a.intent_at)
        waited_s = (sa.func.julianday(_a.connected_at) - sa.func.julianday(_a.answered_at)) * 86_400.0
    else:
        utc = sa.func.timezone("UTC", _a.intent_at)
        minute = sa.func.to_char(utc, 'YYYY-MM-DD"T"HH24:MI:00+00:00')
        waited_s = sa.extract("epoch", _a.connected_at - _a.answered_at)
    unmet = sa.and_(_a.mode.in_(UNRESERVED_MODES), _a.agent_id.is_(None), _a.connected_at.is_(None))
    abandoned = sa.or_(_a.outcome == AttemptOutcome.ABANDONED.value, waited_s > PROMISE_S + 0.0005, unmet)
    means = sa.case(
        (_a.outcome == AttemptOutcome.MACHINE.value, Verdict.MACHINE.value),
        (abandoned, Verdict.ABANDONED.value),
        else_=Verdict.SERVED.value,
    )
    told = sa.exists().where(screened_table.c.attempt_id == _a.id, screened_table.c.by_agent == Answerer.MACHINE.value)
    persons = sa.and_(_a.answered_at.is_not(None), _a.mode != "agentless", sa.or_(abandoned, ~told))
    decided = sa.or_(_a.ended_at.is_not(None), _a.connected_at.is_not(None))
    return (
        sa.select(_a.campaign_id, minute.label("minute"), means.label("verdict"), sa.func.count().label("many"))
        .where(_a.intent_at >= since, decided, sa.or_(persons, _a.outcome == AttemptOutcome.MACHINE.value))
        .group_by(_a.campaign_id, minute, means)
        .order_by(minute)
    )
