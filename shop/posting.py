"""An order as the shop's own system posts it: what it must say, and the lines and marks we make of it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta

from .customer import Customer
from .order import (
    EDITABLE,
    MAX_LINES,
    MAX_PRICE,
    MAX_QUANTITY,
    Order,
    OrderClosed,
    OrderItem,
    OrderRefused,
    OrderStatus,
    total_of,
)
from .phone import zone_of
from .product import Product

_CLOCK_SKEW = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class PostedItem:
    """`price` in kopecks when the shop agreed on another than the product's (a discount), else None."""

    article: str
    quantity: int
    price: int | None = None


@dataclass(frozen=True, slots=True)
class PostedCustomer:
    """`phone` in E.164. A known customer keeps what we know; only blanks are filled, and a segment given is taken."""

    name: str
    phone: str
    email: str = ""
    city: str = ""
    language: str = "ru"
    time_zone: str | None = None
    segment: str | None = None
    external_id: str | None = None


@dataclass(frozen=True, slots=True)
class OrderPosted:
    """`external_id` is the shop's key and ours for doing it once. `number` is what the customer knows it by; drawn when None.

    `total` in kopecks, when given, must be the sum of the items. `placed_at` None means now. `basket`: it is not ordered yet, and
    `placed_at` is when its customer last touched it.
    """

    external_id: str
    customer: PostedCustomer
    items: tuple[PostedItem, ...]
    delivery_address: str = ""
    delivery_slot: str = ""
    payment: str = ""
    courier_comment: str = ""
    number: str | None = None
    placed_at: datetime | None = None
    promised_at: datetime | None = None
    reserved_until: datetime | None = None
    total: int | None = None
    basket: bool = False


def fingerprint(posted: OrderPosted) -> str:
    """The same for the same body: tells a repeat from a change. That it is no basket goes without saying, as it did before there were
    any: else each order would look changed after an update."""
    body = asdict(posted)
    if not posted.basket:
        del body["basket"]
    return hashlib.sha256(json.dumps(body, default=str, sort_keys=True).encode()).hexdigest()


def check_posted(posted: OrderPosted, products: Mapping[str, Product], now: datetime) -> tuple[OrderItem, ...]:
    """The order's lines. `products` by article. Raises OrderRefused with the field's path in the posted body."""
    if not posted.external_id.strip():
        raise OrderRefused("external_id", "must not be empty")
    if posted.placed_at is not None and posted.placed_at > now + _CLOCK_SKEW:
        raise OrderRefused("placed_at", "lies in the future; check the clock and the time zone")
    if not 1 <= len(posted.items) <= MAX_LINES:
        raise OrderRefused("items", "an order has 1 to {most} lines", most=MAX_LINES)
    items = tuple(_line(index, item, posted, products) for index, item in enumerate(posted.items))
    if posted.total is not None and posted.total != total_of(items):
        raise OrderRefused("total", "the items come to {sum} kopecks", sum=total_of(items))
    return items


def _line(index: int, item: PostedItem, posted: OrderPosted, products: Mapping[str, Product]) -> OrderItem:
    path = f"items[{index}]"
    if not 1 <= item.quantity <= MAX_QUANTITY:
        raise OrderRefused(f"{path}.quantity", "must be between 1 and {most}", most=MAX_QUANTITY)
    if item.price is not None and not 0 <= item.price <= MAX_PRICE:
        raise OrderRefused(f"{path}.price", "must be between 0 and {most} kopecks", most=MAX_PRICE)
    if any(other.article == item.article for other in posted.items[:index]):
        raise OrderRefused(f"{path}.article", "stands in the order twice; add the quantities")
    product = products.get(item.article)
    if product is None:
        raise OrderRefused(f"{path}.article", "the shop has no such product")
    price = product.price if item.price is None else item.price
    return OrderItem(product.id, product.article, product.name_ru, price, item.quantity)


def order_of_posting(
    posted: OrderPosted, items: tuple[OrderItem, ...], *, order_id: str, number: str, customer_id: str, now: datetime
) -> Order:
    """The new order of a checked posting."""
    return Order(
        id=order_id,
        external_id=posted.external_id,
        number=number,
        customer_id=customer_id,
        status=OrderStatus.BASKET if posted.basket else OrderStatus.NEW,
        items=items,
        delivery_address=posted.delivery_address,
        delivery_slot=posted.delivery_slot,
        payment=posted.payment,
        courier_comment=posted.courier_comment,
        total=total_of(items),
        currency="RUB",
        placed_at=posted.placed_at or now,
        cancel_reason=None,
        version=1,
        promised_at=posted.promised_at,
        reserved_until=posted.reserved_until,
    )


def reposted(order: Order, posted: OrderPosted, items: tuple[OrderItem, ...], now: datetime) -> Order:
    """A known order as a changed posting wants it: its lines, delivery and payment are the shop's again. Its status stays, but for a
    basket that is ordered now, and for a confirmed order that is not any more what its customer confirmed.

    Raises OrderClosed when the order can no longer be changed, OrderRefused when an order is said to be a basket.
    """
    if order.status not in EDITABLE:
        raise OrderClosed("external_id", "an order that is {status} can no longer be changed", status=order.status)
    changed = replace(
        order,
        items=items,
        total=total_of(items),
        delivery_address=posted.delivery_address,
        delivery_slot=posted.delivery_slot,
        payment=posted.payment,
        courier_comment=posted.courier_comment,
        promised_at=posted.promised_at,
        reserved_until=posted.reserved_until,
    )
    if order.status is OrderStatus.BASKET:
        status = OrderStatus.BASKET if posted.basket else OrderStatus.NEW
        changed = replace(changed, status=status, placed_at=posted.placed_at or now)
    elif posted.basket:
        raise OrderRefused("basket", "an order does not become a basket again")
    elif order.status is OrderStatus.CONFIRMED and _substance(changed) != _substance(order):
        changed = replace(changed, status=OrderStatus.CHANGED)
    return order if changed == order else replace(changed, version=order.version + 1)


def _substance(order: Order) -> tuple[object, ...]:
    """What a customer confirms: what he gets, what it costs, where and when."""
    lines = tuple((item.article, item.quantity, item.price) for item in order.items)
    return lines, order.total, order.delivery_address, order.delivery_slot


def customer_of_posting(posted: PostedCustomer, customer_id: str, now: datetime) -> Customer:
    """Somebody who orders for the first time."""
    return Customer(
        id=customer_id,
        name=posted.name,
        phones=(posted.phone,),
        email=posted.email,
        city=posted.city,
        time_zone=posted.time_zone or zone_of(posted.phone),
        language=posted.language,
        segment=posted.segment or "",
        note="",
        since=now,
        external_id=posted.external_id,
    )


def known_better(customer: Customer, posted: PostedCustomer) -> Customer:
    """A known customer with the blanks filled, a new number added, and the segment the shop now says."""
    return replace(
        customer,
        phones=customer.phones if posted.phone in customer.phones else (*customer.phones, posted.phone),
        email=customer.email or posted.email,
        city=customer.city or posted.city,
        segment=customer.segment if posted.segment is None else posted.segment,
        external_id=customer.external_id or posted.external_id,
    )
