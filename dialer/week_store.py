"""What a campaign's hours are counted from (week.py): its attempts by the time they were begun, never its leads; and what they came to."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ..queue.channel import AttemptOutcome
from ..storage.database import Database
from .tables import attempt_table
from .week import QUARTER_S, Tally
from .week_tables import quarter_table

_a = attempt_table.c
_PERSONS = (AttemptOutcome.PERSON.value, AttemptOutcome.ABANDONED.value)


_q = quarter_table.c


class WeekStore:
    """The work grows with the attempts since `since`, over ix_attempt_campaign_id and ix_attempt_lead_id."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def tallies(self, campaign_id: str, since: datetime) -> list[Tally]:
        """The quarters since then in which anybody was called, the oldest first."""
        async with self._db.read() as connection:
            rows = await connection.execute(tallies_query(self._db.is_sqlite, campaign_id, since))
            return [Tally(*(int(number) for number in row)) for row in rows]

    async def kept(self, campaign_id: str, since: int) -> tuple[list[Tally], int, int]:
        """What was kept of the quarters since then, the oldest first; how many leads had been called before; the first quarter behind the
        last one that was kept."""
        mine = quarter_table.select().where(_q.campaign_id == campaign_id)
        before = sa.func.sum(sa.case((_q.quarter < since, _q.firsts), else_=0))
        told = sa.select(before, sa.func.max(_q.quarter)).where(_q.campaign_id == campaign_id)
        async with self._db.read() as connection:
            tried, last = (await connection.execute(told)).one()
            rows = (await connection.execute(mine.where(_q.quarter >= since).order_by(_q.quarter))).all()
        tallies = [Tally(row.quarter, row.attempts, row.ended, row.persons, row.firsts) for row in rows]
        return tallies, int(tried or 0), 0 if last is None else int(last) + 1

    async def keep(self, campaign_id: str, tallies: Sequence[Tally]) -> None:
        """Those of quarters that change no more; what is kept already stays."""
        insert = sqlite.insert(quarter_table) if self._db.is_sqlite else postgresql.insert(quarter_table)
        rows = [
            {
                "campaign_id": campaign_id,
                "quarter": tally.quarter,
                "attempts": tally.attempts,
                "ended": tally.over,
                "persons": tally.persons,
                "firsts": tally.first,
            }
            for tally in tallies
        ]
        async with self._db.write() as connection:
            await connection.execute(insert.on_conflict_do_nothing(), rows)


def tallies_query(is_sqlite: bool, campaign_id: str, since: datetime) -> sa.Select[int, int, int, Any, Any]:
    """One reading of the attempts since then. The first of a lead is the one before which the lead has none."""
    seconds = sa.extract("epoch", _a.intent_at)
    whole = sa.cast(seconds if is_sqlite else sa.func.floor(seconds), sa.BigInteger)
    quarter = (whole // QUARTER_S).label("quarter")
    earlier = attempt_table.alias("earlier")
    before = sa.exists().where(earlier.c.lead_id == _a.lead_id, earlier.c.intent_at < _a.intent_at)
    return (
        sa.select(
            quarter,
            sa.func.count(),
            sa.func.count(_a.outcome),
            sa.func.sum(sa.case((_a.outcome.in_(_PERSONS), 1), else_=0)),
            sa.func.sum(sa.case((before, 0), else_=1)),
        )
        .where(_a.campaign_id == campaign_id, _a.intent_at >= since)
        .group_by(quarter)
        .order_by(quarter)
    )
