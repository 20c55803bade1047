"""Parking: a customer waits for nobody, with music, until somebody fetches him; after a while he is for the one who parked
him (time_moves.py). Pure."""

from datetime import timedelta

from . import moves
from .book import Draft
from .commands import Command, ReturnToQueue
from .contact import Contact
from .deadlines import DeskRules
from .parked import Fetched, Parked


def park(draft: Draft, contact: Contact, rules: DeskRules) -> list[Command]:
    """The agent's hands are free; the customer is to come back to him in `park_s`."""
    sender = draft.agent(str(contact.agent_id))
    until = draft.now + timedelta(seconds=rules.park_s)
    draft.tell_contact(contact.id, Parked(draft.now, until, until + timedelta(seconds=moves.TRANSFER_S)))
    moves.free(draft, contact)
    return [ReturnToQueue(contact, sender)]


def fetch(draft: Draft, contact: Contact, agent_id: str, rules: DeskRules) -> list[Command]:
    """He is with this agent at once."""
    until = draft.now + timedelta(seconds=moves.TRANSFER_S)
    draft.tell_contact(contact.id, Fetched(draft.now, agent_id, until))
    return [moves.offer(draft, contact.id, agent_id, rules, asked=True)]
