"""The floor on which the desk stands: how one change is made, from a draft to the wires that hear of it."""

import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping, Sequence
from enum import StrEnum

from ..storage.clock import Clock
from . import moves, third_moves
from .agent import Agent
from .book import Draft
from .channel import Channel, ChannelKind, NotDone, WireDown
from .commands import CallThird, Command, OfferContact, PauseRecording
from .contact import Contact, IllegalTransition
from .deadlines import DeskRules
from .hands import Hands
from .journal import Journal
from .ledger import Act, Ledger
from .setup import QueueSetup

log = logging.getLogger(__name__)


class Step(StrEnum):
    """What a change at the desk takes its time for."""

    ROUTING = "routing"
    COMMIT = "commit"


def _nobody_measures(_step: Step, _seconds: float) -> None:
    return None


class UnknownAgent(Exception):
    """There is no such agent."""


class NotAllowedNow(Exception):
    """What was asked cannot be done in this state; the text is for the one who asked."""


class Floor:
    """`change` makes a move and routes, commits, then tells the wires. `ask` is for people, who are told why not; `hear` for wires."""

    def __init__(
        self, journal: Journal, channels: Mapping[ChannelKind, Channel], clock: Clock, rules: DeskRules
    ) -> None:
        self.journal = journal
        self.channels = channels
        self.clock = clock
        self.rules = rules
        self.ledger = Ledger(journal, clock)
        self.book = self.ledger.book
        self.wires_up: set[ChannelKind] = set()
        self.follow_ups: list[Callable[[Contact], Awaitable[None]]] = []
        self.hands = Hands(channels, journal, self.follow_ups)
        self.late_events: Counter[str] = Counter()
        self.measured: Callable[[Step, float], None] = _nobody_measures

    @property
    def setup(self) -> QueueSetup:
        return self.book.lineup.setup

    def contact_by_wire(self, wire_key: str) -> Contact | None:
        """An open contact, by its wire's own name."""
        return self.book.contacts.get(self.book.by_wire.get(wire_key, ""))

    def known_agent(self, agent_id: str) -> Agent:
        """Raises UnknownAgent."""
        agent = self.book.agents.get(agent_id)
        if agent is None:
            raise UnknownAgent(agent_id)
        return agent

    async def change(self, act: Act) -> None:
        """Raises IllegalTransition, or what the journal raises; then nothing has changed."""

        decided, writes = 0.0, False

        def act_and_route(draft: Draft) -> Sequence[Command]:
            nonlocal decided, writes
            commands = list(act(draft) or ())
            began = time.perf_counter()
            commands += moves.route(draft, self.wires_up, self.rules)
            decided = time.perf_counter()
            writes = bool(draft.entries)
            if writes:
                self.measured(Step.ROUTING, decided - began)
            return commands

        commands = await self.ledger.change(act_and_route)
        if writes:
            self.measured(Step.COMMIT, time.perf_counter() - decided)
        for command in commands:
            await self._perform(command)

    async def ask(self, act: Act) -> None:
        """Raises NotAllowedNow for the impossible."""
        try:
            await self.change(act)
        except IllegalTransition as refusal:
            raise NotAllowedNow(str(refusal)) from refusal

    async def hear(self, wire_key: str, act: Callable[[Draft, Contact], Sequence[Command] | None]) -> None:
        """A wire's report: late and doubled ones are normal there, so they are counted and forgiven."""

        def act_if_known(draft: Draft) -> Sequence[Command] | None:
            contact = self.contact_by_wire(wire_key)
            if contact is None:
                self.late_events["unknown contact"] += 1
                return None
            return act(draft, contact)

        try:
            await self.change(act_if_known)
        except IllegalTransition as late:
            self.late_events[str(late)] += 1
            log.info("a late or doubled wire event was set aside: %s", late)

    async def _perform(self, command: Command) -> None:
        try:
            await self.hands.perform(command)
        except NotDone:
            log.warning("a wire did not do what it was told: %s", type(command).__name__)
            await self._undone(command)
        except WireDown:
            self.wires_up.discard(command.contact.kind)
            await self._undone(command)

    async def _undone(self, command: Command) -> None:
        """What the book believed is not so: nobody was offered, and nothing is masked."""
        if isinstance(command, OfferContact):
            await self._take_back(command)
        elif isinstance(command, PauseRecording):
            await self.hear(command.contact.wire_key, moves.not_masked)
        elif isinstance(command, CallThird) and command.contact.third is not None:
            third_id = command.contact.third.id
            await self.hear(
                command.contact.wire_key,
                lambda draft, contact: third_moves.gone(draft, contact, third_id, "not_called"),
            )

    async def _take_back(self, command: OfferContact) -> None:
        def act(draft: Draft, contact: Contact) -> None:
            if contact.agent_id == command.agent.id:
                moves.take_back(draft, contact.id)

        await self.hear(command.contact.wire_key, act)
