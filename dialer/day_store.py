"""What a campaign's day is drawn from (day.py), by the hour."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ..queue.channel import AttemptOutcome
from ..storage.base import UtcDateTime
from ..storage.database import Database
from .lead import WAITING_STATES
from .rows import values
from .tables import attempt_table, lead_table


class DayFigures:
    """Read only; the work grows with the attempts since `since`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def attempts_by_hour(self, campaign_id: str, since: datetime) -> list[tuple[int, AttemptOutcome | None, int]]:
        """Hours after `since`, outcome (None: not over), number of attempts begun then."""
        hour, columns = self._hour(attempt_table.c.intent_at, since), attempt_table.c
        query = sa.select(hour, columns.outcome, sa.func.count()).group_by(hour, columns.outcome)
        async with self._db.read() as connection:
            rows = await connection.execute(query.where(columns.campaign_id == campaign_id, columns.intent_at >= since))
            return [(int(at), AttemptOutcome(outcome) if outcome else None, count) for at, outcome, count in rows]

    async def first_tries_by_hour(self, campaign_id: str, since: datetime) -> list[tuple[int, bool, int]]:
        """Hours after `since`, whether they wait again now, number of leads that were first tried then."""
        columns = attempt_table.c
        first = sa.select(columns.lead_id, sa.func.min(columns.intent_at, type_=UtcDateTime).label("at"))
        tried = (
            first.where(columns.campaign_id == campaign_id, columns.intent_at >= since)
            .group_by(columns.lead_id)
            .subquery()
        )
        hour, waits = self._hour(tried.c.at, since), lead_table.c.state.in_(values(WAITING_STATES))
        query = sa.select(hour, waits, sa.func.count()).join_from(tried, lead_table, tried.c.lead_id == lead_table.c.id)
        async with self._db.read() as connection:
            rows = await connection.execute(query.group_by(hour, waits))
            return [(int(at), bool(again), count) for at, again, count in rows]

    def _hour(self, column: sa.ColumnElement[Any], since: datetime) -> sa.ColumnElement[int]:
        """Full hours from `since` to the moment in the column."""
        seconds = sa.extract("epoch", column)
        whole = sa.cast(seconds if self._db.is_sqlite else sa.func.floor(seconds), sa.BigInteger)
        return (whole - int(since.timestamp())) // 3600
