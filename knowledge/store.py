"""Scripts, every edition of them, and the runs of contacts, in their tables."""

from collections.abc import Collection, Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from ..storage.clock import Clock
from ..storage.database import Database
from .script import Run, Script
from .script_form import plain_script, plain_trail, script_of, trail_of
from .tables import run_table, script_table

_s, _r = script_table.c, run_table.c


class Crossed(Exception):
    """Somebody else was faster: the run has moved on, or the script has a newer edition."""


class ScriptStore:
    """The only writer of scripts in the engine that leads, so it keeps the newest editions in mind: every desk asks for them."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db, self._clock = db, clock
        self._newest: list[Script] | None = None
        self._puts = 0

    async def scripts(self) -> list[Script]:
        """The newest edition of each, by code; those that are off too."""
        if self._newest is not None:
            return self._newest
        puts, found = self._puts, await self._read_newest()
        if puts == self._puts:  # else one was put while we read
            self._newest = found
        return found

    async def _read_newest(self) -> list[Script]:
        newest = sa.select(_s.code, sa.func.max(_s.edition).label("edition")).group_by(_s.code).subquery()
        joined = sa.and_(_s.code == newest.c.code, _s.edition == newest.c.edition)
        async with self._db.read() as connection:
            rows = await connection.execute(sa.select(script_table).join(newest, joined).order_by(_s.code))
            return [_script(row) for row in rows]

    async def script(self, code: str, edition: int | None = None) -> Script | None:
        """That edition, else the newest."""
        query = sa.select(script_table).where(_s.code == code).order_by(_s.edition.desc()).limit(1)
        async with self._db.read() as connection:
            row = (await connection.execute(query if edition is None else query.where(_s.edition == edition))).first()
            return None if row is None else _script(row)

    async def put(self, script: Script, actor_id: str | None) -> Script:
        """Keep a checked script as the edition after the newest; one that changes nothing stays as it is. Raises Crossed."""
        known = await self.script(script.code)
        plain = plain_script(script)
        if known is not None and plain_script(known) == plain:
            return known
        edition = 1 if known is None else known.edition + 1
        values = {
            "code": script.code,
            "edition": edition,
            "active": script.active,
            "body": plain,
            "changed_at": self._clock.now(),
            "changed_by": actor_id,
        }
        done = await self._add(script_table, values)
        self._puts, self._newest = self._puts + 1, None
        if not done:
            raise Crossed
        return script_of(plain, edition)

    async def add_missing(self, scripts: Iterable[Script]) -> None:
        """Those whose code is not there yet; what a supervisor made of the others stands."""
        known = {script.code for script in await self.scripts()}
        for script in scripts:
            if script.code not in known:
                await self.put(script, None)

    async def run(self, contact_id: str) -> Run | None:
        async with self._db.read() as connection:
            query = sa.select(run_table).where(_r.contact_id == contact_id)
            row = (await connection.execute(query)).first()
            return None if row is None else _run(row)

    async def asking(self, contact_ids: Collection[str]) -> list[Run]:
        """The runs of these contacts in which a waiver is asked for."""
        query = sa.select(run_table).where(_r.contact_id.in_(contact_ids), _r.asked_by.is_not(None))
        async with self._db.read() as connection:
            return [_run(row) for row in await connection.execute(query.order_by(_r.changed_at, _r.contact_id))]

    async def begin(self, run: Run) -> Run:
        """Keep a run that begins; where the contact has one already, that one counts."""
        if await self._add(run_table, self._row(run)):
            return run
        known = await self.run(run.contact_id)
        assert known is not None
        return known

    async def keep(self, run: Run) -> None:
        """Keep a run one version on. Raises Crossed when it is further already; nothing is changed then."""
        mine = sa.and_(_r.contact_id == run.contact_id, _r.version == run.version - 1)
        async with self._db.write() as connection:
            done = await connection.execute(run_table.update().where(mine).values(self._row(run)))
            if done.rowcount == 0:
                raise Crossed

    def _row(self, run: Run) -> dict[str, Any]:
        return {
            "contact_id": run.contact_id,
            "script": run.script,
            "edition": run.edition,
            "at": run.at,
            "trail": plain_trail(run),
            "doing": run.doing,
            "trouble": run.trouble,
            "waived_by": run.waived_by,
            "asked_by": run.asked_by,
            "version": run.version,
            "changed_at": self._clock.now(),
        }

    async def _add(self, table: sa.Table, values: dict[str, Any]) -> bool:
        """False when its key is there already."""
        insert = sqlite.insert(table) if self._db.is_sqlite else postgresql.insert(table)
        async with self._db.write() as connection:
            done = await connection.execute(insert.values(values).on_conflict_do_nothing())
            return done.rowcount > 0


def _script(row: sa.Row[Any]) -> Script:
    return script_of(row.body, row.edition)


def _run(row: sa.Row[Any]) -> Run:
    return Run(
        contact_id=row.contact_id,
        script=row.script,
        edition=row.edition,
        at=row.at,
        trail=trail_of(row.trail),
        doing=row.doing,
        trouble=row.trouble,
        waived_by=row.waived_by,
        asked_by=row.asked_by,
        version=row.version,
    )
