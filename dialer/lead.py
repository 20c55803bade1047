"""The lead: a number worth dialing, mostly an order's, from its birth to its end. Pure.

fresh ─┬─> dialing ─┬─> connected ─┬─> done
due ───┘            │              ├─> due (the talk was lost: a callback, now)
  ^                 └─> retry_at <─┘
  └──── the time came ─────┘             do_not_call is for ever
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from ..queue.channel import AttemptOutcome
from ..queue.contact import IllegalTransition
from .numbers import FieldValue, Numbers, moved_on


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
    `due_by`: the end of the window that its customer booked; afterwards we are late.
    `attempts` counts since the lead was made or its last callback was promised. `wanted`: its order still asks for a call.
    `settled_by`: the contact whose end was last applied, so that an end told twice works once.
    `held_by`: while it is put aside by the law (reason.HELD), which reason keeps it; without a `due_at` it stays so until released.
    `phone` is dialed now, in its `zone`. `phones` and `zones`: all his numbers in the order in which they are tried (numbers.py); both
    empty when there is only that one. `fields`: what the site itself knows of the lead. `import_id`: the list that brought it.
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
    held_by: str | None = None
    due_by: datetime | None = None
    phones: tuple[str, ...] = ()
    zones: tuple[str, ...] = ()
    fields: Mapping[str, FieldValue] = field(default_factory=dict, hash=False)
    import_id: str | None = None

    @property
    def numbers(self) -> Numbers:
        """All its numbers, and which of them is dialed now."""
        if self.phone not in self.phones:
            return Numbers((self.phone,), (self.zone,))
        return Numbers(self.phones, self.zones or (self.zone,) * len(self.phones), self.phones.index(self.phone))

    promised_at: datetime | None = None
    reserved_until: datetime | None = None
    segment: str = ""
    own_1: int = 0
    own_2: int = 0
    own_3: int = 0


UNRESERVED_MODES = frozenset({"power", "predictive"})
"""In these a call may be placed in the hope that an operator will be free."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One dialing of a lead. `id` is the ChannelId on the wire; `cause` is Q.850, `tech_cause` the SIP code.

    `agent_id` is who was reserved for it, or chose it; `mode` how it was dialed (campaign.DialMode); `connected_at` when an operator
    had him on the line. It went by `trunk`, and showed `caller_id`; both "" where that is not known.
    """

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
    mode: str = "progressive"
    connected_at: datetime | None = None
    trunk: str = ""
    caller_id: str = ""

    @property
    def is_unreserved(self) -> bool:
        """Placed in the hope that an operator will be free."""
        return self.mode in UNRESERVED_MODES and self.agent_id is None

    @property
    def is_notice(self) -> bool:
        """Who answers is told a message."""
        return self.mode == "agentless"


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

    `counts`: whether the outcome uses up an attempt; our own trouble does not. `growth`: each further attempt waits so many times
    longer than the one before, up to LONGEST_DELAY_S.
    """

    delay_s: int
    max_attempts: int | None
    counts: bool = True
    growth: float = 1.0

    def wait_s(self, attempts: int) -> float:
        """How long the lead rests after its attempt of this number (s)."""
        if self.growth == 1.0:
            return self.delay_s
        steps = min(max(0, attempts - 1), MOST_STEPS)
        return min(self.delay_s * self.growth**steps, max(LONGEST_DELAY_S, float(self.delay_s)))


LONGEST_DELAY_S = 7 * 86_400.0
MOST_STEPS = 60

RetryRules = Mapping[AttemptOutcome, RetryRule]
ResultRules = Mapping[str, RetryRule]
"""By the code of a result that does not close its lead (queue/disposition.py)."""
NO_RESULT_RULES: ResultRules = {}
NO_KEY = "no_key"
DEFAULT_RESULT_RULES: ResultRules = {
    "no_talk": RetryRule(3_600, 4),
    "no_disposition": RetryRule(3_600, 4),
    NO_KEY: RetryRule(3_600, 2),
}

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
class Held:
    """The law forbids to call now: put aside for this reason until then, or until what stands against it is taken away."""

    reason: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Skipped:
    """An operator who was shown the lead's card passed it over: it rests until then."""

    until: datetime


@dataclass(frozen=True, slots=True)
class OrderChanged:
    """The order behind the lead changed. `wanted`: whether it still asks for a call; `not_before`: it asks for none until then, whatever
    the lead waits for; the rest as in Lead."""

    total: int
    placed_at: datetime
    wanted: bool
    promised_at: datetime | None = None
    reserved_until: datetime | None = None
    segment: str = ""
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Promised:
    """The customer was promised a call between `due_at` and `due_by`; an earlier promise is moved."""

    due_at: datetime
    due_by: datetime | None


@dataclass(frozen=True, slots=True)
class PromiseWithdrawn:
    """The customer wants no call back any more; what his order asks for stands."""


@dataclass(frozen=True, slots=True)
class CallsForbidden:
    """The customer does not want to be called."""


@dataclass(frozen=True, slots=True)
class Edited:
    """Whoever gave us the lead knows better now; None leaves as it is. `numbers` replaces all, and its first is dialed next."""

    numbers: Numbers | None = None
    fields: Mapping[str, FieldValue] | None = field(default=None, hash=False)
    order_total: int | None = None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """Whoever gave us the lead wants no call any more, not even a promised one. A talk goes on, and its result is kept."""


LeadEvent = (
    AttemptStarted
    | Connected
    | AttemptEnded
    | Disposed
    | TalkLost
    | Forsaken
    | CameDue
    | Held
    | Skipped
    | OrderChanged
    | Promised
    | PromiseWithdrawn
    | CallsForbidden
    | Edited
    | Withdrawn
)

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
