"""What became of a call while nobody led: its wire tells it afterwards, and it enters the book as of when it happened. Pure."""

from dataclasses import dataclass
from datetime import datetime

from . import contact_events, moves
from .book import Draft
from .channel import Arrival
from .commands import Command, FollowUp
from .contact import TALKING_STATES, Contact, ContactState, arrive
from .deadlines import DeskRules
from .disposition import AUTOMATIC
from .placing import placed


@dataclass(frozen=True, slots=True)
class Past:
    """`talk_at` is when its last talk, with `agent_id`, began, if there was one; `ended_at` None: the call is still there.
    `next_talk`: that agent talks with somebody else by now, and has no hands for a result."""

    arrived_at: datetime
    ended_at: datetime | None = None
    agent_id: str | None = None
    talk_at: datetime | None = None
    next_talk: bool = False


def begin(draft: Draft, contact_id: str, arrival: Arrival, past: Past) -> Contact:
    """A call that came while nobody led: a contact of its true age. No rule of the queue turns it away any more."""
    draft.begin(placed(arrive(contact_id, arrival, past.arrived_at), draft))
    return draft.tell_contact(contact_id, contact_events.Queued(draft.now))


def catch_up(draft: Draft, contact: Contact, past: Past, rules: DeskRules) -> list[Command]:
    """Let an open contact be what its call has become. A talk that we never saw is closed without a result: nobody can tell what
    its agent has done since."""
    if past.ended_at is None or contact.state in (ContactState.WRAP_UP, ContactState.ARRIVED):
        return []
    ended = contact_events.TalkEnded(past.ended_at)
    if contact.state in TALKING_STATES:
        if past.agent_id in (None, contact.agent_id):
            told = moves.end(draft, contact, ended, rules)
            over = draft.contact(contact.id)
            return moves.dispose(draft, over, _unsaid(draft, over)) if past.next_talk else told
        moves.break_leg(draft, contact)  # they were parted, and another took him
        moves.let_hands_go(draft, draft.contact(contact.id))
    elif contact.state is ContactState.OFFERED:
        moves.take_back(draft, contact.id)
    waiting = draft.contact(contact.id)
    if past.agent_id is None or past.talk_at is None:
        return moves.end(draft, waiting, contact_events.CustomerLeft(past.ended_at, "noticed_late"), rules)
    draft.tell_contact(contact.id, contact_events.Connected(past.talk_at, past.agent_id))
    over = draft.tell_contact(contact.id, ended)
    return [FollowUp(draft.tell_contact(contact.id, _unsaid(draft, over)))]


def _unsaid(draft: Draft, contact: Contact) -> contact_events.Disposed:
    """Without a result; a call that was agreed is kept."""
    return contact_events.Disposed(draft.now, AUTOMATIC.code, "", contact.callback_at)
