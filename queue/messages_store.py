"""What supervisors say to operators at work: one of them or those of a queue, until each has seen it."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import sqlalchemy as sa

from ..storage.base import UtcDateTime, metadata
from ..storage.clock import Clock
from ..storage.database import Database
from ..storage.ids import Ids

TEXT_LENGTH: Final = 500
LISTED: Final = 20

message_table = sa.Table(
    "desk_message",
    metadata,
    sa.Column("id", sa.String(36), primary_key=True),
    sa.Column("sent_at", UtcDateTime, nullable=False, index=True),
    sa.Column("sender_id", sa.String(36), nullable=False),
    sa.Column("queue", sa.String(40)),
    sa.Column("text", sa.Text, nullable=False),
)
message_to_table = sa.Table(
    "desk_message_to",
    metadata,
    sa.Column("message_id", sa.String(36), nullable=False),
    sa.Column("agent_id", sa.String(36), nullable=False),
    sa.Column("seen_at", UtcDateTime),
    sa.ForeignKeyConstraint(["message_id"], ["desk_message.id"], name="fk_desk_message_to_message"),
    sa.PrimaryKeyConstraint("message_id", "agent_id"),
    sa.Index("ix_desk_message_to_agent_id", "agent_id", "seen_at"),
)
_m, _t = message_table.c, message_to_table.c


@dataclass(frozen=True, slots=True)
class DeskMessage:
    """`queue`: whose operators it was for; None: for one operator."""

    id: str
    sent_at: datetime
    sender_id: str
    queue: str | None
    text: str


@dataclass(frozen=True, slots=True)
class Sent:
    """A message and how it stands: when each of its operators (by id) has seen it, None while he has not."""

    message: DeskMessage
    seen: dict[str, datetime | None]


class MessageStore:
    def __init__(self, db: Database, clock: Clock, ids: Ids) -> None:
        self._db, self._clock, self._ids = db, clock, ids
        self._all_seen: set[str] = set()  # operators of whom we need not ask again, as every painting of a desk would
        self._sends = 0

    async def send(
        self, sender_id: str, agent_ids: Collection[str], text: str, queue: str | None = None
    ) -> DeskMessage:
        message = DeskMessage(self._ids(), self._clock.now(), sender_id, queue, text)
        row = {"id": message.id, "sent_at": message.sent_at, "sender_id": sender_id, "queue": queue, "text": text}
        to = [{"message_id": message.id, "agent_id": agent_id} for agent_id in sorted(set(agent_ids))]
        async with self._db.write() as connection:
            await connection.execute(message_table.insert().values(row))
            await connection.execute(message_to_table.insert(), to)
        self._sends += 1
        self._all_seen.difference_update(agent_ids)
        return message

    async def unseen(self, agent_id: str, since: datetime) -> list[DeskMessage]:
        """What this operator was told from `since` on and has not seen yet, the oldest first."""
        if agent_id in self._all_seen:
            return []
        sends, found = self._sends, await self._read_unseen(agent_id, since)
        if not found and sends == self._sends:  # else something was sent while we read
            self._all_seen.add(agent_id)
        return found

    async def _read_unseen(self, agent_id: str, since: datetime) -> list[DeskMessage]:
        joined = sa.select(message_table).join(message_to_table, _t.message_id == _m.id)
        mine = joined.where(_t.agent_id == agent_id, _t.seen_at.is_(None), _m.sent_at >= since)
        async with self._db.read() as connection:
            return [_message(row) for row in await connection.execute(mine.order_by(_m.sent_at, _m.id).limit(LISTED))]

    async def see(self, agent_id: str, message_id: str) -> bool:
        """He has seen it; again is no harm. False when it was not for him."""
        mine = sa.and_(_t.message_id == message_id, _t.agent_id == agent_id)
        first = sa.func.coalesce(_t.seen_at, sa.bindparam("now", self._clock.now(), type_=UtcDateTime()))
        async with self._db.write() as connection:
            done = await connection.execute(message_to_table.update().where(mine).values(seen_at=first))
            return done.rowcount > 0

    async def sent(self, limit: int = LISTED) -> list[Sent]:
        """The newest first."""
        async with self._db.read() as connection:
            rows = await connection.execute(sa.select(message_table).order_by(_m.sent_at.desc(), _m.id).limit(limit))
            messages = [_message(row) for row in rows]
            to = await connection.execute(
                sa.select(message_to_table).where(_t.message_id.in_([one.id for one in messages]))
            )
            seen: dict[str, dict[str, datetime | None]] = {}
            for row in to:
                seen.setdefault(row.message_id, {})[row.agent_id] = row.seen_at
        return [Sent(one, seen.get(one.id, {})) for one in messages]


def _message(row: sa.Row[tuple[object, ...]]) -> DeskMessage:
    return DeskMessage(row.id, row.sent_at, row.sender_id, row.queue, row.text)
