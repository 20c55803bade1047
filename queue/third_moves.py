"""Moves with a third in the talk: he is called, answers, is placed, goes, or gets the customer. Pure, as moves.py is."""

from datetime import timedelta

from . import agent as agents
from . import moves
from . import third as thirds
from .agent import Agent, Stance
from .book import Draft
from .capacity import Room
from .channel import ChannelKind
from .commands import ArrangeParties, CallThird, Command, DropThird, SendAway
from .contact import Contact
from .contact_events import TalkEnded
from .deadlines import DeskRules
from .routing import foremost, preference
from .skill import lacking
from .third import Third

THIRD = "third/"
"""What the attempt id begins with under which an operator's hands are kept who is asked by another."""
KEPT_S = 3600.0


def call(draft: Draft, contact: Contact, third: Third) -> list[Command]:
    called = thirds.ThirdCalled(draft.now, third.id, third.agent_id, third.number, third.blind, third.queue)
    after = draft.tell_contact(contact.id, called)
    if third.agent_id is not None:
        until = draft.now + timedelta(seconds=KEPT_S)
        draft.tell_agent(third.agent_id, agents.ReservedForAttempt(draft.now, THIRD + third.id, until))
    return [CallThird(after, draft.agent(str(contact.agent_id)))]


def answered(draft: Draft, contact: Contact, third_id: str, rules: DeskRules) -> list[Command]:
    after = draft.tell_contact(contact.id, thirds.ThirdAnswered(draft.now, third_id))
    return complete(draft, after, rules) if after.third is not None and after.third.blind else []


def hold(draft: Draft, contact: Contact, *, customer: bool, third: bool) -> list[Command]:
    return [ArrangeParties(draft.tell_contact(contact.id, thirds.PartiesHeld(draft.now, customer, third)))]


def gone(draft: Draft, contact: Contact, third_id: str, reason: str) -> list[Command]:
    """He is gone, and the customer is never left with the music."""
    after = draft.tell_contact(contact.id, thirds.ThirdGone(draft.now, third_id, reason))
    let_go(draft, third_id)
    return [ArrangeParties(after)]


def drop(draft: Draft, contact: Contact) -> list[Command]:
    """The operator lets him go, answered or not."""
    third_id = "" if contact.third is None else contact.third.id
    return [*gone(draft, contact, third_id, "dropped"), DropThird(contact)]


def complete(draft: Draft, contact: Contact, rules: DeskRules) -> list[Command]:
    """He gets the customer: an operator of ours as his own contact, a number outside for good."""
    third = contact.third
    if third is None:
        return []
    if third.agent_id is None:
        return [SendAway(contact), *moves.end(draft, contact, TalkEnded(draft.now), rules)]
    let_go(draft, third.id)
    queues = draft.agent(third.agent_id).queues
    queue = third.queue or (contact.queue if contact.queue in queues else min(queues))
    passed = [DropThird(contact), *moves.transfer(draft, contact, queue, third.agent_id)]
    if is_free(draft.agent(third.agent_id)):
        passed.append(moves.offer(draft, contact.id, third.agent_id, rules, asked=True))
    return passed


def whom_to_ask(draft: Draft, queue: str, asker: str) -> str | None:
    """Who would be given a call of this queue now, by its strategy: an operator who is free; None while nobody is."""
    rules = draft.lineup.setup.rules(queue)
    free = [one for one in draft.agents() if queue in one.queues and one.id != asker and is_free(one)]
    skilled = [one for one in free if not lacking(one.skills, rules.needs)]
    chosen = min(skilled or free, key=lambda one: preference(rules.strategy, one, foremost(rules.needs)), default=None)
    return None if chosen is None else chosen.id


def is_free(agent: Agent) -> bool:
    """At work, with his telephone there and nothing in hand that a call may not interrupt."""
    there = agent.stance is Stance.READY and agent.reachable_by(ChannelKind.VOICE)
    return there and bool(agent.queues) and agent.room(ChannelKind.VOICE) is Room.FREE


def let_go(draft: Draft, third_id: str) -> None:
    """The operator who was asked has his hands back, whatever became of the talk."""
    name = THIRD + third_id
    for agent in draft.agents():
        if agent.dialing(name) is not None:
            draft.tell_agent(agent.id, agents.Released(draft.now, attempt_id=name))
            return
