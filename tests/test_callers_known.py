"""What the house knows of a caller in a spoken dialog, out of a real shop on both databases."""

from dataclasses import replace

import pytest

from cordboard.queue.channel import Arrival, ChannelKind, Direction
from cordboard.queue.contact import Contact, arrive
from cordboard.shop.order import OPEN, OrderEdit, OrderStatus
from cordboard.shop.posting import OrderPosted, PostedCustomer, PostedItem
from cordboard.shop.store import ShopStore
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from cordboard.telephony.dialogs import Acquaintance
from cordboard.telephony.order_by_phone import OrderState
from cordboard.works_ivr import TOLD, Callers, typed_number
from tests.fakes.hours import NOON, HandClock

ANNA = PostedCustomer("Анна Иванова", "+79123456789", language="en", time_zone="Asia/Yekaterinburg")
FIRST = OrderPosted("e1", ANNA, (PostedItem("LAMP", 1),), number="1041")


@pytest.fixture
async def shop(database: Database) -> ShopStore:
    store = ShopStore(database, HandClock(), random_ids)
    await store.add_product("LAMP", "Лампа", 100_00, "Lamp", 7)
    return store


@pytest.fixture
def callers(shop: ShopStore) -> Callers:
    return Callers(shop, "Europe/Moscow")


def contact(number: str = "+79123456789") -> Contact:
    return arrive("c", Arrival(ChannelKind.VOICE, Direction.INBOUND, "orders", "n/b/1", number), NOON)


async def test_a_stranger(callers: Callers) -> None:
    assert await callers.acquaintance(contact()) == Acquaintance()
    assert await callers.acquaintance(contact("")) == Acquaintance()


async def test_his_one_open_order(shop: ShopStore, callers: Callers) -> None:
    await shop.put_order(FIRST)
    known = await callers.acquaintance(contact())
    assert (known.language, known.time_zone) == ("en", "Asia/Yekaterinburg")
    assert known.order is not None
    assert (known.order.number, known.order.state) == ("1041", OrderState.NEW)


async def test_two_open_orders_and_one_that_is_over(shop: ShopStore, callers: Callers) -> None:
    first, _ = await shop.put_order(FIRST)
    second, _ = await shop.put_order(replace(FIRST, external_id="e2", number="1042"))
    assert (await callers.acquaintance(contact())).order is None
    await shop.edit_order(first.id, OrderEdit(status=OrderStatus.CANCELLED, cancel_reason="gone"), None, first.version)
    told = (await callers.acquaintance(contact())).order
    assert told is not None
    assert told.number == second.number == "1042"


def test_every_open_state_can_be_told_but_those_that_an_operator_tells() -> None:
    assert set(TOLD) == OPEN - {OrderStatus.BASKET, OrderStatus.DELIVERY_PROBLEM}


def test_zones_and_typed_numbers(callers: Callers) -> None:
    assert callers.zone_of("+79123456789", "Asia/Yekaterinburg") == "Asia/Yekaterinburg"
    assert callers.zone_of("+79123456789", "") == "Europe/Moscow"
    assert callers.zone_of("+999123456789", "") == "Europe/Moscow"
    assert typed_number("89123456789") == typed_number("79123456789") == "+79123456789"
    assert typed_number("123") == typed_number("*12#") == ""
