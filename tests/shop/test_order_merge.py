"""Two people at one order: what is carried over, and what a person must settle."""

from dataclasses import replace

import pytest

from cordboard.shop.order import ItemEdit, Order, OrderEdit, OrderItem, OrderRefused, OrderStatus, check_edit
from cordboard.shop.order_change import to_record
from cordboard.shop.order_merge import Clash, merged
from cordboard.shop.pricing import ANY_PRICE, PriceRight
from cordboard.shop.product import Product
from tests.fakes.hours import NOON

LAMP = OrderItem("p1", "LAMP", "Лампа", 100_00, 2)
DIM = OrderItem("p2", "DIM", "Диммер", 250_00, 1)
SEEN = Order(
    "o1",
    "e1",
    "1",
    "c1",
    OrderStatus.NEW,
    (LAMP, DIM),
    "Малышева, 51",
    "18-21",
    "card",
    "",
    450_00,
    "RUB",
    NOON,
    None,
    1,
)
BASE = to_record(SEEN)
PRODUCTS = {"LAMP": Product("p1", "LAMP", "Лампа", "", 100_00, 5), "DIM": Product("p2", "DIM", "Диммер", "", 250_00, 5)}
BOTH = (ItemEdit("LAMP", 2), ItemEdit("DIM", 1))


def now(**changes: object) -> Order:
    return replace(SEEN, version=2, **changes)  # type: ignore[arg-type]


def test_what_only_one_touched_is_taken_from_him() -> None:
    edit, clashes = merged(BASE, now(delivery_address="Ленина, 1"), OrderEdit(delivery_slot="9-12"))
    assert clashes == ()
    assert edit == OrderEdit(delivery_slot="9-12")


def test_a_field_sent_as_it_was_seen_does_not_take_back_theirs() -> None:
    edit, clashes = merged(BASE, now(payment="cash"), OrderEdit(payment="card", delivery_slot="9-12"))
    assert clashes == ()
    assert edit == OrderEdit(delivery_slot="9-12")


def test_the_same_field_to_different_ends_is_a_clash_and_to_the_same_end_is_none() -> None:
    current = now(delivery_address="Ленина, 1")
    assert merged(BASE, current, OrderEdit(delivery_address="Мира, 2"))[1] == (
        Clash("delivery_address", "Малышева, 51", "Ленина, 1", "Мира, 2"),
    )
    assert merged(BASE, current, OrderEdit(delivery_address=" Ленина, 1 "))[1] == ()


def test_lines_are_merged_one_by_one() -> None:
    current = now(items=(LAMP, replace(DIM, quantity=3)))
    edit, clashes = merged(
        BASE, current, OrderEdit(items=(ItemEdit("LAMP", 5), ItemEdit("DIM", 1), ItemEdit("BULB", 1)))
    )
    assert clashes == ()
    assert edit.items == (ItemEdit("LAMP", 5, 100_00), ItemEdit("DIM", 3, 250_00), ItemEdit("BULB", 1))


def test_one_removed_a_line_that_the_other_changed() -> None:
    current = now(items=(LAMP,))
    _, clashes = merged(BASE, current, OrderEdit(items=(ItemEdit("LAMP", 2), ItemEdit("DIM", 4))))
    seen = {"quantity": 1, "price": 250_00}
    assert clashes == (Clash("items[DIM]", seen, None, {"quantity": 4, "price": 250_00}),)


def test_each_removed_another_line() -> None:
    edit, clashes = merged(BASE, now(items=(LAMP,)), OrderEdit(items=(ItemEdit("DIM", 1),)))
    assert (edit.items, clashes) == ((), ())  # the order's own rule then says that one line must stay


def test_items_sent_as_they_were_seen_change_nothing() -> None:
    edit, clashes = merged(BASE, now(items=(LAMP,)), OrderEdit(items=BOTH, payment="cash"))
    assert (edit, clashes) == (OrderEdit(payment="cash"), ())


def test_two_results_clash_and_the_reason_goes_with_its_status() -> None:
    cancel = OrderEdit(status=OrderStatus.CANCELLED, cancel_reason="дорого")
    assert merged(BASE, now(status=OrderStatus.CONFIRMED), cancel)[1] == (
        Clash("status", "new", "confirmed", "cancelled"),
    )
    assert merged(BASE, now(payment="cash"), cancel) == (cancel, ())


@pytest.mark.parametrize(
    ("right", "price", "reason"),
    [
        (PriceRight(), 99_00, "your role may not change prices"),
        (PriceRight(), 0, "your role may not change prices"),
        (PriceRight(most_off_percent=10), 89_99, "your role may take at most 10 % off the price"),
        (PriceRight(most_off_percent=10), 100_01, "your role may take at most 10 % off the price"),
        (ANY_PRICE, 1_000_000_001, "must be between 0 and 1000000000 kopecks"),
        (ANY_PRICE, -1, "must be between 0 and 1000000000 kopecks"),
    ],
)
def test_prices_that_may_not_be_agreed(right: PriceRight, price: int, reason: str) -> None:
    with pytest.raises(OrderRefused) as refused:
        check_edit(SEEN, OrderEdit(items=(ItemEdit("LAMP", 2, price), ItemEdit("DIM", 1))), PRODUCTS, right)
    assert (refused.value.field, refused.value.reason) == ("items[0].price", reason)


@pytest.mark.parametrize(
    ("right", "price"),
    [(PriceRight(most_off_percent=10), 90_00), (ANY_PRICE, 0), (ANY_PRICE, 500_00), (PriceRight(), 100_00)],
)
def test_prices_that_may(right: PriceRight, price: int) -> None:
    edited = check_edit(SEEN, OrderEdit(items=(ItemEdit("LAMP", 2, price), ItemEdit("DIM", 1))), PRODUCTS, right)
    assert edited.items[0].price == price
    assert edited.total == 2 * price + 250_00


def test_an_agreed_price_goes_back_to_the_shops_without_a_right() -> None:
    agreed = replace(SEEN, items=(replace(LAMP, price=80_00), DIM))
    kept = check_edit(agreed, OrderEdit(items=(ItemEdit("LAMP", 3), ItemEdit("DIM", 1))), PRODUCTS)
    assert kept.items[0].price == 80_00
    back = check_edit(agreed, OrderEdit(items=(ItemEdit("LAMP", 2, 100_00), ItemEdit("DIM", 1))), PRODUCTS)
    assert back.items[0].price == 100_00


def test_a_started_kopeck_is_the_shops() -> None:
    assert PriceRight(most_off_percent=33).lowest(100) == 67
    assert PriceRight(most_off_percent=10).lowest(99) == 90
