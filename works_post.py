"""The post, part of the works: the outbox that orders and cards write into, and who brings it to the shop's system and to customers."""

import secrets

from .agent_web.live import LiveHub
from .shop.asking import Way
from .shop.asking_store import Askings
from .shop.customer import Customer
from .shop.delivering import Delivering, Send
from .shop.letters import Letters
from .shop.message import CUSTOMER, ORDER
from .shop.order import Order
from .shop.remote import RemoteShop
from .shop.store import ShopStore
from .storage.clock import Clock
from .storage.database import Database
from .storage.ids import random_ids
from .storage.outbox import Message
from .storage.outbox_store import Outbox
from .storage.settings import Settings


def new_token() -> str:
    return secrets.token_urlsafe(24)


class Post:
    """`outbox` is where the shop writes, None where the site names no system of the shop's (`shop_url`): the built-in one is all then."""

    def __init__(self, db: Database, clock: Clock, settings: Settings) -> None:
        self._db, self._clock = db, clock
        self._box = Outbox(db, clock, random_ids)
        self.remote: RemoteShop | None = None
        self._sms: RemoteShop | None = None
        ways: dict[str, Send] = {}
        if settings.shop_url:
            self.remote = RemoteShop(settings.shop_url, settings.shop_key, settings.shop_timeout_s)
            ways |= {ORDER: self.remote.send, CUSTOMER: self.remote.send}
        if settings.sms_url:
            self._sms = RemoteShop(settings.sms_url, settings.sms_key, settings.shop_timeout_s)
            ways[Way.SMS] = self._sms.send
        if settings.mail_url and settings.mail_from:
            ways[Way.EMAIL] = Letters(settings.mail_url, settings.mail_from).send
        self.outbox = self._box if self.remote is not None else None
        self.delivering = Delivering(self._box, ways)

    def attach(self, shop: ShopStore, live: LiveHub) -> None:
        """Desks that show an order or a card see where it is."""
        self.askings = Askings(self._db, self._clock, random_ids, new_token, self._box, shop)

        async def order_changed(_order: Order, _created: bool) -> None:
            self.delivering.wake()

        async def card_changed(customer: Customer) -> None:
            self.delivering.wake()
            live.tell_order("", customer.id)

        async def tried(message: Message) -> None:
            if message.topic == CUSTOMER:
                live.tell_order("", message.subject)
                return
            of_letter = message.topic in (Way.EMAIL, Way.SMS)
            order_id = await self.askings.order_of(message.subject) if of_letter else message.subject
            order = await shop.order(order_id) if order_id else None
            if order is not None:
                live.tell_order(order.id, order.customer_id)

        shop.on_order.append(order_changed)
        shop.book.on_change.append(card_changed)
        self.delivering.on_tried.append(tried)

    async def run(self) -> None:
        try:
            await self.delivering.run()
        finally:
            for remote in (self.remote, self._sms):
                if remote is not None:
                    await remote.close()
