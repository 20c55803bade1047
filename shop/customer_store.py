"""Changes of the customers' cards in tables: each checked, recorded, told to the shop's own system, and able to be taken back."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..storage.clock import Clock
from ..storage.database import Database
from ..storage.ids import Ids
from ..storage.outbox_store import Outbox
from .customer import Customer
from .customer_change import (
    CustomerChanged,
    CustomerEdit,
    check_customer,
    restored_customer,
    to_customer_record,
    touched,
)
from .message import CUSTOMER, customer_message
from .tables import (
    actor_names,
    customer_change_table,
    customer_table,
    customer_values,
    read_customers,
    write_phones,
)
from .timeline import CustomerChangeRow

OnCustomer = Callable[[Customer], Awaitable[None]]


class UnknownCustomer(Exception):
    """There is no customer, or no change of one, by this id."""


class CustomerBook:
    """`on_change` is told of each changed card after its commit."""

    def __init__(self, db: Database, clock: Clock, ids: Ids, outbox: Outbox | None = None) -> None:
        self._db, self._clock, self._ids, self._outbox = db, clock, ids, outbox
        self.on_change: list[OnCustomer] = []

    async def edit(self, customer_id: str, edit: CustomerEdit, actor_id: str | None, expected_version: int) -> Customer:
        """Change a card. When somebody else changed it since `expected_version`, what he did not touch is changed still.

        Raises UnknownCustomer, OrderRefused (a rule says no), CustomerChanged (both changed the same field).
        """
        async with self._db.write() as connection:
            before = await self._locked(connection, customer_id)
            if before.version != expected_version:
                base = await self._base(connection, customer_id, expected_version)
                fields = ("version",) if base is None else touched(edit, base, before)
                if fields:
                    raise CustomerChanged(before, fields)
            after = check_customer(before, edit)
            if after is not before:
                await self._record(connection, before, after, actor_id)
        return await self._told(before, after)

    async def undo(self, change_id: str, actor_id: str | None) -> Customer:
        """Take back the latest change of a card. Raises UnknownCustomer, and CustomerChanged when it is not the latest."""
        async with self._db.write() as connection:
            mine = customer_change_table.c.id == change_id
            row = (await connection.execute(select(customer_change_table).where(mine))).first()
            if row is None:
                raise UnknownCustomer(change_id)
            before = await self._locked(connection, row.customer_id)
            if before.version != row.version:
                raise CustomerChanged(before, ("version",))
            after = restored_customer(before, row.before)
            await self._record(connection, before, after, actor_id, undoes=change_id)
        return await self._told(before, after)

    async def changes_of(self, customer_id: str, limit: int = 50) -> list[CustomerChangeRow]:
        """What was done to a card, the latest first."""
        mine = customer_change_table.c.customer_id == customer_id
        query = select(customer_change_table).where(mine).order_by(customer_change_table.c.version.desc())
        async with self._db.read() as connection:
            return [CustomerChangeRow(**row._mapping) for row in await connection.execute(query.limit(limit))]

    async def _locked(self, connection: AsyncConnection, customer_id: str) -> Customer:
        mine = select(customer_table).where(customer_table.c.id == customer_id)
        await connection.execute(mine.with_for_update())
        found = await read_customers(connection, mine)
        if not found:
            raise UnknownCustomer(customer_id)
        return found[0]

    async def _base(self, connection: AsyncConnection, customer_id: str, version: int) -> dict[str, Any] | None:
        """The card as it was at that version."""
        next_change = select(customer_change_table.c.before).where(
            customer_change_table.c.customer_id == customer_id, customer_change_table.c.version == version + 1
        )
        found: dict[str, Any] | None = await connection.scalar(next_change)
        return found

    async def _record(
        self,
        connection: AsyncConnection,
        before: Customer,
        after: Customer,
        actor_id: str | None,
        undoes: str | None = None,
    ) -> None:
        mine = customer_table.c.id == after.id
        await connection.execute(customer_table.update().where(mine).values(customer_values(after)))
        await write_phones(connection, after)
        await connection.execute(
            insert(customer_change_table).values(
                id=self._ids(),
                customer_id=after.id,
                actor_id=actor_id,
                at=self._clock.now(),
                before=to_customer_record(before),
                after=to_customer_record(after),
                version=after.version,
                undoes=undoes,
            )
        )
        if self._outbox is not None:
            actor = (await actor_names(connection, [actor_id])).get(actor_id or "", "")
            await self._outbox.put(connection, CUSTOMER, after.id, customer_message(after, actor))

    async def _told(self, before: Customer, after: Customer) -> Customer:
        if after is not before:
            for listener in self.on_change:
                await listener(after)
        return after
