"""The do-not-call list in its table."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from ..storage.clock import Clock
from ..storage.database import Database
from ..storage.ids import Ids
from .do_not_call import EVERYWHERE, Entry, Kind, Line, checked
from .law_store import entry_of, release
from .law_tables import do_not_call_table
from .reason import Reason
from .tables import lead_table

AT_ONCE = 1000
_d = do_not_call_table.c
_c = lead_table.c


@dataclass(frozen=True, slots=True)
class Brought:
    """Of a list that was brought in: how many lines are new, how many were there already."""

    added: int
    known: int


class DoNotCallList:
    """An entry that is added holds for every attempt that begins after `add` has returned (DialerStore.begin_attempt)."""

    def __init__(self, db: Database, clock: Clock, ids: Ids) -> None:
        self._db = db
        self._clock = clock
        self._ids = ids

    async def add(
        self,
        kind: Kind,
        value: str,
        by: str,
        *,
        campaign_id: str = EVERYWHERE,
        reason: str = "",
        until: datetime | None = None,
    ) -> tuple[Entry, bool]:
        """The entry, and whether it is new. One that was there is kept, and holds as long as the longer of both. Raises EntryRefused."""
        new = checked(Entry(self._ids(), kind, value, self._clock.now(), by, campaign_id, reason, until))
        async with self._db.write() as connection:
            added = await self._put(connection, [new])
            same = sa.and_(_d.value == new.value, _d.kind == kind.value, _d.campaign_id == campaign_id)
            row = (await connection.execute(sa.select(do_not_call_table).where(same))).one()
            return entry_of(row._asdict()), added == 1

    async def bring(
        self, lines: Sequence[Line], by: str, *, campaign_id: str = EVERYWHERE, reason: str = ""
    ) -> Brought:
        """Add many: all of them, or none. `reason` is for those that give none. Raises EntryRefused."""
        now, added = self._clock.now(), 0
        found = [
            checked(Entry(self._ids(), each.kind, each.value, now, by, campaign_id, each.reason or reason, each.until))
            for each in lines
        ]
        once = {(each.kind, each.value): each for each in reversed(found)}
        async with self._db.write() as connection:
            entries = list(once.values())
            for start in range(0, len(entries), AT_ONCE):
                added += await self._put(connection, entries[start : start + AT_ONCE])
        return Brought(added, len(lines) - added)

    async def _put(self, connection: AsyncConnection, entries: Sequence[Entry]) -> int:
        """How many of them are new."""
        insert = sqlite.insert(do_not_call_table) if self._db.is_sqlite else postgresql.insert(do_not_call_table)
        before = await connection.scalar(sa.select(sa.func.count()).select_from(do_not_call_table))
        put = insert.values([_row(entry) for entry in entries])
        longer = sa.or_(put.excluded.until.is_(None), put.excluded.until > _d.until)
        put = put.on_conflict_do_update(
            index_elements=["value", "kind", "campaign_id"],
            set_={"until": put.excluded.until},
            where=sa.and_(_d.until.is_not(None), longer),
        )
        await connection.execute(put)
        after = await connection.scalar(sa.select(sa.func.count()).select_from(do_not_call_table))
        return int(after or 0) - int(before or 0)

    async def remove(self, entry_id: str) -> Entry | None:
        """Take it from the list; leads that it kept may be called again. None if there is no such entry."""
        async with self._db.write() as connection:
            gone = await connection.execute(
                do_not_call_table.delete().where(_d.id == entry_id).returning(*do_not_call_table.columns)
            )
            row = gone.first()
            if row is None:
                return None
            entry = entry_of(row._asdict())
            await release(connection, {Reason.DO_NOT_CALL}, self._clock.now(), _concerned(entry))
            return entry

    async def page(self, search: str = "", limit: int = 50, offset: int = 0) -> tuple[list[Entry], int]:
        """The newest first, and how many there are in all. `search`: a piece of the value or of the reason, in any letters' case."""
        which = _matching(search.strip())
        query = sa.select(do_not_call_table).where(which).order_by(_d.at.desc(), _d.id.desc())
        async with self._db.read() as connection:
            rows = await connection.execute(query.limit(limit).offset(offset))
            entries = [entry_of(row._asdict()) for row in rows]
            total = await connection.scalar(sa.select(sa.func.count()).select_from(do_not_call_table).where(which))
        return entries, int(total or 0)


def _row(entry: Entry) -> dict[str, Any]:
    names = ("id", "value", "campaign_id", "reason", "by", "at", "until")
    return {"kind": entry.kind.value} | {name: getattr(entry, name) for name in names}


def _matching(search: str) -> sa.ColumnElement[bool]:
    if not search:
        return sa.true()
    digits = "".join(sign for sign in search if sign.isdigit())
    found = [_d.reason.icontains(search, autoescape=True), _d.value == search]
    return sa.or_(*found, _d.value.contains(digits)) if len(digits) > 1 else sa.or_(*found)


def _concerned(entry: Entry) -> sa.ColumnElement[bool]:
    """The leads that it was about."""
    match entry.kind:
        case Kind.NUMBER:
            who = _c.phone == entry.value
        case Kind.PREFIX:
            who = _c.phone.startswith(entry.value, autoescape=True)
        case Kind.CUSTOMER:
            who = _c.customer_id == entry.value
    return who if entry.campaign_id == EVERYWHERE else sa.and_(who, _c.campaign_id == entry.campaign_id)
