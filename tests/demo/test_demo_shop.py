"""The demo's shop on a real table: as large as promised, settled in its own past, the same when opened again."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from cordboard.demo.shop import ENGLISH_CUSTOMERS, ORDERS, RUSSIAN_CUSTOMERS, WAITING, PastClock, open_shop
from cordboard.shop.order import WAITS_FOR_CALL, OrderStatus
from cordboard.shop.store import ShopStore
from cordboard.storage.database import Database

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


async def opened(database: Database, waiting: int) -> ShopStore:
    past = PastClock(NOW)
    shop = ShopStore(database, past, lambda: str(uuid4()))
    async with database.together():
        await open_shop(shop, past, waiting=waiting)
    return shop


@pytest.mark.parametrize("waiting", [0, WAITING])
async def test_the_shop_is_as_large_as_promised(sqlite_database: Database, waiting: int) -> None:
    shop = await opened(sqlite_database, waiting)
    orders = await shop.orders(limit=1000)
    assert len(await shop.products(limit=1000)) == 40
    assert len(orders) == ORDERS == 200
    assert RUSSIAN_CUSTOMERS + ENGLISH_CUSTOMERS == 60
    assert len([order for order in orders if order.status in WAITS_FOR_CALL]) == waiting
    assert {order.status for order in orders} >= {OrderStatus.DELIVERED, OrderStatus.CANCELLED}
    assert all(order.placed_at <= NOW for order in orders)


async def test_those_who_wait_are_different_people_with_a_number(sqlite_database: Database) -> None:
    shop = await opened(sqlite_database, WAITING)
    waiting = await shop.orders(WAITS_FOR_CALL, limit=1000)
    customers = [await shop.customer(order.customer_id) for order in waiting]
    numbers = [customer.phones[0] for customer in customers if customer is not None]
    assert len(set(numbers)) == WAITING
    assert all(number.startswith(("+7900000", "+447700900")) for number in numbers)


async def test_an_open_shop_is_left_alone(sqlite_database: Database) -> None:
    first = await opened(sqlite_database, WAITING)
    before = await first.orders(limit=1000)
    again = await opened(sqlite_database, WAITING)
    assert await again.orders(limit=1000) == before


async def test_what_fails_on_the_way_leaves_an_empty_shop(sqlite_database: Database) -> None:
    past = PastClock(NOW)
    shop = ShopStore(sqlite_database, past, lambda: str(uuid4()))

    async def furnish() -> None:
        async with sqlite_database.together():
            await open_shop(shop, past)
            raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        await furnish()
    assert await shop.products() == []
