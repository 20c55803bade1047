"""The lease in its table: one row, changed under its lock, by the database's own clock.

Writers of a leader lock the row FOR KEY SHARE (database.py), which a renewal does not disturb (an UPDATE of what is no key locks FOR
NO KEY UPDATE); whoever takes the lease locks FOR UPDATE and so waits for every write that was let through.
"""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Integer, String, Table, func, inspect, literal, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection

from .base import UtcDateTime, metadata
from .clock import WallClock
from .database import LEASE, Database
from .lease import TTL_S, Lease, given_up, is_awaited, may_take, sure_until, taken

leases = Table(
    "lease",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("epoch", Integer, nullable=False),
    Column("holder", String(300)),
    Column("expires", UtcDateTime, nullable=False),
    Column("awaited", UtcDateTime),
)


class LeaseStore:
    """`steady` is a clock (s) that no hand sets. What it returns is `sure_until` of lease.py, None when the lease is another's."""

    def __init__(self, db: Database, steady: Callable[[], float]) -> None:
        self._db = db
        self._steady = steady

    async def exists(self) -> bool:
        """False before the migration that brings the table: then no engine can lead by it."""
        async with self._db.read() as connection:
            return await connection.run_sync(lambda sync: inspect(sync).has_table(leases.name))

    async def look(self) -> tuple[Lease, datetime]:
        """The lease, and the database's present."""
        async with self._db.read() as connection:
            return await self._row(connection), await self._now(connection)

    async def await_it(self) -> None:
        """Let the leader know that somebody stands by."""
        async with self._db.write() as connection:
            await self._set(connection, awaited=await self._now(connection))

    async def take(
        self, taker: str, seen: Lease, unchanged_s: float, *, alone: bool = False
    ) -> tuple[Lease, float] | None:
        """Lead, if the lease is still as it was `seen` and may be taken."""
        async with self._db.write() as connection:
            lease = await self._row(connection, for_update=True)
            asked_at = self._steady()
            now = await self._now(connection)
            watched_s = unchanged_s if lease.same_term_as(seen) else 0.0
            if not may_take(lease, taker, now, watched_s, alone=alone):
                return None
            mine = taken(lease, taker, now)
            await self._set(connection, **asdict(mine))
            return mine, sure_until(asked_at)

    async def renew(self, epoch: int) -> tuple[float, bool] | None:
        """Lead on; also tells whether somebody stands by. `renewed` of lease.py as one statement in one round trip: each trip more is a
        turn of the event loop more, and when 2,500 pages lose their lines in one second, a few slow turns would cost a living leader its
        lease."""
        ttl = timedelta(seconds=TTL_S)
        expires = literal(WallClock().now() + ttl, UtcDateTime) if self._db.is_sqlite else func.clock_timestamp() + ttl
        query = (
            update(leases)
            .where(leases.c.name == LEASE, leases.c.epoch == epoch, leases.c.holder.is_not(None))
            .values(expires=expires)
            .returning(leases.c.epoch, leases.c.holder, leases.c.expires, leases.c.awaited)
        )
        async with self._db.single() as connection:
            asked_at = self._steady()
            row = (await connection.execute(query)).first()
        if row is None:
            return None
        lease = Lease(*row)
        return sure_until(asked_at), is_awaited(lease, lease.expires - ttl)

    async def give_up(self, epoch: int) -> None:
        async with self._db.write() as connection:
            if given_up(await self._row(connection, for_update=True), epoch) is not None:
                await self._set(connection, holder=None)

    async def _row(self, connection: AsyncConnection, *, for_update: bool = False) -> Lease:
        query = select(leases.c.epoch, leases.c.holder, leases.c.expires, leases.c.awaited).where(
            leases.c.name == LEASE
        )
        if for_update and not self._db.is_sqlite:  # SQLite's writer is alone anyway
            query = query.with_for_update()
        return Lease(*(await connection.execute(query)).one())

    async def _set(self, connection: AsyncConnection, **values: Any) -> None:
        await connection.execute(update(leases).where(leases.c.name == LEASE).values(**values))

    async def _now(self, connection: AsyncConnection) -> datetime:
        if self._db.is_sqlite:
            return WallClock().now()
        now: datetime = (await connection.execute(text("SELECT clock_timestamp()"))).scalar_one()
        return now
