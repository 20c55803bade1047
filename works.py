"""The works: one engine's rooms, joined. With __main__.py the only place that knows every room; nothing is decided here."""

from random import Random
from urllib.parse import urlsplit

from prometheus_client import CollectorRegistry

from . import __version__
from .access.store import AccessStore
from .agent_web.house import House, RobotSwitch, Site
from .agent_web.live import LiveHub
from .agent_web.parts import Parts, watch_figures
from .agent_web.timings import Timings
from .dialer.booking_store import BookingStore
from .dialer.dialer import Dialer
from .dialer.do_not_call import Kind
from .dialer.imports import Imports
from .dialer.law import Law
from .dialer.store import DialerStore
from .quality.store import RecordingStore
from .queue.channel import Channel, ChannelKind
from .queue.channels.chat import ChatRoom
from .queue.channels.conversation import ChatRules
from .queue.channels.store import ChatStore
from .queue.deadlines import DeskRules
from .queue.desk import Desk
from .queue.drafts import Drafts
from .queue.drafts_store import DraftStore
from .queue.messages_store import MessageStore
from .queue.setup import QueueSetup
from .queue.setup_store import SetupStore
from .queue.store import QueueStore
from .shop.store import ShopStore
from .storage.clock import Clock, SystemClock
from .storage.data_folder import DataFolder
from .storage.database import Database
from .storage.ids import random_ids
from .storage.settings import Settings
from .telephony.ami import Ami
from .telephony.ami_delivery import AmiTuning
from .telephony.ami_events import Event, Resync
from .telephony.ami_fence import Fence, Unfenced
from .telephony.dialogs import Spoken
from .telephony.fallback import Fallback
from .telephony.legs import lane_of
from .telephony.rules import DialRules
from .telephony.voice import Voice
from .telephony.web_call import WebCalls
from .telephony.web_call_process import MediaProcess
from .works_asterisk import NODE, SteeredAsterisk
from .works_booking import PhoneBookings, bookings_of
from .works_endpoints import Endpoints
from .works_ivr import Callers, typed_number
from .works_machines import ScreenedCalls, models_of
from .works_numbers import Numbers, dial_rules, plain_number
from .works_orders import Orders
from .works_people import Customers, Operators
from .works_post import Post
from .works_scripts import scripts_of
from .works_takes import Takes
from .works_words import ShopWording

BY_KEY = "key 9"
"""Who wrote an entry of the do-not-call list: the customer himself, by a key of his telephone."""


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
        self.endpoints = Endpoints(folder, settings, line)
        self.access = AccessStore(db, clock, random_ids)
        self.post = Post(db, clock, settings)
        self.shop = ShopStore(db, clock, random_ids, self.post.outbox)
        self.journal = QueueStore(db)
        self.recordings = RecordingStore(db, clock, random_ids, self.access, home.folder.path)
        self.setup = SetupStore(db, clock, self.access)
        self.takes = Takes(
            home.folder,
            self.journal,
            self.recordings,
            self.changed_board,
            lambda: self.desk.contacts(),
            lambda key: self.voice.lives(key),
        )
        channels: dict[ChannelKind, Channel] = {}
        customers = Customers(self.shop, self.journal, lambda: self.desk.setup, clock)
        rules = DeskRules(ring_s=settings.ring_s, wrap_up_s=float(settings.wrap_up_s))
        self.desk = Desk(self.journal, channels, clock, random_ids, rules, customers.identify)
        self.numbers = Numbers(self.desk, settings)
        self.tolls = tolls = dial_rules(settings)
        self.voice = self._voice(tolls)
        channels[ChannelKind.VOICE] = self.voice
        self.metrics = CollectorRegistry()
        self.timings = Timings(self.metrics)
        self.desk.measure_by(self.timings.measured)
        self.live = LiveHub(clock, living=self.access.touch_sessions)
        self.operators = Operators(self.access, self.setup, self.desk, line, self.live)
        self.fallback = Fallback(self.desk, clock)
        self.chat = ChatRoom(
            ChatStore(db),
            self.desk,
            clock,
            random_ids,
            self.live,
            self.numbers.queue_named,
            ChatRules(grace_s=float(settings.chat_grace_s)),
        )
        channels[ChannelKind.CHAT] = self.chat
        self.web_calls = self._web_calls()
        law = Law(tolls, settings.time_zone)
        store = DialerStore(db, clock, random_ids, law)
        wording = ShopWording(self.shop, line, home.folder.path / "prompts", settings)
        self.dialer = Dialer(
            store,
            self.desk,
            self.voice,
            clock,
            random_ids,
            settings.time_zone,
            wording,
            trunks=settings.trunk_names,
            jumped=lambda: clock.jumped_s,
        )
        self.screened = ScreenedCalls(store, self.dialer.cap, clock, home.folder.path, Random().random)
        self.voice.screening.on_heard_out.append(self.screened.heard_out)
        self.voice.screening.model_of = models_of(home.folder.path).of
        self.orders = Orders(self.shop, self.dialer, self.live)
        self.post.attach(self.shop, self.live)
        self.shop.on_order.append(self.orders.placed)
        self.dialer.on_settled.append(self.orders.settle)
        self.dialer.on_opted_out.append(self.opted_out)
        self.dialer.cap.on_wait.append(self.timings.met)
        self.bookings = bookings_of(
            BookingStore(db, store, clock),
            store,
            self.desk,
            self.journal,
            clock,
            settings,
            key=home.secrets.ami.encode(),
            own=self.numbers.plain,
            turned=self.changed_board,
        )
        zone, language = settings.time_zone, settings.language
        self.scripts = scripts_of(
            db, clock, self.shop, self.bookings, self.desk.agree_call, store.lead, home_zone=zone, language=language
        )
        lists = folder.path / "imports"
        self.imports = Imports(store.imports, lists, clock, random_ids, settings.time_zone, self.dialer.wake)
        self.ami = self._ami(fence)
        self.voice.attach(self.ami, self.dialer)
        self.voice.dialogs.attach(PhoneBookings(self.bookings, clock, settings.time_zone))
        self.web_calls.attach(self.ami)
        self.fallback.attach(self.ami)
        self.drafts, self.messages = DraftStore(db, clock), MessageStore(db, clock, random_ids)
        kept = Drafts(self.drafts, self.shop.add_note)
        heard = [self.dialer.on_contact_ended, self.takes.link, self.chat.on_contact_ended, kept.on_contact_ended]
        self.desk.follow_ups += heard
        self.desk.thirds.heard_gone.append(self.live.tell_third_gone)

    def _voice(self, tolls: DialRules) -> Voice:
        settings, callers = self.settings, Callers(self.shop, self.settings.time_zone)
        return Voice(
            self.desk,
            self.clock,
            queue_of=self.numbers.queue_dialed,
            to_e164=plain_number,
            on_recorded=self.takes.keep,
            ring_s=settings.ring_s,
            language_of=lambda _queue: settings.language,
            caller_id=settings.caller_id or settings.inbound_number,
            may_dial=tolls.may_dial,
            spent=lambda number, talked_s: self.dialer.charge_talk(number, talked_s),
            way=lambda number: self.dialer.trunks.way(number, settings.caller_id or settings.inbound_number),
            spoken=Spoken(
                self.line.home.folder.asterisk.resolve() / "share/prompts",
                callers.acquaintance,
                typed_number,
                callers.zone_of,
            ),
        )

    def _web_calls(self) -> WebCalls:
        return WebCalls(
            self.desk,
            self.clock,
            random_ids,
            MediaProcess(),
            self.line.home.secrets.ami,
            queues=self.numbers.queues_to_call,
            place_of=self.desk.place,
            may_keep=lambda contact: self.desk.setup.rules(contact.queue).keep_place,
            keep=self.voice.waiting_room.pressed,
            unnamed="Звонок с сайта" if self.settings.language == "ru" else "Call from the site",
        )

    def _ami(self, fence: Fence) -> Ami:
        return Ami(
            NODE,
            "127.0.0.1",
            self.line.home.ports["ami"],
            "engine",
            self.line.home.secrets.ami,
            on_event=self.on_event,
            on_resync=self.on_resync,
            on_link=self.voice.on_link,
            random=Random(),
            tuning=AmiTuning(backoff_cap_s=1.0),  # on loopback there is nobody to spare
            fence=fence,
            lane_of=lane_of,
        )

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

    async def setup_changed(self, setup: QueueSetup) -> None:
        """A supervisor set something: it acts from now on."""
        numbers = self.numbers.ours()
        await self.desk.apply(setup)
        await self.operators.seat()
        if self.numbers.ours() != numbers:
            await self.line.numbers_changed(await self.operators.all(), self.numbers.ours())
        self.changed_board()

    def changed_board(self) -> None:
        self.live.change_board()

    def shop_of(self, clock: Clock) -> ShopStore:
        """The same shop under another clock."""
        shop = ShopStore(self.db, clock, random_ids, self.post.outbox)
        shop.on_order.append(self.orders.placed)
        return shop

    async def opted_out(self, number: str, _campaign_id: str) -> None:
        """Whoever leaves all lists by a key is called by none of them."""
        await self.dialer.do_not_call.add(Kind.NUMBER, number, BY_KEY, reason=BY_KEY)

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
            on_users_changed=self.operators.changed,
            look_at_phone=self.voice.look_at_phone,
            may_dial=self.tolls.may_dial,
            sound_processing=settings.sound_processing,
            time_zone=settings.time_zone,
            robot=self.robot,
            callback_page=settings.callback_page,
            callback_queue=settings.queue_name,
            most_off_percent=settings.discount_percent,
            public_url=settings.public_url,
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
            post=self.post.delivering,
            remote_shop=self.post.remote,
            askings=self.post.askings,
            scripts=self.scripts,
            drafts=self.drafts,
            messages=self.messages,
            screened=self.screened,
        )
        watch_figures(house.metrics, self.desk, self.ami)
        return house
