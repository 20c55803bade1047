"""Moves that time alone brings about (deadlines.py), and the healing of what lost its contact. Pure, as moves.py is."""

from collections.abc import Mapping
from datetime import timedelta

from . import moves
from .agent import Agent
from .book import Draft
from .commands import Command, FollowUp, ReturnToQueue, WithdrawOffer
from .contact import Contact, ContactState
from .deadlines import AgentDue, DeskRules, due, stale
from .mask import is_open
from .parked import Fetched
from .placing import overflow


def pass_time(draft: Draft, page_gone_s: Mapping[str, float], rules: DeskRules) -> list[Command]:
    """What deadlines, relaxing needs and lost pages bring about now."""
    commands: list[Command] = []
    looked = draft.agenda.due(draft.now)
    for noun_id in [*looked, *(agent_id for agent_id in page_gone_s if agent_id not in looked)]:
        agent = draft.known_agent(noun_id)
        contact = draft.open_contact(noun_id)
        if agent is not None:
            commands += _agents_time(draft, agent, page_gone_s.get(noun_id, 0.0), rules)
        elif contact is not None and contact.state is ContactState.QUEUED:
            contact = _parked_long_enough(draft, contact)
            waits = contact.not_before is not None and draft.now < contact.not_before
            commands += [] if waits else moves.rejoin(draft, contact, rules)
            commands += overflow(draft, draft.contact(contact.id), arriving=False)
        elif contact is not None and is_open(contact.masks) and draft.now >= contact.masks[-1].end:
            commands += moves.resume_recording(draft, contact)
        draft.look_again(noun_id)
    return commands


def _parked_long_enough(draft: Draft, contact: Contact) -> Contact:
    """Nobody has fetched him: he is for the one who parked him, and for anybody when that one does not take him either."""
    if contact.parked_by is None or contact.not_before is None or draft.now < contact.not_before:
        return contact
    until = draft.now + timedelta(seconds=moves.TRANSFER_S)
    return draft.tell_contact(contact.id, Fetched(draft.now, contact.parked_by, until))


def _agents_time(draft: Draft, agent: Agent, gone_s: float, rules: DeskRules) -> list[Command]:
    commands: list[Command] = []
    for item in list(due(agent, draft.open_contact, gone_s, rules, draft.now, draft.lineup.setup.rules)):
        if isinstance(item, AgentDue):
            draft.tell_agent(item.agent_id, item.event)
            continue
        before = draft.contact(item.contact_id)
        after = draft.tell_contact(item.contact_id, item.event)
        commands += _told(before, after, agent)
    return commands


def _told(before: Contact, after: Contact, agent: Agent) -> list[Command]:
    if not after.is_open:
        return [FollowUp(after)]
    return [WithdrawOffer(before, agent) if before.state is ContactState.OFFERED else ReturnToQueue(before, agent)]


def heal(draft: Draft) -> int:
    """Free the hands of tasks whose contact is gone. Returns how many there were."""
    found = [item for agent in draft.agents() for item in stale(agent, draft.open_contact, draft.now)]
    for item in found:
        draft.tell_agent(item.agent_id, item.event)
    return len(found)
