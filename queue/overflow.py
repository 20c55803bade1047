"""Overflow: which rule of its queue applies to a contact that waits, and when to look again. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .channel import ChannelKind, Direction, Dismissal
from .contact import Contact
from .hours import closes_at, is_open
from .setup import OverflowAction, OverflowRule, OverflowWhen, QueueRules

LIVE_KINDS = frozenset({ChannelKind.VOICE, ChannelKind.CHAT})
"""Kinds whose customer waits at the other end; a letter can lie overnight."""

LOOK_AGAIN_S = 5.0
_CHANGING = frozenset({OverflowWhen.EXPECTED_WAIT, OverflowWhen.NO_AGENTS})


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the rules look at. `waiting`: contacts in the queue before this one came; `agents`: at work for it."""

    now: datetime
    waiting: int
    agents: int
    expected_s: float | None


def rule_for(contact: Contact, rules: QueueRules, at: Conditions, *, arriving: bool) -> OverflowRule | None:
    """The first rule that applies and was not applied yet. A closed or full queue without a rule for it tells those who arrive so."""
    if contact.direction is not Direction.INBOUND or _is_held_back(contact, at.now):
        return None
    for rule in rules.overflow:
        if name_of(rule, rules.code) not in contact.overflowed and _applies(rule, contact, rules, at, arriving):
            return rule
    covered = {rule.when for rule in rules.overflow}
    for when in (OverflowWhen.CLOSED, OverflowWhen.FULL):
        bare = OverflowRule(when, OverflowAction.MESSAGE)
        if arriving and when not in covered and _applies(bare, contact, rules, at, arriving):
            return bare
    return None


def _applies(rule: OverflowRule, contact: Contact, rules: QueueRules, at: Conditions, arriving: bool) -> bool:
    match rule.when:
        case OverflowWhen.WAIT:
            return (at.now - contact.arrived_at).total_seconds() >= rule.after_s
        case OverflowWhen.EXPECTED_WAIT:
            return at.expected_s is not None and at.expected_s >= rule.after_s
        case OverflowWhen.NO_AGENTS:
            return at.agents == 0
        case OverflowWhen.CLOSED:
            return contact.kind in LIVE_KINDS and not is_open(rules.hours, at.now)
        case OverflowWhen.FULL:
            return arriving and rules.max_waiting is not None and at.waiting >= rules.max_waiting


def looks_again_at(contact: Contact, rules: QueueRules, now: datetime) -> datetime | None:
    """When a rule may come to apply by the passing of time alone; None when none can."""
    if _is_held_back(contact, now):
        return contact.not_before
    instants = []
    for rule in rules.overflow:
        if name_of(rule, rules.code) in contact.overflowed or contact.direction is not Direction.INBOUND:
            continue
        if rule.when is OverflowWhen.WAIT:
            instants.append(max(contact.arrived_at + timedelta(seconds=rule.after_s), now))
        elif rule.when in _CHANGING:
            instants.append(now + timedelta(seconds=LOOK_AGAIN_S))
        elif rule.when is OverflowWhen.CLOSED and contact.kind in LIVE_KINDS:
            instants.append(closes_at(rules.hours, now) or now + timedelta(seconds=LOOK_AGAIN_S))
    return min(instants, default=None)


def _is_held_back(contact: Contact, now: datetime) -> bool:
    """He is in the middle of something: no rule takes him out of it."""
    return contact.not_before is not None and now < contact.not_before


def name_of(rule: OverflowRule, queue: str) -> str:
    """The rule's name in the contact's history."""
    return f"{queue}/{rule.when}/{rule.action}/{rule.target or ''}/{rule.after_s:g}"


def dismissal_of(rule: OverflowRule) -> Dismissal:
    """What the customer is told. Raises ValueError for a rule that only moves him."""
    if rule.action is OverflowAction.MESSAGE and rule.when in (OverflowWhen.CLOSED, OverflowWhen.FULL):
        return Dismissal(rule.when.value)
    return Dismissal(rule.action.value)
