"""The desk's book: the nouns as they are now, and a draft of a change that is committed before it becomes true."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from . import agent as agents
from . import contact as contacts
from .agent import Agent, AgentEvent
from .contact import Contact, ContactEvent
from .journal import Entry, entry_of


@dataclass(slots=True)
class Book:
    """Open contacts and all agents, by id; `by_wire` finds a contact by the wire's own name for it."""

    contacts: dict[str, Contact] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)
    by_wire: dict[str, str] = field(default_factory=dict)

    def put(self, noun: Contact | Agent) -> None:
        """Take the noun in; a contact that has ended leaves the book."""
        if isinstance(noun, Agent):
            self.agents[noun.id] = noun
        elif noun.is_open:
            self.contacts[noun.id] = noun
            self.by_wire[noun.wire_key] = noun.id
        else:
            self.contacts.pop(noun.id, None)
            self.by_wire.pop(noun.wire_key, None)

    def agent_by_sip_name(self, sip_name: str) -> Agent | None:
        return next((agent for agent in self.agents.values() if agent.sip_name == sip_name), None)


class Draft:
    """What a change would make of the book. Reading through the draft sees the change; the book itself does not move."""

    def __init__(self, book: Book, now: datetime) -> None:
        self._book = book
        self.now = now
        self._contacts: dict[str, Contact] = {}
        self._agents: dict[str, Agent] = {}
        self.entries: list[Entry] = []

    def contact(self, contact_id: str) -> Contact:
        return self._contacts.get(contact_id) or self._book.contacts[contact_id]

    def agent(self, agent_id: str) -> Agent:
        return self._agents.get(agent_id) or self._book.agents[agent_id]

    def knows(self, contact_id: str) -> bool:
        return contact_id in self._contacts or contact_id in self._book.contacts

    def contacts(self) -> Iterator[Contact]:
        yield from ({**self._book.contacts, **self._contacts}).values()

    def agents(self) -> Iterator[Agent]:
        yield from ({**self._book.agents, **self._agents}).values()

    def begin(self, noun: Contact | Agent) -> None:
        """A noun that was not there before."""
        self._keep(noun, entry_of(self.now, "Appeared", noun))

    def tell_contact(self, contact_id: str, event: ContactEvent) -> Contact:
        """Raises IllegalTransition; then nothing of this event stays in the draft."""
        after = contacts.advance(self.contact(contact_id), event)
        self._keep(after, entry_of(self.now, event, after))
        return after

    def tell_agent(self, agent_id: str, event: AgentEvent) -> Agent:
        """Raises IllegalTransition; then nothing of this event stays in the draft."""
        after = agents.advance(self.agent(agent_id), event)
        self._keep(after, entry_of(self.now, event, after))
        return after

    def _keep(self, noun: Contact | Agent, entry: Entry) -> None:
        if isinstance(noun, Agent):
            self._agents[noun.id] = noun
        else:
            self._contacts[noun.id] = noun
        self.entries.append(entry)

    @property
    def changed_contacts(self) -> frozenset[str]:
        return frozenset(self._contacts)

    @property
    def changed_agents(self) -> frozenset[str]:
        return frozenset(self._agents)

    def become_true(self) -> None:
        """After the commit: move the book."""
        changed: tuple[Contact | Agent, ...] = (*self._contacts.values(), *self._agents.values())
        for noun in changed:
            self._book.put(noun)
