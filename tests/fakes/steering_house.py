"""A house for the supervisor's pages: real stores, desk, dialer and web application on one SQLite; wires and clock are the test's."""

from datetime import timedelta
from pathlib import Path

import httpx2
from fastapi import FastAPI

from cordboard.access.permission import Role
from cordboard.access.store import AccessStore
from cordboard.access.user import User
from cordboard.agent_web.app import create_app
from cordboard.agent_web.house import House, Site
from cordboard.agent_web.live import LiveHub
from cordboard.dialer.campaign import Campaign
from cordboard.dialer.dialer import Dialer
from cordboard.dialer.imports import Imports
from cordboard.dialer.store import DialerStore
from cordboard.quality.store import RecordingStore
from cordboard.queue.channel import Arrival, ChannelKind, Direction
from cordboard.queue.contact import Contact
from cordboard.queue.deadlines import DeskRules
from cordboard.queue.desk import Desk
from cordboard.queue.setup import QueueSetup, Seat
from cordboard.queue.setup_store import SetupStore
from cordboard.queue.store import QueueStore
from cordboard.shop.order import Order
from cordboard.shop.posting import OrderPosted, PostedCustomer, PostedItem
from cordboard.shop.store import ShopStore
from cordboard.storage.clock import Clock
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from tests.fakes.dial_house import bookings_of
from tests.fakes.passwords import quick_keeper
from tests.fakes.telephones import Telephones
from tests.fakes.wire import RememberingWire

BASE = "http://test.local"


class Robot:
    """The demo's robot as its switch is seen from the pages."""

    def __init__(self) -> None:
        self.on = False

    async def is_on(self) -> bool:
        return self.on

    async def switch(self, on: bool) -> None:
        self.on = on


class SteeringHouse:
    """`robot` stands in the demo only."""

    def __init__(self, db: Database, clock: Clock, data: Path, *, demo: bool = True) -> None:
        self.clock = clock
        self.access = AccessStore(db, clock, random_ids, keeper=quick_keeper())
        self.shop = ShopStore(db, clock, random_ids)
        self.wire, self.telephones, self.robot = RememberingWire(), Telephones(), Robot()
        self.desk = Desk(
            QueueStore(db), {ChannelKind.VOICE: self.wire, ChannelKind.CHAT: self.wire}, clock, random_ids, DeskRules()
        )
        self.store = DialerStore(db, clock, random_ids)
        self.bookings = bookings_of(db, self.store, self.desk, clock, random_ids)
        self.dialer = Dialer(self.store, self.desk, self.telephones, clock, random_ids, "Europe/Moscow")
        self.imports = Imports(
            self.store.imports, data / "imports", clock, random_ids, "Europe/Moscow", self.dialer.wake
        )
        self.desk.follow_ups.append(self.dialer.on_contact_ended)
        self.shop.on_order.append(self._on_order)
        self.live = LiveHub(clock)
        self.site = Site(
            "Лампа", "", False, "0.1.0", demo, _health, time_zone="Europe/Moscow", robot=self.robot if demo else None
        )
        recordings = RecordingStore(db, clock, random_ids, self.access, data)
        self.setup = SetupStore(db, clock, self.access)
        self.setup.on_change.append(self._set_up)
        self.house = House(
            clock,
            self.access,
            self.shop,
            self.desk,
            self.dialer,
            recordings,
            self.live,
            self.site,
            setup=self.setup,
            bookings=self.bookings,
            imports=self.imports,
        )
        self.app: FastAPI = create_app(self.house)

    async def _on_order(self, order: Order, _created: bool) -> None:
        customer = await self.shop.customer(order.customer_id)
        assert customer is not None
        await self.dialer.on_order(order, customer.phones[0])

    async def _set_up(self, setup: QueueSetup) -> None:
        await self.desk.apply(setup)
        for agent in self.desk.agents():
            if (seat := setup.seats.get(agent.id)) is not None:
                await self._seat(agent.id, agent.name, agent.sip_name, seat)

    async def _seat(self, agent_id: str, name: str, sip_name: str, seat: Seat) -> None:
        capacity = self.desk.setup.capacity_of(agent_id)
        await self.desk.register(
            agent_id, name, sip_name, seat.queues, needs_page=False, skills=seat.skills, capacity=capacity
        )

    async def open(self) -> None:
        await self.desk.load()
        await self.setup.first("orders")
        for kind in (ChannelKind.VOICE, ChannelKind.CHAT):
            await self.desk.wire_changed(kind, up=True)
        await self.shop.add_product("TR-118", "Торшер «Север»", 100_00, "Floor lamp North", 1000)

    async def campaign(self, name: str = "Подтверждение заказов", *, running: bool = False) -> Campaign:
        return await self.dialer.add_campaign(
            name,
            "orders",
            {
                "takes_orders": True,
                "state": "running" if running else "paused",
                "hours.opens_min": 0,
                "hours.closes_min": 1440,
            },
        )

    async def user(self, role: Role, name: str, language: str = "ru") -> User:
        return await self.access.create_user(
            f"{role.value}.{name}", name, role, None, "en" if language == "en" else "ru"
        )

    async def operator(self, name: str, *, ready: bool = True, queues: tuple[str, ...] = ("orders",)) -> User:
        """An operator with a desk phone, so that no page need be open."""
        user = await self.user(Role.OPERATOR, name)
        await self.desk.register(user.id, name, user.sip_name, queues, needs_page=False)
        if ready:
            await self.desk.ready(user.id)
        return user

    async def order(
        self, number: int, rubles: int, hours_ago: float, name: str = "", city: str = "Казань", phone: str = ""
    ) -> Order:
        posted = OrderPosted(
            external_id=f"x{number}",
            customer=PostedCustomer(name=name or f"Клиент {number}", phone=phone or f"+7495{number:07}", city=city),
            items=(PostedItem(article="TR-118", quantity=1, price=rubles * 100),),
            number=str(number),
            placed_at=self.clock.now() - timedelta(hours=hours_ago),
        )
        order, _ = await self.shop.put_order(posted)
        return order

    async def call_in(self, key: str, queue: str = "orders", address: str = "+74957654321") -> Contact:
        return await self.desk.arrive(Arrival(ChannelKind.VOICE, Direction.INBOUND, queue, key, address))

    async def client(self, user: User | None = None) -> httpx2.AsyncClient:
        """A browser of this user, signed in. Use as `async with await house.client(user) as browser`."""
        cookies = {} if user is None else {"cordboard": await self.access.open_session(user.id, "test")}
        return httpx2.AsyncClient(transport=httpx2.ASGITransport(app=self.app), base_url=BASE, cookies=cookies)


async def _health() -> dict[str, object]:
    return {"status": "ok", "parts": {}}
