"""The desk's card of a customer with 500 orders, against one with one: what is read for it before it is painted, on both databases."""

import asyncio
import statistics
import sys
import tempfile
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.table import Row, table
from cordboard.agent_web.desk_pages import HISTORY_PAGE, ORDERS_SHOWN
from cordboard.shop.order import OrderEdit
from cordboard.shop.posting import OrderPosted, PostedCustomer, PostedItem
from cordboard.shop.store import ShopStore
from cordboard.storage.clock import SystemClock
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from tests.fakes.databases import PostgresServer, migrated

ORDERS, SMALL = 500, 30
TIMES, SMALL_TIMES = 100, 5
PLACED = datetime(2024, 1, 1, tzinfo=UTC)


async def _customer(shop: ShopStore, number: int, orders: int) -> str:
    who = PostedCustomer("Анна Иванова", f"+7912345{number:04}")
    one = OrderPosted("", who, (PostedItem("LAMP", 2), PostedItem("DIM", 1)), delivery_address="Малышева, 51")
    customer_id = ""
    for at in range(orders):
        posted = replace(one, external_id=f"{number}-{at}", placed_at=PLACED + timedelta(hours=at))
        order, _ = await shop.put_order(posted)
        await shop.edit_order(order.id, OrderEdit(delivery_slot="9-12"), None, 1)
        customer_id = order.customer_id
    return customer_id


async def _read(shop: ShopStore, customer_id: str) -> None:
    """What load_record asks of the shop."""
    await shop.customer(customer_id)
    await shop.orders_in_front(customer_id, None, ORDERS_SHOWN)
    await shop.timeline(customer_id, HISTORY_PAGE)
    await shop.orders_sum(customer_id)


async def _took(shop: ShopStore, customer_id: str, times: int) -> list[float]:
    took = []
    for _ in range(times + 3):
        began = time.perf_counter()
        await _read(shop, customer_id)
        took.append((time.perf_counter() - began) * 1000)
    return sorted(took[3:])


async def _measure(url: str, orders: int, times: int, where: str) -> list[Row]:
    await migrated(url)
    database = Database.open(url)
    try:
        shop = ShopStore(database, SystemClock(), random_ids)
        await shop.add_product("LAMP", "Лампа", 100_00)
        await shop.add_product("DIM", "Диммер", 250_00)
        async with database.together():
            one, many = await _customer(shop, 1, 1), await _customer(shop, 2, orders)
        short, long = await _took(shop, one, times), await _took(shop, many, times)
        note = f"with one order {statistics.median(short):.1f} ms"
        p99 = long[min(len(long) - 1, int(len(long) * 0.99))]
        return [
            Row(f"card of a customer with {orders} orders, {where}: median", statistics.median(long), "ms", "", note),
            Row(f"card of a customer with {orders} orders, {where}: p99", p99, "ms", "under 100", f"{times} readings"),
        ]
    finally:
        await database.close()


async def _both(orders: int, times: int) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder:
        rows = await _measure(f"sqlite+aiosqlite:///{Path(folder) / 'shop.db'}", orders, times, "SQLite")
    server = PostgresServer.start(durable=True)
    try:
        async with server.fresh() as url:
            return rows + await _measure(url, orders, times, "PostgreSQL")
    finally:
        server.stop()


def rows(small: bool) -> list[Row]:
    return asyncio.run(_both(SMALL if small else ORDERS, SMALL_TIMES if small else TIMES))


if __name__ == "__main__":
    print(table(rows("--small" in sys.argv)))
