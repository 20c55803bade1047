"""The desk against a world that doubles, loses, delays and reorders what it tells, closes pages, cuts wires, sets clocks and kills engines.

The world keeps the truth about each call and chat. Whatever happens, nobody is booked twice, nobody waits whom somebody could take, and
nobody is passed over against the one order; when the world calms down and is looked at once more, the desk agrees with it and nobody is
stuck.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from cordboard.queue.agent import Agent, TaskPhase
from cordboard.queue.capacity import Capacity
from cordboard.queue.channel import Arrival, Channel, ChannelKind, Direction, Dismissal, OfferFailure, WireDown
from cordboard.queue.contact import TALKING_STATES, Contact, ContactState
from cordboard.queue.deadlines import DeskRules
from cordboard.queue.desk import Desk, NotAllowedNow
from cordboard.queue.journal import Entry
from cordboard.queue.reconcile import LegState, LiveLeg
from cordboard.queue.routing import Obstacle, obstacle, order_key, passable_until
from cordboard.queue.setup import OverflowAction, OverflowRule, OverflowWhen, QueueRules, QueueSetup
from cordboard.queue.skill import Need, Relaxing
from cordboard.storage.clock import SteadyTime
from tests.fakes.wire import MemoryJournal

NAMES = ("anna", "boris", "vera")
AGENT = st.sampled_from(NAMES)
TOLD = st.sampled_from(("now", "now", "now", "now", "later", "later", "twice", "never"))
PICK = st.integers(0, 9)
SELDOM = st.sampled_from((False, False, False, False, True))
WITH_AGENT = (ContactState.OFFERED, *TALKING_STATES, ContactState.WRAP_UP)
BOOT, CHATS = "n/b/", "chat/"
VOICE, CHAT = ChannelKind.VOICE, ChannelKind.CHAT
QUEUES = ("orders", "claims")
SETUP = QueueSetup(
    {
        "orders": QueueRules("orders", "", "", keep_place=True),
        "claims": QueueRules(
            "claims",
            "",
            "",
            weight=2.0,
            needs=(Need("lamps", 3),),
            relaxing=Relaxing(30, 1),
            overflow=(OverflowRule(OverflowWhen.WAIT, OverflowAction.OTHER_QUEUE, 60, "orders"),),
        ),
    }
)
SKILLS = {"anna": {"lamps": 3}, "boris": {"lamps": 1}, "vera": dict[str, int]()}
EXCLUSIVE = Capacity({VOICE: 1, CHAT: 2}, {VOICE: frozenset(), CHAT: frozenset()})
CAPACITIES = {"anna": Capacity(), "boris": Capacity({VOICE: 1, CHAT: 1}), "vera": EXCLUSIVE}


@dataclass
class Call:
    """The truth about one customer's leg; `leg` None: he has hung up."""

    leg: LegState | None = LegState.WAITING
    agent: str | None = None
    queue: str = "orders"


class JumpyClock:
    """The engine's clock over a machine's that is set now and then."""

    def __init__(self) -> None:
        self.wall, self._monotonic = 1_800_000_000.0, 1_000.0
        self._time = SteadyTime(self.wall, self._monotonic)

    def now(self) -> datetime:
        return datetime.fromtimestamp(self._time.read(self.wall, self._monotonic), UTC)

    def monotonic(self) -> float:
        return self._monotonic

    def pass_s(self, seconds: float) -> None:
        self.wall += seconds
        self._monotonic += seconds


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


class TrueChats:
    """Chats have no other end that moves by itself: who talks, the desk says. `open` is who has not left."""

    def __init__(self) -> None:
        self.open: dict[str, str] = {}
        self.down = False

    async def _tell(self) -> None:
        if self.down:
            raise WireDown

    async def offer(self, contact: Contact, agent: Agent, *, auto_answer: bool) -> None:
        await self._tell()

    async def withdraw(self, contact: Contact, agent: Agent) -> None:
        await self._tell()

    async def return_to_queue(self, contact: Contact, agent: Agent) -> None:
        await self._tell()

    async def accepted(self, contact: Contact, agent: Agent) -> None:
        await self._tell()

    async def hang_up(self, contact: Contact) -> None:
        self.open.pop(contact.wire_key, None)

    async def dismiss(self, contact: Contact, how: Dismissal) -> None:
        self.open.pop(contact.wire_key, None)

    def legs(self, desk: Desk) -> dict[str, LiveLeg]:
        legs = {}
        for key in self.open:
            contact = desk.contact_by_wire(key)
            talks = contact is not None and contact.state in TALKING_STATES
            agent = contact.agent_id if contact is not None and talks else None
            legs[key] = LiveLeg(key, LegState.TALKING if talks else LegState.WAITING, agent)
        return legs


class EngineDied(BaseException):
    """kill -9 at this very step: nothing of ours may catch it."""


class Mortal:
    """Where the engine is to die next: before or after the journal's commit, before or after the wire's doing."""

    def __init__(self) -> None:
        self.at: str | None = None

    def step(self, name: str) -> None:
        if self.at == name:
            self.at = None
            raise EngineDied


class MortalJournal(MemoryJournal):
    def __init__(self, mortal: Mortal) -> None:
        super().__init__()
        self._mortal = mortal

    async def append(self, entries: Sequence[Entry]) -> None:
        if entries:
            self._mortal.step("before_commit")
        await super().append(entries)
        if entries:
            self._mortal.step("after_commit")


class MortalChannel:
    """A wire whose engine may die on either side of what it is told."""

    def __init__(self, wire: Channel, mortal: Mortal) -> None:
        self._wire, self._mortal = wire, mortal

    async def _through(self, tell: Callable[[], Awaitable[None]]) -> None:
        self._mortal.step("before_effect")
        await tell()
        self._mortal.step("after_effect")

    async def offer(self, contact: Contact, agent: Agent, *, auto_answer: bool) -> None:
        await self._through(lambda: self._wire.offer(contact, agent, auto_answer=auto_answer))

    async def withdraw(self, contact: Contact, agent: Agent) -> None:
        await self._through(lambda: self._wire.withdraw(contact, agent))

    async def return_to_queue(self, contact: Contact, agent: Agent) -> None:
        await self._through(lambda: self._wire.return_to_queue(contact, agent))

    async def accepted(self, contact: Contact, agent: Agent) -> None:
        await self._through(lambda: self._wire.accepted(contact, agent))

    async def hang_up(self, contact: Contact) -> None:
        await self._through(lambda: self._wire.hang_up(contact))

    async def dismiss(self, contact: Contact, how: Dismissal) -> None:
        await self._through(lambda: self._wire.dismiss(contact, how))


@dataclass(frozen=True)
class Seen:
    """What waited for whom at the end of the last step, and which wires worked."""

    waiting: frozenset[str] = frozenset()
    offered: frozenset[tuple[str, int]] = frozenset()
    up: frozenset[ChannelKind] = frozenset()


Report = Callable[[], Awaitable[object]]


class DeskMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.clock, self.wire, self.chats, self.mortal = JumpyClock(), TrueWire(), TrueChats(), Mortal()
        self.journal = MortalJournal(self.mortal)
        self.seen = Seen()
        self.numbers = count()
        self.reports: list[Report] = []
        self.tabs: dict[str, str] = {}

    def run(self, work: Awaitable[object]) -> None:
        async def whole() -> None:
            await work

        try:
            self.runner.run(whole())
        except EngineDied:
            self.reports.clear()
            self.runner.run(self._after_death())

    async def _after_death(self) -> None:
        """Nothing of the dead engine moves any more; another takes up what it left."""
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        await self._engine()

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
            {VOICE: MortalChannel(self.wire, self.mortal), CHAT: MortalChannel(self.chats, self.mortal)},
            self.clock,
            lambda: f"contact-{next(self.numbers)}",
            DeskRules(),
        )
        await self.desk.apply(SETUP)
        await self.desk.load()
        self.seen = Seen()
        for name in NAMES:
            skills, capacity = SKILLS[name], CAPACITIES[name]
            await self.desk.register(name, name, f"agent-{name}", QUEUES, skills=skills, capacity=capacity)
        for name, tab in self.tabs.items():
            await self.desk.page_opened(name, tab)
            await self.desk.device_changed(name, up=True)
        await self._look()

    async def _look(self) -> None:
        """A resync: believe the wire, and let those announce themselves of whom nobody heard."""
        for key, queue in self.chats.open.items():
            await self.desk.arrive(Arrival(CHAT, Direction.INBOUND, queue, key))
        await self.desk.reconcile(CHAT, self.chats.legs(self.desk), CHATS)
        await self.desk.wire_changed(CHAT, up=not self.chats.down)
        await self.desk.reconcile(VOICE, self.wire.legs(), BOOT)
        for key, leg in self.wire.legs().items():
            if leg.state is LegState.WAITING:
                await self._arrive(key)
        await self.desk.wire_changed(ChannelKind.VOICE, up=not self.wire.down)

    async def _arrive(self, key: str) -> None:
        await self.desk.arrive(Arrival(VOICE, Direction.INBOUND, self.wire.calls[key].queue, key))

    def _any(self, *legs: LegState) -> list[tuple[str, Call]]:
        return [(key, call) for key, call in self.wire.calls.items() if call.leg in legs]

    # What the world does ------------------------------------------------------------------------------------------

    @rule(told=TOLD, queue=st.sampled_from(QUEUES))
    def somebody_calls(self, told: str, queue: str) -> None:
        key = f"{BOOT}{len(self.wire.calls)}"
        self.wire.calls[key] = Call(queue=queue)
        self.tell(lambda: self._arrive(key), told)

    @rule(queue=st.sampled_from(QUEUES), answered=st.booleans())
    def somebody_writes(self, queue: str, answered: bool) -> None:
        key = f"{CHATS}{next(self.numbers)}"
        self.chats.open[key] = queue
        self.run(self.desk.arrive(Arrival(CHAT, Direction.INBOUND, queue, key)))
        contact = self.desk.contact_by_wire(key)
        if answered and contact is not None and contact.state is ContactState.OFFERED:
            self._try(lambda: self.desk.accept(str(contact.agent_id), contact.id))

    @rule(pick=PICK, told=TOLD)
    def a_visitor_leaves(self, pick: int, told: str) -> None:
        if self.chats.open:
            key = sorted(self.chats.open)[pick % len(self.chats.open)]
            del self.chats.open[key]
            self.tell(lambda: self.desk.customer_left(key, "visitor"), told)

    @rule(pick=PICK, hours=st.sampled_from((-1, 1)))
    def the_machines_clock_is_set(self, pick: int, hours: int) -> None:
        if pick == 0:
            self.clock.wall += hours * 3600.0

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

    @rule(pick=PICK, told=TOLD, seconds=st.sampled_from((None, 20, 300)))
    def a_caller_is_in_a_dialog_or_back_from_it(self, pick: int, told: str, seconds: int | None) -> None:
        there = self._any(LegState.WAITING, LegState.RINGING)
        if there:
            key, _ = there[pick % len(there)]
            until = None if seconds is None else self.clock.now() + timedelta(seconds=seconds)
            self.tell(lambda: self.desk.hold_back(key, until), told)

    # What the desk hears of it ------------------------------------------------------------------------------------

    @precondition(lambda self: self.reports)
    @rule(pick=PICK)
    def a_late_report_arrives(self, pick: int) -> None:
        """Not always the oldest first."""
        self.run(self.reports.pop(pick % len(self.reports))())

    @rule(seldom=SELDOM)
    def the_wire_is_looked_at(self, seldom: bool) -> None:
        if seldom:
            self.reports.clear()
            self.run(self._look())

    @rule()
    def the_wire_is_checked(self) -> None:
        self.run(self.desk.check(VOICE, self.wire.legs(), BOOT))
        self.run(self.desk.check(CHAT, self.chats.legs(self.desk), CHATS))

    @rule(down=st.sampled_from((False, False, True)))
    def the_wire_is_cut_or_mended(self, down: bool) -> None:
        self.wire.down = down
        self.run(self.desk.wire_changed(VOICE, up=not down))

    @rule(down=st.sampled_from((False, False, True)))
    def the_chats_are_cut_or_mended(self, down: bool) -> None:
        self.chats.down = down
        self.run(self.desk.wire_changed(CHAT, up=not down))

    @rule(seldom=SELDOM)
    def the_engine_is_killed(self, seldom: bool) -> None:
        if seldom:
            self.reports.clear()
            self.run(self._engine())

    @rule(step=st.sampled_from(("before_commit", "after_commit", "before_effect", "after_effect")), seldom=SELDOM)
    def the_engine_will_die_in_mid_change(self, step: str, seldom: bool) -> None:
        """At the next step of that kind, whoever takes it."""
        if seldom:
            self.mortal.at = step

    # What people do -----------------------------------------------------------------------------------------------

    @rule(name=AGENT)
    def a_page_opens(self, name: str) -> None:
        """The softphone first, so that the page makes him reachable for all at once: one step, one decision."""
        self.tabs[name] = f"tab-{next(self.numbers)}"
        self.run(self.desk.device_changed(name, up=True))
        self.run(self.desk.page_opened(name, self.tabs[name]))
        self.run(self.desk.ready(name))

    @rule(name=AGENT, really=SELDOM)
    def a_page_closes(self, name: str, really: bool) -> None:
        tab = self.tabs.pop(name, None) if really else None
        if tab is not None:
            self.run(self.desk.device_changed(name, up=False))
            self.run(self.desk.page_closed(name, tab))

    @rule(
        name=AGENT,
        what=st.sampled_from(("ready",) * 6 + ("pause", "log_out", "reserve", "decline")),
        pick=PICK,
    )
    def an_agent_acts(self, name: str, what: str, pick: int) -> None:
        async def act() -> None:
            agent = self.desk.agent(name)
            assert agent is not None
            mine = self.desk.contacts_with(name)
            held = mine[pick % len(mine)].id if mine else "none"
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

        self._try(act)

    def _try(self, act: Report) -> None:
        async def try_it() -> None:
            try:
                await act()
            except (NotAllowedNow, WireDown):
                return

        self.run(try_it())

    def _one(self, pick: int, kind: ChannelKind | None, *states: ContactState) -> tuple[str, str] | None:
        """A contact in one of these states, and who has it."""
        contacts = [c for c in self.desk.contacts() if c.state in states and kind in (None, c.kind)]
        found = contacts[pick % len(contacts)] if contacts else None
        return None if found is None else (str(found.agent_id), found.id)

    @rule(pick=PICK)
    def an_agent_accepts_a_chat(self, pick: int) -> None:
        one = self._one(pick, CHAT, ContactState.OFFERED)
        if one:
            self._try(lambda: self.desk.accept(*one))

    @rule(pick=PICK)
    def an_agent_ends_a_talk(self, pick: int) -> None:
        one = self._one(pick, CHAT, ContactState.CONNECTED)
        if one:
            self._try(lambda: self.desk.hang_up(*one))

    @rule(pick=PICK, to=st.sampled_from((None, *NAMES)))
    def an_agent_passes_a_customer_on(self, pick: int, to: str | None) -> None:
        one = self._one(pick, None, ContactState.CONNECTED)
        if one:
            self._try(lambda: self.desk.transfer(*one, queue=None if to else "claims", agent=to))

    @rule(pick=PICK)
    def an_agent_gives_a_result(self, pick: int) -> None:
        one = self._one(pick, None, ContactState.WRAP_UP)
        if one:
            self._try(lambda: self.desk.dispose(*one, "confirmed"))

    @rule(seconds=st.sampled_from((0.5, 0.5, 3, 3, 10, 30)))
    def time_passes(self, seconds: float) -> None:
        self.clock.pass_s(seconds)
        self.run(self.desk.tick())

    # What must always hold ----------------------------------------------------------------------------------------

    @invariant()
    def nobody_is_booked_twice(self) -> None:
        if not hasattr(self, "desk"):
            return
        for agent in self.desk.agents():
            with_him = {c.id for c in self.desk.contacts() if c.agent_id == agent.id and c.state in WITH_AGENT}
            held = [task.contact_id for task in agent.tasks if task.contact_id is not None]
            assert with_him <= set(held), (agent, with_him)
            assert len(held) == len(set(held)), agent
            for contact_id in held:
                believed = self.desk.contact(contact_id)
                assert believed is None or believed.agent_id == agent.id, (agent, believed)
            for kind in (VOICE, CHAT):
                assert sum(task.kind is kind for task in agent.tasks) <= agent.capacity.limit(kind), agent

    @invariant()
    def nobody_waits_whom_somebody_could_take(self) -> None:
        if not hasattr(self, "desk"):
            return
        for contact in self._waiting():
            for agent in self.desk.agents():
                if contact.kind in self._up() and self._obstacle(agent, contact) is None:
                    why = self.desk.why_contact(contact.id)
                    assert why is not None
                    assert [pair.obstacle for pair in why.agents if pair.agent_id == agent.id] == [Obstacle.KEPT]

    @invariant()
    def nobody_is_passed_over_against_the_order(self) -> None:
        """Who was offered in this step goes before everybody who waited already and whom the same agent could have taken."""
        if not hasattr(self, "desk"):
            return
        offered = {c for c in self.desk.contacts() if c.state is ContactState.OFFERED}
        for one in offered:
            agent = self.desk.agent(str(one.agent_id))
            if (one.id, one.tries) in self.seen.offered or agent is None or one.attempt_id:
                continue
            before = replace(agent, tasks=tuple(task for task in agent.tasks if task.contact_id != one.id))
            for other in self._waiting():
                waited = other.id in self.seen.waiting and other.kind in self.seen.up
                if waited and self._obstacle(before, other) is None:
                    assert order_key(one) < order_key(other), (one, other)
                    assert one.arrived_at <= passable_until(other)
        waiting = frozenset(contact.id for contact in self._waiting())
        self.seen = Seen(waiting, frozenset((one.id, one.tries) for one in offered), frozenset(self._up()))

    def _waiting(self) -> list[Contact]:
        return [contact for contact in self.desk.contacts() if contact.state is ContactState.QUEUED]

    def _up(self) -> set[ChannelKind]:
        return self.desk._floor.wires_up

    def _obstacle(self, agent: Agent, contact: Contact) -> Obstacle | None:
        return obstacle(agent, contact, self.desk.setup.rules(contact.queue), self.clock.now())

    @invariant()
    def every_contact_is_remembered_as_it_is(self) -> None:
        if hasattr(self, "desk"):
            for contact in self.desk.contacts():
                assert self.runner.run(self.journal.contact(contact.id)) == contact

    def teardown(self) -> None:
        self.mortal.at = None
        try:
            if hasattr(self, "desk"):
                self.run(self._calm_down())
        finally:
            self.runner.close()

    async def _calm_down(self) -> None:
        """No more news, an open wire, one good look, and time: then the desk must agree with the truth."""
        self.reports.clear()
        self.wire.down = self.chats.down = False
        for _ in range(3):
            await self._look()
            self.clock.pass_s(100)
            await self.desk.tick()
        await self._look()
        for agent in self.desk.agents():
            held = [task for task in agent.tasks if task.phase is not TaskPhase.WRAP_UP]
            assert agent.id in self.tabs or not held, f"{agent} has left his page, and what he had waits for him"
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
            talking = [task for task in agent.tasks if task.phase is TaskPhase.BUSY]
            assert any(task.kind is VOICE for task in talking) == talks, agent
            for task in agent.tasks:
                contact = self.desk.contact(task.contact_id or "")
                assert contact is not None, f"{agent} is stuck"
                assert contact.agent_id == agent.id, f"{agent} is stuck"
        for key in self.chats.open:
            contact = self.desk.contact_by_wire(key)
            assert contact is not None, f"{key} is lost"
            assert contact.state is not ContactState.WRAP_UP, (key, contact)
        chats = [contact for contact in self.desk.contacts() if contact.kind is CHAT]
        assert {one.wire_key for one in chats if one.state is not ContactState.WRAP_UP} == set(self.chats.open)


DeskMachine.TestCase.settings = settings(max_examples=200, stateful_step_count=100, deadline=None, derandomize=True)
TestDesk = DeskMachine.TestCase
