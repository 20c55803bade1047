"""The lead: a number worth dialing, mostly an order's, from its birth to its end. Pure.

fresh ─┬─> dialing ─┬─> connected ─┬─> done
due ───┘            │              ├─> due (the talk was lost: a callback, now)
  ^                 └─> retry_at <─┘
  └──── the time came ─────┘             do_not_call is for ever
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from ..queue.channel import AttemptOutcome
from ..queue.contact import IllegalTransition


class LeadState(StrEnum):
    FRESH = "fresh"
    DUE = "due"
    DIALING = "dialing"
    CONNECTED = "connected"
    RETRY_AT = "retry_at"
    DONE = "done"
    DO_NOT_CALL = "do_not_call"


WAITING_STATES = frozenset({LeadState.FRESH, LeadState.DUE, LeadState.RETRY_AT})
DIALABLE_STATES = frozenset({LeadState.FRESH, LeadState.DUE})


@dataclass(frozen=True, slots=True)
class Lead:
    """`source` names what the lead was made of ("order:…", "contact:…"): one lead a campaign and source, however often it is told.

    `order_total` in kopecks. `due_at`: a callback's minute, or when a retry may start. `agent_id`: whose callback it is.
    `attempts` counts since the lead was made or its last callback was promised. `wanted`: its order still asks for a call.
    `settled_by`: the contact whose end was last applied, so that an end told twice works once.
    For its priority (priority.py): `promised_at` and `reserved_until` in whole seconds, the customer's `segment`, and the campaign's own
    fields in thousandths of a unit.
    """

    id: str
    campaign_id: str
    source: str
    phone: str
    zone: str
    placed_at: datetime
    created_at: datetime
    order_id: str | None = None
    customer_id: str | None = None
    state: LeadState = LeadState.FRESH
    order_total: int = 0
    due_at: datetime | None = None
    is_callback: bool = False
    agent_id: str | None = None
    attempts: int = 0
    last_outcome: AttemptOutcome | None = None
    disposition: str | None = None
    wanted: bool = True
    settled_by: str | None = None
    promised_at: datetime | None = None
    reserved_until: datetime | None = None
    segment: str = ""
    own_1: int = 0
    own_2: int = 0
    own_3: int = 0


@dataclass(frozen=True, slots=True)
class Attempt:
    """One dialing of a lead. `id` is the ChannelId on the wire; `cause` is Q.850, `tech_cause` the SIP code."""

    id: str
    lead_id: str
    campaign_id: str
    agent_id: str | None
    number: str
    intent_at: datetime
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    outcome: AttemptOutcome | None = None
    cause: int | None = None
    tech_cause: str | None = None


def end_of(attempt: Attempt, told: AttemptOutcome) -> AttemptOutcome:
    """What the desk saw (abandoned) stands; and an answer stays an answer, whatever cause the call ended with."""
    if attempt.outcome is not None:
        return attempt.outcome
    if attempt.answered_at is None or told in (AttemptOutcome.ABANDONED, AttemptOutcome.MACHINE):
        return told
    return AttemptOutcome.PERSON


@dataclass(frozen=True, slots=True)
class RetryRule:
    """After this outcome: again in `delay_s`, unless `max_attempts` (0 = never again, None = no limit) were made.

    `counts`: whether the outcome uses up an attempt; our own trouble does not.
    """

    delay_s: int
    max_attempts: int | None
    counts: bool = True


RetryRules = Mapping[AttemptOutcome, RetryRule]

DEFAULT_RETRY_RULES: RetryRules = {
    AttemptOutcome.PERSON: RetryRule(900, 4),  # answered, yet we never heard of it: as good as unknown
    AttemptOutcome.MACHINE: RetryRule(14_400, 3),
    AttemptOutcome.BUSY: RetryRule(300, 6),
    AttemptOutcome.NO_ANSWER: RetryRule(3_600, 4),
    AttemptOutcome.INVALID: RetryRule(0, 0),
    AttemptOutcome.REJECTED: RetryRule(7_200, 2),
    AttemptOutcome.CONGESTION: RetryRule(60, None, counts=False),
    AttemptOutcome.TRUNK_TROUBLE: RetryRule(60, None, counts=False),
    AttemptOutcome.CANCELLED: RetryRule(60, None, counts=False),
    AttemptOutcome.ABANDONED: RetryRule(60, 4),
    AttemptOutcome.UNKNOWN: RetryRule(900, 4),
}


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    pass


@dataclass(frozen=True, slots=True)
class Connected:
    """A person answered."""


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    outcome: AttemptOutcome


@dataclass(frozen=True, slots=True)
class Disposed:
    """A talk about this lead was closed with a result. With `callback_at` a call was promised, by `agent_id` or by anyone."""

    code: str
    contact_id: str
    closes: bool
    callback_at: datetime | None = None
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class TalkLost:
    """The call died under a talk about this lead, by our fault."""

    contact_id: str


@dataclass(frozen=True, slots=True)
class Forsaken:
    """Connected, but no contact stands for the talk any more, so no result will ever come."""


@dataclass(frozen=True, slots=True)
class CameDue:
    """The time of a retry or a callback came."""


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """The order behind the lead changed. `wanted`: whether it still asks for a call; the rest as in Lead."""

    total: int
    placed_at: datetime
    wanted: bool
    promised_at: datetime | None = None
    reserved_until: datetime | None = None
    segment: str = ""


@dataclass(frozen=True, slots=True)
class CallsForbidden:
    """The customer does not want to be called."""


LeadEvent = (
    AttemptStarted | Connected | AttemptEnded | Disposed | TalkLost | Forsaken | CameDue | OrderChanged | CallsForbidden
)

_LEFT_ALONE = frozenset({AttemptOutcome.ABANDONED, AttemptOutcome.MACHINE})


def advance(lead: Lead, event: LeadEvent, rules: RetryRules, now: datetime) -> Lead:
    """The lead after the event. Raises IllegalTransition for a pair that has no meaning."""
    state = LeadState
    match lead.state, event:
        case ((state.FRESH | state.DUE), AttemptStarted()):
            return replace(lead, state=state.DIALING, due_at=lead.due_at if lead.is_callback else None)
        case state.RETRY_AT, CameDue() if lead.due_at is not None and lead.due_at <= now:
            return replace(lead, state=state.DUE)
        case state.DIALING, Connected():
            return replace(lead, state=state.CONNECTED, attempts=lead.attempts + 1)
        case state.DIALING, AttemptEnded(outcome):
            counted = replace(lead, attempts=lead.attempts + rules[outcome].counts, last_outcome=outcome)
            return _again(counted, rules[outcome], now)
        case state.CONNECTED, AttemptEnded(outcome) if outcome in _LEFT_ALONE:
            return _again(replace(lead, last_outcome=outcome), rules[outcome], now)
        case state.CONNECTED, AttemptEnded():
            return replace(lead, last_outcome=AttemptOutcome.PERSON)  # the result is the operator's to give
        case state.CONNECTED, Forsaken():
            return _again(lead, rules[AttemptOutcome.UNKNOWN], now)
        case ((state.FRESH | state.DUE | state.RETRY_AT | state.CONNECTED), TalkLost(contact_id)):
            after = replace(lead, state=state.DUE, due_at=now, is_callback=True, attempts=0)
            return replace(after, agent_id=None, settled_by=contact_id)
        case ((state.FRESH | state.DUE | state.RETRY_AT | state.CONNECTED), Disposed()):
            return _disposed(lead, event, rules, now)
        case _, OrderChanged() if lead.state is not state.DO_NOT_CALL:
            return _order_changed(lead, event)
        case current, CallsForbidden() if current is not state.DIALING:
            return _closed(replace(lead, state=state.DO_NOT_CALL))
        case _:
            raise IllegalTransition("lead", lead.state, event)


def _again(lead: Lead, rule: RetryRule, now: datetime) -> Lead:
    """Wait for the next try, or end, as the rule says. A promised callback outlives an order that needs no call any more."""
    exhausted = rule.max_attempts is not None and lead.attempts >= rule.max_attempts
    if exhausted or not (lead.wanted or lead.is_callback):
        return _closed(lead)
    return replace(lead, state=LeadState.RETRY_AT, due_at=now + timedelta(seconds=rule.delay_s))


def _closed(lead: Lead) -> Lead:
    state = lead.state if lead.state is LeadState.DO_NOT_CALL else LeadState.DONE
    return replace(lead, state=state, due_at=None, is_callback=False, agent_id=None)


def _disposed(lead: Lead, event: Disposed, rules: RetryRules, now: datetime) -> Lead:
    after = replace(lead, disposition=event.code, settled_by=event.contact_id)
    if event.callback_at is not None:
        return replace(
            after,
            state=LeadState.RETRY_AT,
            due_at=max(event.callback_at, now),
            is_callback=True,
            agent_id=event.agent_id,
            attempts=0,
        )
    if event.closes:
        return _closed(after)
    if lead.state is LeadState.CONNECTED:
        return _again(after, rules[AttemptOutcome.NO_ANSWER], now)
    return after


def _order_changed(lead: Lead, event: OrderChanged) -> Lead:
    after = replace(
        lead,
        order_total=event.total,
        placed_at=event.placed_at,
        wanted=event.wanted,
        promised_at=event.promised_at,
        reserved_until=event.reserved_until,
        segment=event.segment,
    )
    if not event.wanted and lead.state in WAITING_STATES and not lead.is_callback:
        return _closed(after)
    if event.wanted and not lead.wanted and lead.state is LeadState.DONE:
        return replace(after, state=LeadState.FRESH, attempts=0)  # the order is open again
    return after
