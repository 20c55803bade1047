"""What another posting of a known order makes of it. Pure."""

from dataclasses import replace
from datetime import timedelta

import pytest

from cordboard.shop.order import Order, OrderItem, OrderRefused, OrderStatus
from cordboard.shop.posting import OrderPosted, PostedCustomer, PostedItem, fingerprint, order_of_posting, reposted
from tests.fakes.hours import NOON

POSTED = OrderPosted("x1", PostedCustomer("Анна", "+74951234567"), (PostedItem("LAMP", 1),), delivery_slot="18-21")
LINE = OrderItem("p1", "LAMP", "Лампа", 90_00, 1)
LATER = NOON + timedelta(hours=1)


def placed(posted: OrderPosted, status: OrderStatus | None = None) -> Order:
    order = order_of_posting(posted, (LINE,), order_id="o", number="1", customer_id="c", now=NOON)
    return order if status is None else replace(order, status=status)


def again(order: Order, posted: OrderPosted, *lines: OrderItem) -> Order:
    return reposted(order, posted, lines or (LINE,), LATER)


@pytest.mark.parametrize(
    ("posted", "lines"),
    [
        (replace(POSTED, delivery_address="Мира, 1"), (LINE,)),
        (replace(POSTED, delivery_slot="12-15"), (LINE,)),
        (POSTED, (replace(LINE, quantity=2),)),
        (POSTED, (replace(LINE, price=80_00),)),
        (POSTED, (LINE, OrderItem("p2", "DIM", "Диммер", 0, 1))),
    ],
)
def test_what_the_customer_confirmed_and_the_shop_changed_he_confirms_again(
    posted: OrderPosted, lines: tuple[OrderItem, ...]
) -> None:
    after = again(placed(POSTED, OrderStatus.CONFIRMED), posted, *lines)
    assert (after.status, after.version) == (OrderStatus.CHANGED, 2)
    twice = again(after, replace(posted, delivery_slot="9-12"), *lines)
    assert (twice.status, twice.version) == (OrderStatus.CHANGED, 3)


@pytest.mark.parametrize("posted", [POSTED, replace(POSTED, payment="paid"), replace(POSTED, courier_comment="2 этаж")])
def test_what_he_did_not_confirm_the_shop_may_change(posted: OrderPosted) -> None:
    assert again(placed(POSTED, OrderStatus.CONFIRMED), posted).status is OrderStatus.CONFIRMED


@pytest.mark.parametrize("status", [OrderStatus.NEW, OrderStatus.TO_CONFIRM, OrderStatus.POSTPONED])
def test_what_waits_for_its_first_confirmation_goes_on_waiting(status: OrderStatus) -> None:
    assert again(placed(POSTED, status), replace(POSTED, delivery_slot="9-12")).status is status


def test_a_basket_is_touched_until_it_is_ordered_and_is_none_again() -> None:
    basket = replace(POSTED, basket=True)
    first = placed(basket)
    assert (first.status, first.placed_at) == (OrderStatus.BASKET, NOON)
    touched = again(first, basket, replace(LINE, quantity=2))
    assert (touched.status, touched.placed_at, touched.version) == (OrderStatus.BASKET, LATER, 2)
    told = again(touched, replace(basket, placed_at=NOON + timedelta(minutes=30)))
    assert told.placed_at == NOON + timedelta(minutes=30)
    ordered = again(told, POSTED)
    assert (ordered.status, ordered.placed_at) == (OrderStatus.NEW, LATER)
    with pytest.raises(OrderRefused) as refused:
        again(ordered, basket)
    assert refused.value.field == "basket"


def test_an_order_looks_the_same_as_before_there_were_baskets() -> None:
    """Else each order that is posted again after an update would take back what operators changed."""
    plain = OrderPosted("x1", PostedCustomer("Анна", "+74951234567"), (PostedItem("LAMP", 1),))
    assert fingerprint(plain) == "0e1c4820f8be9e28f3e8a42f4db6c1c01ade82431525c76a92bcadcef573a1ea"
    assert fingerprint(replace(plain, basket=True)) != fingerprint(plain)
