"""Rows of several tables that are written together: one by one in a transaction, or, on PostgreSQL, in one round trip.

Each question to the database is a turn of the event loop, and with thousands of pages open a turn takes milliseconds: six of them (begin,
fence, three writes, commit) were most of what a commit took. One statement is a transaction of its own; its rows go as JSON.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, JSON, Select, String, Table, bindparam, cast, column, func, literal, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

Rows = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Put:
    """Into which table, and which columns. `changes`: those that a row which is there already (by `id`) takes over; none: all are new."""

    table: Table
    columns: Sequence[str]
    changes: Sequence[str] = ()


class Puts:
    """What may be written together; made once, used with different rows, which are given by their table's name."""

    def __init__(self, puts: Iterable[Put], *, on_sqlite: bool) -> None:
        insert = sqlite.insert if on_sqlite else postgresql.insert
        self._puts = tuple(puts)
        self._apart = {put.table.name: _over(insert(put.table), put) for put in self._puts}
        self._whole: dict[str | None, Select[Any]] = {}

    async def apart(self, connection: AsyncConnection, rows: Mapping[str, Rows]) -> None:
        """As a part of the transaction that this connection is in."""
        for name, these in rows.items():
            if these:
                await connection.execute(self._apart[name], these)

    async def in_one_trip(
        self, connection: AsyncConnection, rows: Mapping[str, Rows], provided: str | None, **asked: object
    ) -> bool:
        """On PostgreSQL, by a connection that commits each statement. False, and nothing written, when the query `provided`, asked with
        `asked`, finds no row; what it locks stays locked until all is written."""
        if provided not in self._whole:
            self._whole[provided] = self._statement(provided)
        told = {put.table.name: json.dumps(rows.get(put.table.name, ()), default=_plain) for put in self._puts}
        return bool(await connection.scalar(self._whole[provided], told | asked))

    def _statement(self, provided: str | None) -> Select[Any]:
        query = select(literal(1).label("one")) if provided is None else text(provided).columns(column("one"))
        allowed = query.cte("allowed")
        writes = [_from_json(put, allowed).cte(f"put_{put.table.name}") for put in self._puts]
        return select(func.count()).select_from(allowed).add_cte(*writes)


def _over(insert: sqlite.Insert | postgresql.Insert, put: Put) -> sqlite.Insert | postgresql.Insert:
    if not put.changes:
        return insert
    changes = {name: insert.excluded[name] for name in put.changes}
    return insert.on_conflict_do_update(index_elements=["id"], set_=changes)


def _from_json(put: Put, allowed: CTE) -> sqlite.Insert | postgresql.Insert:
    """In the rows' order: a journal's lines are numbered as they come."""
    kinds = [column(name, put.table.c[name].type) for name in put.columns]
    told = func.json_to_recordset(cast(bindparam(put.table.name, type_=String), JSON))
    rows = told.table_valued(*kinds).render_derived(with_types=True)
    these = select(*rows.c).select_from(rows.join(allowed, literal(True)))
    insert = postgresql.insert(put.table).from_select(list(put.columns), these, include_defaults=False)
    return _over(insert, put)


def _plain(value: object) -> str:
    """Raises ValueError, TypeError."""
    if not isinstance(value, datetime):
        raise TypeError(f"{type(value).__name__} is nothing for a row")
    if value.tzinfo is None:
        raise ValueError("a naive datetime has no place in a table")
    return value.isoformat()
