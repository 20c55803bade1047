"""What the house knows of a caller in a spoken dialog, part of the works: his language, his clock, his one open order."""

from .dialer.calling_hours import zone_of
from .queue.contact import Contact
from .shop.customer import Customer
from .shop.order import OPEN, OrderStatus
from .shop.phone import BadPhone, to_e164
from .shop.store import ShopStore
from .telephony.dialogs import Acquaintance
from .telephony.order_by_phone import OrderState, OrderTold

TOLD = {  # a basket is no order yet, and a delivery that failed is an operator's to tell
    OrderStatus.NEW: OrderState.NEW,
    OrderStatus.TO_CONFIRM: OrderState.NEW,
    OrderStatus.CHANGED: OrderState.NEW,
    OrderStatus.CONFIRMED: OrderState.CONFIRMED,
    OrderStatus.POSTPONED: OrderState.POSTPONED,
    OrderStatus.SHIPPED: OrderState.SHIPPED,
}


class Callers:
    """Known by their number. `home_zone` is the site's own."""

    def __init__(self, shop: ShopStore, home_zone: str) -> None:
        self._shop = shop
        self._home_zone = home_zone

    async def acquaintance(self, contact: Contact) -> Acquaintance:
        """The order is told only when the shop knows exactly one that is open behind this number."""
        customers = await self._shop.customers_by_phone(contact.address) if contact.address else []
        customer = next((each for each in customers if each.id == contact.customer_id), _only(customers))
        orders = [order for each in customers for order in await self._shop.orders_of(each.id) if order.status in OPEN]
        state = TOLD.get(orders[0].status) if len(orders) == 1 else None
        told = None if state is None else OrderTold(orders[0].number, state)
        if customer is None:
            return Acquaintance(order=told)
        return Acquaintance(customer.language, customer.time_zone, told)

    def zone_of(self, number: str, known: str) -> str:
        """Of a number that no country has: the site's own."""
        return zone_of(number, known, self._home_zone) if typed_number(number) else known or self._home_zone


def _only(customers: list[Customer]) -> Customer | None:
    return customers[0] if len(customers) == 1 else None


def typed_number(typed: str) -> str:
    """E.164 of what was typed on a telephone's keys, "" when that is no number."""
    try:
        return to_e164(typed)
    except BadPhone:
        return ""
