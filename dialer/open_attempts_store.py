"""The calls without an end, kept in mind: a turn of the dialer asks for them many times, and few of a thousand have changed meanwhile."""

import asyncio
from collections.abc import Iterable

import sqlalchemy as sa

from ..storage.database import Database
from .lead import Attempt
from .rows import attempt_of
from .tables import attempt_table

_a = attempt_table.c


class OpenAttempts:
    """Call `changed` after each transaction that writes attempts, committed or not: they are read anew before the next answer, so no
    answer is older than the database. `forget` where others may have written: at a start, and now and then to be sure.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._by_id: dict[str, Attempt] = {}
        self._in_order: list[Attempt] = []
        self._stale: set[str] = set()
        self._known = False
        self._reading = asyncio.Lock()

    def changed(self, ids: Iterable[str]) -> None:
        self._stale.update(ids)

    def forget(self) -> None:
        self._known = False

    async def all(self) -> list[Attempt]:
        """The oldest first."""
        async with self._reading:
            if not self._known:
                await self._read_all()
            elif self._stale:
                await self._read_stale()
            return list(self._in_order)

    async def _read_all(self) -> None:
        # What changes from here on may or may not be in what is read: it is looked at again.
        self._stale, self._known = set(), True
        try:
            found = await self._read(sa.true())
        except BaseException:
            self._known = False
            raise
        self._by_id = found
        self._sort()

    async def _read_stale(self) -> None:
        asked, self._stale = self._stale, set()
        try:
            found = await self._read(_a.id.in_(asked))
        except BaseException:
            self._stale |= asked
            raise
        for attempt_id in asked:
            self._by_id.pop(attempt_id, None)
        self._by_id |= found
        self._sort()

    async def _read(self, which: sa.ColumnElement[bool]) -> dict[str, Attempt]:
        async with self._db.read() as connection:
            rows = await connection.execute(sa.select(attempt_table).where(_a.ended_at.is_(None), which))
            return {row.id: attempt_of(row._asdict()) for row in rows}

    def _sort(self) -> None:
        self._in_order = sorted(self._by_id.values(), key=lambda each: (each.intent_at, each.id))
