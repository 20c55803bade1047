"""An order and the shop's rules about it: what may be changed, when, and what it then costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Literal

from .pricing import NO_RIGHT, PriceRight
from .product import Product

MAX_QUANTITY = 999
MAX_PRICE = 1_000_000_000  # kopecks
MAX_LINES = 200


class OrderStatus(StrEnum):
    """`basket`: not ordered yet. `changed`: by the shop after the customer had confirmed it, so he is asked again. `delivery_problem`:
    the courier could not hand it over."""

    BASKET = "basket"
    NEW = "new"
    TO_CONFIRM = "to_confirm"
    CHANGED = "changed"
    CONFIRMED = "confirmed"
    POSTPONED = "postponed"
    CANCELLED = "cancelled"
    SHIPPED = "shipped"
    DELIVERED = "delivered"
    DELIVERY_PROBLEM = "delivery_problem"


_NEXT: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.BASKET: frozenset({OrderStatus.NEW, OrderStatus.CONFIRMED, OrderStatus.CANCELLED}),
    OrderStatus.NEW: frozenset(
        {OrderStatus.TO_CONFIRM, OrderStatus.CONFIRMED, OrderStatus.POSTPONED, OrderStatus.CANCELLED}
    ),
    OrderStatus.TO_CONFIRM: frozenset({OrderStatus.CONFIRMED, OrderStatus.POSTPONED, OrderStatus.CANCELLED}),
    OrderStatus.CHANGED: frozenset(
        {OrderStatus.TO_CONFIRM, OrderStatus.CONFIRMED, OrderStatus.POSTPONED, OrderStatus.CANCELLED}
    ),
    OrderStatus.POSTPONED: frozenset({OrderStatus.TO_CONFIRM, OrderStatus.CONFIRMED, OrderStatus.CANCELLED}),
    OrderStatus.CONFIRMED: frozenset(
        {
            OrderStatus.TO_CONFIRM,
            OrderStatus.CHANGED,
            OrderStatus.POSTPONED,
            OrderStatus.CANCELLED,
            OrderStatus.SHIPPED,
        }
    ),
    OrderStatus.CANCELLED: frozenset({OrderStatus.TO_CONFIRM}),  # the customer changed their mind
    OrderStatus.SHIPPED: frozenset({OrderStatus.DELIVERED, OrderStatus.DELIVERY_PROBLEM}),
    OrderStatus.DELIVERED: frozenset(),
    OrderStatus.DELIVERY_PROBLEM: frozenset(  # confirmed: another delivery is agreed
        {OrderStatus.CONFIRMED, OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.CANCELLED}
    ),
}

EDITABLE = frozenset(
    {
        OrderStatus.BASKET,
        OrderStatus.NEW,
        OrderStatus.TO_CONFIRM,
        OrderStatus.CHANGED,
        OrderStatus.POSTPONED,
        OrderStatus.CONFIRMED,
    }
)
"""While in these, items and delivery may change."""

OPEN = EDITABLE - {OrderStatus.BASKET} | {OrderStatus.SHIPPED, OrderStatus.DELIVERY_PROBLEM}
"""Ordered and not over yet: what a caller most likely calls about."""

WAITS_FOR_CALL = frozenset({OrderStatus.NEW, OrderStatus.TO_CONFIRM, OrderStatus.CHANGED})
"""Ordered, and to be confirmed by its customer."""

ASKS_FOR_CALL = WAITS_FOR_CALL | {OrderStatus.BASKET, OrderStatus.DELIVERY_PROBLEM}
"""What the dialer makes leads of, where a campaign wants that."""


@dataclass(frozen=True, slots=True)
class OrderItem:
    """`price` of one piece in kopecks, as agreed when it came into the order."""

    product_id: str
    article: str
    name: str
    price: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Order:
    """`total` and prices in kopecks. `version` grows by one with each change; an editor names the one it saw.

    `promised_at`: when the customer was told to have it. `reserved_until`: the shop keeps its goods for him until then.
    `placed_at` of a basket: when its customer last touched it.
    """

    id: str
    external_id: str
    number: str
    customer_id: str
    status: OrderStatus
    items: tuple[OrderItem, ...]
    delivery_address: str
    delivery_slot: str
    payment: str
    courier_comment: str
    total: int
    currency: Literal["RUB"]
    placed_at: datetime
    cancel_reason: str | None
    version: int
    promised_at: datetime | None = None
    reserved_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ItemEdit:
    """`price` of one piece in kopecks, where another is agreed; None keeps the one agreed, or is what the product costs today."""

    article: str
    quantity: int
    price: int | None = None


@dataclass(frozen=True, slots=True)
class OrderEdit:
    """What to change; None leaves a field as it is. `items` is the whole new list."""

    items: tuple[ItemEdit, ...] | None = None
    delivery_address: str | None = None
    delivery_slot: str | None = None
    payment: str | None = None
    courier_comment: str | None = None
    status: OrderStatus | None = None
    cancel_reason: str | None = None


class OrderRefused(Exception):
    """The shop's rules say no. `field` is a path such as `items[1].quantity`.

    `template` with its `values` is a sentence for people, kept apart so that a page can say it in another language.
    """

    def __init__(self, field: str, template: str, **values: "int | OrderStatus") -> None:
        self.field = field
        self.template = template
        self.values = values
        super().__init__(f"{field}: {self.reason}")

    @property
    def reason(self) -> str:
        """The sentence in English."""
        return self.template.format(**self.values)


class OrderClosed(OrderRefused):
    """The order is past the point where this may still change."""


class OrderChanged(Exception):
    """Somebody else changed the order meanwhile; `current` is how it stands now."""

    def __init__(self, current: Order) -> None:
        super().__init__(f"order {current.id} is at version {current.version}")
        self.current = current


def next_statuses(status: OrderStatus) -> frozenset[OrderStatus]:
    """Where an order may move from `status`."""
    return _NEXT[status]


def total_of(items: Sequence[OrderItem]) -> int:
    """Kopecks for all pieces."""
    return sum(item.price * item.quantity for item in items)


def check_items(
    asked: Sequence[ItemEdit],
    kept: Sequence[OrderItem],
    products: Mapping[str, Product],
    right: PriceRight = NO_RIGHT,
) -> tuple[OrderItem, ...]:
    """The new list of items: those already in the order keep their agreed price, new ones cost what the product costs today, unless
    another price is asked that the editor has the right to."""
    if not 1 <= len(asked) <= MAX_LINES:
        raise OrderRefused("items", "an order has 1 to {most} lines", most=MAX_LINES)
    known = {item.article: item for item in kept}
    items: list[OrderItem] = []
    for index, line in enumerate(asked):
        if not 1 <= line.quantity <= MAX_QUANTITY:
            raise OrderRefused(f"items[{index}].quantity", "must be between 1 and {most}", most=MAX_QUANTITY)
        if any(item.article == line.article for item in items):
            raise OrderRefused(f"items[{index}].article", "stands in the order twice; add the quantities")
        if line.article in known:
            item = replace(known[line.article], quantity=line.quantity)
        elif line.article in products:
            product = products[line.article]
            item = OrderItem(product.id, product.article, product.name_ru, product.price, line.quantity)
        else:
            raise OrderRefused(f"items[{index}].article", "the shop has no such product")
        items.append(_priced(item, line.price, products.get(line.article), right, f"items[{index}].price"))
    return tuple(items)


def _priced(item: OrderItem, price: int | None, product: Product | None, right: PriceRight, field: str) -> OrderItem:
    if price is None or price == item.price:
        return item
    if not 0 <= price <= MAX_PRICE:
        raise OrderRefused(field, "must be between 0 and {most} kopecks", most=MAX_PRICE)
    if product is not None and price == product.price:
        return replace(item, price=price)
    if not right.any_price and right.most_off_percent == 0:
        raise OrderRefused(field, "your role may not change prices")
    if not right.allows(item.price if product is None else product.price, price):
        raise OrderRefused(field, "your role may take at most {most} % off the price", most=right.most_off_percent)
    return replace(item, price=price)


def check_edit(order: Order, edit: OrderEdit, products: Mapping[str, Product], right: PriceRight = NO_RIGHT) -> Order:
    """The order after the edit, one version on; the same order when nothing changes. `products` by article.

    Raises OrderRefused (a rule says no) and OrderClosed (too late for that).
    """
    items = order.items if edit.items is None else check_items(edit.items, order.items, products, right)
    status, cancel_reason = _moved(order, edit)
    changed = replace(
        order,
        items=items,
        total=total_of(items),
        delivery_address=_kept(edit.delivery_address, order.delivery_address),
        delivery_slot=_kept(edit.delivery_slot, order.delivery_slot),
        payment=_kept(edit.payment, order.payment),
        courier_comment=_kept(edit.courier_comment, order.courier_comment),
    )
    is_to_redeliver = order.status is OrderStatus.DELIVERY_PROBLEM and items == order.items
    if changed != order and order.status not in EDITABLE and not is_to_redeliver:
        raise OrderClosed("status", "an order that is {status} can no longer be changed", status=order.status)
    changed = replace(changed, status=status, cancel_reason=cancel_reason)
    return order if changed == order else replace(changed, version=order.version + 1)


def _kept(asked: str | None, present: str) -> str:
    return present if asked is None else asked.strip()


def _moved(order: Order, edit: OrderEdit) -> tuple[OrderStatus, str | None]:
    status = order.status if edit.status is None else edit.status
    if status is not order.status and status not in next_statuses(order.status):
        raise OrderRefused(
            "status", "an order that is {status} cannot become {wanted}", status=order.status, wanted=status
        )
    if status is not OrderStatus.CANCELLED:
        if edit.cancel_reason:
            raise OrderRefused("cancel_reason", "only a cancelled order has one")
        return status, None
    reason = (order.cancel_reason if edit.cancel_reason is None else edit.cancel_reason.strip()) or ""
    if not reason:
        raise OrderRefused("cancel_reason", "say why the order is cancelled")
    return status, reason
