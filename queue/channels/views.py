"""What the two sides of a chat are shown besides its messages. Pure."""

from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from ..channel import Dismissal
from ..contact import TALKING_STATES, Contact, ContactState
from .conversation import Chat, Notice, Presence


class Phase(StrEnum):
    NEW = "new"
    WAITING = "waiting"
    TALKING = "talking"
    LEAVE_MESSAGE = "leave_message"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class VisitorView:
    """For the visitor: `position` in the queue (1 is next) and the wait to be expected (s) while he waits, else the agent's first name.
    `may_call`: he may leave his number and be called when his turn comes."""

    phase: Phase = Phase.NEW
    chat: str | None = None
    last_seq: int = 0
    agent: str = ""
    agent_read: int = 0
    agent_typing: bool = False
    position: int | None = None
    expected_s: int | None = None
    may_call: bool = False
    ending: Notice | None = None

    def news(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class AgentView:
    """For the agent: `unread` counts the visitor's messages that he has not seen, `live` says whether he may write now,
    `waits` whether the visitor has written and has no answer yet. The presence of a visitor whose chat has ended is not known."""

    contact_id: str
    last_seq: int
    unread: int
    visitor_read: int
    visitor_typing: bool
    presence: Presence | None
    live: bool
    waits: bool
    ending: Notice | None

    def news(self) -> dict[str, Any]:
        return asdict(self)


def phase_of(chat: Chat, contact: Contact | None) -> Phase:
    if chat.ending is not None:
        return Phase.LEAVE_MESSAGE if chat.ending is Notice.MESSAGE else Phase.ENDED
    return Phase.TALKING if contact is not None and contact.state in TALKING_STATES else Phase.WAITING


def first_name(name: str) -> str:
    """How an agent is named to strangers."""
    return name.split()[0] if name.split() else ""


def is_over(contact: Contact) -> bool:
    """Nobody talks with this visitor any more, nor will."""
    return not contact.is_open or contact.state is ContactState.WRAP_UP


_OVERFLOWS = {"message": Notice.MESSAGE, "voicemail": Notice.MESSAGE, "book": Notice.MESSAGE}
_OVERFLOWS |= {"closed": Notice.CLOSED, "full": Notice.FULL}
_LEAVINGS = {notice.value: notice for notice in (Notice.VISITOR_ENDED, Notice.VISITOR_GONE, Notice.CALLBACK)}


def ending_of(contact: Contact) -> Notice:
    """How a chat ended whose contact is over, as far as the contact tells."""
    return (_OVERFLOWS | _LEAVINGS).get(contact.lost_reason or "", Notice.AGENT_ENDED)


def ending_by(how: Dismissal) -> Notice | None:
    """The ending of a chat that the overflow rule dismissed; None when the visitor may wait on."""
    return _OVERFLOWS.get(how.value)
