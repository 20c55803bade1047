"""Which of a campaign's sources make leads, beside lists and programs. Pure.

new             an order that waits for a call, as soon as it is placed
unconfirmed     an order that still waits for a call so many minutes after it was placed
missed_calls    who called us, waited at least so many seconds and left, until he is served
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from ..queue.channel import ChannelKind, Direction
from ..queue.contact import Contact, ContactState
from .bad_knob import BadKnob

MAX_KEY = 70
MAX_UNCONFIRMED_MIN = 7 * 24 * 60
MAX_MISSED_S = 3_600


@dataclass(frozen=True, slots=True)
class LeadSources:
    """`unconfirmed_min` and `missed_calls_s` None: that source makes no leads. Raises ValueError for a time that is out of reason."""

    new: bool = True
    unconfirmed_min: int | None = None
    missed_calls_s: int | None = None

    def __post_init__(self) -> None:
        if self.unconfirmed_min is not None and not 1 <= self.unconfirmed_min <= MAX_UNCONFIRMED_MIN:
            raise BadKnob("unconfirmed_min", f"unconfirmed after 1 to {MAX_UNCONFIRMED_MIN} min")
        if self.missed_calls_s is not None and not 0 <= self.missed_calls_s <= MAX_MISSED_S:
            raise BadKnob("missed_calls_s", f"a missed call waited for 0 to {MAX_MISSED_S} s")


def order_due(sources: LeadSources, placed_at: datetime) -> datetime | None:
    """From when on an order that waits for a call is dialed; None: it makes no lead. Confirmed before that, it never is."""
    if sources.new:
        return placed_at
    if sources.unconfirmed_min is None:
        return None
    return placed_at + timedelta(minutes=sources.unconfirmed_min)


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
