"""A desk in the world of desk_world.py, its engines one after another, and what must hold of it after every step and in the end."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from hypothesis.stateful import RuleBasedStateMachine, invariant

from cordboard.queue.agent import Agent, TaskPhase
from cordboard.queue.capacity import Capacity
from cordboard.queue.channel import Arrival, ChannelKind, Direction
from cordboard.queue.contact import TALKING_STATES, Contact, ContactState
from cordboard.queue.deadlines import DeskRules
from cordboard.queue.desk import Desk
from cordboard.queue.reconcile import LegState
from cordboard.queue.routing import Obstacle, obstacle, order_key, passable_until
from cordboard.queue.setup import OverflowAction, OverflowRule, OverflowWhen, QueueRules, QueueSetup
from cordboard.queue.skill import Need, Relaxing
from tests.fakes.desk_world import (
    Call,
    EngineDied,
    JumpyClock,
    Mortal,
    MortalChannel,
    MortalJournal,
    TrueChats,
    TrueWire,
)

NAMES = ("anna", "boris", "vera")
WITH_AGENT = (ContactState.OFFERED, *TALKING_STATES, ContactState.WRAP_UP)
BOOT, CHATS, OWN_NUMBER = "n/b/", "chat/", "+79160000009"
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


@dataclass(frozen=True)
class Seen:
    """What waited for whom at the end of the last step, and which wires worked."""

    waiting: frozenset[str] = frozenset()
    offered: frozenset[tuple[str, int]] = frozenset()
    up: frozenset[ChannelKind] = frozenset()


Report = Callable[[], Awaitable[object]]


def _not_of_the_dead(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """What a dead engine's tasks ended with, nobody is there to ask; all else is told as usual."""
    if not isinstance(context.get("exception"), EngineDied):
        loop.default_exception_handler(context)


class DeskRun(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.runner.get_loop().set_exception_handler(_not_of_the_dead)
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
            own = OWN_NUMBER if name == "vera" else ""
            await self.desk.register(
                name, name, f"agent-{name}", QUEUES, skills=skills, capacity=capacity, own_number=own
            )
        for name, tab in self.tabs.items():
            await self.desk.page_opened(name, tab)
            await self.desk.device_changed(name, up=True)
        await self._look()

    async def _look(self) -> None:
        """A resync: believe the wire, and let those announce themselves of whom nobody heard."""
        for key, queue in list(self.chats.open.items()):
            contact = await self.desk.arrive(Arrival(CHAT, Direction.INBOUND, queue, key))
            if not contact.is_open or contact.state is ContactState.WRAP_UP:
                del self.chats.open[
                    key
                ]  # an end that was committed and not carried out: the room makes it good (chat.py, resync)
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
            if (one.id, one.tries) in self.seen.offered or agent is None or one.attempt_id or one.rejoins:
                continue  # a talk that goes on with its own agent is nobody's turn
            if one.talked_with is not None and one.for_agent == one.agent_id:
                continue  # nor is one who was parked and is fetched
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
            for third_id in self.wire.thirds:
                await self.desk.thirds.gone(third_id, "noticed_late")
            self.clock.pass_s(100)
            await self.desk.tick()
        await self._look()
        for agent in self.desk.agents():
            at_his_own = {one.id for one in self.desk.contacts_with(agent.id) if one.own_phone}
            held = [
                one for one in agent.tasks if one.phase is not TaskPhase.WRAP_UP and one.contact_id not in at_his_own
            ]
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
