"""What a channel is to the queue: its kind, and the port through which the desk moves contacts on its wire."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .agent import Agent
    from .commands import PartyCommand
    from .contact import Contact


PERSONAL_S = 20.0
"""How long (s) a customer who was dialed for one agent, or whose talk with him broke, waits for that agent alone."""
OWN_PHONE_AFTER_S = 8.0
"""An agent whose page has not come back after this time (s) is reached on his own telephone number, if he has one."""
OWN_PHONE_ANSWER_S = 15.0
"""How long (s) he may take there to say that it is he, once he has answered."""
REJOIN_AGAIN_S = 1.0
"""After this time (s) a broken talk is tried again with its agent, whose telephone was not there."""


class ChannelKind(StrEnum):
    VOICE = "voice"
    CHAT = "chat"
    EMAIL = "email"
    SMS = "sms"
    MESSENGER = "messenger"


class Direction(StrEnum):
    INBOUND = "inbound"
    OUTBOUND = "outbound"


class AttemptOutcome(StrEnum):
    """How one dialing of a lead ended. Told apart by cause codes (telephony/call.py), acted on by retry rules (dialer/retry.py)."""

    PERSON = "person"
    MACHINE = "machine"
    TONE = "tone"  # a fax, or the network itself: no voice at all
    BUSY = "busy"
    NO_ANSWER = "no_answer"
    INVALID = "invalid"
    REJECTED = "rejected"
    CONGESTION = "congestion"
    TRUNK_TROUBLE = "trunk_trouble"
    CANCELLED = "cancelled"
    ABANDONED = "abandoned"
    UNKNOWN = "unknown"


class CallSign(StrEnum):
    """What a call that we placed shows before its end. The keys are those of a message that is told without an operator, but for
    OPTED_OUT: that one is also offered in the apology to whom nobody could be brought."""

    RANG = "rang"
    PICKED_UP = "picked_up"  # and who it is, is being heard
    TOLD = "told"
    CONFIRMED = "confirmed"
    DECLINED = "declined"
    SILENT = "silent"
    OPERATOR = "operator"
    OPTED_OUT = "opted_out"


class OfferFailure(StrEnum):
    """Why an offered contact did not reach its agent."""

    NO_ANSWER = "no_answer"
    DECLINED = "declined"
    UNREACHABLE = "unreachable"
    UNREACHABLE_CUSTOMER = "unreachable_customer"


class Dismissal(StrEnum):
    """What a customer is told whose waiting ends, or is to end, by a rule. CALLBACK only offers: he waits on if he wants to.

    BOOK lets him book a call; BOOKED: he has done so, and need not wait.
    """

    MESSAGE = "message"
    VOICEMAIL = "voicemail"
    CALLBACK = "callback"
    CLOSED = "closed"
    FULL = "full"
    BOOK = "book"
    BOOKED = "booked"


@dataclass(frozen=True, slots=True)
class Arrival:
    """A contact as its wire reports it. `wire_key` is the wire's own unique name for it: the same key is the same contact.

    It waits for `for_agent` alone for `personal_s` (s). `lifts` are the reasons (setup.Lift) that move it forward.
    """

    kind: ChannelKind
    direction: Direction
    queue: str
    wire_key: str
    address: str = ""
    name: str = ""
    lead_id: str | None = None
    attempt_id: str | None = None
    customer_id: str | None = None
    order_id: str | None = None
    for_agent: str | None = None
    personal_s: float = PERSONAL_S
    lifts: tuple[str, ...] = ()


class Channel(Protocol):
    """A wire. Every method is safe to repeat, and raises WireDown when the wire cannot be told."""

    async def offer(self, contact: "Contact", agent: "Agent", *, auto_answer: bool) -> None:
        """Let the agent's device ring for this contact."""
        ...

    async def withdraw(self, contact: "Contact", agent: "Agent") -> None:
        """Stop ringing; the customer waits on."""
        ...

    async def hang_up(self, contact: "Contact") -> None:
        """End the talk for both sides."""
        ...

    async def return_to_queue(self, contact: "Contact", agent: "Agent") -> None:
        """Drop the agent's broken leg, or the one that passed the customer on, and let the customer wait."""
        ...

    async def accepted(self, contact: "Contact", agent: "Agent") -> None:
        """The agent took a contact at the desk. Where the wire itself tells of an answer, as a call's does, nothing is to do."""
        ...

    async def record(self, contact: "Contact", *, on: bool) -> None:
        """Mask what is recorded of the talk from now on, or let it be recorded again. Raises NotDone when it is not masked now."""
        ...

    async def parties(self, command: "PartyCommand") -> None:
        """Call, place or drop the third in a talk. Raises NotDone when he cannot be called. Where there are no thirds nothing is to do."""
        ...

    async def dismiss(self, contact: "Contact", how: Dismissal) -> None:
        """Tell the customer that the waiting is over, or offer him a call back."""
        ...


class NotDone(Exception):
    """The wire works, and did not do this one thing."""


class WireDown(Exception):
    """The wire cannot be told right now; the desk tries again or lets the next reconcile decide."""
