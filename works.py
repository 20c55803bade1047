"""The works: one engine's rooms, joined. With __main__.py the only place that knows every room; nothing is decided here."""

import asyncio
import logging
import re
from collections.abc import Callable, Coroutine
from contextlib import suppress
from random import Random
from secrets import token_urlsafe
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry

from . import __version__
from .access.permission import Permission
from .access.store import AccessStore
from .access.user import User
from .agent_web.house import House, RobotSwitch, Site
from .agent_web.live import LiveHub
from .agent_web.parts import Parts, watch_figures
from .agent_web.timings import Timings
from .dialer.booking_diary import Diary
from .dialer.booking_limits import DAY, BookingRules
from .dialer.booking_store import BookingStore
from .dialer.bookings import Bookings
from .dialer.dialer import Dialer
from .dialer.do_not_call import Kind
from .dialer.imports import Imports
from .dialer.law import Law
from .dialer.lead import Lead
from .dialer.store import DialerStore
from .quality.store import RecordingStore
from .queue.channel import Arrival, Channel, ChannelKind, WireDown
from .queue.channels.chat import ChatRoom
from .queue.channels.conversation import ChatRules
from .queue.channels.store import ChatStore
from .queue.contact import TALKING_STATES, Contact, ContactState
from .queue.deadlines import DeskRules
from .queue.desk import Desk
from .queue.lifts import LOOK_BACK, lifts_of_past
from .queue.reception import Known
from .queue.setup import Lift, QueueSetup, Seat
from .queue.setup_store import SetupStore
from .queue.store import QueueStore
from .shop.order import ASKS_FOR_CALL, Order
from .shop.phone import BadPhone, to_e164
from .shop.store import ShopStore
from .storage.clock import Clock, SystemClock, WallClock
from .storage.collector import Collector
from .storage.data_folder import DataFolder
from .storage.database import NO_EPOCH, Database
from .storage.ids import random_ids
from .storage.migrate import up_to_date
from .storage.settings import BadSettings, Settings
from .telephony.ami import Ami
from .telephony.ami_delivery import AmiTuning
from .telephony.ami_events import Event, Resync
from .telephony.ami_fence import Fence, Unfenced
from .telephony.dialogs import Spoken
from .telephony.doctor import DoctorSubject, steady_clock
from .telephony.fallback import Fallback
from .telephony.install import AsteriskTree
from .telephony.legs import lane_of
from .telephony.ports import ports_of
from .telephony.rules import ANYWHERE, BadRules, DialRules, home_country
from .telephony.voice import Voice
from .telephony.web_call import WebCalls, site_queue
from .telephony.web_call_process import MediaProcess
from .works_asterisk import NODE, SteeredAsterisk
from .works_booking import PhoneBookings
from .works_ivr import Callers, typed_number
from .works_takes import Takes
from .works_words import ShopWording, settle_order

log = logging.getLogger(__name__)

MOST_ORDERS = 10_000
TELL_AGAIN_S = 5.0
SWEEP_BOOKINGS_S = 5.0
VIP = "vip"
BY_KEY = "key 9"
"""Who wrote an entry of the do-not-call list: the customer himself, by a key of his telephone."""
LAST_WORDS_S = 1.0


class Works:
    """The rooms of one engine, made in the order in which they need each other.

    `line` is the Asterisk that it steers; sound lies where that Asterisk lives. `fence` says whether this engine still leads. `demo` and
    `robot` are the demo's: it sets them before Asterisk starts.
    """

    def __init__(
        self,
        folder: DataFolder,
        settings: Settings,
        line: SteeredAsterisk,
        db: Database,
        fence: Fence = Unfenced(),  # noqa: B008  # frozen
    ) -> None:
        self.folder, self.settings, self.line, self.db = folder, settings, line, db
        home = line.home
        self.clock = clock = SystemClock()
        self.demo = False
        self.robot: RobotSwitch | None = None
        self._published: dict[str, object] = {}
        self.access = AccessStore(db, clock, random_ids)
        self.shop = self.shop_of(clock)
        self.journal = QueueStore(db)
        self.recordings = RecordingStore(db, clock, random_ids, self.access, home.folder.path)
        self.setup = SetupStore(db, clock, self.access)
        self.takes = Takes(
            home.folder, self.journal, self.recordings, self.changed_board, self.open_contacts, self.lives
        )
        callers = Callers(self.shop, settings.time_zone)
        channels: dict[ChannelKind, Channel] = {}
        rules = DeskRules(ring_s=settings.ring_s, wrap_up_s=float(settings.wrap_up_s))
        self.desk = Desk(self.journal, channels, clock, random_ids, rules, self.identify)
        tolls = dial_rules(settings)
        self.voice = Voice(
            self.desk,
            clock,
            queue_of=self.queue_dialed,
            to_e164=plain_number,
            on_recorded=self.takes.keep,
            ring_s=settings.ring_s,
            language_of=lambda _queue: settings.language,
            caller_id=settings.caller_id or settings.inbound_number,
            may_dial=tolls.may_dial,
            spoken=Spoken(
                home.folder.asterisk.resolve() / "share/prompts", callers.acquaintance, typed_number, callers.zone_of
            ),
        )
        channels[ChannelKind.VOICE] = self.voice
        self.metrics = CollectorRegistry()
        self.timings = Timings(self.metrics)
        self.desk.measure_by(self.timings.measured)
        self.live = LiveHub(clock, living=self.access.touch_sessions)
        self.fallback = Fallback(self.desk, clock)
        self.chat = ChatRoom(
            ChatStore(db),
            self.desk,
            clock,
            random_ids,
            self.live,
            self.queue_named,
            ChatRules(grace_s=float(settings.chat_grace_s)),
        )
        channels[ChannelKind.CHAT] = self.chat
        self.web_calls = WebCalls(
            self.desk,
            clock,
            random_ids,
            MediaProcess(),
            home.secrets.ami,
            queues=self.queues_to_call,
            place_of=self.desk.place,
            may_keep=lambda contact: self.desk.setup.rules(contact.queue).keep_place,
            keep=self.voice.waiting_room.pressed,
            unnamed="Звонок с сайта" if settings.language == "ru" else "Call from the site",
        )
        law = Law(tolls, settings.time_zone)
        store = DialerStore(db, clock, random_ids, law)
        wording = ShopWording(lambda: self.shop, line, home.folder.path / "prompts", settings)
        self.dialer = Dialer(
            store, self.desk, self.voice, clock, random_ids, settings.time_zone, wording, jumped=lambda: clock.jumped_s
        )
        self.dialer.on_settled.append(self.settle_order)
        self.dialer.on_opted_out.append(self.opted_out)
        self.dialer.cap.on_wait.append(self.timings.met)
        self.bookings = self.bookings_of(store)
        lists = folder.path / "imports"
        self.imports = Imports(store.imports, lists, clock, random_ids, settings.time_zone, self.dialer.wake)
        self.ami = Ami(
            NODE,
            "127.0.0.1",
            home.ports["ami"],
            "engine",
            home.secrets.ami,
            on_event=self.on_event,
            on_resync=self.on_resync,
            on_link=self.voice.on_link,
            random=Random(),
            tuning=AmiTuning(backoff_cap_s=1.0),  # on loopback there is nobody to spare
            fence=fence,
            lane_of=lane_of,
        )
        self.voice.attach(self.ami, self.dialer)
        self.voice.dialogs.attach(PhoneBookings(self.bookings, clock, settings.time_zone))
        self.web_calls.attach(self.ami)
        self.fallback.attach(self.ami)
        self.desk.follow_ups += [self.dialer.on_contact_ended, self.takes.link, self.chat.on_contact_ended]

    # What Asterisk tells ---------------------------------------------------------------------------------------------

    async def on_event(self, event: Event) -> None:
        """The call's end is written before its page is told."""
        await self.voice.on_event(event)
        await self.web_calls.on_event(event)

    async def on_resync(self, resync: Resync) -> None:
        await self.web_calls.on_resync(resync)
        await self.voice.on_resync(resync)
        await self.fallback.on_resync(resync)

    # The setup of the queues -------------------------------------------------------------------------------------------

    def queue_dialed(self, number: str) -> str:
        """The queue behind a dialed number, or behind the page from which somebody calls."""
        wanted = site_queue(number)
        if wanted is not None:
            return self.queue_named(wanted)
        return self.desk.setup.behind(number, self.settings.queue_name)

    def queue_named(self, code: str) -> str:
        return self.desk.setup.named(code, self.settings.queue_name)

    def queues_to_call(self) -> list[str]:
        usual = self.queue_named("")
        return [usual, *(code for code in self.desk.setup.queues if code != usual)]

    def numbers(self) -> tuple[str, ...]:
        """Every number of ours that may be dialed, the site's own first."""
        own = self.settings.inbound_number
        return (own, *(number for number in self.desk.setup.numbers if number != own.lstrip("+")))

    async def setup_changed(self, setup: QueueSetup) -> None:
        """A supervisor set something: it acts from now on."""
        numbers = self.numbers()
        await self.desk.apply(setup)
        await self.seat_people()
        if self.numbers() != numbers:
            await self.line.numbers_changed(await self.operators(), self.numbers())
        self.changed_board()

    def changed_board(self) -> None:
        self.live.publish("board", {})

    def open_contacts(self) -> tuple[Contact, ...]:
        return self.desk.contacts()

    def lives(self, wire_key: str) -> bool:
        return self.voice.lives(wire_key)

    # Who knows whom ------------------------------------------------------------------------------------------------

    async def identify(self, arrival: Arrival) -> Known:
        """The customer behind a number, the order he most likely calls about, and what moves him forward.

        Of several customers on one number it is the one with the newest open order. A VIP is whom the shop calls one (segment `vip`).
        """
        if not arrival.address:
            return Known()
        customers = {each.id: each for each in await self.shop.customers_by_phone(arrival.address)}
        orders = [order for each in customers if (order := await self.shop.open_order_of(each))]
        newest = max(orders, key=lambda order: order.placed_at, default=None)
        if newest is None and len(customers) != 1:
            return Known()
        customer = customers[newest.customer_id] if newest is not None else next(iter(customers.values()))
        lifts = {Lift.VIP} if customer.segment.casefold() == VIP else set[Lift]()
        if newest is not None and newest.total >= self.desk.setup.dear_order:
            lifts.add(Lift.DEAR_ORDER)
        lifts |= lifts_of_past(await self.journal.contacts_of(customer.id, LOOK_BACK), self.clock.now())
        return Known(customer.id, None if newest is None else newest.id, frozenset(lifts))

    def shop_of(self, clock: Clock) -> ShopStore:
        """The same shop under another clock."""
        shop = ShopStore(self.db, clock, random_ids)
        shop.on_order.append(self.on_order)
        return shop

    def bookings_of(self, leads: DialerStore) -> Bookings:
        settings, clock = self.settings, self.clock
        rules = BookingRules(
            countries=settings.callback_countries,
            per_asker=settings.callback_per_address,
            per_number=settings.callback_per_number,
            per_day=settings.callback_per_day,
        )
        store, ahead = BookingStore(self.db, leads, clock), rules.days_ahead * DAY
        diary = Diary(
            store,
            leads,
            self.desk,
            clock,
            home_zone=settings.time_zone,
            ahead=ahead,
            presence=self.journal.presence,
        )
        return Bookings(
            store,
            leads,
            diary,
            clock,
            random_ids,
            lambda: token_urlsafe(32),
            home_zone=settings.time_zone,
            key=self.line.home.secrets.ami.encode(),
            rules=rules,
            own=lambda: {number.lstrip("+") for number in self.numbers()},
            turned=self.changed_board,
        )

    async def on_order(self, order: Order, _created: bool) -> None:
        customer = await self.shop.customer(order.customer_id)
        if customer is not None:
            first, *others = customer.phones or (None,)
            known = [one for one in others if one]
            zone, city, segment = customer.time_zone or None, customer.city, customer.segment
            await self.dialer.on_order(order, first, zone, known, city=city, segment=segment)
        self.live.publish("order", {"order_id": order.id})

    async def settle_order(self, lead: Lead, code: str) -> None:
        """A customer chose by a key of his telephone what becomes of his order."""
        await settle_order(self.shop, lead, code)

    async def opted_out(self, number: str, _campaign_id: str) -> None:
        """Whoever leaves all lists by a key is called by none of them."""
        await self.dialer.do_not_call.add(Kind.NUMBER, number, BY_KEY, reason=BY_KEY)

    async def people_changed(self) -> None:
        """Operators come and go: their seats at the desk and their endpoints in Asterisk follow."""
        agents = await self.operators()
        await self.setup.seats_of(user.id for user in agents)
        await self.seat_people()
        for user in agents:
            if not user.active:
                await self.desk.log_out(user.id)
                self.live.drop(user.id)
        await self.line.people_changed(agents)

    async def seat_people(self) -> None:
        """Every operator has a seat; one whose access is closed serves no queue."""
        agents = await self.operators()
        setup = self.desk.setup
        for user in agents:
            seat = setup.seats.get(user.id) or Seat(user.id, frozenset(setup.queues))
            await self.desk.register(
                user.id,
                user.name,
                user.sip_name,
                seat.queues if user.active else (),
                needs_page=user.device_uri is None,
                skills=seat.skills,
                capacity=setup.capacity_of(user.id),
            )

    async def operators(self) -> list[User]:
        return [user for user in await self.access.users() if user.can(Permission.DESK_WORK)]

    # Parts ---------------------------------------------------------------------------------------------------------

    def pages_site(self) -> Site:
        settings = self.settings
        secure = settings.tls_certificate is not None
        host = urlsplit(settings.public_url).hostname or ("127.0.0.1" if settings.bind == "0.0.0.0" else settings.bind)
        port = self.line.home.ports["https" if secure else "http"]
        parts = Parts(self.db, self.ami, self.line.process, self.line.home.folder.recordings, self.clock)
        return Site(
            shop_name=settings.shop_name,
            websocket_url=f"{'wss' if secure else 'ws'}://{host}:{port}/ws",
            secure=secure,
            version=__version__,
            demo=self.demo,
            health=parts.report,
            on_users_changed=self.people_changed,
            look_at_phone=self.voice.look_at_phone,
            sound_processing=settings.sound_processing,
            time_zone=settings.time_zone,
            robot=self.robot,
            callback_page=settings.callback_page,
            callback_queue=settings.queue_name,
        )

    def house(self) -> House:
        house = House(
            clock=self.clock,
            access=self.access,
            shop=self.shop,
            desk=self.desk,
            dialer=self.dialer,
            recordings=self.recordings,
            live=self.live,
            site=self.pages_site(),
            metrics=self.metrics,
            web_calls=self.web_calls,
            chat=self.chat,
            setup=self.setup,
            bookings=self.bookings,
            imports=self.imports,
        )
        watch_figures(house.metrics, self.desk, self.ami)
        return house

    def doctor_subject(self, find_tree: Callable[[], AsteriskTree]) -> DoctorSubject:
        """What `cordboard doctor` looks at."""
        home, settings = self.line.home, self.settings
        site = self.line.site([], self.numbers())
        host = urlsplit(settings.public_url).hostname or settings.bind
        return DoctorSubject(
            find_tree=find_tree,
            asterisk_runs=self.line.runs(),
            ami_port=home.ports["ami"],
            ami_secret=home.secrets.ami,
            ports=ports_of(site),
            data=self.folder.path,
            spool=home.folder.raw_recordings,
            recordings=home.folder.recordings,
            clock=lambda: steady_clock(WallClock().now),
            web_host=host,
            web_names=(host,),
            tls=site.tls,
            database=self.db.ping,
            migrations=lambda: up_to_date(self.db.engine),
        )

    # Life ----------------------------------------------------------------------------------------------------------

    async def start_asterisk(self) -> None:
        await self.desk.apply(await self.setup.first(self.settings.queue_name))
        await self.line.start(await self.operators(), self.numbers(), self.asterisk_started)

    async def first_campaign(self, calling_hours: str) -> None:
        """A site begins with one campaign that calls its orders back, paused until a supervisor starts it."""
        if not await self.dialer.campaigns():
            hours = dict(zip(("hours.opens_min", "hours.closes_min"), minutes(calling_hours), strict=True))
            knobs = {"takes_orders": True, "ring_timeout_s": self.settings.dial_ring_s, **hours}
            name = "Подтверждение заказов" if self.settings.language == "ru" else "Order confirmation"
            await self.dialer.add_campaign(name, self.settings.queue_name, knobs)

    async def start_desk(self) -> None:
        await self.desk.load()
        await self.setup.seats_of(user.id for user in await self.operators())
        await self.desk.apply(await self.setup.load())
        await self.seat_people()
        self.setup.on_change.append(self.setup_changed)
        await self.chat.resync()
        await self.desk.wire_changed(ChannelKind.CHAT, up=True)
        for attempt in await self.dialer.in_flight():
            self.voice.adopt_call(attempt.id, self.settings.dial_ring_s, answered=attempt.answered_at is not None)
        await (
            self.desk.resume_follow_ups()
        )  # a result that is in the journal is the lead's before any call of its is said to be over
        self.voice.dialogs.start()
        await self.ami.start()
        for order in await self.shop.orders(ASKS_FOR_CALL, limit=MOST_ORDERS):  # an order whose lead a crash prevented
            await self.on_order(order, False)
        await self.dialer.recover()

    def background(self) -> dict[str, Callable[[], Coroutine[None, None, None]]]:
        """What runs beside the pages all the time, by name."""
        return {
            "heartbeat": self.voice.beat_forever,
            "check of the calls": self.voice.check_forever,
            "announcements": self.voice.announce_forever,
            "fallback": self.fallback.mirror_forever,
            "chat room": self.chat.watch_forever,
            "booked calls": self.sweep_bookings_forever,
            "calls from the site": self.web_calls.run,
            "desk's clock": self.tick_forever,
            "event loop's watch": self.timings.watch_loop,
            "live news": lambda: self.live.follow(self.desk),
            "sweeper of recordings": self.takes.sweep_forever,
            "collector of garbage": Collector().run,
            "lists of leads": self.imports.run,
            "orders to tell again": self.tell_orders_forever,
        }

    async def tick_forever(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            await self.desk.tick()

    async def sweep_bookings_forever(self) -> None:
        while True:
            await asyncio.sleep(SWEEP_BOOKINGS_S)
            await self.bookings.sweep()

    async def tell_orders_forever(self) -> None:
        """An order whose lead could not be written gets it."""
        while True:
            await asyncio.sleep(TELL_AGAIN_S)
            await self.shop.tell_again()

    def publish(self, web: str, pid: int) -> None:
        """The contract with outside tools: where we are reached, written when everything is ready."""
        self._published = {
            "web": web,
            "sip": f"{self.settings.sip_bind}:{self.line.home.ports['sip']}",
            "inbound_number": self.settings.inbound_number,
            "pid": pid,
            "version": __version__,
        }
        self.asterisk_started(self.line.process.pid or 0)

    def asterisk_started(self, asterisk_pid: int) -> None:
        """Asterisk has a new process after each death."""
        if self._published:
            self.folder.publish("endpoints.json", {**self._published, "asterisk_pid": asterisk_pid})

    def withdraw(self) -> None:
        """We are not to be asked any more, whatever happens to Asterisk meanwhile."""
        self._published = {}
        self.folder.withdraw("endpoints.json")

    async def drain(self, patience_s: float) -> None:
        """Nothing new is offered. Talks get a moment to end while we are here to hear their results; not while somebody waits on the
        line, for the next engine is to serve him soon. Talks, callers and chats outlive us."""
        for kind in (ChannelKind.VOICE, ChannelKind.CHAT):
            await self.desk.wire_changed(kind, up=False)
        await self._let_ring_no_more()
        with suppress(TimeoutError):
            async with asyncio.timeout(patience_s), self.desk.subscribe() as changes:
                while self._has_only_talks():
                    await changes.get()

    async def _let_ring_no_more(self) -> None:
        """Whom we are dialing would answer to nobody; he is called again in a minute."""
        with suppress(WireDown):
            for attempt in await self.dialer.in_flight():
                if attempt.answered_at is None:
                    await self.voice.cancel(attempt.id)

    def _has_only_talks(self) -> bool:
        calls = [one for one in self.desk.contacts() if is_call(one) and one.is_open and not one.is_kept_place]
        on_line = [one.state for one in calls if one.state is not ContactState.WRAP_UP]
        return bool(on_line) and TALKING_STATES.issuperset(on_line)

    async def fall_silent(self) -> None:
        """Asterisk is told nothing any more, and calls go on; what was on its way to it is looked up by the engine that leads next."""
        await self.ami.stop()

    async def last_words(self) -> None:
        """What is decided is written down while we may; pages end, so that their going decides nothing more."""
        self.live.close()
        with suppress(TimeoutError):
            async with asyncio.timeout(LAST_WORDS_S):
                await self.desk.settle()

    async def hand_over(self) -> None:
        """The lease was given up, another engine may lead: nothing is written any more."""
        self.db.fence(NO_EPOCH)
        await self.voice.dialogs.stop()
        await self.web_calls.stop()

    async def settle(self) -> None:
        """Wait for what runs in the background: follow-ups, recordings that are being kept. Who is in a spoken dialog waits again."""
        await self.voice.dialogs.stop()
        await self.web_calls.stop()
        await self.desk.settle()
        await self.takes.settle()


def is_call(contact: Contact) -> bool:
    return contact.kind is ChannelKind.VOICE


def plain_number(text: str) -> str:
    """E.164 of whoever calls; digits that look like a number are believed as they are, "" means that he hides it."""
    try:
        return to_e164(text if text.startswith("+") or len(text) < 11 else f"+{text}")
    except BadPhone:
        return f"+{text.lstrip('+')}" if re.fullmatch(r"\+?[1-9][0-9]{6,14}", text) else ""


def minutes(hours: str) -> tuple[int, int]:
    """ "09:00-21:00" in minutes after midnight: (540, 1260)."""
    opens, closes = (int(part[:2]) * 60 + int(part[3:]) for part in hours.split("-"))
    return opens, closes


def dial_rules(settings: Settings) -> DialRules:
    """Where the site may call and at what price. When nothing is set it is the country of the site's own number, and everywhere without a
    trunk, for then only the demo's carrier is called. Raises BadSettings."""
    home = ANYWHERE if settings.trunk is None else home_country(settings.inbound_number)
    allowed = settings.dial_allowed or (home,)
    rates = {beginning: round(100 * rate) for beginning, rate in settings.dial_rates.items()}
    money = None if settings.dial_money_a_day is None else round(100 * settings.dial_money_a_day)
    try:
        return DialRules(allowed, rates, settings.dial_minutes_a_day, money)
    except BadRules as bad:
        raise BadSettings(f"setting dial_allowed, dial_rates or dial_money_a_day: {bad}") from bad
