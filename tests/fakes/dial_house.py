"""A dialer with the real desk and real tables; the clock, the journal and the telephones are the test's."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import count

from cordboard.dialer.booking_diary import Diary, Presence, nobody
from cordboard.dialer.booking_limits import DAY, BookingRules
from cordboard.dialer.booking_store import BookingStore
from cordboard.dialer.bookings import Bookings
from cordboard.dialer.campaign import Campaign, Setting
from cordboard.dialer.dialer import Dialer
from cordboard.dialer.lead import Attempt, Disposed, Lead
from cordboard.dialer.notice_text import Facts
from cordboard.dialer.rows import attempt_of, row_of
from cordboard.dialer.store import DialerStore
from cordboard.dialer.tables import attempt_table
from cordboard.queue.agent import AgentState
from cordboard.queue.channel import Arrival, AttemptOutcome, ChannelKind, Direction
from cordboard.queue.contact import Contact, ContactState
from cordboard.queue.deadlines import DeskRules
from cordboard.queue.desk import Desk
from cordboard.shop.order import Order, OrderStatus
from cordboard.storage.clock import Clock
from cordboard.storage.database import Database
from cordboard.storage.ids import Ids
from tests.fakes.telephones import Telephones
from tests.fakes.wire import MemoryJournal, MovedClock, RememberingWire

NEVER_CLOSED: dict[str, Setting] = {
    "hours.opens_min": 0,
    "hours.closes_min": 1440,
    "state": "running",
    "takes_orders": True,
}
RULES = DeskRules(ring_s=20, reservation_slack_s=5, wrap_up_s=60, page_grace_s=3, log_out_s=30)


class Numbered:
    """Ids in the order in which they were asked for."""

    def __init__(self) -> None:
        self._numbers = count()

    def __call__(self) -> str:
        return f"00000000-0000-4000-8000-{next(self._numbers):012}"


def phone(number: int) -> str:
    return f"+7495{number:07}"


def an_order(number: int, total: int, placed_at: datetime, status: OrderStatus = OrderStatus.TO_CONFIRM) -> Order:
    """`total` in RUB here."""
    return Order(
        id=f"order-{number}",
        external_id=f"x{number}",
        number=str(number),
        customer_id=f"customer-{number}",
        status=status,
        items=(),
        delivery_address="",
        delivery_slot="",
        payment="",
        courier_comment="",
        total=total * 100,
        currency="RUB",
        placed_at=placed_at,
        cancel_reason=None,
        version=1,
    )


def bookings_of(
    db: Database,
    leads: DialerStore,
    desk: Desk,
    clock: Clock,
    ids: Ids,
    rules: BookingRules = BookingRules(),  # noqa: B008  # frozen
    presence: Presence = nobody,
) -> Bookings:
    """The booking service over these rooms; the site lies in Moscow, and its own number is +7 495 000-01-00."""
    store, numbers = BookingStore(db, leads, clock), count()
    diary = Diary(store, leads, desk, clock, home_zone="Europe/Moscow", ahead=rules.days_ahead * DAY, presence=presence)
    return Bookings(
        store,
        leads,
        diary,
        clock,
        ids,
        lambda: f"token-of-32-letters-number-{next(numbers):05}",
        home_zone="Europe/Moscow",
        key=b"a key",
        rules=rules,
        own=lambda: {"74950000100"},
    )


class Spoken:
    """The dialer's Wording: every text has a name, unless the house is dumb."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.dumb = False
        self.fields = {"shop_name": "Shop", "order_number": "17"}

    async def facts(self, leads: Sequence[Lead]) -> Mapping[str, Facts]:
        return {lead.id: Facts("ru", self.fields) for lead in leads}

    async def speak(self, text: str, language: str) -> str:
        if self.dumb:
            raise OSError("no voice")
        self.texts.append(text)
        return f"{language}-{len(self.texts)}"

    async def recorded(self, name: str, language: str) -> str:
        return await self.speak(name, language)


class DialHouse:
    """`restart` stands for a new engine on the same tables and telephones."""

    def __init__(self, db: Database, clock: MovedClock | None = None, trunks: Sequence[str] = ("trunk",)) -> None:
        self.db = db
        self.trunks = trunks
        self.clock = clock or MovedClock()
        self.ids = Numbered()
        self._served = count(100_000)
        self.telephones = Telephones()
        self.journal = MemoryJournal()
        self.store = DialerStore(db, self.clock, self.ids)
        self.strays: Counter[str] = Counter()
        self.spoken = Spoken()
        self.settled: list[tuple[str, str]] = []
        self.opted_out: list[str] = []
        self._begin()

    def _begin(self) -> None:
        self.wire = RememberingWire()
        self.desk = Desk(self.journal, {ChannelKind.VOICE: self.wire}, self.clock, self.ids, RULES)
        zone = "Europe/Moscow"
        self.dialer = Dialer(
            self.store, self.desk, self.telephones, self.clock, self.ids, zone, self.spoken, trunks=self.trunks
        )
        self.desk.follow_ups.append(self.dialer.on_contact_ended)
        self.bookings = bookings_of(self.db, self.store, self.desk, self.clock, self.ids)

        async def settle(lead: Lead, code: str) -> None:
            self.settled.append((lead.id, code))

        async def opt_out(number: str, _campaign_id: str) -> None:
            self.opted_out.append(number)

        self.dialer.on_settled.append(settle)
        self.dialer.on_opted_out.append(opt_out)

    async def open(self, *agents: str, knobs: dict[str, Setting] | None = None) -> Campaign:
        """Agents at their desks, and a running campaign that may dial round the clock unless `knobs` say otherwise."""
        await self.sit_down(*agents)
        return await self.dialer.add_campaign("Orders", "orders", NEVER_CLOSED | (knobs or {}))

    async def sit_down(self, *agents: str) -> None:
        await self.desk.load()
        await self.desk.wire_changed(ChannelKind.VOICE, up=True)
        for name in agents:
            await self.desk.register(name, name.title(), f"agent-{name}", ["orders"], needs_page=False)
            if (agent := self.desk.agent(name)) and agent.state is AgentState.LOGGED_OUT:
                await self.desk.ready(name)
            self.clock.pass_s(1)  # so that who sat down first has been idle longest

    async def restart(self) -> None:
        """The old engine is gone with all it knew; the journal, the tables and the calls are not."""
        names = [agent.id for agent in self.desk.agents()]
        self._begin()
        await self.sit_down(*names)
        await self.dialer.recover()

    async def order(self, number: int, total: int, hours_ago: float = 0.0) -> Order:
        order = an_order(number, total, self.clock.now() - timedelta(hours=hours_ago))
        await self.dialer.on_order(order, phone(number))
        return order

    async def tick(self, pass_s: float = 0.0) -> None:
        self.clock.pass_s(pass_s)
        await self.desk.tick()
        await self.dialer.tick()
        await self.dialer.settle()

    def ringing(self) -> str:
        """The attempt that was dialed last."""
        return self.telephones.dialed[-1][0]

    async def hang_up(self, attempt_id: str, outcome: AttemptOutcome) -> None:
        self.telephones.live.discard(attempt_id)
        await self.dialer.on_ended(attempt_id, outcome, 16, None)
        await self.desk.settle()

    async def fail(self, attempt_id: str, sip_code: str = "503") -> None:
        """The trunk does not carry the call."""
        self.telephones.live.discard(attempt_id)
        await self.dialer.on_ended(attempt_id, AttemptOutcome.CONGESTION, 34, sip_code)
        await self.desk.settle()

    async def talk(self, attempt_id: str) -> Contact:
        """The customer answers and talks to the agent who was reserved."""
        contact = await self.dialer.on_answered(attempt_id, attempt_id)
        assert contact is not None
        assert contact.state is ContactState.OFFERED
        await self.desk.talk_began(attempt_id, str(contact.agent_id))
        return contact

    async def finish(self, attempt_id: str, code: str, callback_at: datetime | None = None) -> None:
        """The talk is over and closed with a result."""
        contact = self.desk.contact_by_wire(attempt_id)
        assert contact is not None
        await self.desk.talk_ended(attempt_id)
        await self.hang_up(attempt_id, AttemptOutcome.PERSON)
        await self.desk.dispose(str(contact.agent_id), contact.id, code, callback_at=callback_at)
        await self.desk.settle()

    async def answered_by(self, many: int, campaign: Campaign, outcome: AttemptOutcome = AttemptOutcome.PERSON) -> None:
        """So many persons have been served by the campaign today (or had that outcome): the bound on abandonment has room."""
        now, number = self.clock.now(), next(self._served)
        await self.dialer.on_order(an_order(number, 0, now), phone(number))
        (lead,) = await self.store.leads_of_order(f"order-{number}")
        await self.store.tell_lead(lead.id, Disposed("confirmed", lead.id, closes=True))
        one = Attempt(self.ids(), lead.id, campaign.id, "maria", lead.phone, now, now, now, outcome)
        async with self.db.write() as connection:
            rows = [row_of(replace(one, id=self.ids())) for _ in range(many)]
            await connection.execute(attempt_table.insert(), rows)
        await self.restart()

    async def all_attempts(self) -> list[Attempt]:
        async with self.db.read() as connection:
            return [attempt_of(row._asdict()) for row in await connection.execute(attempt_table.select())]

    def offers(self) -> list[tuple[str, str, str]]:
        """What the wire was told: what, contact, agent."""
        return self.wire.told

    async def serve(self, code: str = "confirmed") -> None:
        """From ringing to a closed talk."""
        attempt_id = self.ringing()
        await self.talk(attempt_id)
        await self.finish(attempt_id, code)

    async def caller(self, wire_key: str, order_id: str | None = None, address: str = "+74957654321") -> Contact:
        """Somebody calls us."""
        arrival = Arrival(
            ChannelKind.VOICE, Direction.INBOUND, "orders", wire_key, address, customer_id="c", order_id=order_id
        )
        return await self.desk.arrive(arrival)

    async def lead_of(self, order: Order) -> Lead:
        leads = await self.store.leads_of_order(order.id)
        return leads[0]

    def state_of(self, agent_id: str) -> AgentState:
        agent = self.desk.agent(agent_id)
        assert agent is not None
        return agent.state
