"""The contact: one request for service, on any channel, from its arrival to its end. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from .channel import PERSONAL_S, REJOIN_AGAIN_S, Arrival, ChannelKind, Direction
from .contact_events import (
    AgentLegBroke,
    AnswererTold,
    CallAgreed,
    Connected,
    ContactEvent,
    CustomerKnown,
    CustomerLeft,
    Disposed,
    HeldBack,
    HoldChanged,
    NodeLost,
    Offered,
    OfferFailed,
    Overflowed,
    OverflowMet,
    Placed,
    Queued,
    Reached,
    TalkEnded,
    Transferred,
)
from .mask import Masks, RecordingPaused, RecordingResumed, closed, opened
from .noun import changed
from .parked import Fetched, Parked
from .skill import Need
from .third import NoSuchThird, PartiesHeld, Third, ThirdAnswered, ThirdCalled, ThirdGone, after

KEPT_PLACE = "callback/"
"""What the wire key of a kept place begins with: the customer has hung up, and is called when his turn comes."""


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
    OVERFLOWED = "overflowed"


ENDED_STATES = frozenset(
    {ContactState.CLOSED, ContactState.ABANDONED, ContactState.LOST, ContactState.OVERFLOWED},
)
OPEN_STATES = frozenset(ContactState) - ENDED_STATES
TALKING_STATES = frozenset({ContactState.CONNECTED, ContactState.HELD})


@dataclass(frozen=True)
class Contact:
    """`arrived_at` is kept over every refused offer: that is the contact's age in the queue. Instants in UTC.

    `due_at` is its place in the one order, earliest first (routing.py); `lifts` says what moved it forward. Until `personal_until` it
    waits for `for_agent` alone, until `not_before` for nobody. `overflowed` names the overflow rules that it has been through.
    `talked_with` is the agent from whom the customer was parted in mid-talk, and who has not been succeeded yet. While `parked_by`
    names who left him with the music he waits for nobody, until `not_before`. `own_phone`: his agent is reached on a telephone of his own.
    `callback_at`: the call that was promised, or, while the contact is open, agreed in the talk.
    """

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
    due_at: datetime | None = None
    lifts: tuple[str, ...] = ()
    needs: tuple[Need, ...] = ()
    personal_until: datetime | None = None
    not_before: datetime | None = None
    overflowed: tuple[str, ...] = ()
    talked_with: str | None = None
    masks: Masks = ()
    third: Third | None = None
    parked_by: str | None = None
    own_phone: bool = False

    @property
    def rejoins(self) -> bool:
        """It waits for, or is being offered to, the agent whose talk with him broke: that talk goes on."""
        own = self.talked_with is not None and self.talked_with == self.for_agent
        own = own and self.kind is ChannelKind.VOICE  # a text waits for its reader's own click
        own = own and self.parked_by is None
        return own and self.agent_id in (None, self.for_agent)

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def is_kept_place(self) -> bool:
        """Nobody is on the line: he is to be called when his turn comes."""
        return self.wire_key.startswith(KEPT_PLACE)


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
        personal_until=at + timedelta(seconds=arrival.personal_s) if arrival.for_agent else None,
        due_at=at,
        lifts=arrival.lifts,
    )


def advance(contact: Contact, event: ContactEvent) -> Contact:
    """The contact after the event. Raises IllegalTransition for a pair that has no meaning."""
    state = ContactState
    match contact.state, event:
        case ((state.ARRIVED | state.QUEUED), Queued()):
            return changed(contact, state=state.QUEUED)
        case state.QUEUED, Offered(at, agent_id, own_phone):
            return changed(
                contact,
                state=state.OFFERED,
                agent_id=agent_id,
                offered_at=at,
                connected_at=None,
                not_before=None,
                parked_by=None,
                own_phone=own_phone,
                tries=contact.tries + 1,
            )
        case state.OFFERED, OfferFailed(at, _, not_before):
            return _not_taken(contact, at, not_before)
        case state.OFFERED, Reached(_, wire_key) if contact.is_kept_place:
            return changed(contact, wire_key=wire_key)
        case ((state.OFFERED | state.QUEUED), Connected(at, agent_id)):
            talks = changed(contact, state=state.CONNECTED, agent_id=agent_id, connected_at=at)
            return changed(talks, talked_with=None, parked_by=None)
        case ((state.CONNECTED | state.HELD), HoldChanged(_, held)):
            return changed(contact, state=state.HELD if held else state.CONNECTED)
        case ((state.CONNECTED | state.HELD), RecordingPaused(at, until)) if contact.kind is ChannelKind.VOICE:
            return changed(contact, masks=opened(contact.masks, at, until))
        case ((state.CONNECTED | state.HELD), RecordingResumed(at)) if contact.masks:
            return changed(contact, masks=closed(contact.masks, at))
        case state.CONNECTED, ThirdCalled():
            return _with_third(contact, event)
        case ((state.CONNECTED | state.HELD), (ThirdAnswered() | ThirdGone() | PartiesHeld())):
            return _with_third(contact, event)
        case ((state.CONNECTED | state.HELD | state.WRAP_UP), AnswererTold()):
            return contact
        case ((state.CONNECTED | state.HELD), (TalkEnded(at) | CustomerLeft(at))):
            return changed(_talk_over(contact, at), state=state.WRAP_UP)
        case ((state.CONNECTED | state.HELD), AgentLegBroke(at)):
            until = at + timedelta(seconds=PERSONAL_S)
            waiting = changed(_talk_over(contact, at), state=state.QUEUED, agent_id=None)
            own = contact.agent_id
            return changed(waiting, for_agent=own, personal_until=until, talked_with=own)
        case ((state.CONNECTED | state.HELD), Transferred(at, queue, due_at, needs, for_agent, until)):
            waiting = changed(_talk_over(contact, at), state=state.QUEUED, agent_id=None, queue=queue, due_at=due_at)
            goes = changed(waiting, needs=needs, for_agent=for_agent, personal_until=until, overflowed=())
            return changed(goes, talked_with=contact.agent_id)
        case ((state.CONNECTED | state.HELD), Parked(at, until, own_until)) if contact.third is None:
            own = contact.agent_id
            waits = changed(_talk_over(contact, at), state=state.QUEUED, agent_id=None, not_before=until)
            return changed(waits, parked_by=own, talked_with=own, for_agent=own, personal_until=own_until)
        case state.QUEUED, Fetched(_, for_agent, until) if contact.parked_by is not None:
            return changed(contact, parked_by=None, not_before=None, for_agent=for_agent, personal_until=until)
        case state.QUEUED, OverflowMet(_, rule, queue, due_at, needs):
            met = changed(contact, overflowed=(*contact.overflowed, rule))
            return met if queue is None else changed(met, queue=queue, due_at=due_at, needs=needs)
        case state.QUEUED, Placed(_, due_at, needs):
            return changed(contact, due_at=due_at, needs=needs)
        case state.QUEUED, HeldBack(_, until) if contact.parked_by is None:
            tried_again_at = contact.not_before if contact.rejoins else None
            return changed(contact, not_before=until or tried_again_at)
        case ((state.ARRIVED | state.QUEUED), Overflowed(at, how)):
            return changed(contact, state=state.OVERFLOWED, closed_at=at, lost_reason=how)
        case ((state.ARRIVED | state.QUEUED | state.OFFERED), CustomerLeft(at, reason)):
            return changed(contact, state=state.ABANDONED, closed_at=at, lost_reason=reason)
        case ((state.ARRIVED | state.QUEUED | state.OFFERED | state.CONNECTED | state.HELD), NodeLost(at)):
            return changed(_talk_over(contact, at), state=state.LOST, closed_at=at, lost_reason="node_lost")
        case ((state.CONNECTED | state.HELD | state.WRAP_UP), CallAgreed(_, callback_at)):
            return changed(contact, callback_at=callback_at)
        case state.WRAP_UP, Disposed(at, code, note, callback_at):
            return changed(
                contact, state=state.CLOSED, closed_at=at, disposition=code, note=note, callback_at=callback_at
            )
        case _, CustomerKnown(_, customer_id, order_id) if contact.is_open:
            return changed(contact, customer_id=customer_id, order_id=order_id)
        case _:
            raise IllegalTransition("contact", contact.state, event)


def _not_taken(contact: Contact, at: datetime, not_before: datetime | None) -> Contact:
    """Back in line. The agent whose talk broke is tried again until his time is over; who was passed on to one agent in vain goes back
    to the one who passed him on."""
    waits = changed(contact, state=ContactState.QUEUED, agent_id=None, not_before=not_before, own_phone=False)
    own_time = contact.personal_until is not None and at < contact.personal_until
    if contact.rejoins and own_time and not contact.own_phone:
        return changed(waits, not_before=at + timedelta(seconds=REJOIN_AGAIN_S))
    if contact.talked_with not in (None, contact.agent_id) and contact.agent_id == contact.for_agent:
        until = at + timedelta(seconds=PERSONAL_S)
        return changed(waits, for_agent=contact.talked_with, personal_until=until)
    return changed(waits, for_agent=None, personal_until=None)


def _with_third(contact: Contact, event: ThirdCalled | ThirdAnswered | ThirdGone | PartiesHeld) -> Contact:
    try:
        return changed(contact, third=after(contact.third, event))
    except NoSuchThird:
        raise IllegalTransition("contact", contact.state, event) from None


def _talk_over(contact: Contact, at: datetime) -> Contact:
    """Add the talk that just ended (s); a contact may be talked to in several pieces."""
    if contact.connected_at is None:
        return contact
    talked = max(0.0, (at - contact.connected_at).total_seconds())
    masks = closed(contact.masks, at)  # the next piece of talk has a recording of its own, which nobody has paused
    over = changed(contact, talk_ended_at=at, talk_s=contact.talk_s + talked, masks=masks)
    return changed(over, third=None, own_phone=False)
