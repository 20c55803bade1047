"""The desk's book: the nouns as they are now, and a draft of a change, which becomes true, is forgotten or undone."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from . import agent as agents
from . import contact as contacts
from .agenda import Agenda, next_look
from .agent import Agent, AgentEvent
from .contact import Contact, ContactState
from .contact_events import ContactEvent
from .expectation import Pace, expected_wait_s
from .journal import Entry, entry_of
from .lineup import Lineup
from .metrics import waits
from .overflow import Conditions


@dataclass(frozen=True, slots=True)
class Place:
    """A waiting contact's place in its queue: `position` 1 is next; `agents` are at work for the queue; `expected_s` (s) is a guess."""

    queue: str
    position: int
    waiting: int
    agents: int
    expected_s: float | None


@dataclass(slots=True)
class Book:
    """Open contacts and all agents, by id; `by_wire` finds a contact by the wire's own name for it.

    The lineup and the agenda run ahead with a draft, and are set back with it; all else moves when the draft becomes true, and goes
    back when it is undone.
    """

    contacts: dict[str, Contact] = field(default_factory=dict)
    agents: dict[str, Agent] = field(default_factory=dict)
    by_wire: dict[str, str] = field(default_factory=dict)
    by_sip_name: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, Contact] = field(default_factory=dict)
    lineup: Lineup = field(default_factory=Lineup)
    agenda: Agenda = field(default_factory=Agenda)
    pace: Pace = field(default_factory=Pace)

    def put(self, noun: Contact | Agent) -> None:
        """Take the noun in; a contact that has ended leaves the book."""
        if isinstance(noun, Agent):
            self.agents[noun.id] = noun
            self.by_sip_name[noun.sip_name] = noun.id
            return
        before = self.contacts.pop(noun.id, None)
        if before is not None:
            self.by_wire.pop(before.wire_key, None)
        if noun.state is ContactState.CLOSED and noun.connected_at is not None and noun.closed_at is not None:
            self.pace.took(noun.queue, noun.kind, (noun.closed_at - noun.connected_at).total_seconds())
        self.waiting.pop(noun.id, None)
        if noun.is_open:
            self.contacts[noun.id] = noun
            self.by_wire[noun.wire_key] = noun.id
        if waits(noun):
            self.waiting[noun.id] = noun

    def known(self, noun: Contact | Agent) -> Contact | Agent | None:
        """The noun as the book has it; None for one that is not there, or has ended."""
        return self.agents.get(noun.id) if isinstance(noun, Agent) else self.contacts.get(noun.id)

    def drop(self, noun: Contact | Agent) -> None:
        """It never was."""
        if isinstance(noun, Agent):
            self.agents.pop(noun.id, None)
            self.by_sip_name.pop(noun.sip_name, None)
            return
        self.waiting.pop(noun.id, None)
        known = self.contacts.pop(noun.id, None)
        if known is not None:
            self.by_wire.pop(known.wire_key, None)

    def leave_line(self, noun: Contact | Agent) -> None:
        """Routing and time forget the noun."""
        if isinstance(noun, Agent):
            self.lineup.drop_agent(noun.id)
        else:
            self.lineup.drop_contact(noun.id)
        self.agenda.put(noun.id, None)

    def line_up(self, noun: Contact | Agent, now: datetime) -> None:
        """Let routing and time see the noun as it would be."""
        if isinstance(noun, Agent):
            self.lineup.put_agent(noun)
        else:
            self.lineup.put_contact(noun, now)
        self.agenda.put(noun.id, next_look(noun, self.lineup.setup.rules, now))

    def place(self, contact: Contact) -> Place:
        """Where a waiting contact stands in its queue."""
        queue, kind = contact.queue, contact.kind
        agents, places = len(self.lineup.agents_at_work(queue)), self.lineup.places(queue, kind)
        position = self.lineup.position(contact)
        expected = expected_wait_s(position, self.pace.handle_s(queue, kind), places)
        return Place(queue, position, self.lineup.waiting_in(queue), agents, expected)

    def agent_by_sip_name(self, sip_name: str) -> Agent | None:
        return self.agents.get(self.by_sip_name.get(sip_name, ""))


class Draft:
    """What a change would make of the book. Reading through the draft sees the change; the book itself does not move."""

    def __init__(self, book: Book, now: datetime) -> None:
        self._book = book
        self.now = now
        self.lineup = book.lineup
        self._setup = book.lineup.setup
        self.agenda = book.agenda
        self._contacts: dict[str, Contact] = {}
        self._agents: dict[str, Agent] = {}
        self.entries: list[Entry] = []
        self._before: list[tuple[Contact | Agent, Contact | Agent | None]] = []

    def contact(self, contact_id: str) -> Contact:
        return self._contacts.get(contact_id) or self._book.contacts[contact_id]

    def agent(self, agent_id: str) -> Agent:
        return self._agents.get(agent_id) or self._book.agents[agent_id]

    def known_agent(self, agent_id: str | None) -> Agent | None:
        return self._agents.get(agent_id or "") or self._book.agents.get(agent_id or "")

    def open_contact(self, contact_id: str | None) -> Contact | None:
        """The contact, as long as it has not ended."""
        found = self._contacts.get(contact_id or "") or self._book.contacts.get(contact_id or "")
        return found if found is not None and found.is_open else None

    def waiting(self) -> Iterator[Contact]:
        """Every contact that waits, in no order."""
        merged = {**self._book.contacts, **self._contacts}.values()
        yield from (contact for contact in merged if contact.state is ContactState.QUEUED)

    def agents(self) -> Iterator[Agent]:
        yield from ({**self._book.agents, **self._agents}).values()

    def look_again(self, noun_id: str) -> None:
        """Its instant has come and gone: line it up as it is now, and set the next."""
        noun = self.open_contact(noun_id) or self.known_agent(noun_id)
        if noun is not None:
            self._book.line_up(noun, self.now)

    def conditions(self, contact: Contact) -> Conditions:
        """What the overflow rules of a waiting contact's queue look at."""
        place = self._book.place(contact)
        return Conditions(self.now, place.position - 1, place.agents, place.expected_s)

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
        self._book.line_up(noun, self.now)
        self.entries.append(entry)

    @property
    def changed_contacts(self) -> frozenset[str]:
        return frozenset(self._contacts)

    @property
    def changed_agents(self) -> frozenset[str]:
        return frozenset(self._agents)

    def become_true(self) -> None:
        """Move the book."""
        for noun in self._nouns():
            self._before.append((noun, self._book.known(noun)))
            self._book.put(noun)

    def be_undone(self) -> None:
        """It became true and could not be written down: the book goes back too. Later drafts must be undone before."""
        while self._before:
            noun, before = self._before.pop()
            if before is None:
                self._book.drop(noun)
            else:
                self._book.put(before)
        self.be_forgotten()

    def be_forgotten(self) -> None:
        """The change was refused: the lineup and the agenda go back to the book."""
        if self.lineup.setup is not self._setup:
            self.lineup.apply(self._setup, self.now)
        for noun in self._nouns():
            before = self._book.known(noun)
            if before is None:
                self._book.leave_line(noun)
            else:
                self._book.line_up(before, self.now)
        self.lineup.look_at_all()

    def _nouns(self) -> tuple[Contact | Agent, ...]:
        return (*self._contacts.values(), *self._agents.values())
