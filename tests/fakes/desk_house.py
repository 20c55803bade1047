"""A house for the operator's desk: real stores, desk and pages, served on a real port; only the telephone wire is the test's."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import httpx2
import uvicorn
from fastapi import FastAPI

from cordboard.access.permission import Role
from cordboard.access.store import AccessStore
from cordboard.access.user import Language, User
from cordboard.agent_web.app import create_app
from cordboard.agent_web.house import House, Site
from cordboard.agent_web.live import LiveHub
from cordboard.dialer.booking_diary import Diary
from cordboard.dialer.booking_limits import BookingRules
from cordboard.dialer.booking_store import BookingStore
from cordboard.dialer.bookings import Bookings
from cordboard.dialer.dialer import Dialer
from cordboard.dialer.store import DialerStore
from cordboard.quality.store import RecordingStore
from cordboard.queue.channel import Arrival, Channel, ChannelKind, Direction
from cordboard.queue.channels.chat import ChatRoom
from cordboard.queue.channels.store import ChatStore
from cordboard.queue.channels.visitor_door import Opening
from cordboard.queue.contact import Contact
from cordboard.queue.deadlines import DeskRules
from cordboard.queue.desk import Desk
from cordboard.queue.drafts import Drafts
from cordboard.queue.drafts_store import DraftStore
from cordboard.queue.messages_store import MessageStore
from cordboard.queue.reception import Known
from cordboard.queue.setup import QueueRules, QueueSetup
from cordboard.queue.store import QueueStore
from cordboard.shop.order import Order
from cordboard.shop.posting import OrderPosted, PostedCustomer, PostedItem
from cordboard.shop.store import ShopStore
from cordboard.storage.clock import Clock
from cordboard.storage.database import Database
from cordboard.storage.ids import random_ids
from cordboard.works_scripts import scripts_of
from tests.fakes.passwords import quick_keeper
from tests.fakes.telephones import Telephones
from tests.fakes.wait import until
from tests.fakes.wire import RememberingWire

ANNA = "+79000004127"
PRODUCTS = (
    ("TR-118", "Торшер «Север», латунь", "Floor lamp North, brass", 8990_00, 12),
    ("LE-27W", "Лампа E27, тёплая, 8 Вт", "Bulb E27, warm, 8 W", 390_00, 240),
    ("AB-40L", "Абажур льняной, 40 см", "Linen shade, 40 cm", 2450_00, 1),
    ("DM-01", "Диммер настенный", "Wall dimmer", 1290_00, 40),
)


class DeskHouse:
    """`wire` remembers what the desk asks of telephony; the test itself says what happens on the line."""

    def __init__(
        self, db: Database, clock: Clock, data: Path, websocket_url: str = "", wrap_up_s: float = 60.0
    ) -> None:
        self.clock = clock
        self.access = AccessStore(db, clock, random_ids, keeper=quick_keeper())
        self.shop = ShopStore(db, clock, random_ids)
        self.wire = RememberingWire()
        rules = DeskRules(wrap_up_s=wrap_up_s)
        channels: dict[ChannelKind, Channel] = {ChannelKind.VOICE: self.wire}
        self.desk = Desk(QueueStore(db), channels, clock, random_ids, rules, self._identify)
        self.telephones = Telephones()
        store = self.dialer_store = DialerStore(db, clock, random_ids)
        dialer = self.dialer = Dialer(store, self.desk, self.telephones, clock, random_ids, "Europe/Moscow")
        self.live = LiveHub(clock)
        self.chat = ChatRoom(ChatStore(db), self.desk, clock, random_ids, self.live, lambda _code: "orders")
        channels[ChannelKind.CHAT] = self.chat
        self.desk.follow_ups.append(self.chat.on_contact_ended)
        self.desk.thirds.heard_gone.append(self.live.tell_third_gone)
        self.drafts, self.messages = DraftStore(db, clock), MessageStore(db, clock, random_ids)
        self.desk.follow_ups.append(Drafts(self.drafts, self.shop.add_note).on_contact_ended)
        self.shop.on_order.append(self._on_order)
        recordings = RecordingStore(db, clock, random_ids, self.access, data)
        booked = BookingStore(db, store, clock)
        diary = Diary(booked, store, self.desk, clock, home_zone="Europe/Moscow", ahead=timedelta(days=14))
        rules_of_booking = BookingRules(countries=("RU",))
        self.bookings = Bookings(
            booked,
            store,
            diary,
            clock,
            random_ids,
            lambda: "s" * 43,
            home_zone="Europe/Moscow",
            key=b"test",
            rules=rules_of_booking,
        )
        self.scripts = scripts_of(
            db, clock, self.shop, self.bookings, self.desk.agree_call, store.lead, home_zone="Europe/Moscow"
        )
        self.registered: set[str] = set()
        site = Site("Лампа и дом", websocket_url, False, "0.1.0", True, _health, sound_processing=False)
        site = replace(site, look_at_phone=self._look_at_phone)
        self.app: FastAPI = create_app(
            House(
                clock,
                self.access,
                self.shop,
                self.desk,
                dialer,
                recordings,
                self.live,
                site,
                chat=self.chat,
                bookings=self.bookings,
                scripts=self.scripts,
                drafts=self.drafts,
                messages=self.messages,
            )
        )

    async def _identify(self, arrival: Arrival) -> Known:
        found = await self.shop.customers_by_phone(arrival.address)
        order = await self.shop.open_order_of(found[0].id) if len(found) == 1 else None
        return Known(found[0].id if len(found) == 1 else None, order.id if order else None)

    async def _look_at_phone(self, agent_id: str) -> None:
        """Whose telephone is registered with Asterisk, and the desk has not heard of it yet."""
        if agent_id in self.registered:
            await self.desk.device_changed(agent_id, up=True)

    async def _on_order(self, order: Order, _created: bool) -> None:
        self.live.tell_order(order.id, order.customer_id)

    async def open(self) -> None:
        await self.desk.load()
        await self.desk.apply(QueueSetup({"orders": QueueRules("orders", "Заказы", "Orders")}))
        await self.chat.resync()
        for kind in (ChannelKind.VOICE, ChannelKind.CHAT):
            await self.desk.wire_changed(kind, up=True)
        for article, name_ru, name_en, price, stock in PRODUCTS:
            await self.shop.add_product(article, name_ru, price, name_en, stock)

    async def operator(self, name: str = "Мария Соколова", login: str = "maria", language: Language = "ru") -> User:
        """A registered operator with a working softphone, off shift."""
        user = await self.access.create_user(login, name, Role.OPERATOR, "correct horse battery", language)
        await self.desk.register(user.id, user.name, user.sip_name, ("orders",))
        await self.desk.device_changed(user.id, up=True)
        return user

    async def at_work(self) -> User:
        """Maria, her page open, ready."""
        user = await self.operator()
        await self.seat(user)
        return user

    async def order(self, number: str = "48213", phone: str = ANNA, name: str = "Анна Сергеевна Иванова") -> Order:
        items = (PostedItem("TR-118", 1), PostedItem("LE-27W", 4), PostedItem("AB-40L", 1))
        posted = OrderPosted(
            external_id=f"x{number}",
            customer=PostedCustomer(name, phone, "anna@example.org", "Екатеринбург", time_zone="Asia/Yekaterinburg"),
            items=items,
            delivery_address="ул. Малышева, 51, кв. 18",
            delivery_slot="пн 23 ноября, 12–15",
            payment="card_on_delivery",
            courier_comment="Домофон не работает, позвонить",
            number=number,
            placed_at=self.clock.now() - timedelta(hours=1),
        )
        order, _ = await self.shop.put_order(posted)
        return order

    async def call_in(self, key: str = "call-1", address: str = ANNA, name: str = "") -> Contact:
        return await self.desk.arrive(Arrival(ChannelKind.VOICE, Direction.INBOUND, "orders", key, address, name))

    async def chat_in(self, text: str = "Где мой заказ?", token: str = "t" * 43, name: str = "Анна") -> Contact:
        """A visitor of the site writes. What he does further: `house.chat.visitors`."""
        opening = Opening("192.0.2.1", name, "ru", "", "first-message", text)
        chat, _ = await self.chat.visitors.start(token, opening)
        contact = self.desk.contact_by_wire(chat.wire_key)
        assert contact is not None
        return contact

    async def seat(self, user: User, tab: str = "tab") -> None:
        """As if the page were open and its softphone up."""
        await self.desk.page_opened(user.id, tab)
        await self.desk.device_changed(user.id, up=True)
        await self.desk.ready(user.id)

    async def token(self, user: User) -> str:
        return await self.access.open_session(user.id, "test")

    async def client(self, user: User | None = None) -> httpx2.AsyncClient:
        """A browser of this user without scripts. Use as `async with await house.client(user) as browser`."""
        cookies = {} if user is None else {"cordboard": await self.token(user)}
        transport = httpx2.ASGITransport(app=self.app)
        return httpx2.AsyncClient(transport=transport, base_url="http://test.local", cookies=cookies)

    @asynccontextmanager
    async def page(self, user: User) -> AsyncIterator[httpx2.AsyncClient]:
        """What the page of this operator, who reads Russian, asks."""
        async with await self.client(user) as page:
            page.headers["Accept-Language"] = "ru"
            yield page

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """The pages on a free port of this machine, the live news and the desk's deadlines running. Gives the address."""
        with socket.create_server(("127.0.0.1", 0)) as listener:
            config = uvicorn.Config(self.app, log_level="warning", lifespan="off", timeout_graceful_shutdown=2)
            server = uvicorn.Server(config)
            async with asyncio.TaskGroup() as group:
                beside = [group.create_task(self.live.follow(self.desk)), group.create_task(self._tick())]
                serving = group.create_task(server.serve([listener]))
                await until(lambda: server.started, "the web server")
                try:
                    yield f"http://127.0.0.1:{listener.getsockname()[1]}"
                finally:
                    self.live.close()
                    server.should_exit = True
                    await serving
                    for task in beside:
                        task.cancel()
                    await self.desk.settle()

    async def _tick(self) -> None:
        while True:
            await self.desk.tick()
            await self.chat.tick()
            await asyncio.sleep(0.5)


async def _health() -> dict[str, object]:
    return {"status": "ok", "parts": {}}
