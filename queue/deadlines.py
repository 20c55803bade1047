"""What time alone brings about: reservations that ran out, wrap-up that is over, pages that did not come back. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from .agent import Agent, LoggedOut, MissedOffer, Released, Stance, Task, TaskEnded, TaskPhase
from .channel import ChannelKind, OfferFailure
from .contact import TALKING_STATES, Contact, ContactState
from .contact_events import AgentLegBroke, Disposed, OfferFailed
from .disposition import AUTOMATIC
from .setup import QueueRules


@dataclass(frozen=True, slots=True)
class DeskRules:
    """Times in s, for queues that say nothing else. `page_grace_s` forgives a passing loss of the page's link in a call, `text_grace_s`
    in a chat; a free agent is logged out after `log_out_s` without it. A kept place is dialed for `callback_ring_s`, `callback_tries`
    times, `callback_retry_s` apart. Who is parked comes back to the one who parked him after `park_s`."""

    ring_s: int = 20
    reservation_slack_s: float = 5.0
    wrap_up_s: float = 60.0
    page_grace_s: float = 3.0
    text_grace_s: float = 60.0
    log_out_s: float = 30.0
    callback_ring_s: int = 30
    callback_tries: int = 3
    callback_retry_s: float = 300.0
    park_s: float = 180.0

    def ring_for(self, rules: QueueRules) -> int:
        return rules.ring_s if rules.ring_s is not None else self.ring_s

    def wrap_up_for(self, rules: QueueRules) -> float:
        return rules.wrap_up_s if rules.wrap_up_s is not None else self.wrap_up_s


@dataclass(frozen=True, slots=True)
class AgentDue:
    agent_id: str
    event: MissedOffer | Released | TaskEnded | LoggedOut


@dataclass(frozen=True, slots=True)
class ContactDue:
    contact_id: str
    event: OfferFailed | AgentLegBroke | Disposed


Due = AgentDue | ContactDue


def due(
    agent: Agent,
    contact_of: Callable[[str | None], Contact | None],
    page_gone_s: float,
    rules: DeskRules,
    now: datetime,
    queue_rules: Callable[[str], QueueRules],
) -> Iterator[Due]:
    """The events that are due for one agent and the contacts in his hands. `page_gone_s`: since when his page is closed, 0 while open."""
    gone_s = page_gone_s if agent.needs_page and not agent.page_open else 0.0
    for task in agent.tasks:
        contact = contact_of(task.contact_id)
        if not _waits_for_disposition(agent, task, contact, gone_s < rules.log_out_s, queue_rules):
            yield from _due(agent, task, contact, gone_s, rules, now)
    if gone_s >= rules.log_out_s and agent.stance is not Stance.LOGGED_OUT and not agent.tasks:
        yield AgentDue(agent.id, LoggedOut(now))


def _waits_for_disposition(
    agent: Agent, task: Task, contact: Contact | None, is_back_soon: bool, queue_rules: Callable[[str], QueueRules]
) -> bool:
    """Its queue wants one, and there is somebody who can choose it: while his page is open, or was a moment ago."""
    if task.phase is not TaskPhase.WRAP_UP or contact is None or not queue_rules(contact.queue).disposition_required:
        return False
    return agent.page_open or (agent.needs_page and is_back_soon)


def _due(
    agent: Agent, task: Task, contact: Contact | None, gone_s: float, rules: DeskRules, now: datetime
) -> Iterator[Due]:
    over = task.until is not None and now >= task.until
    grace_s = rules.page_grace_s if task.kind is ChannelKind.VOICE else rules.text_grace_s
    page_lost = gone_s >= grace_s and (contact is None or not contact.own_phone)
    match task.phase:
        case TaskPhase.RESERVED if over:
            yield from _offer_over(agent, task, contact, OfferFailure.NO_ANSWER, now)
        case TaskPhase.RESERVED if page_lost and task.contact_id:
            yield from _offer_over(agent, task, contact, OfferFailure.UNREACHABLE, now)
        case TaskPhase.BUSY if page_lost and contact is not None and contact.state in TALKING_STATES:
            yield ContactDue(contact.id, AgentLegBroke(now))
            yield AgentDue(agent.id, TaskEnded(now, contact.id))
        case TaskPhase.WRAP_UP if over:
            if contact is not None and contact.state is ContactState.WRAP_UP:
                yield ContactDue(contact.id, Disposed(now, AUTOMATIC.code, "", contact.callback_at))
            yield AgentDue(agent.id, TaskEnded(now, str(task.contact_id)))


def stale(agent: Agent, contact_of: Callable[[str | None], Contact | None], now: datetime) -> Iterator[AgentDue]:
    """Tasks whose contact is not the agent's any more: nothing sticks, whatever event was lost."""
    for task in agent.tasks:
        contact = contact_of(task.contact_id)
        if task.contact_id is None or (contact is not None and contact.agent_id == agent.id):
            continue
        if task.phase is TaskPhase.RESERVED:
            yield AgentDue(agent.id, Released(now, task.contact_id))
        else:
            yield AgentDue(agent.id, TaskEnded(now, task.contact_id))


def _offer_over(
    agent: Agent, task: Task, contact: Contact | None, reason: OfferFailure, now: datetime
) -> Iterator[Due]:
    if task.contact_id is None:
        yield AgentDue(agent.id, Released(now, attempt_id=task.attempt_id))
    elif contact is not None and contact.state is ContactState.OFFERED:
        yield ContactDue(contact.id, OfferFailed(now, reason))
        # A customer who is being called back did not answer, a page is still on its way back: that is not the agent's fault.
        blameless = contact.is_kept_place or contact.rejoins
        yield AgentDue(agent.id, Released(now, contact.id) if blameless else MissedOffer(now, contact.id, reason))
    else:
        yield AgentDue(agent.id, Released(now, task.contact_id))
