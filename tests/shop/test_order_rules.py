"""What the shop allows, rule by rule. Pure."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.shop.order import (
    EDITABLE,
    MAX_LINES,
    ItemEdit,
    Order,
    OrderClosed,
    OrderEdit,
    OrderItem,
    OrderRefused,
    OrderStatus,
    check_edit,
    next_statuses,
    total_of,
)
from cordboard.shop.order_change import field_changes, in_words, restored, to_record
from cordboard.shop.product import Product
from tests.fakes.hours import NOON

LAMP = Product("p1", "LAMP", "Лампа", "Lamp", 100_00, 5)
DIMMER = Product("p2", "DIM", "Диммер", "Dimmer", 250_50, 5)
PRODUCTS = {"LAMP": LAMP, "DIM": DIMMER}
LINE = OrderItem("p1", "LAMP", "Лампа", 90_00, 2)


def order(status: OrderStatus = OrderStatus.NEW, reason: str | None = None) -> Order:
    return Order(
        id="o1",
        external_id="e1",
        number="417",
        customer_id="c1",
        status=status,
        items=(LINE,),
        delivery_address="Малышева, 51",
        delivery_slot="18-21",
        payment="card",
        courier_comment="",
        total=180_00,
        currency="RUB",
        placed_at=NOON,
        cancel_reason=reason,
        version=3,
        promised_at=NOON + timedelta(days=1),
    )


def refusal(edit: OrderEdit, of: Order | None = None) -> tuple[str, str]:
    with pytest.raises(OrderRefused) as refused:
        check_edit(of or order(), edit, PRODUCTS)
    return refused.value.field, refused.value.reason


def test_nothing_asked_is_nothing_changed() -> None:
    before = order()
    assert check_edit(before, OrderEdit(), PRODUCTS) is before
    assert check_edit(before, OrderEdit(payment=" card ", items=(ItemEdit("LAMP", 2),)), PRODUCTS) is before


def test_kept_lines_keep_their_price_and_new_ones_cost_what_the_product_costs() -> None:
    edit = OrderEdit(items=(ItemEdit("DIM", 2), ItemEdit("LAMP", 3)))
    after = check_edit(order(), edit, PRODUCTS)
    assert [(item.article, item.price, item.quantity) for item in after.items] == [
        ("DIM", 250_50, 2),
        ("LAMP", 90_00, 3),
    ]
    assert after.total == 2 * 250_50 + 3 * 90_00
    assert after.version == 4


@pytest.mark.parametrize("quantity", [0, -1, 1000])
def test_quantities_have_bounds(quantity: int) -> None:
    edit = OrderEdit(items=(ItemEdit("DIM", 1), ItemEdit("LAMP", quantity)))
    assert refusal(edit) == ("items[1].quantity", "must be between 1 and 999")


def test_lines_must_exist_be_some_and_differ() -> None:
    assert refusal(OrderEdit(items=(ItemEdit("GHOST", 1),))) == ("items[0].article", "the shop has no such product")
    assert refusal(OrderEdit(items=())) == ("items", "an order has 1 to 200 lines")
    assert refusal(OrderEdit(items=(ItemEdit("LAMP", 1),) * (MAX_LINES + 1)))[0] == "items"
    assert refusal(OrderEdit(items=(ItemEdit("LAMP", 1),) * 2))[0] == "items[1].article"


def test_a_product_the_shop_no_longer_has_may_stay_in_its_order() -> None:
    after = check_edit(order(), OrderEdit(items=(ItemEdit("LAMP", 5),)), {})
    assert after.total == 450_00


@pytest.mark.parametrize("status", OrderStatus)
@pytest.mark.parametrize("wanted", OrderStatus)
def test_every_move_is_either_allowed_or_refused(status: OrderStatus, wanted: OrderStatus) -> None:
    before = order(status, "раздумал" if status is OrderStatus.CANCELLED else None)
    edit = OrderEdit(status=wanted, cancel_reason="раздумал" if wanted is OrderStatus.CANCELLED else None)
    if wanted is status:
        assert check_edit(before, edit, PRODUCTS) is before
    elif wanted in next_statuses(status):
        after = check_edit(before, edit, PRODUCTS)
        assert (after.status, after.version) == (wanted, 4)
        assert (after.cancel_reason is not None) == (wanted is OrderStatus.CANCELLED)
    else:
        assert refusal(edit, before)[0] == "status"


def test_the_last_states_are_last() -> None:
    assert next_statuses(OrderStatus.DELIVERED) == frozenset()
    assert next_statuses(OrderStatus.SHIPPED) == {OrderStatus.DELIVERED, OrderStatus.DELIVERY_PROBLEM}


@pytest.mark.parametrize("reason", [None, "", "   "])
def test_a_cancelled_order_needs_a_reason(reason: str | None) -> None:
    edit = OrderEdit(status=OrderStatus.CANCELLED, cancel_reason=reason)
    assert refusal(edit) == ("cancel_reason", "say why the order is cancelled")


def test_only_a_cancelled_order_has_a_reason() -> None:
    assert refusal(OrderEdit(cancel_reason="просто так"))[0] == "cancel_reason"


@pytest.mark.parametrize("status", sorted(set(OrderStatus) - EDITABLE - {OrderStatus.DELIVERY_PROBLEM}))
def test_what_has_left_or_ended_cannot_be_edited(status: OrderStatus) -> None:
    before = order(status, "раздумал" if status is OrderStatus.CANCELLED else None)
    for edit in (OrderEdit(delivery_slot="12-15"), OrderEdit(items=(ItemEdit("LAMP", 9),))):
        with pytest.raises(OrderClosed):
            check_edit(before, edit, PRODUCTS)


def test_of_what_the_courier_brought_back_only_the_next_delivery_can_be_agreed() -> None:
    before = order(OrderStatus.DELIVERY_PROBLEM)
    edit = OrderEdit(delivery_slot="12-15", status=OrderStatus.CONFIRMED)
    after = check_edit(before, edit, PRODUCTS)
    assert (after.delivery_slot, after.status) == ("12-15", OrderStatus.CONFIRMED)
    with pytest.raises(OrderClosed):
        check_edit(before, OrderEdit(items=(ItemEdit("LAMP", 9),)), PRODUCTS)


def test_a_refusal_tells_the_status_in_words() -> None:
    assert refusal(OrderEdit(status=OrderStatus.NEW), order(OrderStatus.SHIPPED))[1] == (
        "an order that is shipped cannot become new"
    )


edits = st.builds(
    OrderEdit,
    items=st.none()
    | st.lists(st.builds(ItemEdit, st.sampled_from(["LAMP", "DIM", "GHOST"]), st.integers(-2, 1100))).map(tuple),
    delivery_slot=st.none() | st.text(max_size=5),
    status=st.none() | st.sampled_from(OrderStatus),
    cancel_reason=st.none() | st.text(max_size=5),
)


@given(edits, st.sampled_from(OrderStatus))
def test_whatever_is_asked_an_order_stays_an_order(edit: OrderEdit, status: OrderStatus) -> None:
    before = order(status, "причина" if status is OrderStatus.CANCELLED else None)
    try:
        after = check_edit(before, edit, PRODUCTS)
    except OrderRefused:
        return
    assert after.items
    assert after.total == total_of(after.items) >= 0
    assert all(1 <= item.quantity <= 999 for item in after.items)
    assert (after.cancel_reason is not None) == (after.status is OrderStatus.CANCELLED)
    assert after.version == before.version + (after != before)
    if after.status not in (OrderStatus.SHIPPED, OrderStatus.DELIVERED):
        assert restored(after, to_record(before)) == replace(before, version=after.version + 1)


def test_a_change_tells_its_fields_and_leads_back() -> None:
    before = order()
    after = check_edit(before, OrderEdit(items=(ItemEdit("LAMP", 1),), status=OrderStatus.CONFIRMED), PRODUCTS)
    changes = field_changes(to_record(before), to_record(after))
    assert [change.field for change in changes] == ["status", "items", "total"]
    assert in_words(changes) == "status: new -> confirmed; items: Лампа × 2 -> Лампа × 1; total: 18000 -> 9000"
    assert restored(after, to_record(before)) == replace(before, version=5)
    with pytest.raises(OrderClosed):
        restored(replace(after, status=OrderStatus.SHIPPED), to_record(before))
