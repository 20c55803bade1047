"""The life of a lead, from its birth to its end. Pure.

fresh ─┬─> dialing ─┬─> connected ─┬─> done
due ───┘            │              ├─> due (the talk was lost: a callback, now)
  ^                 └─> retry_at <─┘
  └──── the time came ─────┘             do_not_call is for ever

A number that an operator chose is born done: he alone dials it, once (own_numbers.py).
"""

from dataclasses import replace
from datetime import datetime, timedelta

from ..queue.channel import AttemptOutcome
from ..queue.contact import IllegalTransition
from .lead import (
    WAITING_STATES,
    AttemptEnded,
    AttemptStarted,
    CallsForbidden,
    CameDue,
    Connected,
    Disposed,
    Edited,
    Forsaken,
    GivenBack,
    Held,
    Lead,
    LeadEvent,
    LeadState,
    OrderChanged,
    Promised,
    PromiseWithdrawn,
    Skipped,
    TalkLost,
    Withdrawn,
)
from .numbers import Numbers, moved_on
from .retry import NO_RESULT_RULES, ResultRules, RetryRule, RetryRules
from .sources import is_by_hand

_LEFT_ALONE = frozenset({AttemptOutcome.ABANDONED, AttemptOutcome.MACHINE})


def advance(
    lead: Lead, event: LeadEvent, rules: RetryRules, now: datetime, results: ResultRules = NO_RESULT_RULES
) -> Lead:
    """The lead after the event. A result that has no rule in `results` waits as after no answer. Raises IllegalTransition for a pair
    that has no meaning."""
    state = LeadState
    match lead.state, event:
        case ((state.FRESH | state.DUE), AttemptStarted()):
            return replace(lead, state=state.DIALING, due_at=lead.due_at if lead.is_callback else None)
        case state.DONE, AttemptStarted() if is_by_hand(lead.source) and lead.last_outcome is None:
            return replace(lead, state=state.DIALING)
        case ((state.FRESH | state.DUE), Skipped(until)):
            return replace(lead, state=state.RETRY_AT, due_at=until)
        case state.RETRY_AT, CameDue() if lead.due_at is not None and lead.due_at <= now:
            return replace(lead, state=state.DUE, held_by=None)
        case ((state.FRESH | state.DUE), Held(reason, until)):
            return replace(lead, state=state.RETRY_AT, due_at=until, held_by=reason)
        case state.DIALING, Connected():
            return replace(lead, state=state.CONNECTED, attempts=lead.attempts + 1)
        case state.DIALING, AttemptEnded(outcome):
            return _dialed(lead, outcome, rules[outcome], now)
        case _, GivenBack(outcome) if may_give_back(lead, outcome):
            attempts, trouble = max(0, lead.attempts - rules[outcome].counts), AttemptOutcome.TRUNK_TROUBLE
            return _again(replace(lead, attempts=attempts, last_outcome=trouble), rules[trouble], now)
        case state.CONNECTED, AttemptEnded(outcome) if outcome in _LEFT_ALONE:
            moved = _standing_at(replace(lead, last_outcome=outcome), moved_on(lead.numbers, outcome))
            return _again(moved, rules[outcome], now)
        case state.CONNECTED, AttemptEnded():
            return replace(lead, last_outcome=AttemptOutcome.PERSON)  # the result is the operator's to give
        case state.CONNECTED, Forsaken():
            return _again(lead, rules[AttemptOutcome.UNKNOWN], now)
        case ((state.FRESH | state.DUE | state.RETRY_AT | state.CONNECTED), TalkLost(contact_id)):
            after = replace(lead, state=state.DUE, due_at=now, due_by=None, is_callback=True, attempts=0)
            return replace(after, agent_id=None, settled_by=contact_id, held_by=None)
        case ((state.FRESH | state.DUE | state.RETRY_AT | state.CONNECTED), Disposed()):
            return _disposed(lead, event, results.get(event.code, rules.get(AttemptOutcome.NO_ANSWER)), now)
        case current, Promised(due_at, due_by) if current in WAITING_STATES:
            promised = replace(lead, state=state.RETRY_AT, due_at=max(due_at, now), due_by=due_by, held_by=None)
            return replace(promised, is_callback=True, agent_id=lead.agent_id if lead.is_callback else None, attempts=0)
        case current, PromiseWithdrawn() if current in WAITING_STATES and lead.is_callback:
            return _plain(replace(lead, state=state.FRESH)) if lead.wanted else _closed(lead)
        case _, OrderChanged() if lead.state is not state.DO_NOT_CALL:
            return _order_changed(lead, event, now)
        case ((state.FRESH | state.DUE | state.RETRY_AT | state.DONE), Edited()):
            return _edited(lead, event)
        case _, Withdrawn() if lead.state is not state.DO_NOT_CALL:
            after = replace(lead, wanted=False, is_callback=False)
            return _closed(after) if lead.state in WAITING_STATES else after
        case current, CallsForbidden() if current is not state.DIALING:
            return _closed(replace(lead, state=state.DO_NOT_CALL))
        case _:
            raise IllegalTransition("lead", lead.state, event)


def may_give_back(lead: Lead, outcome: AttemptOutcome) -> bool:
    """Whether nothing has happened to the lead since that end (a call promised since has no attempt yet); given up after it, it is taken
    up again."""
    rests = lead.state is LeadState.RETRY_AT and lead.held_by is None and not (lead.is_callback and lead.attempts == 0)
    return lead.last_outcome is outcome and (rests or (lead.state is LeadState.DONE and lead.disposition is None))


def _dialed(lead: Lead, outcome: AttemptOutcome, rule: RetryRule, now: datetime) -> Lead:
    """Nobody was spoken to. A number that does not exist is no attempt on him while there is another to try."""
    moved = moved_on(lead.numbers, outcome)
    after = _standing_at(replace(lead, last_outcome=outcome), moved)
    if outcome is AttemptOutcome.INVALID and moved is not None and (lead.wanted or lead.is_callback):
        return replace(after, state=LeadState.RETRY_AT, due_at=now)
    return _again(replace(after, attempts=lead.attempts + rule.counts), rule, now)


def _standing_at(lead: Lead, numbers: Numbers | None) -> Lead:
    """The lead with these numbers; a lead without any keeps its last one, as what it was about."""
    if numbers is None or not lead.phones:
        return lead
    zones = numbers.zones if lead.zones else ()
    return replace(lead, phones=numbers.phones, zones=zones, phone=numbers.phone, zone=numbers.zone)


def _edited(lead: Lead, event: Edited) -> Lead:
    after = replace(
        lead,
        fields=lead.fields if event.fields is None else event.fields,
        order_total=lead.order_total if event.order_total is None else event.order_total,
    )
    if event.numbers is None:
        return after
    numbers = event.numbers
    several = len(numbers.phones) > 1
    if lead.held_by is not None and not lead.is_callback:  # what stood against the old number may not against the new
        after = replace(after, state=LeadState.DUE, due_at=None, held_by=None)
    return replace(
        after,
        phone=numbers.phone,
        zone=numbers.zone,
        phones=numbers.phones if several else (),
        zones=numbers.zones if several else (),
    )


def _again(lead: Lead, rule: RetryRule, now: datetime) -> Lead:
    """Wait for the next try, or end, as the rule says. A promised callback outlives an order that needs no call any more."""
    exhausted = rule.max_attempts is not None and lead.attempts >= rule.max_attempts
    if exhausted or not (lead.wanted or lead.is_callback):
        return _closed(lead)
    return replace(lead, state=LeadState.RETRY_AT, due_at=now + timedelta(seconds=rule.wait_s(lead.attempts)))


def _closed(lead: Lead) -> Lead:
    state = lead.state if lead.state is LeadState.DO_NOT_CALL else LeadState.DONE
    return _plain(replace(lead, state=state))


def _plain(lead: Lead) -> Lead:
    """No callback any more, and nothing keeps it."""
    return replace(lead, due_at=None, due_by=None, is_callback=False, agent_id=None, held_by=None)


def _disposed(lead: Lead, event: Disposed, rule: RetryRule | None, now: datetime) -> Lead:
    after = replace(lead, disposition=event.code, settled_by=event.contact_id)
    if event.callback_at is not None:
        return replace(
            after,
            state=LeadState.RETRY_AT,
            due_at=max(event.callback_at, now),
            due_by=None,
            is_callback=True,
            agent_id=event.agent_id,
            attempts=0,
            held_by=None,
        )
    if event.closes:
        return _closed(after)
    if lead.state is LeadState.CONNECTED and rule is not None:
        return _again(after, rule, now)
    return after


def _order_changed(lead: Lead, event: OrderChanged, now: datetime) -> Lead:
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
        after = replace(after, state=LeadState.FRESH, attempts=0)  # the order is open again
    return _resting(after, event.not_before, now)


def _resting(lead: Lead, not_before: datetime | None, now: datetime) -> Lead:
    """A basket that is touched again is not given up; what is kept by the law, or was promised, stays as it is."""
    is_free = lead.state in WAITING_STATES and lead.held_by is None and not lead.is_callback
    if not_before is None or not_before <= max(lead.due_at or now, now) or not is_free:
        return lead
    return replace(lead, state=LeadState.RETRY_AT, due_at=not_before)
