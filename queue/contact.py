"""The contact: one request for service, on any channel, from its arrival to its end. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from .channel import Arrival, ChannelKind, Direction, OfferFailure


class ContactState(StrEnum):
    ARRIVED = "arrived"
    QUEUED = "queued"
    OFFERED = "offered"
    CONNECTED = "connected"
    HELD = "held"
    WRAP_UP = "wrap_up"
    CLOSED = "closed"
    ABANDONED = "abandoned"
    LOST = "lost"


OPEN_STATES = frozenset(ContactState) - {ContactState.CLOSED, ContactState.ABANDONED, ContactState.LOST}
TALKING_STATES = frozenset({ContactState.CONNECTED, ContactState.HELD})


@dataclass(frozen=True, slots=True)
class Contact:
    """`arrived_at` is kept over every refused offer: that is the contact's age in the queue. Instants in UTC."""

    id: str
    kind: ChannelKind
    direction: Direction
    queue: str
    state: ContactState
    wire_key: str
    address: str
    name: str
    arrived_at: datetime
    customer_id: str | None = None
    order_id: str | None = None
    lead_id: str | None = None
    attempt_id: str | None = None
    agent_id: str | None = None
    for_agent: str | None = None
    offered_at: datetime | None = None
    connected_at: datetime | None = None
    talk_ended_at: datetime | None = None
    closed_at: datetime | None = None
    tries: int = 0
    talk_s: float = 0.0
    disposition: str | None = None
    note: str = ""
    lost_reason: str | None = None
    callback_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES


@dataclass(frozen=True, slots=True)
class Queued:
    at: datetime


@dataclass(frozen=True, slots=True)
class Offered:
    at: datetime
    agent_id: str


@dataclass(frozen=True, slots=True)
class OfferFailed:
    at: datetime
    reason: OfferFailure


@dataclass(frozen=True, slots=True)
class Connected:
    at: datetime
    agent_id: str


@dataclass(frozen=True, slots=True)
class HoldChanged:
    at: datetime
    held: bool


@dataclass(frozen=True, slots=True)
class TalkEnded:
    at: datetime


@dataclass(frozen=True, slots=True)
class AgentLegBroke:
    """The agent's side went away in mid-talk; the customer is still there and waits again, first in line."""

    at: datetime


@dataclass(frozen=True, slots=True)
class CustomerLeft:
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class NodeLost:
    """The Asterisk that carried the contact is gone, and the call with it."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Disposed:
    at: datetime
    code: str
    note: str
    callback_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CustomerKnown:
    at: datetime
    customer_id: str | None
    order_id: str | None


ContactEvent = (
    Queued
    | Offered
    | OfferFailed
    | Connected
    | HoldChanged
    | TalkEnded
    | AgentLegBroke
    | CustomerLeft
    | NodeLost
    | Disposed
    | CustomerKnown
)


class IllegalTransition(Exception):
    """This event cannot happen to this noun in this state. Wires repeat themselves: the shell counts these, and goes on."""

    def __init__(self, noun: str, state: str, event: object) -> None:
        super().__init__(f"{noun} in state {state} cannot take {type(event).__name__}")


def arrive(contact_id: str, arrival: Arrival, at: datetime) -> Contact:
    """The contact that an arrival begins."""
    return Contact(
        id=contact_id,
        kind=arrival.kind,
        direction=arrival.direction,
        queue=arrival.queue,
        state=ContactState.ARRIVED,
        wire_key=arrival.wire_key,
        address=arrival.address,
        name=arrival.name,
        arrived_at=at,
        customer_id=arrival.customer_id,
        order_id=arrival.order_id,
        lead_id=arrival.lead_id,
        attempt_id=arrival.attempt_id,
        for_agent=arrival.for_agent,
    )


def advance(contact: Contact, event: ContactEvent) -> Contact:
    """The contact after the event. Raises IllegalTransition for a pair that has no meaning."""
    state = ContactState
    match contact.state, event:
        case ((state.ARRIVED | state.QUEUED), Queued()):
            return replace(contact, state=state.QUEUED)
        case state.QUEUED, Offered(at, agent_id):
            return replace(
                contact,
                state=state.OFFERED,
                agent_id=agent_id,
                offered_at=at,
                connected_at=None,
                tries=contact.tries + 1,
            )
        case state.OFFERED, OfferFailed():
            return replace(contact, state=state.QUEUED, agent_id=None, for_agent=None)
        case ((state.OFFERED | state.QUEUED), Connected(at, agent_id)):
            return replace(contact, state=state.CONNECTED, agent_id=agent_id, connected_at=at)
        case ((state.CONNECTED | state.HELD), HoldChanged(_, held)):
            return replace(contact, state=state.HELD if held else state.CONNECTED)
        case ((state.CONNECTED | state.HELD), (TalkEnded(at) | CustomerLeft(at))):
            return replace(_talk_over(contact, at), state=state.WRAP_UP)
        case ((state.CONNECTED | state.HELD), AgentLegBroke(at)):
            return replace(_talk_over(contact, at), state=state.QUEUED, for_agent=contact.agent_id, agent_id=None)
        case ((state.ARRIVED | state.QUEUED | state.OFFERED), CustomerLeft(at, reason)):
            return replace(contact, state=state.ABANDONED, closed_at=at, lost_reason=reason)
        case ((state.ARRIVED | state.QUEUED | state.OFFERED | state.CONNECTED | state.HELD), NodeLost(at)):
            return replace(_talk_over(contact, at), state=state.LOST, closed_at=at, lost_reason="node_lost")
        case state.WRAP_UP, Disposed(at, code, note, callback_at):
            return replace(
                contact, state=state.CLOSED, closed_at=at, disposition=code, note=note, callback_at=callback_at
            )
        case _, CustomerKnown(_, customer_id, order_id) if contact.is_open:
            return replace(contact, customer_id=customer_id, order_id=order_id)
        case _:
            raise IllegalTransition("contact", contact.state, event)


def _talk_over(contact: Contact, at: datetime) -> Contact:
    """Add the talk that just ended (s); a contact may be talked to in several pieces."""
    if contact.connected_at is None:
        return contact
    talked = max(0.0, (at - contact.connected_at).total_seconds())
    return replace(contact, talk_ended_at=at, talk_s=contact.talk_s + talked)
