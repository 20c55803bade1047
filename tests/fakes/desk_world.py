"""A world in which a desk is tried: telephones and chats that keep the truth, a clock that is set, and steps at which an engine dies."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from cordboard.queue.agent import Agent
from cordboard.queue.channel import Channel, Dismissal, WireDown
from cordboard.queue.commands import CallThird, PartyCommand, SendAway
from cordboard.queue.contact import TALKING_STATES, Contact
from cordboard.queue.desk import Desk
from cordboard.queue.journal import Entry
from cordboard.queue.reconcile import LegState, LiveLeg
from cordboard.storage.clock import SteadyTime
from tests.fakes.wire import MemoryJournal


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
        self.thirds: list[str] = []  # whose legs are there, or are being dialed
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

    async def parties(self, command: PartyCommand) -> None:
        call, third = self._call(command.contact), command.contact.third
        if isinstance(command, CallThird) and third is not None and third.id not in self.thirds:
            self.thirds.append(third.id)
        if isinstance(command, SendAway):
            call.leg = call.agent = None  # he talks with the third, and is no business of ours

    async def record(self, contact: Contact, *, on: bool) -> None:
        self._call(contact)

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

    async def parties(self, command: PartyCommand) -> None:
        await self._tell()

    async def record(self, contact: Contact, *, on: bool) -> None:
        await self._tell()

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

    async def parties(self, command: PartyCommand) -> None:
        await self._through(lambda: self._wire.parties(command))

    async def record(self, contact: Contact, *, on: bool) -> None:
        await self._through(lambda: self._wire.record(contact, on=on))

    async def dismiss(self, contact: Contact, how: Dismissal) -> None:
        await self._through(lambda: self._wire.dismiss(contact, how))
