"""What a campaign's hours are counted from (week.py): its attempts by the time they were begun, never its leads."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..queue.channel import AttemptOutcome
from ..storage.database import Database
from .tables import attempt_table
from .week import QUARTER_S, Tally

_a = attempt_table.c
_PERSONS = (AttemptOutcome.PERSON.value, AttemptOutcome.ABANDONED.value)


class WeekStore:
    """Read only; the work grows with the attempts since `since`, over ix_attempt_campaign_id and ix_attempt_lead_id."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def tallies(self, campaign_id: str, since: datetime) -> list[Tally]:
        """The quarters since then in which anybody was called, the oldest first."""
        async with self._db.read() as connection:
            rows = await connection.execute(tallies_query(self._db.is_sqlite, campaign_id, since))
            return [Tally(*(int(number) for number in row)) for row in rows]

    async def tried_before(self, campaign_id: str, until: datetime) -> int:
        """How many leads had been called by then."""
        leads = sa.select(_a.lead_id).where(_a.campaign_id == campaign_id, _a.intent_at < until).distinct().subquery()
        async with self._db.read() as connection:
            return int(await connection.scalar(sa.select(sa.func.count()).select_from(leads)) or 0)


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
