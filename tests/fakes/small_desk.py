"""A desk with a telephone wire and two agents, for stories."""

from itertools import count

from cordboard.queue.agent import AgentState
from cordboard.queue.channel import Arrival, ChannelKind, Direction
from cordboard.queue.contact import Contact, ContactState
from cordboard.queue.deadlines import DeskRules
from cordboard.queue.desk import Desk
from tests.fakes.wire import MemoryJournal, MovedClock, RememberingWire

RULES = DeskRules(ring_s=20, reservation_slack_s=5, wrap_up_s=60, page_grace_s=3, log_out_s=30)


class House:
    """A desk with its fakes; agents are `maria` and `ilya`."""

    def __init__(self, journal: MemoryJournal | None = None, clock: MovedClock | None = None) -> None:
        self.clock = clock or MovedClock()
        self.journal = journal or MemoryJournal()
        self.wire = RememberingWire()
        numbers = count(len(self.journal.entries))
        self.desk = Desk(
            self.journal, {ChannelKind.VOICE: self.wire}, self.clock, lambda: f"contact-{next(numbers)}", RULES
        )
        self.followed: list[Contact] = []

        async def follow(contact: Contact) -> None:
            self.followed.append(contact)

        self.desk.follow_ups.append(follow)

    async def open(self, *ready: str) -> "House":
        await self.desk.load()
        for name in ("maria", "ilya"):
            await self.desk.register(name, name.title(), f"agent-{name}", ["orders"])
        await self.desk.wire_changed(ChannelKind.VOICE, up=True)
        for name in ready:
            await self.sit_down(name)
        return self

    async def sit_down(self, name: str) -> None:
        await self.desk.page_opened(name, f"tab-{name}")
        await self.desk.device_changed(name, up=True)
        await self.desk.ready(name)
        self.clock.pass_s(1)  # so that who sat down first has been idle longest

    async def call(self, key: str = "n/b/1") -> Contact:
        return await self.desk.arrive(
            Arrival(ChannelKind.VOICE, Direction.INBOUND, "orders", key, address="+79000000001")
        )

    def agent(self, name: str) -> AgentState:
        agent = self.desk.agent(name)
        assert agent is not None
        return agent.state

    async def state(self, contact: Contact) -> ContactState:
        found = await self.desk.find_contact(contact.id)
        assert found is not None
        return found.state
