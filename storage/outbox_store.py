"""The outbox: messages that were written in the transaction that made them true, and wait here until somebody has taken them."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, String, Table, func, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from .base import Json, UtcDateTime, metadata
from .clock import Clock
from .database import Database
from .ids import Ids
from .outbox import MAX_SAID, Message, Standing, Trouble, wait_after

KEPT = timedelta(days=30)

outbox_table = Table(
    "outbox",
    metadata,
    Column("no", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("key", String(36), nullable=False),
    Column("topic", String(20), nullable=False),
    Column("subject", String(36), nullable=False),
    Column("body", Json, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("due_at", UtcDateTime),  # none: nothing is to be done any more
    Column("tries", sa.Integer, nullable=False),
    Column("trouble", String(20)),
    Column("said", String(MAX_SAID), nullable=False),
    Column("delivered_at", UtcDateTime),
    sa.Index("ix_outbox_due_at", "due_at"),
    sa.Index("ix_outbox_subject", "subject", "topic", "no"),
)
_o = outbox_table.c


class Outbox:
    """`put` runs in the caller's own transaction; the rest is the postman's."""

    def __init__(self, db: Database, clock: Clock, ids: Ids) -> None:
        self._db, self._clock, self._ids = db, clock, ids

    async def put(self, connection: AsyncConnection, topic: str, subject: str, body: Mapping[str, Any]) -> str:
        """Write a message; it goes out if, and only if, the transaction is committed. Its key."""
        now, key = self._clock.now(), self._ids()
        await connection.execute(
            insert(outbox_table).values(
                key=key, topic=topic, subject=subject, body=dict(body), created_at=now, due_at=now, tries=0, said=""
            )
        )
        return key

    async def due(self, limit: int) -> list[Message]:
        """What is to be tried now: of each topic and subject only the oldest that waits."""
        older = outbox_table.alias("older")
        is_first = ~sa.exists(
            select(older.c.no).where(
                older.c.topic == _o.topic,
                older.c.subject == _o.subject,
                older.c.due_at.is_not(None),
                older.c.no < _o.no,
            )
        )
        query = select(outbox_table).where(_o.due_at <= self._clock.now(), is_first).order_by(_o.due_at, _o.no)
        async with self._db.read() as connection:
            return [_message(row) for row in await connection.execute(query.limit(limit))]

    async def delivered(self, message: Message) -> None:
        done = {"due_at": None, "delivered_at": self._clock.now(), "trouble": None, "tries": message.tries + 1}
        values: dict[str, Any] = done | {"body": {}}  # a letter holds a secret link
        await self._set(message, values)

    async def failed(self, message: Message, trouble: Trouble, said: str = "") -> None:
        """Try again later. What was refused makes way for a newer message about the same, which holds all that it held."""
        tries = message.tries + 1
        values = {"tries": tries, "trouble": trouble.value, "said": said[:MAX_SAID]}
        async with self._db.write() as connection:
            due_at: datetime | None = self._clock.now() + wait_after(tries)
            if trouble is Trouble.REFUSED and await connection.scalar(_newer(message)):
                due_at = None
            await connection.execute(sa.update(outbox_table).where(_o.no == message.no).values(due_at=due_at, **values))

    async def try_now(self, topic: str, subject: str) -> None:
        """Somebody looks at it and does not want to wait."""
        waits = (_o.topic == topic, _o.subject == subject, _o.due_at.is_not(None))
        async with self._db.write() as connection:
            await connection.execute(sa.update(outbox_table).where(*waits).values(due_at=self._clock.now()))

    async def standing(self, topic: str, subject: str) -> Standing:
        mine = (_o.topic == topic, _o.subject == subject)
        last = select(_o.delivered_at).where(*mine, _o.delivered_at.is_not(None)).order_by(_o.no.desc()).limit(1)
        async with self._db.read() as connection:
            waiting = (
                await connection.execute(select(outbox_table).where(*mine, _o.due_at.is_not(None)).order_by(_o.no))
            ).all()
            delivered_at = await connection.scalar(last)
        if not waiting:
            return Standing(delivered_at=delivered_at)
        first = waiting[0]
        trouble = None if first.trouble is None else Trouble(first.trouble)
        return Standing(len(waiting), first.tries, trouble, first.due_at, delivered_at)

    async def waiting(self) -> int:
        """How many messages wait."""
        async with self._db.read() as connection:
            return await connection.scalar(select(func.count()).where(_o.due_at.is_not(None))) or 0

    async def sweep(self) -> None:
        """What was delivered a month ago is forgotten."""
        old = (_o.due_at.is_(None), _o.created_at < self._clock.now() - KEPT)
        async with self._db.write() as connection:
            await connection.execute(sa.delete(outbox_table).where(*old))

    async def _set(self, message: Message, values: Mapping[str, Any]) -> None:
        async with self._db.write() as connection:
            await connection.execute(sa.update(outbox_table).where(_o.no == message.no).values(values))


def _newer(message: Message) -> sa.Select[Any]:
    about_it = (_o.topic == message.topic, _o.subject == message.subject, _o.no > message.no)
    return select(func.count()).where(*about_it)


def _message(row: sa.Row[Any]) -> Message:
    return Message(row.no, row.key, row.topic, row.subject, row.body, row.created_at, row.tries)
