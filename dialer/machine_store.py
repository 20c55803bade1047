"""Screened calls in their table. Every method is one transaction."""

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ..storage.clock import Clock
from ..storage.database import Database
from .machine_estimate import Share
from .machine_labels import MACHINE, Answerer, MachineEstimate, ScreenedCall
from .machine_tables import screened_table

_s = screened_table.c
_LABELS = ("by_listener", "by_agent")


class MachineStore:
    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def add(self, call: ScreenedCall) -> None:
        """Told again of the same call, what was heard last stands."""
        insert = sqlite.insert(screened_table) if self._db.is_sqlite else postgresql.insert(screened_table)
        put = insert.values(**asdict(call))
        heard = {name: put.excluded[name] for name in ("heard", "certainty", "heard_s", "why", "drawn", "sound")}
        async with self._db.write() as connection:
            await connection.execute(put.on_conflict_do_update(index_elements=["attempt_id"], set_=heard))

    async def call(self, attempt_id: str) -> ScreenedCall | None:
        async with self._db.read() as connection:
            row = (await connection.execute(sa.select(screened_table).where(_s.attempt_id == attempt_id))).first()
        return None if row is None else _call(row)

    async def told_by_agent(self, attempt_id: str, agent_id: str, answerer: Answerer, sound: str | None) -> None:
        """The last word stands. `sound`: where the screened part was put, if that could be done."""
        said = {"by_agent": answerer.value, "agent_id": agent_id, "told_at": self._clock.now()}
        if sound is not None:
            said["sound"] = sound
        await self._set(attempt_id, said)

    async def told_by_listener(self, attempt_id: str, listener_id: str, answerer: Answerer) -> None:
        said = {"by_listener": answerer.value, "listener_id": listener_id, "listened_at": self._clock.now()}
        await self._set(attempt_id, said)

    async def _set(self, attempt_id: str, said: Mapping[str, object]) -> None:
        async with self._db.write() as connection:
            await connection.execute(sa.update(screened_table).where(_s.attempt_id == attempt_id).values(**said))

    async def sample(self, limit: int, campaign_id: str | None = None) -> list[ScreenedCall]:
        """Those offered for listening: first whom nobody heard, the oldest first, then those that were heard, the last first."""
        query = sa.select(screened_table).where(_s.drawn, _s.sound.is_not(None))
        if campaign_id is not None:
            query = query.where(_s.campaign_id == campaign_id)
        unheard = query.where(_s.by_listener.is_(None)).order_by(_s.at, _s.attempt_id).limit(limit)
        heard = query.where(_s.by_listener.is_not(None)).order_by(_s.listened_at.desc(), _s.attempt_id)
        async with self._db.read() as connection:
            found = [_call(row) for row in await connection.execute(unheard)]
            rest = limit - len(found)
            return [*found, *(_call(row) for row in await connection.execute(heard.limit(max(0, rest))))]

    async def labelled(self, campaign_id: str) -> list[ScreenedCall]:
        """All of the campaign with a kept sound of which somebody says who it was, the oldest first."""
        told = sa.or_(*(_s[name].is_not(None) for name in _LABELS))
        query = sa.select(screened_table).where(_s.campaign_id == campaign_id, _s.sound.is_not(None), told)
        async with self._db.read() as connection:
            return [_call(row) for row in await connection.execute(query.order_by(_s.at, _s.attempt_id))]

    async def estimates(self, campaign_id: str | None = None) -> dict[str, MachineEstimate]:
        """By campaign, of those that have screened a call."""
        sampled = sa.and_(_s.drawn, _s.heard == MACHINE)

        def many(*wanted: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
            return sa.func.count(sa.case((sa.and_(*wanted), 1)))

        said = {each: (_s.by_listener == each.value, _s.by_agent == each.value) for each in Answerer}
        query = sa.select(
            _s.campaign_id,
            many(sampled, said[Answerer.PERSON][0]).label("false"),
            many(sampled, said[Answerer.MACHINE][0]).label("true"),
            many(sampled, _s.by_listener.is_(None), _s.sound.is_not(None)).label("waiting"),
            many(said[Answerer.MACHINE][1]).label("passed"),
            many(said[Answerer.PERSON][1]).label("persons"),
        ).group_by(_s.campaign_id)
        if campaign_id is not None:
            query = query.where(_s.campaign_id == campaign_id)
        async with self._db.read() as connection:
            return {row.campaign_id: _estimate(row) for row in await connection.execute(query)}

    async def forget_sounds(self, before: datetime, limit: int) -> list[str]:
        """The kept sounds of calls before that moment, `limit` at most: they are kept no more. Returns where they are."""
        async with self._db.write() as connection:
            old = sa.select(_s.attempt_id, _s.sound).where(_s.sound.is_not(None), _s.at < before).limit(limit)
            rows = (await connection.execute(old)).all()
            ids = [row.attempt_id for row in rows]
            await connection.execute(sa.update(screened_table).where(_s.attempt_id.in_(ids)).values(sound=None))
        return [row.sound for row in rows]


def _estimate(row: sa.Row[Any]) -> MachineEstimate:
    false, passed = Share(row.false, row.false + row.true), Share(row.passed, row.passed + row.persons)
    return MachineEstimate(false, row.waiting, passed)


def _call(row: sa.Row[Any]) -> ScreenedCall:
    values = row._asdict()
    return ScreenedCall(**values | {name: Answerer(values[name]) if values[name] else None for name in _LABELS})
