"""The routing rule: which waiting contact meets which free agent. Pure, and it fits on one screen.

Who waits longest goes first (a contact keeps its age over every refused offer); a contact that belongs to one agent, because the
dialer called for him or his leg broke, meets that agent while he is free and, after `PERSONAL_S`, whoever is free. Of the free
agents that serve the queue, the one idle longest is chosen.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .agent import Agent, AgentState
from .contact import Contact, ContactState

PERSONAL_S = 20.0


@dataclass(frozen=True, slots=True)
class Match:
    contact_id: str
    agent_id: str


def next_match(contacts: Iterable[Contact], agents: Iterable[Agent], now: datetime) -> Match | None:
    """The next pair to be made, or None while nobody can be served."""
    free = [agent for agent in agents if agent.state is AgentState.READY and agent.reachable]
    for contact in sorted(waiting(contacts), key=lambda c: (c.arrived_at, c.id)):
        able = [agent for agent in free if may_serve(agent, contact, now)]
        if able:
            return Match(contact.id, min(able, key=lambda a: (a.since, a.id)).id)
    return None


def waiting(contacts: Iterable[Contact]) -> list[Contact]:
    return [contact for contact in contacts if contact.state is ContactState.QUEUED]


def may_serve(agent: Agent, contact: Contact, now: datetime) -> bool:
    """Whether this agent may be offered this contact now."""
    if contact.queue not in agent.queues:
        return False
    if contact.for_agent is None or contact.for_agent == agent.id:
        return True
    since = contact.talk_ended_at or contact.arrived_at
    return now - since >= timedelta(seconds=PERSONAL_S)
