"""The moves of the desk: each tells a draft what happened to a contact and its agent together, and returns what the wires must do.

Pure: a move changes only the draft it is given. An impossible move raises IllegalTransition, and the whole draft is thrown away.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta

from . import agent as agents
from . import contact as contacts
from .agent import Agent, AgentState
from .book import Draft
from .channel import Arrival, ChannelKind, Direction, OfferFailure
from .contact import Contact, ContactState
from .deadlines import AgentDue, DeskRules, due
from .reconcile import LiveLeg, discrepancies
from .routing import next_match


@dataclass(frozen=True, slots=True)
class OfferContact:
    contact: Contact
    agent: Agent
    auto_answer: bool


@dataclass(frozen=True, slots=True)
class WithdrawOffer:
    contact: Contact
    agent: Agent


@dataclass(frozen=True, slots=True)
class ReturnToQueue:
    contact: Contact
    agent: Agent


@dataclass(frozen=True, slots=True)
class FollowUp:
    contact: Contact


Command = OfferContact | WithdrawOffer | ReturnToQueue | FollowUp
Ending = contacts.TalkEnded | contacts.CustomerLeft | contacts.NodeLost


def begin(draft: Draft, contact_id: str, arrival: Arrival, rules: DeskRules) -> list[Command]:
    """A contact arrives and waits; the one that was dialed for a reserved agent is his at once."""
    draft.begin(contacts.arrive(contact_id, arrival, draft.now))
    draft.tell_contact(contact_id, contacts.Queued(draft.now))
    for agent in draft.agents():
        if arrival.attempt_id and agent.id == arrival.for_agent and agent.attempt_id == arrival.attempt_id:
            return [offer(draft, contact_id, agent.id, rules)]
    return []


def route(draft: Draft, wires_up: Collection[ChannelKind], rules: DeskRules) -> list[Command]:
    """Make every pair that the routing rule wants made now."""
    commands: list[Command] = []
    while True:
        offerable = [contact for contact in draft.contacts() if contact.kind in wires_up]
        match = next_match(offerable, draft.agents(), draft.now)
        if match is None:
            return commands
        commands.append(offer(draft, match.contact_id, match.agent_id, rules))


def offer(draft: Draft, contact_id: str, agent_id: str, rules: DeskRules) -> Command:
    before = draft.contact(contact_id)
    # A dialed customer already waits for this agent, and a talk that broke goes on: neither asks for a click.
    expected = before.direction is Direction.OUTBOUND or before.connected_at is not None
    until = draft.now + timedelta(seconds=rules.ring_s + rules.reservation_slack_s)
    contact = draft.tell_contact(contact_id, contacts.Offered(draft.now, agent_id))
    agent = draft.tell_agent(agent_id, agents.ReservedForContact(draft.now, contact_id, until))
    return OfferContact(contact, agent, auto_answer=expected and before.for_agent == agent_id)


def take_back(draft: Draft, contact_id: str, agent_id: str) -> None:
    """An offer that never reached the wire: nobody is to blame."""
    draft.tell_contact(contact_id, contacts.OfferFailed(draft.now, OfferFailure.UNREACHABLE))
    draft.tell_agent(agent_id, agents.Released(draft.now))


def miss(draft: Draft, contact: Contact, reason: OfferFailure) -> list[Command]:
    """The agent did not take the offer. The contact waits on with its age, the agent is not asked again until he says so."""
    draft.tell_contact(contact.id, contacts.OfferFailed(draft.now, reason))
    if contact.agent_id is None:
        return []
    agent = draft.agent(contact.agent_id)
    if agent.state is AgentState.RESERVED and agent.contact_id == contact.id:
        draft.tell_agent(agent.id, agents.MissedOffer(draft.now))
    return [WithdrawOffer(contact, agent)]


def connect(draft: Draft, contact: Contact, agent_id: str) -> None:
    if contact.agent_id not in (None, agent_id):
        draft.tell_agent(str(contact.agent_id), agents.Released(draft.now))
    draft.tell_contact(contact.id, contacts.Connected(draft.now, agent_id))
    draft.tell_agent(agent_id, agents.TalkBegan(draft.now, contact.id))


def break_leg(draft: Draft, contact: Contact) -> list[Command]:
    """The agent's side of a talk went away: the customer waits for him, first in line, and he is free to be offered."""
    agent = draft.agent(contact.agent_id or "")
    draft.tell_contact(contact.id, contacts.AgentLegBroke(draft.now))
    draft.tell_agent(agent.id, agents.WrapUpEnded(draft.now))
    return [ReturnToQueue(contact, agent)]


def end(draft: Draft, contact: Contact, event: Ending, rules: DeskRules) -> list[Command]:
    """The wire is over: the agent who talked wraps up, one who never did is free again, and an ended contact is followed up."""
    after = draft.tell_contact(contact.id, event)
    agent = draft.agent(contact.agent_id) if contact.agent_id else None
    if agent is not None and agent.contact_id == contact.id:
        if agent.state is AgentState.RESERVED:
            draft.tell_agent(agent.id, agents.Released(draft.now))
        elif agent.state is AgentState.BUSY and after.state is ContactState.WRAP_UP:
            until = draft.now + timedelta(seconds=rules.wrap_up_s)
            draft.tell_agent(agent.id, agents.WrapUpBegan(draft.now, until))
        elif agent.state is AgentState.BUSY:
            draft.tell_agent(agent.id, agents.WrapUpEnded(draft.now))
    return [] if after.is_open else [FollowUp(after)]


def dispose(draft: Draft, contact: Contact, event: contacts.Disposed) -> list[Command]:
    after = draft.tell_contact(contact.id, event)
    if contact.agent_id is not None and draft.agent(contact.agent_id).contact_id == contact.id:
        draft.tell_agent(contact.agent_id, agents.WrapUpEnded(draft.now))
    return [FollowUp(after)]


def pass_time(draft: Draft, page_gone_s: Mapping[str, float], rules: DeskRules) -> list[Command]:
    """What deadlines and lost pages bring about now."""
    commands: list[Command] = []
    for agent in list(draft.agents()):
        contact = draft.contact(agent.contact_id) if agent.contact_id and draft.knows(agent.contact_id) else None
        for item in due(agent, contact, page_gone_s.get(agent.id, 0.0), rules, draft.now):
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


def correct(
    draft: Draft, open_contacts: Iterable[Contact], legs: Mapping[str, LiveLeg], alive: str, rules: DeskRules
) -> list[Command]:
    """Make the draft agree with the wire, agents included."""
    commands: list[Command] = []
    for contact_id, event in discrepancies(open_contacts, legs, alive, draft.now):
        contact = draft.contact(contact_id)
        match event:
            case contacts.CustomerLeft() | contacts.NodeLost():
                commands += end(draft, contact, event, rules)
            case contacts.Connected(_, agent_id):
                connect(draft, contact, agent_id)
            case contacts.AgentLegBroke():
                break_leg(draft, contact)
            case _:
                take_back(draft, contact_id, str(contact.agent_id))
    return commands


def with_customer(arrival: Arrival, customer_id: str | None, order_id: str | None) -> Arrival:
    return replace(arrival, customer_id=customer_id, order_id=order_id)
