"""The shop in tables, on both databases."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from cordboard.access.permission import Role
from cordboard.access.store import AccessStore
from cordboard.shop.customer import EntryKind
from cordboard.shop.order import ItemEdit, Order, OrderChanged, OrderClosed, OrderEdit, OrderRefused, OrderStatus
from cordboard.shop.posting import OrderPosted, PostedCustomer, PostedItem
from cordboard.shop.store import ShopStore, UnknownOrder
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from tests.fakes.hours import NOON, HandClock
from tests.fakes.passwords import quick_keeper

ANNA = PostedCustomer("Анна Иванова", "+79123456789", city="Екатеринбург")
POSTED = OrderPosted("e1", ANNA, (PostedItem("LAMP", 2), PostedItem("DIM", 1, 200_00)), delivery_address="Малышева, 51")


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
async def shop(database: Database, clock: HandClock) -> ShopStore:
    store = ShopStore(database, clock, random_ids)
    await store.add_product("LAMP", "Лампа настольная", 100_00, "Desk lamp", 7)
    await store.add_product("DIM", "Диммер", 250_00, "Dimmer", 3)
    return store


async def put(shop: ShopStore, posted: OrderPosted = POSTED) -> Order:
    order, _ = await shop.put_order(posted)
    return order


async def test_a_posted_order_makes_its_customer_and_reads_back_the_same(shop: ShopStore) -> None:
    order, created = await shop.put_order(POSTED)
    assert created
    assert order.total == 2 * 100_00 + 200_00
    assert (order.status, order.version, order.placed_at) == (OrderStatus.NEW, 1, NOON)
    assert await shop.order(order.id) == order
    assert await shop.order_by_number(order.number) == order
    assert await shop.order_by_external_id("e1") == order
    [customer] = await shop.customers_by_phone("+79123456789")
    assert customer == await shop.customer(order.customer_id)
    assert (customer.name, customer.city, customer.phones) == ("Анна Иванова", "Екатеринбург", ("+79123456789",))


async def test_the_same_posting_again_changes_nothing_even_after_an_edit(shop: ShopStore) -> None:
    told: list[tuple[str, bool]] = []

    async def listen(order: Order, created: bool) -> None:
        told.append((order.id, created))

    shop.on_order.append(listen)
    order = await put(shop)
    edited = await shop.edit_order(order.id, OrderEdit(delivery_slot="12-15"), "u1", 1)
    assert await shop.put_order(POSTED) == (edited, False)
    assert told == [(order.id, True), (order.id, False)]
    assert len(await shop.orders()) == 1


async def test_another_body_updates_an_open_order_and_can_be_undone(shop: ShopStore) -> None:
    order = await put(shop)
    changed = replace(POSTED, items=(PostedItem("DIM", 3),))
    updated, created = await shop.put_order(changed, "key1")
    assert not created
    assert (updated.id, updated.number, updated.total, updated.version) == (order.id, order.number, 750_00, 2)
    assert await shop.put_order(changed) == (updated, False)
    [change] = await shop.changes_of(order.id)
    assert change.actor_id == "key1"
    undone = await shop.undo_edit(change.id, "u1")
    assert undone == replace(order, version=3)


async def test_a_body_that_changes_only_the_customer_is_no_change_of_the_order(shop: ShopStore) -> None:
    order = await put(shop)
    again = replace(POSTED, customer=replace(ANNA, email="anna@example.org"))
    assert await shop.put_order(again) == (order, False)
    assert await shop.changes_of(order.id) == []


async def test_a_closed_order_is_not_updated(shop: ShopStore) -> None:
    order = await put(shop)
    await shop.edit_order(order.id, OrderEdit(status=OrderStatus.CANCELLED, cancel_reason="дорого"), "u1", 1)
    with pytest.raises(OrderClosed):
        await shop.put_order(replace(POSTED, payment="cash"))
    assert (await shop.put_order(POSTED))[0].status is OrderStatus.CANCELLED


@pytest.mark.parametrize(
    ("posted", "field"),
    [
        (replace(POSTED, items=(PostedItem("LAMP", 1), PostedItem("GHOST", 1))), "items[1].article"),
        (replace(POSTED, items=(PostedItem("LAMP", 0),)), "items[0].quantity"),
        (replace(POSTED, items=(PostedItem("LAMP", 1, -1),)), "items[0].price"),
        (replace(POSTED, items=(PostedItem("LAMP", 1), PostedItem("LAMP", 2))), "items[1].article"),
        (replace(POSTED, items=()), "items"),
        (replace(POSTED, total=1), "total"),
        (replace(POSTED, external_id=" "), "external_id"),
        (replace(POSTED, placed_at=NOON + timedelta(hours=1)), "placed_at"),
    ],
)
async def test_a_refused_order_leaves_nothing_behind(shop: ShopStore, posted: OrderPosted, field: str) -> None:
    with pytest.raises(OrderRefused) as refused:
        await shop.put_order(posted)
    assert refused.value.field == field
    assert await shop.orders() == []
    assert await shop.customers_by_phone(ANNA.phone) == []


async def test_a_number_taken_by_another_order_leaves_no_customer_behind(shop: ShopStore) -> None:
    await put(shop, replace(POSTED, number="417"))
    stranger = replace(POSTED, external_id="e2", number="417", customer=PostedCustomer("Пётр", "+73433712345"))
    with pytest.raises(OrderRefused, match="number"):
        await shop.put_order(stranger)
    assert await shop.customers_by_phone("+73433712345") == []


async def test_numbers_are_drawn_in_turn_around_those_the_shop_named(shop: ShopStore) -> None:
    first = await put(shop)
    await put(shop, replace(POSTED, external_id="e2", number=str(int(first.number) + 1)))
    third = await put(shop, replace(POSTED, external_id="e3"))
    assert int(third.number) == int(first.number) + 2


async def test_the_same_order_posted_ten_times_at_once_is_one_order(shop: ShopStore) -> None:
    answers = await asyncio.gather(*(shop.put_order(POSTED) for _ in range(10)))
    assert sum(created for _, created in answers) == 1
    assert len({order.id for order, _ in answers}) == 1


async def test_ten_orders_at_once_share_one_customer_and_no_number(shop: ShopStore) -> None:
    orders = await asyncio.gather(*(put(shop, replace(POSTED, external_id=f"e{n}")) for n in range(10)))
    assert len({order.number for order in orders}) == 10
    assert len(await shop.customers_by_phone(ANNA.phone)) == 1


async def test_a_customer_is_found_by_the_shops_key_then_by_number_then_by_name(
    shop: ShopStore, clock: HandClock
) -> None:
    husband = await shop.add_customer("Пётр Иванов", ["+79123456789"], external_id="x1")
    clock.move(days=1)
    wife = await shop.add_customer("Анна Иванова", ["+79123456789"])
    by_name = await put(shop)
    by_key = await put(
        shop, replace(POSTED, external_id="e2", customer=PostedCustomer("П. Иванов", "+79120000001", external_id="x1"))
    )
    unnamed = await put(shop, replace(POSTED, external_id="e3", customer=PostedCustomer("Дочь", "+79123456789")))
    assert by_name.customer_id == wife.id
    assert by_key.customer_id == husband.id
    assert unnamed.customer_id == husband.id
    found = await shop.customer(husband.id)
    assert found is not None
    assert found.phones == ("+79123456789", "+79120000001")


async def test_another_key_of_the_shop_is_another_person(shop: ShopStore) -> None:
    first = await put(shop, replace(POSTED, customer=replace(ANNA, external_id="x1")))
    second = await put(shop, replace(POSTED, external_id="e2", customer=replace(ANNA, external_id="x2")))
    assert first.customer_id != second.customer_id


async def test_a_known_customer_keeps_what_we_know(shop: ShopStore) -> None:
    await put(shop)
    better = PostedCustomer("Аня", "+79123456789", email="anna@example.org", city="Москва", segment="vip")
    await put(shop, replace(POSTED, external_id="e2", customer=better))
    [customer] = await shop.customers_by_phone("+79123456789")
    assert (customer.name, customer.city) == ("Анна Иванова", "Екатеринбург")
    assert (customer.email, customer.segment) == ("anna@example.org", "vip")


async def test_an_editor_who_saw_an_older_version_is_told(shop: ShopStore) -> None:
    order = await put(shop)
    first = await shop.edit_order(order.id, OrderEdit(delivery_slot="12-15"), "u1", 1)
    with pytest.raises(OrderChanged) as changed:
        await shop.edit_order(order.id, OrderEdit(delivery_slot="9-12"), "u2", 1)
    assert changed.value.current == first


async def test_two_editors_at_once_do_not_both_win(shop: ShopStore) -> None:
    order = await put(shop)
    edits = (shop.edit_order(order.id, OrderEdit(courier_comment=f"правка {n}"), "u1", 1) for n in range(5))
    answers = await asyncio.gather(*edits, return_exceptions=True)
    assert sum(isinstance(answer, Order) for answer in answers) == 1
    assert sum(isinstance(answer, OrderChanged) for answer in answers) == 4
    assert len(await shop.changes_of(order.id)) == 1


async def test_an_edit_that_changes_nothing_is_not_recorded(shop: ShopStore) -> None:
    order = await put(shop)
    assert await shop.edit_order(order.id, OrderEdit(payment=""), "u1", 1) == order
    assert await shop.changes_of(order.id) == []


async def test_only_the_latest_change_is_undone_and_undoing_twice_is_refused(shop: ShopStore) -> None:
    order = await put(shop)
    await shop.edit_order(order.id, OrderEdit(items=(ItemEdit("DIM", 4),)), "u1", 1)
    await shop.edit_order(order.id, OrderEdit(delivery_slot="9-12"), "u1", 2)
    latest, first = await shop.changes_of(order.id)
    with pytest.raises(OrderChanged):
        await shop.undo_edit(first.id, "u1")
    undone = await shop.undo_edit(latest.id, "u1")
    assert (undone.delivery_slot, undone.version) == ("", 4)
    with pytest.raises(OrderChanged):
        await shop.undo_edit(latest.id, "u1")
    with pytest.raises(UnknownOrder):
        await shop.undo_edit("nothing", "u1")
    with pytest.raises(UnknownOrder):
        await shop.edit_order("nothing", OrderEdit(), "u1", 1)


async def test_a_listener_that_fails_does_not_undo_the_order(shop: ShopStore) -> None:
    heard: list[str] = []

    async def broken(_order: Order, _created: bool) -> None:
        raise RuntimeError("no line")

    async def listen(order: Order, _created: bool) -> None:
        heard.append(order.id)

    shop.on_order.extend([broken, listen])
    order = await put(shop)
    assert heard == [order.id]


async def test_orders_of_a_customer_newest_first_and_the_open_one(shop: ShopStore) -> None:
    old = await put(shop, replace(POSTED, placed_at=NOON - timedelta(days=9)))
    newer = await put(shop, replace(POSTED, external_id="e2", placed_at=NOON - timedelta(days=2)))
    newest = await put(shop, replace(POSTED, external_id="e3"))
    cancelled = await shop.edit_order(
        newest.id, OrderEdit(status=OrderStatus.CANCELLED, cancel_reason="дубль"), None, 1
    )
    assert await shop.orders_of(old.customer_id) == [cancelled, newer, old]
    assert await shop.open_order_of(old.customer_id) == newer
    assert await shop.open_order_of("nobody") is None
    assert await shop.orders([OrderStatus.NEW], limit=1) == [newer]
    assert await shop.orders([OrderStatus.NEW], before=newer.placed_at) == [old]


async def test_the_timeline_tells_who_did_what(shop: ShopStore, database: Database, clock: HandClock) -> None:
    access = AccessStore(database, clock, random_ids, keeper=quick_keeper())
    olga = await access.create_user("olga", "Ольга Ким", Role.OPERATOR, None)
    key = await access.api_key_user(await access.create_api_key("Магазин"))
    assert key is not None
    order = await put(shop)
    clock.move(minutes=1)
    await shop.put_order(replace(POSTED, payment="cash"), key.id)
    clock.move(minutes=1)
    await shop.add_note(order.customer_id, "Просит не звонить утром", olga.id)
    clock.move(minutes=1)
    [change] = await shop.changes_of(order.id)
    await shop.undo_edit(change.id, olga.id)
    told = await shop.timeline(order.customer_id)
    assert [(entry.kind, entry.actor_name) for entry in told] == [
        (EntryKind.ORDER_CHANGE_UNDONE, "Ольга Ким"),
        (EntryKind.NOTE, "Ольга Ким"),
        (EntryKind.ORDER_CHANGED, "Магазин"),
        (EntryKind.ORDER_PLACED, ""),
    ]
    assert told[1].body == "Просит не звонить утром"
    assert told[2].body == "payment:  -> cash"
    assert told[2].change_id is None
    assert told[3].body == "Лампа настольная × 2, Диммер × 1"
    assert {entry.order_id for entry in told} == {order.id, None}


async def test_the_latest_change_can_be_undone_from_the_timeline(shop: ShopStore) -> None:
    order = await put(shop)
    await shop.edit_order(order.id, OrderEdit(delivery_slot="9-12"), None, 1)
    [change] = await shop.changes_of(order.id)
    told = await shop.timeline(order.customer_id)
    assert [entry.change_id for entry in told if entry.kind is EntryKind.ORDER_CHANGED] == [change.id]


@pytest.mark.parametrize(
    ("search", "found"), [("", 2), ("лампа", 1), ("ДИММЕР", 1), ("desk LAMP", 1), ("dim", 1), ("нет такого", 0)]
)
async def test_products_are_found_in_any_case_and_language(shop: ShopStore, search: str, found: int) -> None:
    assert len(await shop.products(search)) == found


async def test_a_customer_by_hand(shop: ShopStore) -> None:
    customer = await shop.add_customer(
        "Vera", ["+73433712345", "+79120000001", "+73433712345"], language="en", note="дверь слева"
    )
    assert customer.phones == ("+73433712345", "+79120000001")
    assert customer.time_zone == "Asia/Yekaterinburg"
    assert await shop.customer(customer.id) == customer
    assert await shop.customers_by_phone("+79120000001") == [customer]
    assert await shop.customer("nobody") is None
    assert await shop.timeline(customer.id) == []


async def test_a_listener_that_failed_is_told_again_of_the_order_as_it_is_now(shop: ShopStore) -> None:
    troubles, heard = ["the disk is full", "it still is"], list[Order]()

    async def listen(order: Order, _created: bool) -> None:
        if troubles:
            raise OSError(troubles.pop())
        heard.append(order)

    shop.on_order.append(listen)
    order = await put(shop)
    await shop.tell_again()
    assert heard == []
    await shop.tell_again()
    await shop.tell_again()
    assert heard == [await shop.order(order.id)]
