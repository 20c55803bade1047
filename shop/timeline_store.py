"""A customer's past read from the tables, a page at a time: somebody with a thousand orders is shown as fast as somebody with one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from .customer import TimelineEntry
from .tables import (
    actor_names,
    change_table,
    customer_change_table,
    customer_table,
    note_table,
    order_table,
    read_orders,
)
from .timeline import ChangeRow, CustomerChangeRow, NoteRow, build_timeline


async def read_timeline(
    connection: AsyncConnection, customer_id: str, limit: int | None, before: datetime | None
) -> list[TimelineEntry]:
    """The newest `limit` entries older than `before`: of each table so many are read, and no more of them can be among those."""

    async def newest(query: sa.Select[Any], at: sa.Column[datetime], key: sa.Column[str]) -> Sequence[sa.Row[Any]]:
        page = query if before is None else query.where(at < before)
        rows: Sequence[sa.Row[Any]] = (await connection.execute(page.order_by(at.desc(), key).limit(limit))).all()
        return rows

    orders = select(order_table.c.id, order_table.c.placed_at).where(order_table.c.customer_id == customer_id)
    placed = await newest(orders, order_table.c.placed_at, order_table.c.id)
    of_orders = select(order_table.c.id).where(order_table.c.customer_id == customer_id)
    changes = select(change_table).where(change_table.c.order_id.in_(of_orders))
    notes = select(note_table).where(note_table.c.customer_id == customer_id)
    of_card = select(customer_change_table).where(customer_change_table.c.customer_id == customer_id)
    change_rows = [ChangeRow(**row._mapping) for row in await newest(changes, change_table.c.at, change_table.c.id)]
    card_rows = [
        CustomerChangeRow(**row._mapping)
        for row in await newest(of_card, customer_change_table.c.at, customer_change_table.c.id)
    ]
    note_rows = [
        NoteRow(row.id, row.at, row.text, row.actor_id) for row in await newest(notes, note_table.c.at, note_table.c.id)
    ]
    told = {row.id for row in placed}
    wanted = told | {row.order_id for row in change_rows}
    known = await read_orders(connection, select(order_table).where(order_table.c.id.in_(wanted)))
    actors = [row.actor_id for row in change_rows] + [row.actor_id for row in note_rows]
    names = await actor_names(connection, actors + [row.actor_id for row in card_rows])
    version = await connection.scalar(select(customer_table.c.version).where(customer_table.c.id == customer_id))
    entries = build_timeline(known, change_rows, note_rows, names, card_rows, version or 0, placed=told)
    return entries[:limit]
