"""What can be read at the desk: the nouns as they are now, why they are so, and what the journal remembers."""

from collections.abc import AsyncIterator, Callable, Collection
from datetime import datetime

from .agent import Agent, in_order
from .book import Place
from .channel import ChannelKind
from .contact import Contact, ContactState
from .floor import Floor, UnknownAgent
from .journal import Entry, Journal, MissedOfferEntry
from .metrics import AgentMoment
from .missed import MissedOffers
from .missed_calls import MissedCall, MissedCalls
from .pauses import PauseMoment
from .why import ContactWhy, OperatorWhy, why_agent, why_contact

PAGE = 500
"""Ended contacts that are read at once."""


class Readings:
    def __init__(self, floor: Floor) -> None:
        self._book = floor.book
        self._ledger = floor.ledger
        self._clock = floor.clock
        self._missed = MissedOffers(self._read_missed)
        self._ledger.watch(self._missed.hear)
        self._missed_calls = MissedCalls(self._met_since)
        self._ledger.watch(self._missed_calls.hear)

    def watch_ends(self, listener: Callable[[Contact], None]) -> None:
        """Call it with each contact that ends, as soon as that is written down, once each."""

        def look(entry: Entry) -> None:
            if isinstance(entry.after, Contact) and not entry.after.is_open:
                listener(entry.after)

        self._ledger.watch(look)

    def agents(self) -> tuple[Agent, ...]:
        return tuple(self._book.agents.values())

    def agent(self, agent_id: str) -> Agent | None:
        return self._book.agents.get(agent_id)

    def agent_by_sip_name(self, sip_name: str) -> Agent | None:
        return self._book.agent_by_sip_name(sip_name)

    def contacts(self) -> tuple[Contact, ...]:
        """The open contacts."""
        return tuple(self._book.contacts.values())

    def waiting(self) -> tuple[Contact, ...]:
        """The open contacts whose customers wait for an agent right now, offered ones too."""
        return tuple(self._book.waiting.values())

    def contact(self, contact_id: str) -> Contact | None:
        """An open contact."""
        return self._book.contacts.get(contact_id)

    def contacts_with(self, agent_id: str) -> tuple[Contact, ...]:
        """The open contacts in this agent's hands, the foremost task's first."""
        agent = self._book.agents.get(agent_id)
        tasks = () if agent is None else in_order(agent.tasks)
        found = (self.contact(task.contact_id or "") for task in tasks)
        return tuple(contact for contact in found if contact is not None)

    def place(self, contact_id: str) -> Place | None:
        """Where a waiting contact stands; None when it waits no more."""
        contact = self.contact(contact_id)
        waits = contact is not None and contact.state is ContactState.QUEUED
        return self._book.place(contact) if contact is not None and waits else None

    def handle_s(self, queue: str, kind: ChannelKind) -> float:
        """The mean time that a contact of that kind takes there lately (s)."""
        return self._book.pace.handle_s(queue, kind)

    def why_contact(self, contact_id: str) -> ContactWhy | None:
        """Whom an open contact waits for, and what passed over it."""
        contact = self.contact(contact_id)
        return None if contact is None else why_contact(self._book, contact, self._clock.now())

    def why_agent(self, agent_id: str) -> OperatorWhy:
        """Of the first that wait, why each is not this agent's. Raises UnknownAgent."""
        agent = self.agent(agent_id)
        if agent is None:
            raise UnknownAgent(agent_id)
        return why_agent(self._book, agent, self._clock.now())

    async def find_contact(self, contact_id: str) -> Contact | None:
        """A contact, open or ended."""
        return self.contact(contact_id) or await (await self._written()).contact(contact_id)

    async def contacts_of(self, customer_id: str, limit: int = 50, before: datetime | None = None) -> list[Contact]:
        return await (await self._written()).contacts_of(customer_id, limit, before)

    async def closed_since(self, since: datetime, limit: int, after: Contact | None = None) -> list[Contact]:
        """A page of the contacts that ended at or after `since`, oldest first. All that ended before this call was told to who watches."""
        return await (await self._written()).closed_since(since, limit, after)

    async def pauses(self, agent_ids: Collection[str], since: datetime) -> list[PauseMoment]:
        """When these agents came to work, paused and went from `since` on."""
        return await (await self._written()).pauses(agent_ids, since)

    async def moments(self, agent_id: str, since: datetime) -> list[AgentMoment]:
        """What this agent was from `since` on, the earliest first."""
        return await (await self._written()).moments(agent_id, since)

    async def missed_offers(self, agent_id: str, since: datetime) -> list[MissedOfferEntry]:
        """The offers that this agent did not take, newest first."""
        return await self._missed.of(agent_id, since)

    async def missed_calls(self, queues: Collection[str], since: datetime, limit: int) -> list[MissedCall]:
        """Who called these queues from `since` on and was not talked with, the newest first."""
        return await self._missed_calls.of(queues, since, limit)

    async def _met_since(self, since: datetime) -> AsyncIterator[Contact]:
        """What ended, and after it whom somebody of us is talking with, or has been."""
        last: Contact | None = None
        while page := await self.closed_since(since, PAGE, last):
            for contact in page:
                yield contact
            last = page[-1]
        for contact in self.contacts():
            if contact.connected_at is not None:
                yield contact

    async def _read_missed(self, since: datetime) -> list[MissedOfferEntry]:
        return await (await self._written()).missed_offers(since)

    async def _written(self) -> Journal:
        """The journal, with all that is decided by now: what has ended is in no book any more."""
        await self._ledger.durable()
        return self._ledger.journal
