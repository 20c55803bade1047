"""What time alone brings about: reservations that ran out, wrap-up that is over, pages that did not come back. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from .agent import Agent, AgentState, LoggedOut, MissedOffer, Released, WrapUpEnded
from .channel import OfferFailure
from .contact import TALKING_STATES, AgentLegBroke, Contact, ContactState, Disposed, OfferFailed
from .disposition import AUTOMATIC


@dataclass(frozen=True, slots=True)
class DeskRules:
    """Times in s. `page_grace_s` forgives a passing loss of the page's link; a free agent is logged out after `log_out_s` without it."""

    ring_s: int = 20
    reservation_slack_s: float = 5.0
    wrap_up_s: float = 60.0
    page_grace_s: float = 3.0
    log_out_s: float = 30.0


@dataclass(frozen=True, slots=True)
class AgentDue:
    agent_id: str
    event: MissedOffer | Released | WrapUpEnded | LoggedOut


@dataclass(frozen=True, slots=True)
class ContactDue:
    contact_id: str
    event: OfferFailed | AgentLegBroke | Disposed


Due = AgentDue | ContactDue


def due(agent: Agent, contact: Contact | None, page_gone_s: float, rules: DeskRules, now: datetime) -> Iterator[Due]:
    """The events that are due for one agent and the contact he is with. `page_gone_s`: since when his page is closed, 0 while open."""
    page_lost = agent.needs_page and not agent.page_open and page_gone_s >= rules.page_grace_s
    match agent.state:
        case AgentState.RESERVED if agent.reserved_until and now >= agent.reserved_until:
            yield from _offer_over(agent, contact, OfferFailure.NO_ANSWER, now)
        case AgentState.RESERVED if page_lost and agent.contact_id:
            yield from _offer_over(agent, contact, OfferFailure.UNREACHABLE, now)
        case AgentState.BUSY if page_lost and contact is not None and contact.state in TALKING_STATES:
            yield ContactDue(contact.id, AgentLegBroke(now))
            yield AgentDue(agent.id, WrapUpEnded(now))
        case AgentState.BUSY if contact is None:  # nothing sticks, whatever event was lost
            yield AgentDue(agent.id, WrapUpEnded(now))
        case AgentState.WRAP_UP if agent.wrap_up_until and now >= agent.wrap_up_until:
            if contact is not None and contact.state is ContactState.WRAP_UP:
                yield ContactDue(contact.id, Disposed(now, AUTOMATIC.code, ""))
            yield AgentDue(agent.id, WrapUpEnded(now))
        case AgentState.READY | AgentState.NOT_RESPONDING | AgentState.PAUSED if (
            page_lost and page_gone_s >= rules.log_out_s
        ):
            yield AgentDue(agent.id, LoggedOut(now))


def _offer_over(agent: Agent, contact: Contact | None, reason: OfferFailure, now: datetime) -> Iterator[Due]:
    if contact is not None and contact.state is ContactState.OFFERED:
        yield ContactDue(contact.id, OfferFailed(now, reason))
        yield AgentDue(agent.id, MissedOffer(now))
    else:
        yield AgentDue(agent.id, Released(now))
