"""Which of a campaign's sources make leads, beside lists and programs. Pure.

new                an order that waits for a call, as soon as it is placed
unconfirmed        an order that still waits for a call so many minutes after it was placed
changed            an order that the shop changed after its customer had confirmed it, until he confirms it again
abandoned_basket   a basket that its customer did not touch for so many minutes, until it is an order
delivery_problem   an order that the courier could not hand over, until that is solved
missed_calls       who called us, waited at least so many seconds and left, until he is served

A number that an operator dials himself is a lead too (own_numbers.py), which no campaign dials.

An order is one lead a campaign and kind, however often it is told; what comes back (changed once more, given up once more) opens it again.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..queue.channel import ChannelKind, Direction
from ..queue.contact import Contact, ContactState
from ..shop.order import Order, OrderStatus
from .bad_knob import BadKnob

MAX_KEY = 70
MAX_UNCONFIRMED_MIN = 7 * 24 * 60
MAX_MISSED_S = 3_600

KINDS = {
    OrderStatus.NEW: "order",
    OrderStatus.TO_CONFIRM: "order",
    OrderStatus.CHANGED: "changed",
    OrderStatus.BASKET: "basket",
    OrderStatus.DELIVERY_PROBLEM: "delivery",
}
"""What `Lead.source` begins with, by what the order asks a call for."""


@dataclass(frozen=True, slots=True)
class LeadSources:
    """A time that is None: that source makes no leads. Raises ValueError for a time that is out of reason."""

    new: bool = True
    unconfirmed_min: int | None = None
    missed_calls_s: int | None = None
    changed: bool = True
    abandoned_basket_min: int | None = None
    delivery_problem: bool = True

    def __post_init__(self) -> None:
        if self.unconfirmed_min is not None and not 1 <= self.unconfirmed_min <= MAX_UNCONFIRMED_MIN:
            raise BadKnob("unconfirmed_min", f"unconfirmed after 1 to {MAX_UNCONFIRMED_MIN} min")
        if self.missed_calls_s is not None and not 0 <= self.missed_calls_s <= MAX_MISSED_S:
            raise BadKnob("missed_calls_s", f"a missed call waited for 0 to {MAX_MISSED_S} s")
        if self.abandoned_basket_min is not None and not 1 <= self.abandoned_basket_min <= MAX_UNCONFIRMED_MIN:
            raise BadKnob("abandoned_basket_min", f"a basket is abandoned after 1 to {MAX_UNCONFIRMED_MIN} min")


def order_due(sources: LeadSources, order: Order) -> datetime | None:
    """From when on an order is dialed for what it asks now; None: it makes no lead. Settled before that, it never is."""
    match KINDS.get(order.status):
        case "order":
            return _after(order.placed_at, 0 if sources.new else sources.unconfirmed_min)
        case "changed":
            return order.placed_at if sources.changed else None
        case "basket":
            return _after(order.placed_at, sources.abandoned_basket_min)
        case "delivery":
            return order.placed_at if sources.delivery_problem else None
        case _:
            return None


def _after(at: datetime, minutes: int | None) -> datetime | None:
    return None if minutes is None else at + timedelta(minutes=minutes)


def order_source(order: Order) -> str:
    """What `Lead.source` says of the lead that an order makes now. Raises KeyError for one that asks for no call."""
    return f"{KINDS[order.status]}:{order.id}"


def is_wanted(source: str, status: OrderStatus, was: bool) -> bool:
    """Whether the order behind the lead of this `source` still asks for its call; `was`: whether it did before. An order put off stays as
    it was. Leads that the shop did not make (a promised call) are wanted as long as the order asks for any."""
    if status is OrderStatus.POSTPONED:
        return was
    asked, kind = KINDS.get(status), source.partition(":")[0]
    return asked is not None and (kind == asked or kind not in KINDS.values())


def is_missed(contact: Contact, sources: LeadSources) -> bool:
    """Whether the ended contact is a caller who left before anybody spoke to him, and waited long enough to be called back."""
    if sources.missed_calls_s is None or contact.state is not ContactState.ABANDONED or contact.closed_at is None:
        return False
    called_us = contact.direction is Direction.INBOUND and contact.kind is ChannelKind.VOICE
    waited_s = (contact.closed_at - contact.arrived_at).total_seconds()
    return called_us and contact.attempt_id is None and waited_s >= sources.missed_calls_s


def is_served(contact: Contact) -> bool:
    """Whether somebody spoke with the customer, so that the call he missed before is made good."""
    return contact.state is ContactState.CLOSED and contact.connected_at is not None


def given_source(external_id: str) -> str:
    """What `Lead.source` says of a lead that a program or a list gave under its own key."""
    return f"api:{external_id}"


def missed_source(phone: str, contact_id: str) -> str:
    return f"missed:{phone}:{contact_id}"


_BY_HAND = "hand:"


def by_hand_source(lead_id: str) -> str:
    """What `Lead.source` says of a number that an operator chose himself: each call is a lead of its own."""
    return f"{_BY_HAND}{lead_id}"


def is_by_hand(source: str) -> bool:
    return source.startswith(_BY_HAND)
