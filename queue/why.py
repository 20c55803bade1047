"""Why: every decision explained, from the same functions that made it. Pure; pages word it."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .agent import Agent
from .book import Book, Place
from .contact import Contact, ContactState
from .overflow import looks_again_at
from .routing import Obstacle, is_personal, needs_now, obstacle, order_key, passable_until
from .setup import OverflowRule
from .skill import Need, lacking, relaxes_in_s

MOST_AHEAD = 20


@dataclass(frozen=True, slots=True)
class AgentWhy:
    """One agent and one contact: why he may not take it; None when he may. `lacks`: what he misses of what it needs."""

    agent_id: str
    contact_id: str
    obstacle: Obstacle | None
    lacks: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class ContactWhy:
    """Why a contact waits. `target_left_s`: seconds until it is due, negative when it is overdue; `passable_until`: nobody who comes
    after this can go before it. `agents` says of everybody who serves the queue what stands in the way, `elsewhere` counts the rest.
    `ahead`: ids of those that go before it in its queue; `kept_agent`: whose hands are kept for it."""

    contact: Contact
    place: Place | None
    waited_s: float
    target_left_s: float
    passable_until: datetime
    needs: tuple[Need, ...]
    relaxes_at: datetime | None
    personal_until: datetime | None
    not_before: datetime | None
    overflow_looks_at: datetime | None
    overflow: tuple[OverflowRule, ...]
    agents: tuple[AgentWhy, ...]
    obstacles: Counter[Obstacle]
    elsewhere: int
    ahead: tuple[str, ...]
    kept_agent: str | None


@dataclass(frozen=True, slots=True)
class OperatorWhy:
    """Why an agent has what he has: of each that waits, in the one order, what stands between; `kept_for`: whom his hands are kept for."""

    agent: Agent
    contacts: tuple[AgentWhy, ...]
    kept_for: str | None


def why_contact(book: Book, contact: Contact, now: datetime) -> ContactWhy:
    """Explain a contact that waits, or another with what there is to say."""
    rules = book.lineup.setup.rules(contact.queue)
    waits = contact.state is ContactState.QUEUED
    serving = [agent for agent in book.agents.values() if contact.queue in agent.queues]
    pairs = tuple(_pair(book, agent, contact, now) for agent in serving)
    waited_s = max(0.0, (now - contact.arrived_at).total_seconds())
    relaxes = relaxes_in_s(contact.needs, waited_s, rules.relaxing) if waits else None
    due = contact.due_at or contact.arrived_at
    return ContactWhy(
        contact=contact,
        place=book.place(contact) if waits else None,
        waited_s=waited_s,
        target_left_s=(due - now).total_seconds(),
        passable_until=passable_until(contact),
        needs=needs_now(contact, rules, now),
        relaxes_at=None if relaxes is None else now + timedelta(seconds=relaxes),
        personal_until=contact.personal_until if is_personal(contact, now) else None,
        not_before=contact.not_before if contact.not_before is not None and contact.not_before > now else None,
        overflow_looks_at=looks_again_at(contact, rules, now) if waits else None,
        overflow=rules.overflow,
        agents=pairs,
        obstacles=Counter(pair.obstacle for pair in pairs if pair.obstacle is not None),
        elsewhere=len(book.agents) - len(serving),
        ahead=_ahead(book.contacts.values(), contact) if waits else (),
        kept_agent=next((a.id for a in serving if _kept(book, a) == contact.id), None),
    )


def why_agent(book: Book, agent: Agent, now: datetime, most: int = MOST_AHEAD) -> OperatorWhy:
    """Explain an agent: of the first that wait in the one order, why each is not his."""
    waits = (contact for contact in book.contacts.values() if contact.state is ContactState.QUEUED)
    first = sorted(waits, key=order_key)[:most]
    return OperatorWhy(agent, tuple(_pair(book, agent, contact, now) for contact in first), _kept(book, agent))


def _pair(book: Book, agent: Agent, contact: Contact, now: datetime) -> AgentWhy:
    rules = book.lineup.setup.rules(contact.queue)
    found = obstacle(agent, contact, rules, now)
    lacks = lacking(agent.skills, needs_now(contact, rules, now)) if found is Obstacle.SKILL else ()
    if found is None and _kept(book, agent) not in (None, contact.id):
        found = Obstacle.KEPT
    return AgentWhy(agent.id, contact.id, found, lacks)


def _kept(book: Book, agent: Agent) -> str | None:
    kept = book.lineup.kept_for(agent.id)
    return None if kept is None else kept.id


def _ahead(contacts: Iterable[Contact], contact: Contact) -> tuple[str, ...]:
    mine = order_key(contact)
    ahead = sorted(
        order_key(other)
        for other in contacts
        if other.state is ContactState.QUEUED and other.queue == contact.queue and order_key(other) < mine
    )
    return tuple(key[2] for key in ahead[:MOST_AHEAD])
