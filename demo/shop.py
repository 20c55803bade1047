"""The demo's shop: 40 products, 60 customers, 200 orders, drawn from one seed, so that every demo is the same shop."""

from datetime import datetime, timedelta
from random import Random

from ..shop.order import OrderEdit, OrderStatus
from ..shop.posting import OrderPosted, PostedCustomer, PostedItem
from ..shop.store import ShopStore
from . import goods, more_goods

ORDERS = 200
WAITING = 24
ENGLISH_CUSTOMERS = 12
RUSSIAN_CUSTOMERS = 48


class PastClock:
    """The clock on the wall of the day of which we tell."""

    def __init__(self, now: datetime) -> None:
        self.told = now

    def now(self) -> datetime:
        return self.told

    def monotonic(self) -> float:
        return self.told.timestamp()


async def open_shop(shop: ShopStore, past: PastClock, *, waiting: int = WAITING) -> None:
    """Fill an empty shop; one that sells already is left alone. Old orders are settled, the newest `waiting` wait for a call.

    `shop` must keep its time by `past`, so that each order's life stands where it belongs.
    """
    if await shop.products(limit=1):
        return
    now = past.now()
    chance = Random(1968)
    await shop.catalogue.put(more_goods.products(now.date()))
    customers = [*(_russian(number, chance) for number in range(RUSSIAN_CUSTOMERS))]
    customers += [_english(number) for number in range(ENGLISH_CUSTOMERS)]
    for customer, city, _street in customers:
        await shop.add_customer(
            customer.name,
            [customer.phone],
            email=customer.email,
            city=city,
            time_zone=customer.time_zone,
            language=customer.language,
            segment=chance.choice(("", "", "vip", "new")),
            note=chance.choice(goods.NOTES),
            since=now - timedelta(days=chance.randint(30, 900)),
        )
    await _orders(shop, customers, chance, past, waiting)


async def _orders(
    shop: ShopStore, customers: list[tuple[PostedCustomer, str, str]], chance: Random, past: PastClock, waiting: int
) -> None:
    now = past.now()
    for number in range(ORDERS):
        waits = number >= ORDERS - waiting
        age = timedelta(minutes=chance.randint(5, 600)) if waits else timedelta(days=chance.randint(2, 400))
        # The newest orders are of different customers, so that each waiting call is another person's.
        customer, city, street = customers[number % len(customers)] if waits else chance.choice(customers)
        posted = OrderPosted(
            external_id=f"demo-{number + 1}",
            number=str(48001 + number),
            customer=customer,
            items=tuple(
                PostedItem(article, chance.choice((1, 1, 1, 2, 3, 6)))
                for article, *_ in chance.sample(goods.PRODUCTS, chance.randint(1, 4))
            ),
            delivery_address=f"{city}, {street}, {chance.randint(1, 90)}, {chance.randint(1, 120)}",
            delivery_slot=f"{(now + timedelta(days=2)):%d.%m}, {chance.choice(goods.SLOTS)}",
            payment=chance.choice(goods.PAYMENTS),
            placed_at=now - age,
        )
        past.told = now - age
        order, _created = await shop.put_order(posted)
        if not waits:
            for status in _settled(chance):
                past.told += timedelta(hours=chance.uniform(0.2, 14))
                reason = "передумал" if status is OrderStatus.CANCELLED else None
                edit = OrderEdit(status=status, cancel_reason=reason)
                order = await shop.edit_order(order.id, edit, None, order.version)


def _settled(chance: Random) -> tuple[OrderStatus, ...]:
    if chance.random() < 0.12:
        return (OrderStatus.CANCELLED,)
    return OrderStatus.CONFIRMED, OrderStatus.SHIPPED, OrderStatus.DELIVERED


def _russian(number: int, chance: Random) -> tuple[PostedCustomer, str, str]:
    woman = number % 2 == 0
    first = (goods.RUSSIAN_WOMEN if woman else goods.RUSSIAN_MEN)[number // 2 % 12]
    family = goods.FAMILIES[(number * 5 + number // 12) % 12] + ("а" if woman else "")
    city, street, zone = goods.CITIES[chance.randrange(len(goods.CITIES))]
    customer = PostedCustomer(
        name=f"{first} {family}",
        phone=f"+7900000{1000 + number * 37}",
        email=f"customer{number + 1}@example.org",
        city=city,
        language="ru",
        time_zone=zone,
    )
    return customer, city, street


def _english(number: int) -> tuple[PostedCustomer, str, str]:
    city, street, zone = goods.ENGLISH_CITIES[number % len(goods.ENGLISH_CITIES)]
    customer = PostedCustomer(
        name=goods.ENGLISH[number],
        phone=f"+447700900{100 + number * 7}",
        email=f"guest{number + 1}@example.org",
        city=city,
        language="en",
        time_zone=zone,
    )
    return customer, city, street
