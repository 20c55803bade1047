"""Leads by their source, and the lists that bring many at once, in the dialer's tables.

A batch of a list goes to the database as one JSON text, which the database itself takes apart: so neither the event loop nor our memory
feels how long the list is.
"""

import json
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from ..storage.database import Database
from ..storage.failpoint import failpoint
from .csv_form import form_of
from .lead import WAITING_STATES, Lead, LeadState
from .lead_import import AT_WORK, ImportState, LeadImport, poured
from .ranks_store import LeadRanks
from .rows import campaign_of, lead_of, lead_row, values
from .tables import OWN_FIELDS, attempt_table, campaign_table, import_table, lead_table

_c = lead_table.c
TAKEN_AT_ONCE = 1_000
CARRIED_AFTER = 12
"""Batches, after which SQLite's log is carried over to its file: some 60 MB of it."""
_ROOM = "PRAGMA cache_size = -65536"  # 64 MB for the indexes of a long list; SQLite's own 2 MB are read and written over and over

_TAKEN = {
    **dict.fromkeys(("id", "source", "phone", "zone"), "text"),
    **{"placed_at": "timestamptz", "placed_s": "bigint", "order_total": "bigint"},
    **dict.fromkeys(("phones", "zones", "fields"), "json"),
    **dict.fromkeys(OWN_FIELDS, "bigint"),
}
"""The columns that a batch brings (csv_rows.Staged), and what PostgreSQL reads them as."""
_SAME = "campaign_id, import_id, created_at, state, is_callback, attempts, wanted"
_SAME_OF_ALL = ":campaign_id, :import_id, :created_at, 'fresh', FALSE, 0, TRUE"


def _pour(values: str, source: str) -> str:
    return f"""
INSERT INTO lead ({", ".join(_TAKEN)}, {_SAME}) SELECT {values}, {_SAME_OF_ALL} FROM {source}
ON CONFLICT (campaign_id, source) DO NOTHING"""


_POUR_SQLITE = _pour(
    ", ".join(
        f"COALESCE(value ->> '{name}', 0)"
        if name in OWN_FIELDS
        else f"value {'->' if kind == 'json' else '->>'} '{name}'"
        for name, kind in _TAKEN.items()
    ),
    "json_each(:batch) WHERE TRUE",
)
_POUR_POSTGRES = _pour(
    ", ".join(f"COALESCE({name}, 0)" if name in OWN_FIELDS else name for name in _TAKEN),
    f"json_to_recordset(CAST(:batch AS json)) AS row_of({', '.join(f'{name} {kind}' for name, kind in _TAKEN.items())})",
)


class ImportStore:
    """`ranks` hears of the leads that are made here."""

    def __init__(self, db: Database, ranks: LeadRanks) -> None:
        self._db = db
        self._ranks = ranks
        self._written = 0
        pour = sa.text(_POUR_SQLITE if db.is_sqlite else _POUR_POSTGRES)
        self._pour = pour.bindparams(sa.bindparam("created_at", type_=_c.created_at.type))

    async def add_new(self, leads: Sequence[Lead]) -> set[str]:
        """Add those whose (campaign, source) is new, all in one transaction; the sources that were."""
        if not leads:
            return set()
        insert = sqlite.insert(lead_table) if self._db.is_sqlite else postgresql.insert(lead_table)
        put = insert.on_conflict_do_nothing(index_elements=["campaign_id", "source"]).returning(_c.id, _c.source)
        async with self._db.write() as connection:
            new = (await connection.execute(put, [lead_row(lead) for lead in leads])).all()
            self._db.afterwards(lambda: self._ranks.changed(row.id for row in new))
            return {row.source for row in new}

    async def by_source(self, campaign_id: str, sources: Collection[str]) -> dict[str, Lead]:
        """The campaign's leads of these sources, by source."""
        query = sa.select(lead_table).where(_c.campaign_id == campaign_id, _c.source.in_(sources))
        async with self._db.read() as connection:
            rows = (await connection.execute(query)).all()
        return {row.source: lead_of(row._asdict()) for row in rows}

    async def own_fields(self, campaign_id: str) -> tuple[str, str, str]:
        """Campaign.own_fields."""
        async with self._db.read() as connection:
            row = (await connection.execute(sa.select(campaign_table).where(campaign_table.c.id == campaign_id))).one()
        return campaign_of(row._asdict()).own_fields

    async def missed(self, phone: str) -> list[Lead]:
        """Waiting leads of calls that we missed from this number (sources.py)."""
        waiting = sa.and_(_c.state.in_(values(WAITING_STATES)), _c.phone == phone)
        query = sa.select(lead_table).where(waiting, _c.source.startswith("missed:", autoescape=True))
        async with self._db.read() as connection:
            return [lead_of(row._asdict()) for row in await connection.execute(query)]

    # Lists

    async def add(self, one: LeadImport) -> None:
        async with self._db.write() as connection:
            await connection.execute(import_table.insert().values(_row(one)))

    async def find(self, import_id: str) -> LeadImport | None:
        found = await self._imports(import_table.c.id == import_id, 1)
        return found[0] if found else None

    async def of_campaign(self, campaign_id: str, limit: int = 20) -> list[LeadImport]:
        """The newest first."""
        return await self._imports(import_table.c.campaign_id == campaign_id, limit)

    async def at_work(self) -> LeadImport | None:
        """The oldest for which there is something to do."""
        states = sorted(state.value for state in AT_WORK)
        query = (
            sa.select(import_table).where(import_table.c.state.in_(states)).order_by(import_table.c.created_at).limit(1)
        )
        async with self._db.read() as connection:
            row = (await connection.execute(query)).first()
        return _import_of(row._asdict()) if row else None

    async def change(self, import_id: str, change: Callable[[LeadImport], LeadImport]) -> LeadImport | None:
        """The import after the change, of as it stands now; None if there is none. Raises what `change` raises."""
        async with self._db.write() as connection:
            before = await _locked(connection, import_id)
            if before is None:
                return None
            after = change(before)
            await _put(connection, after)
            return after

    async def pour(self, import_id: str, batch: str, size: int, read_to: int, at: datetime) -> LeadImport | None:
        """`batch` (JSON of `size` csv_rows.Staged) becomes leads, and the import remembers how far it is, in one transaction.

        None, and nothing is poured, when it is not to be loaded any more, or this batch is in already.
        """
        async with self._db.write() as connection:
            if self._db.is_sqlite:
                await connection.execute(sa.text(_ROOM))
            before = await _locked(connection, import_id)
            if before is None or before.state is not ImportState.LOADING or before.read_to >= read_to:
                return None
            told = {"campaign_id": before.campaign_id, "import_id": import_id, "created_at": at, "batch": batch}
            made = (await connection.execute(self._pour, told)).rowcount
            after = poured(before, read_to=read_to, made=made, known=size - made)
            await _put(connection, after)
            self._db.afterwards(lambda: self._ranks.forget(before.campaign_id))
            failpoint("list_before_commit")
        await self._breathe()
        return after

    @asynccontextmanager
    async def pouring(self) -> AsyncIterator[None]:
        """Around many of `pour` or `take_back` (Database.pouring)."""
        async with self._db.pouring():
            yield
            await self._db.carry_over()

    async def _breathe(self) -> None:
        self._written += 1
        if self._written % CARRIED_AFTER == 0:
            await self._db.carry_over()

    async def take_back(self, import_id: str) -> int:
        """Remove some leads of the import that nobody dialed; how many, 0 when none is left."""
        dialed = sa.exists().where(attempt_table.c.lead_id == _c.id)
        untouched = sa.and_(_c.import_id == import_id, _c.state != LeadState.DIALING.value, ~dialed)
        some = sa.select(_c.id).where(untouched).limit(TAKEN_AT_ONCE).with_for_update(skip_locked=True)
        async with self._db.write() as connection:
            ids = (await connection.scalars(some)).all()
            await connection.execute(lead_table.delete().where(_c.id.in_(ids)))
            before = await _locked(connection, import_id)
            if before is not None:
                await _put(connection, replace(before, made=max(0, before.made - len(ids))))
        await self._breathe()
        return len(ids)

    async def is_dialed(self, import_id: str) -> bool:
        """Whether anybody of the list was called."""
        query = sa.select(attempt_table.c.id).join(lead_table, attempt_table.c.lead_id == _c.id)
        async with self._db.read() as connection:
            return (await connection.execute(query.where(_c.import_id == import_id).limit(1))).first() is not None

    async def _imports(self, which: sa.ColumnElement[bool], limit: int) -> list[LeadImport]:
        newest = sa.select(import_table).where(which).order_by(import_table.c.created_at.desc(), import_table.c.id)
        async with self._db.read() as connection:
            return [_import_of(row._asdict()) for row in await connection.execute(newest.limit(limit))]


async def _locked(connection: AsyncConnection, import_id: str) -> LeadImport | None:
    query = sa.select(import_table).where(import_table.c.id == import_id).with_for_update()
    row = (await connection.execute(query)).first()
    return _import_of(row._asdict()) if row else None


async def _put(connection: AsyncConnection, one: LeadImport) -> None:
    await connection.execute(import_table.update().where(import_table.c.id == one.id).values(_row(one)))


def _row(one: LeadImport) -> dict[str, Any]:
    form = None if one.form is None else json.loads(json.dumps(asdict(one.form)))
    return asdict(one) | {"state": one.state.value, "form": form}


def _import_of(row: Mapping[str, Any]) -> LeadImport:
    form = row["form"]
    return LeadImport(
        **dict(row) | {"state": ImportState(row["state"]), "form": None if form is None else form_of(form)}
    )
