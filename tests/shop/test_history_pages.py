"""A customer's past by pages, on both databases: no line twice, none left out, and a card that reads a little of much."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from cordboard.shop.customer_change import CustomerEdit
from cordboard.shop.order import OrderEdit, OrderStatus
from cordboard.shop.posting import OrderPosted, PostedCustomer, PostedItem
from cordboard.shop.store import ShopStore
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from tests.fakes.hours import NOON, HandClock

POSTED = OrderPosted("", PostedCustomer("Анна Иванова", "+79123456789"), (PostedItem("LAMP", 2),))
ORDERS = 25


@pytest.fixture
async def shop(database: Database) -> ShopStore:
    """Anna: 25 orders, an hour apart, each third one changed and noted; the oldest is still open, all others are cancelled."""
    clock = HandClock()
    store = ShopStore(database, clock, random_ids)
    await store.add_product("LAMP", "Лампа", 100_00)
    async with database.together():
        for number in range(ORDERS):
            placed_at = NOON - timedelta(hours=ORDERS - number)
            order, _ = await store.put_order(replace(POSTED, external_id=str(number), placed_at=placed_at))
            clock.move(seconds=1)
            if number:
                end = OrderEdit(status=OrderStatus.CANCELLED, cancel_reason="нет")
                await store.edit_order(order.id, end, None, 1)
            if number % 3 == 0:
                clock.move(seconds=1)
                await store.add_note(order.customer_id, f"заметка {number}", None)
        clock.move(seconds=1)
        await store.book.edit(order.customer_id, CustomerEdit(city="Пермь"), None, 1)
    return store


async def anna(shop: ShopStore) -> str:
    return (await shop.customers_by_phone("+79123456789"))[0].id


async def test_pages_make_the_whole(shop: ShopStore) -> None:
    customer_id = await anna(shop)
    whole = await shop.timeline(customer_id)
    assert len(whole) == ORDERS + (ORDERS - 1) + 9 + 1
    assert [entry.at for entry in whole] == sorted((entry.at for entry in whole), reverse=True)
    pages, before = [], None
    while page := await shop.timeline(customer_id, 7, before):
        assert len(page) <= 7
        pages += page
        before = page[-1].at
    assert pages == whole


async def test_what_can_be_undone_is_so_on_every_page(shop: ShopStore) -> None:
    customer_id = await anna(shop)
    [card, *_] = await shop.timeline(customer_id, 3)
    assert (card.kind, card.change_id is not None) == ("customer_changed", True)


async def test_in_front_are_the_newest_the_open_ones_and_the_one_that_is_talked_about(shop: ShopStore) -> None:
    customer_id = await anna(shop)
    every = await shop.orders_of(customer_id)
    shown = await shop.orders_in_front(customer_id, every[20].id, 3)
    assert shown == [*every[:3], every[20], every[24]]
    assert await shop.open_order_of(customer_id) == every[24]
    assert await shop.orders_of(customer_id, 2) == every[:2]
    assert await shop.orders_sum(customer_id) == (ORDERS, ORDERS * 200_00)
    assert await shop.orders_sum("nobody") == (0, 0)


async def test_older_than_all_is_nothing(shop: ShopStore) -> None:
    assert await shop.timeline(await anna(shop), 5, datetime(2000, 1, 1, tzinfo=NOON.tzinfo)) == []
