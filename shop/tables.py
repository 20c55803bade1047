"""The shop's tables, and the way of its nouns in and out of them."""

from collections.abc import Collection, Iterable
from dataclasses import asdict
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Column, ForeignKey, String, Table, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from ..access.tables import api_keys, users
from ..storage.base import Json, UtcDateTime, id_column, metadata
from .asking import BY_CUSTOMER
from .customer import Customer
from .order import Order, OrderItem, OrderRefused, OrderStatus
from .product import Product

product_table = Table(
    "product",
    metadata,
    id_column(),
    Column("article", String(64), nullable=False, unique=True),
    Column("name_ru", String(300), nullable=False),
    Column("name_en", String(300), nullable=False),
    Column("price", sa.BigInteger, nullable=False),
    Column("stock", sa.Integer, nullable=False),
)
customer_table = Table(
    "customer",
    metadata,
    id_column(),
    Column("external_id", String(100), unique=True),
    Column("name", String(200), nullable=False),
    Column("email", String(254), nullable=False),
    Column("city", String(100), nullable=False),
    Column("time_zone", String(64), nullable=False),
    Column("language", String(8), nullable=False),
    Column("segment", String(50), nullable=False),
    Column("note", sa.Text, nullable=False),
    Column("since", UtcDateTime, nullable=False),
    Column("version", sa.Integer, nullable=False, server_default="1"),
)
phone_table = Table(
    "customer_phone",
    metadata,
    Column("customer_id", ForeignKey("customer.id", ondelete="CASCADE"), primary_key=True),
    Column("phone", String(16), primary_key=True, index=True),
    Column("place", sa.Integer, nullable=False),
)
order_table = Table(
    "orders",
    metadata,
    id_column(),
    Column("external_id", String(100), nullable=False, unique=True),
    Column("posted_hash", String(64), nullable=False),  # of the body as last posted: tells a repeat from a change
    Column("number", String(64), nullable=False, unique=True),
    Column("customer_id", ForeignKey("customer.id"), nullable=False),
    Column("status", String(20), nullable=False),
    Column("delivery_address", String(500), nullable=False),
    Column("delivery_slot", String(100), nullable=False),
    Column("payment", String(100), nullable=False),
    Column("courier_comment", String(1000), nullable=False),
    Column("total", sa.BigInteger, nullable=False),
    Column("currency", String(3), nullable=False),
    Column("placed_at", UtcDateTime, nullable=False),
    Column("promised_at", UtcDateTime),
    Column("reserved_until", UtcDateTime),
    Column("cancel_reason", String(500)),
    Column("version", sa.Integer, nullable=False),
    sa.Index("ix_orders_customer_id", "customer_id", "placed_at"),
    sa.Index("ix_orders_placed_at", "placed_at"),
)
item_table = Table(
    "order_item",
    metadata,
    Column("order_id", ForeignKey("orders.id", ondelete="CASCADE"), primary_key=True),
    Column("place", sa.Integer, primary_key=True, autoincrement=False),
    Column("product_id", ForeignKey("product.id"), nullable=False),
    Column("article", String(64), nullable=False),
    Column("name", String(300), nullable=False),
    Column("price", sa.BigInteger, nullable=False),
    Column("quantity", sa.Integer, nullable=False),
)
change_table = Table(
    "order_change",
    metadata,
    id_column(),
    Column("order_id", ForeignKey("orders.id"), nullable=False, index=True),
    Column("actor_id", String(36)),
    Column("at", UtcDateTime, nullable=False),
    Column("before", Json, nullable=False),
    Column("after", Json, nullable=False),
    Column("version", sa.Integer, nullable=False),
    Column("undoes", String(36)),
)
note_table = Table(
    "customer_note",
    metadata,
    id_column(),
    Column("customer_id", ForeignKey("customer.id"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("text", sa.Text, nullable=False),
    Column("actor_id", String(36)),
)
customer_change_table = Table(
    "customer_change",
    metadata,
    id_column(),
    Column("customer_id", ForeignKey("customer.id"), nullable=False, index=True),
    Column("actor_id", String(36)),
    Column("at", UtcDateTime, nullable=False),
    Column("before", Json, nullable=False),
    Column("after", Json, nullable=False),
    Column("version", sa.Integer, nullable=False),
    Column("undoes", String(36)),
)
counter_table = Table(
    "shop_counter",
    metadata,
    Column("name", String(20), primary_key=True),
    Column("value", sa.BigInteger, nullable=False),
)


async def take_turn(connection: AsyncConnection) -> None:
    """Postings come one after another, so that two at once cannot both make the same order, customer or number."""
    await connection.execute(select(counter_table).where(counter_table.c.name == "order").with_for_update())


async def free_number(connection: AsyncConnection, wanted: str | None) -> str:
    """The number the shop named, or the next of ours. Raises OrderRefused when another order bears it."""
    if wanted is not None:
        if await connection.scalar(select(order_table.c.id).where(order_table.c.number == wanted)) is not None:
            raise OrderRefused("number", "another order has this number")
        return wanted
    while True:  # a number of ours may have been taken by a number the shop named
        step = counter_table.update().where(counter_table.c.name == "order")
        await connection.execute(step.values(value=counter_table.c.value + 1))
        number = str(await connection.scalar(select(counter_table.c.value).where(counter_table.c.name == "order")))
        if await connection.scalar(select(order_table.c.id).where(order_table.c.number == number)) is None:
            return number


async def products_by_article(connection: AsyncConnection, articles: Collection[str]) -> dict[str, Product]:
    rows = await connection.execute(select(product_table).where(product_table.c.article.in_(articles)))
    return {row.article: Product(**row._mapping) for row in rows}


def who_has_phone(e164: str) -> sa.Select[Any]:
    found = select(phone_table.c.customer_id).where(phone_table.c.phone == e164)
    return select(customer_table).where(customer_table.c.id.in_(found))


async def read_customers(connection: AsyncConnection, query: sa.Select[Any]) -> list[Customer]:
    rows = (await connection.execute(query.order_by(customer_table.c.since, customer_table.c.id))).all()
    if not rows:
        return []
    of_these = phone_table.c.customer_id.in_([row.id for row in rows])
    phones: dict[str, list[str]] = {}
    for line in await connection.execute(select(phone_table).where(of_these).order_by(phone_table.c.place)):
        phones.setdefault(line.customer_id, []).append(line.phone)
    return [Customer(**row._mapping, phones=tuple(phones.get(row.id, ()))) for row in rows]


def customer_values(customer: Customer) -> dict[str, Any]:
    values = asdict(customer)
    del values["phones"]
    return values


async def insert_customer(connection: AsyncConnection, customer: Customer) -> None:
    await connection.execute(insert(customer_table).values(customer_values(customer)))
    await write_phones(connection, customer)


async def write_phones(connection: AsyncConnection, customer: Customer) -> None:
    await connection.execute(phone_table.delete().where(phone_table.c.customer_id == customer.id))
    rows = [{"customer_id": customer.id, "phone": phone, "place": at} for at, phone in enumerate(customer.phones)]
    if rows:  # whoever only writes may have none
        await connection.execute(insert(phone_table), rows)


async def read_orders(connection: AsyncConnection, query: sa.Select[Any]) -> list[Order]:
    rows = (await connection.execute(query)).all()
    if not rows:
        return []
    of_these = item_table.c.order_id.in_([row.id for row in rows])
    items: dict[str, list[OrderItem]] = {}
    for line in await connection.execute(select(item_table).where(of_these).order_by(item_table.c.place)):
        item = OrderItem(line.product_id, line.article, line.name, line.price, line.quantity)
        items.setdefault(line.order_id, []).append(item)
    return [order_of_row(row, tuple(items.get(row.id, ()))) for row in rows]


async def locked_order(connection: AsyncConnection, condition: sa.ColumnElement[bool]) -> tuple[Order, str] | None:
    """The order, held until the transaction ends, and the fingerprint of its last posting."""
    mark = await connection.scalar(select(order_table.c.posted_hash).where(condition).with_for_update())
    found = await read_orders(connection, select(order_table).where(condition))
    return (found[0], mark) if found and mark is not None else None


def order_of_row(row: sa.Row[Any], items: tuple[OrderItem, ...]) -> Order:
    values = dict(row._mapping)
    del values["posted_hash"]
    return Order(**values | {"status": OrderStatus(row.status), "items": items})


def order_values(order: Order) -> dict[str, Any]:
    values = asdict(order) | {"status": order.status.value}
    del values["items"]
    return values


async def write_items(connection: AsyncConnection, order: Order) -> None:
    await connection.execute(item_table.delete().where(item_table.c.order_id == order.id))
    rows = [{"order_id": order.id, "place": at, **asdict(item)} for at, item in enumerate(order.items)]
    await connection.execute(insert(item_table), rows)


async def actor_names(connection: AsyncConnection, actor_ids: Iterable[str | None]) -> dict[str, str]:
    """What to call the people and programs that did something; BY_CUSTOMER stands for the customer himself."""
    wanted = {actor_id for actor_id in actor_ids if actor_id is not None}
    query = sa.union_all(*(select(who.c.id, who.c.name).where(who.c.id.in_(wanted)) for who in (users, api_keys)))
    names = {row.id: row.name for row in await connection.execute(query)}
    return names | ({BY_CUSTOMER: BY_CUSTOMER} if BY_CUSTOMER in wanted else {})
