"""The truth of the wire against the truth of the book, after any gap in what we heard. Pure."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .channel import OfferFailure
from .contact import TALKING_STATES, Contact, ContactState
from .contact_events import AgentLegBroke, Connected, CustomerLeft, NodeLost, Offered, OfferFailed


class LegState(StrEnum):
    """Where the customer's leg is on its wire."""

    WAITING = "waiting"
    RINGING = "ringing"
    TALKING = "talking"


@dataclass(frozen=True, slots=True)
class LiveLeg:
    """A customer's leg as the wire shows it; `agent_id` while it rings at or talks with an agent, `since` where we did
    not see the talk begin."""

    wire_key: str
    state: LegState
    agent_id: str | None = None
    since: datetime | None = None


Verdict = CustomerLeft | NodeLost | Connected | Offered | AgentLegBroke | OfferFailed


def discrepancies(
    contacts: Iterable[Contact], legs: Mapping[str, LiveLeg], alive: str, now: datetime
) -> Iterator[tuple[str, Verdict]]:
    """The events that would make the book agree with the wire, as (contact id, event).

    `alive` is what the wire keys of the node's present life begin with: a contact of an earlier life was lost with it.
    """
    for contact in contacts:
        if contact.state in (ContactState.WRAP_UP, ContactState.ARRIVED) or not contact.is_open:
            continue
        if contact.is_kept_place:  # nobody is on the line until he is called
            continue
        event = _verdict(contact, legs.get(contact.wire_key), alive, now)
        if event is not None:
            yield contact.id, event


def _verdict(contact: Contact, leg: LiveLeg | None, alive: str, now: datetime) -> Verdict | None:
    if leg is None:
        here = contact.wire_key.startswith(alive)
        return CustomerLeft(now, "noticed_late") if here else NodeLost(now)
    match leg.state, contact.state:
        case LegState.TALKING, (ContactState.QUEUED | ContactState.OFFERED) if leg.agent_id:
            return Connected(leg.since or now, leg.agent_id)
        case LegState.RINGING, ContactState.QUEUED if leg.agent_id:
            return Offered(now, leg.agent_id)
        case LegState.TALKING, state if state in TALKING_STATES:
            return AgentLegBroke(now) if leg.agent_id not in (None, contact.agent_id) else None
        case _, state if state in TALKING_STATES:
            return AgentLegBroke(now)
        case LegState.WAITING, ContactState.OFFERED:  # the offer never reached the wire, or its end did not reach us
            return OfferFailed(now, OfferFailure.UNREACHABLE)
        case _:
            return None
