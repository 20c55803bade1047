"""Orders as they are read: by id, by number, by the shop's own key, by customer."""

from collections.abc import Collection
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy import select

from ..storage.database import Database
from .order import OPEN, Order, OrderStatus
from .tables import change_table, order_table, read_orders
from .timeline import ChangeRow

_NEWEST = (order_table.c.placed_at.desc(), order_table.c.id)


class OrderReads:
    """`db` is the database of the shop's tables."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def order(self, order_id: str) -> Order | None:
        return await self._one(order_table.c.id == order_id)

    async def orders_by_id(self, order_ids: Collection[str]) -> dict[str, Order]:
        """The orders with these ids, by id."""
        async with self._db.read() as connection:
            query = select(order_table).where(order_table.c.id.in_(order_ids))
            found = await read_orders(connection, query) if order_ids else []
        return {order.id: order for order in found}

    async def numbers_of(self, order_ids: Collection[str]) -> dict[str, str]:
        """The orders' numbers, by id."""
        if not order_ids:
            return {}
        query = select(order_table.c.id, order_table.c.number).where(order_table.c.id.in_(order_ids))
        async with self._db.read() as connection:
            return {row.id: row.number for row in await connection.execute(query)}

    async def order_by_number(self, number: str) -> Order | None:
        return await self._one(order_table.c.number == number)

    async def order_by_external_id(self, external_id: str) -> Order | None:
        return await self._one(order_table.c.external_id == external_id)

    async def orders_of(self, customer_id: str, limit: int | None = None) -> list[Order]:
        """A customer's orders, newest first."""
        query = select(order_table).where(order_table.c.customer_id == customer_id)
        async with self._db.read() as connection:
            return await read_orders(connection, query.order_by(*_NEWEST).limit(limit))

    async def orders_in_front(self, customer_id: str, also: str | None, limit: int) -> list[Order]:
        """What a card shows of a customer's orders, newest first: the newest, with those that are open, and the order `also`."""
        mine, now = order_table.c.customer_id == customer_id, [status.value for status in OPEN]
        newest = select(order_table.c.id).where(mine).order_by(*_NEWEST).limit(limit)
        opened = select(order_table.c.id).where(mine, order_table.c.status.in_(now)).order_by(*_NEWEST).limit(limit)
        async with self._db.read() as connection:
            ids = {*await connection.scalars(newest), *await connection.scalars(opened), also or ""}
            query = select(order_table).where(mine, order_table.c.id.in_(ids)).order_by(*_NEWEST)
            return await read_orders(connection, query)

    async def orders_sum(self, customer_id: str) -> tuple[int, int]:
        """How many orders a customer has, and what they come to (kopecks)."""
        total = sa.func.coalesce(sa.func.sum(order_table.c.total), 0)
        query = select(sa.func.count(), total).where(order_table.c.customer_id == customer_id)
        async with self._db.read() as connection:
            count, kopecks = (await connection.execute(query)).one()
        return count, int(kopecks)

    async def open_order_of(self, customer_id: str) -> Order | None:
        """The newest order that is not over yet: what this customer most likely calls about."""
        mine, now = order_table.c.customer_id == customer_id, [status.value for status in OPEN]
        query = select(order_table).where(mine, order_table.c.status.in_(now)).order_by(*_NEWEST).limit(1)
        async with self._db.read() as connection:
            return next(iter(await read_orders(connection, query)), None)

    async def orders(
        self, statuses: Collection[OrderStatus] = (), limit: int = 50, before: datetime | None = None
    ) -> list[Order]:
        """All orders, or those in the given states, newest first; `before` is the `placed_at` of the last one already seen."""
        query = select(order_table).order_by(order_table.c.placed_at.desc(), order_table.c.id).limit(limit)
        if statuses:
            query = query.where(order_table.c.status.in_([status.value for status in statuses]))
        if before is not None:
            query = query.where(order_table.c.placed_at < before)
        async with self._db.read() as connection:
            return await read_orders(connection, query)

    async def changes_of(self, order_id: str) -> list[ChangeRow]:
        """What was done to an order, the latest first."""
        query = select(change_table).where(change_table.c.order_id == order_id).order_by(change_table.c.version.desc())
        async with self._db.read() as connection:
            return [ChangeRow(**row._mapping) for row in await connection.execute(query)]

    async def _one(self, condition: sa.ColumnElement[bool]) -> Order | None:
        async with self._db.read() as connection:
            found = await read_orders(connection, select(order_table).where(condition))
        return found[0] if found else None
