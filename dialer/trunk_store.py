"""What a supervisor set of each trunk and who did; and what the attempts' rows tell of its last minutes."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from ..storage.clock import Clock
from ..storage.database import Database
from ..storage.ids import Ids
from .lead import Attempt
from .rows import attempt_of
from .tables import attempt_table
from .trunk import Trunk
from .trunk_knobs import TrunkChange, changed, knobs_of, with_knobs
from .trunk_tables import trunk_change_table, trunk_table

_a, _c = attempt_table.c, trunk_change_table.c
MOST_RECENT = 1_000


class TrunkStore:
    """A trunk that nobody has touched stands at its defaults. A knob that is gone from the code is passed over."""

    def __init__(self, db: Database, clock: Clock, ids: Ids) -> None:
        self._db = db
        self._clock = clock
        self._ids = ids

    async def trunks(self, names: Sequence[str]) -> list[Trunk]:
        """In the order of the names. Raises BadTrunk when a row holds what the code does not take any more."""
        async with self._db.read() as connection:
            return [await _trunk(connection, name) for name in names]

    async def change(self, name: str, edit: Callable[[Trunk], Trunk], actor_id: str) -> Trunk:
        """Turn knobs and write down who did, in one transaction. Raises what `edit` raises."""
        async with self._db.write() as connection:
            old = await _trunk(connection, name, lock=True)
            new = edit(old)
            changes = [
                {"id": self._ids(), "trunk": name, "actor_id": actor_id, "at": self._clock.now()}
                | {"field": field, "old": before, "new": after}
                for field, before, after in changed(old, new)
            ]
            if changes:
                insert = sqlite.insert(trunk_table) if self._db.is_sqlite else postgresql.insert(trunk_table)
                put = insert.values(name=name, settings=knobs_of(new))
                await connection.execute(
                    put.on_conflict_do_update(index_elements=["name"], set_={"settings": put.excluded.settings})
                )
                await connection.execute(trunk_change_table.insert(), changes)
            return new

    async def changes(self, limit: int = 50) -> list[TrunkChange]:
        """The newest first, of all trunks."""
        return await self._changes(sa.true(), limit)

    async def change_of(self, change_id: str) -> TrunkChange | None:
        found = await self._changes(_c.id == change_id, 1)
        return found[0] if found else None

    async def _changes(self, which: sa.ColumnElement[bool], limit: int) -> list[TrunkChange]:
        query = sa.select(trunk_change_table).where(which).order_by(_c.at.desc(), _c.id.desc()).limit(limit)
        async with self._db.read() as connection:
            return [TrunkChange(**row._asdict()) for row in await connection.execute(query)]

    async def recent(self, name: str, since: datetime) -> list[Attempt]:
        """The newest attempts by this trunk that began at or after `since`, the oldest of them first."""
        query = sa.select(attempt_table).where(_a.trunk == name, _a.intent_at >= since)
        query = query.where(sa.text("trunk <> ''")).order_by(_a.intent_at.desc(), _a.id).limit(MOST_RECENT)
        async with self._db.read() as connection:
            return [attempt_of(row._asdict()) for row in await connection.execute(query)][::-1]

    async def last_of(self, lead_id: str) -> Attempt | None:
        """The lead's last attempt."""
        query = sa.select(attempt_table).where(_a.lead_id == lead_id).order_by(_a.intent_at.desc(), _a.id).limit(1)
        async with self._db.read() as connection:
            row = (await connection.execute(query)).first()
            return attempt_of(row._asdict()) if row else None


async def _trunk(connection: AsyncConnection, name: str, *, lock: bool = False) -> Trunk:
    query = sa.select(trunk_table.c.settings).where(trunk_table.c.name == name)
    kept: dict[str, Any] | None = await connection.scalar(query.with_for_update() if lock else query)
    plain = Trunk(name)
    return with_knobs(plain, {field: value for field, value in (kept or {}).items() if field in knobs_of(plain)})
