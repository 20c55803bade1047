"""Orders and the dialer, part of the works: an order becomes a lead, what a lead comes to becomes the order's state."""

import asyncio
import logging

from .agent_web.desk_view import move_of_result
from .agent_web.live import LiveHub
from .dialer.dialer import Dialer
from .dialer.lead import Lead
from .queue.disposition import disposition
from .shop.order import ASKS_FOR_CALL, Order, OrderChanged, OrderEdit, OrderRefused, OrderStatus
from .shop.store import ShopStore
from .storage.settings import Settings

log = logging.getLogger(__name__)

MOST_ORDERS = 10_000
TELL_AGAIN_S = 5.0


class Orders:
    def __init__(self, shop: ShopStore, dialer: Dialer, live: LiveHub) -> None:
        self._shop, self._dialer, self._live = shop, dialer, live

    async def placed(self, order: Order, _created: bool) -> None:
        customer = await self._shop.customer(order.customer_id)
        if customer is not None:
            first, *others = customer.phones or (None,)
            known = [one for one in others if one]
            zone, city, segment = customer.time_zone or None, customer.city, customer.segment
            await self._dialer.on_order(order, first, zone, known, city=city, segment=segment)
        self._live.tell_order(order.id, order.customer_id)

    async def tell_all(self) -> None:
        """At the start: an order whose lead a crash prevented gets it."""
        for order in await self._shop.orders(ASKS_FOR_CALL, limit=MOST_ORDERS):
            await self.placed(order, False)

    async def tell_again_forever(self) -> None:
        """An order whose lead could not be written gets it. First, products that are older than their search get their words."""
        await self._shop.catalogue.index_missing()
        while True:
            await asyncio.sleep(TELL_AGAIN_S)
            await self._shop.tell_again()

    async def settle(self, lead: Lead, code: str) -> None:
        """A customer chose by a key of his telephone what becomes of his order: it is brought there, as an operator's result would; what
        is there already stays."""
        order = await self._shop.order(lead.order_id) if lead.order_id else None
        status = None if order is None else move_of_result(code, order)
        if order is None or status is None:
            return
        chosen = disposition(code)
        reason = chosen.label_ru if chosen is not None and status is OrderStatus.CANCELLED else None
        try:
            await self._shop.edit_order(order.id, OrderEdit(status=status, cancel_reason=reason), None, order.version)
        except (OrderRefused, OrderChanged) as refused:
            log.warning("order %s was not settled by a key: %s", order.id, type(refused).__name__)


async def first_campaign(dialer: Dialer, settings: Settings, calling_hours: str) -> None:
    """A site begins with one campaign that calls its orders back, paused until a supervisor starts it."""
    if not await dialer.campaigns():
        hours = dict(zip(("hours.opens_min", "hours.closes_min"), minutes(calling_hours), strict=True))
        knobs = {"takes_orders": True, "ring_timeout_s": settings.dial_ring_s, **hours}
        name = "Подтверждение заказов" if settings.language == "ru" else "Order confirmation"
        await dialer.add_campaign(name, settings.queue_name, knobs)


def minutes(hours: str) -> tuple[int, int]:
    """ "09:00-21:00" in minutes after midnight: (540, 1260)."""
    opens, closes = (int(part[:2]) * 60 + int(part[3:]) for part in hours.split("-"))
    return opens, closes
