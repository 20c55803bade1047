"""An order as the shop's own system posts it: what it must say, and the lines and marks we make of it."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta

from .order import MAX_LINES, MAX_PRICE, MAX_QUANTITY, OrderItem, OrderRefused, total_of
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

    `total` in kopecks, when given, must be the sum of the items. `placed_at` None means now.
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
    total: int | None = None


def fingerprint(posted: OrderPosted) -> str:
    """The same for the same body: tells a repeat from a change."""
    return hashlib.sha256(json.dumps(asdict(posted), default=str, sort_keys=True).encode()).hexdigest()


def check_posted(posted: OrderPosted, products: Mapping[str, Product], now: datetime) -> tuple[OrderItem, ...]:
    """The order's lines. `products` by article. Raises OrderRefused with the field's path in the posted body."""
    if not posted.external_id.strip():
        raise OrderRefused("external_id", "must not be empty")
    if posted.placed_at is not None and posted.placed_at > now + _CLOCK_SKEW:
        raise OrderRefused("placed_at", "lies in the future; check the clock and the time zone")
    if not 1 <= len(posted.items) <= MAX_LINES:
        raise OrderRefused("items", f"an order has 1 to {MAX_LINES} lines")
    items = tuple(_line(index, item, posted, products) for index, item in enumerate(posted.items))
    if posted.total is not None and posted.total != total_of(items):
        raise OrderRefused("total", f"the items come to {total_of(items)} kopecks")
    return items


def _line(index: int, item: PostedItem, posted: OrderPosted, products: Mapping[str, Product]) -> OrderItem:
    path = f"items[{index}]"
    if not 1 <= item.quantity <= MAX_QUANTITY:
        raise OrderRefused(f"{path}.quantity", f"must be between 1 and {MAX_QUANTITY}")
    if item.price is not None and not 0 <= item.price <= MAX_PRICE:
        raise OrderRefused(f"{path}.price", f"must be between 0 and {MAX_PRICE} kopecks")
    if any(other.article == item.article for other in posted.items[:index]):
        raise OrderRefused(f"{path}.article", "stands in the order twice; add the quantities")
    product = products.get(item.article)
    if product is None:
        raise OrderRefused(f"{path}.article", "the shop has no such product")
    price = product.price if item.price is None else item.price
    return OrderItem(product.id, product.article, product.name_ru, price, item.quantity)
