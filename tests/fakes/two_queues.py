"""Two queues and two channels for the stories of the one queue."""

from collections.abc import Mapping
from itertools import count

from cordboard.queue.agent import AgentState
from cordboard.queue.channel import Arrival, ChannelKind, Direction
from cordboard.queue.contact import Contact
from cordboard.queue.deadlines import DeskRules
from cordboard.queue.desk import Desk
from cordboard.queue.reception import Known
from cordboard.queue.setup import (
    QueueRules,
    QueueSetup,
)
from cordboard.queue.skill import Need, Relaxing
from tests.fakes.wire import MemoryJournal, MovedClock, RememberingWire

VOICE, CHAT = ChannelKind.VOICE, ChannelKind.CHAT
ORDERS = QueueRules("orders", "Заказы", "Orders")
CLAIMS = QueueRules("claims", "Претензии", "Claims", needs=(Need("lamps", 3),), relaxing=Relaxing(30, 1))


def setup_of(*rules: QueueRules) -> QueueSetup:
    return QueueSetup({each.code: each for each in rules})


class House:
    """`maria` serves both queues and knows lamps at 2, `ilya` only orders; nobody is ready yet."""

    def __init__(self, known: Mapping[str, Known] | None = None) -> None:
        self.clock, self.journal = MovedClock(), MemoryJournal()
        self.calls, self.chats = RememberingWire(), RememberingWire()
        numbers, people = count(), known or {}

        async def identify(arrival: Arrival) -> Known:
            return people.get(arrival.address, Known())

        channels = {VOICE: self.calls, CHAT: self.chats}
        rules = DeskRules(ring_s=20, reservation_slack_s=5)
        self.desk = Desk(self.journal, channels, self.clock, lambda: f"contact-{next(numbers)}", rules, identify)

    async def open(self, *rules: QueueRules, ready: tuple[str, ...] = ()) -> "House":
        await self.desk.load()
        await self.desk.apply(setup_of(*(rules or (ORDERS, CLAIMS))))
        await self.desk.register("maria", "Maria", "agent-maria", ["orders", "claims"], skills={"lamps": 2})
        await self.desk.register("ilya", "Ilya", "agent-ilya", ["orders"])
        for kind in (VOICE, CHAT):
            await self.desk.wire_changed(kind, up=True)
        for name in ready:
            await self.sit_down(name)
        return self

    async def sit_down(self, name: str) -> None:
        await self.desk.page_opened(name, f"tab-{name}")
        await self.desk.device_changed(name, up=True)
        await self.desk.ready(name)
        self.clock.pass_s(1)

    async def arrive(self, kind: ChannelKind, key: str, queue: str = "orders", address: str = "") -> Contact:
        return await self.desk.arrive(Arrival(kind, Direction.INBOUND, queue, key, address))

    async def pass_s(self, seconds: float) -> None:
        self.clock.pass_s(seconds)
        await self.desk.tick()

    def now(self, contact: Contact) -> Contact:
        found = self.desk.contact(contact.id)
        assert found is not None
        return found

    async def ended(self, contact: Contact) -> Contact:
        found = await self.desk.find_contact(contact.id)
        assert found is not None
        return found

    def state(self, name: str) -> AgentState:
        agent = self.desk.agent(name)
        assert agent is not None
        return agent.state
