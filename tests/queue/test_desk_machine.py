"""The desk against a world that doubles, loses, delays and reorders what it tells, closes pages, cuts wires and kills engines.

The world keeps the truth about each call. Whatever happens, nobody is booked twice; when the world calms down and is looked at
once more, the desk agrees with it and nobody is stuck.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cordboard.queue.agent import Agent, AgentState
from cordboard.queue.channel import Arrival, ChannelKind, Direction, Dismissal, OfferFailure, WireDown
from cordboard.queue.contact import TALKING_STATES, Contact, ContactState
from cordboard.queue.deadlines import DeskRules
from cordboard.queue.desk import Desk, NotAllowedNow
from cordboard.queue.reconcile import LegState, LiveLeg
from tests.fakes.wire import MemoryJournal, MovedClock

NAMES = ("anna", "boris", "vera")
AGENT = st.sampled_from(NAMES)
TOLD = st.sampled_from(("now", "now", "now", "now", "later", "later", "twice", "never"))
PICK = st.integers(0, 9)
WITH_AGENT = (ContactState.OFFERED, *TALKING_STATES, ContactState.WRAP_UP)
BOOT = "n/b/"


@dataclass
class Call:
    """The truth about one customer's leg; `leg` None: he has hung up."""

    leg: LegState | None = LegState.WAITING
    agent: str | None = None


class TrueWire:
    """Does at once what it is told, and tells nobody: the machine decides what the desk hears of it."""

    def __init__(self) -> None:
        self.calls: dict[str, Call] = {}
        self.down = False

    def _call(self, contact: Contact) -> Call:
        if self.down:
            raise WireDown
        return self.calls[contact.wire_key]

    async def offer(self, contact: Contact, agent: Agent, *, auto_answer: bool) -> None:
        call = self._call(contact)
        if call.leg is not None:
            call.leg, call.agent = LegState.RINGING, agent.id

    async def withdraw(self, contact: Contact, agent: Agent) -> None:
        await self.return_to_queue(contact, agent)

    async def return_to_queue(self, contact: Contact, agent: Agent) -> None:
        call = self._call(contact)
        if call.leg is not None:
            call.leg, call.agent = LegState.WAITING, None

    async def hang_up(self, contact: Contact) -> None:
        call = self._call(contact)
        call.leg = call.agent = None

    async def accepted(self, contact: Contact, agent: Agent) -> None:
        call = self._call(contact)
        if call.leg is not None:
            call.leg, call.agent = LegState.TALKING, agent.id

    async def dismiss(self, contact: Contact, how: Dismissal) -> None:
        if how is not Dismissal.CALLBACK:
            await self.hang_up(contact)

    def legs(self) -> dict[str, LiveLeg]:
        return {key: LiveLeg(key, call.leg, call.agent) for key, call in self.calls.items() if call.leg}


Report = Callable[[], Awaitable[object]]


class DeskMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock, self.journal, self.wire = MovedClock(), MemoryJournal(), TrueWire()
        self.numbers = count()
        self.reports: list[Report] = []
        self.tabs: dict[str, str] = {}

    def run(self, work: Awaitable[object]) -> None:
        async def whole() -> None:
            await work

        self.runner.run(whole())

    @initialize()
    def open(self) -> None:
        self.run(self._engine())
        for name in NAMES:
            self.a_page_opens(name)

    def tell(self, report: Report, told: str) -> None:
        """What the desk hears of an event: mostly at once; now and then later, twice, or never."""
        if told == "later":
            self.reports.append(report)
            return
        for _ in range({"now": 1, "twice": 2, "never": 0}[told]):
            self.run(report())

    async def _engine(self) -> None:
        """A new engine on the old journal, as after kill -9."""
        self.desk = Desk(
            self.journal,
            {ChannelKind.VOICE: self.wire},
            self.clock,
            lambda: f"contact-{next(self.numbers)}",
            DeskRules(),
        )
        await self.desk.load()
        for name in NAMES:
            await self.desk.register(name, name, f"agent-{name}", ["orders"])
        for name, tab in self.tabs.items():
            await self.desk.page_opened(name, tab)
            await self.desk.device_changed(name, up=True)
        await self._look()

    async def _look(self) -> None:
        """A resync: believe the wire, and let those announce themselves of whom nobody heard."""
        await self.desk.reconcile(ChannelKind.VOICE, self.wire.legs(), BOOT)
        for key, leg in self.wire.legs().items():
            if leg.state is LegState.WAITING:
                await self._arrive(key)
        await self.desk.wire_changed(ChannelKind.VOICE, up=not self.wire.down)

    async def _arrive(self, key: str) -> None:
        await self.desk.arrive(Arrival(ChannelKind.VOICE, Direction.INBOUND, "orders", key))

    def _any(self, *legs: LegState) -> list[tuple[str, Call]]:
        return [(key, call) for key, call in self.wire.calls.items() if call.leg in legs]

    # What the world does ------------------------------------------------------------------------------------------

    @rule(told=TOLD)
    def somebody_calls(self, told: str) -> None:
        key = f"{BOOT}{len(self.wire.calls)}"
        self.wire.calls[key] = Call()
        self.tell(lambda: self._arrive(key), told)

    @rule(pick=PICK, told=TOLD)
    def an_agent_answers(self, pick: int, told: str) -> None:
        ringing = self._any(LegState.RINGING)
        if ringing:
            key, call = ringing[pick % len(ringing)]
            agent = str(call.agent)
            if any(other.agent == agent for _, other in self._any(LegState.TALKING)):
                return  # one telephone, one talk
            call.leg = LegState.TALKING
            self.tell(lambda: self.desk.talk_began(key, agent), told)

    @rule(pick=PICK, reason=st.sampled_from(OfferFailure), told=TOLD)
    def nobody_answers(self, pick: int, reason: OfferFailure, told: str) -> None:
        ringing = self._any(LegState.RINGING)
        if ringing:
            key, call = ringing[pick % len(ringing)]
            call.leg, call.agent = LegState.WAITING, None
            self.tell(lambda: self.desk.offer_failed(key, reason), told)

    @rule(pick=PICK, agent_first=st.booleans(), told=TOLD)
    def somebody_hangs_up(self, pick: int, agent_first: bool, told: str) -> None:
        there = self._any(*LegState)
        if there:
            key, call = there[pick % len(there)]
            talked = call.leg is LegState.TALKING
            call.leg = call.agent = None
            if agent_first and talked:
                self.tell(lambda: self.desk.talk_ended(key), told)
            self.tell(lambda: self.desk.customer_left(key, "cause_16"), told)

    @rule(pick=PICK)
    def a_talk_falls_apart(self, pick: int) -> None:
        """The agent's leg is gone and nobody says so; the customer hears music again."""
        talking = self._any(LegState.TALKING)
        if talking:
            _, call = talking[pick % len(talking)]
            call.leg, call.agent = LegState.WAITING, None

    # What the desk hears of it ------------------------------------------------------------------------------------

    @precondition(lambda self: self.reports)
    @rule(pick=PICK)
    def a_late_report_arrives(self, pick: int) -> None:
        """Not always the oldest first."""
        self.run(self.reports.pop(pick % len(self.reports))())

    @rule()
    def the_wire_is_looked_at(self) -> None:
        self.reports.clear()
        self.run(self._look())

    @rule()
    def the_wire_is_checked(self) -> None:
        self.run(self.desk.check(ChannelKind.VOICE, self.wire.legs(), BOOT))

    @rule(down=st.sampled_from((False, False, True)))
    def the_wire_is_cut_or_mended(self, down: bool) -> None:
        self.wire.down = down
        self.run(self.desk.wire_changed(ChannelKind.VOICE, up=not down))

    @rule()
    def the_engine_is_killed(self) -> None:
        self.reports.clear()
        self.run(self._engine())

    # What people do -----------------------------------------------------------------------------------------------

    @rule(name=AGENT)
    def a_page_opens(self, name: str) -> None:
        self.tabs[name] = f"tab-{next(self.numbers)}"
        self.run(self.desk.page_opened(name, self.tabs[name]))
        self.run(self.desk.device_changed(name, up=True))
        self.run(self.desk.ready(name))

    @rule(name=AGENT, really=st.sampled_from((False, False, True)))
    def a_page_closes(self, name: str, really: bool) -> None:
        tab = self.tabs.pop(name, None) if really else None
        if tab is not None:
            self.run(self.desk.device_changed(name, up=False))
            self.run(self.desk.page_closed(name, tab))

    @rule(
        name=AGENT,
        what=st.sampled_from(("ready", "dispose", "ready", "dispose", "pause", "log_out", "reserve", "decline")),
    )
    def an_agent_acts(self, name: str, what: str) -> None:
        async def act() -> None:
            agent = self.desk.agent(name)
            assert agent is not None
            held = agent.contact_id or "none"
            match what:
                case "ready":
                    await self.desk.ready(name)
                case "pause":
                    await self.desk.pause(name, "lunch")
                case "log_out":
                    await self.desk.log_out(name)
                case "reserve":
                    await self.desk.reserve(name, f"attempt-{next(self.numbers)}", self.clock.now())
                case "decline":
                    await self.desk.decline(name, held)
                case "dispose":
                    await self.desk.dispose(name, held, "confirmed")

        async def try_it() -> None:
            try:
                await act()
            except NotAllowedNow:
                return

        self.run(try_it())

    @rule(seconds=st.sampled_from((0.5, 0.5, 3, 3, 10, 30, 90)))
    def time_passes(self, seconds: float) -> None:
        self.clock.pass_s(seconds)
        self.run(self.desk.tick())

    # What must always hold ----------------------------------------------------------------------------------------

    @invariant()
    def nobody_is_booked_twice(self) -> None:
        if not hasattr(self, "desk"):
            return
        for agent in self.desk.agents():
            with_him = [c.id for c in self.desk.contacts() if c.agent_id == agent.id and c.state in WITH_AGENT]
            assert len(with_him) <= 1, (agent, with_him)
            if with_him:
                assert agent.contact_id == with_him[0], (agent, with_him)
            believed = self.desk.contact(agent.contact_id or "")
            assert believed is None or believed.agent_id == agent.id, (agent, believed)
            if agent.state in (AgentState.READY, AgentState.PAUSED, AgentState.LOGGED_OUT, AgentState.NOT_RESPONDING):
                assert agent.tasks == ()

    @invariant()
    def every_contact_is_remembered_as_it_is(self) -> None:
        if hasattr(self, "desk"):
            for contact in self.desk.contacts():
                assert self.runner.run(self.journal.contact(contact.id)) == contact

    def teardown(self) -> None:
        if hasattr(self, "desk"):
            self.run(self._calm_down())
        self.runner.close()

    async def _calm_down(self) -> None:
        """No more news, an open wire, one good look, and time: then the desk must agree with the truth."""
        self.reports.clear()
        self.wire.down = False
        for _ in range(3):
            await self._look()
            self.clock.pass_s(100)
            await self.desk.tick()
        await self._look()
        await self.desk.settle()
        for key, call in self.wire.calls.items():
            contact = self.desk.contact_by_wire(key)
            if call.leg is None:
                assert contact is None or contact.state is ContactState.WRAP_UP, (key, contact)
            else:
                assert contact is not None, f"{key} is lost"
                assert (contact.state in TALKING_STATES) == (call.leg is LegState.TALKING), (call, contact)
        for agent in self.desk.agents():
            talks = any(call.agent == agent.id and call.leg is LegState.TALKING for call in self.wire.calls.values())
            assert (agent.state is AgentState.BUSY) == talks, agent


DeskMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=100, deadline=None, derandomize=True)
TestDesk = DeskMachine.TestCase
