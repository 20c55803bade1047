"""The lead: a number worth dialing, mostly an order's, its attempts, and what can happen to it (lead_moves.py). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ..queue.channel import AttemptOutcome
from .numbers import FieldValue, Numbers


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
OPEN_STATES = WAITING_STATES | {LeadState.DIALING, LeadState.CONNECTED}


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
    promised_at: datetime | None = None
    reserved_until: datetime | None = None
    segment: str = ""
    own_1: int = 0
    own_2: int = 0
    own_3: int = 0

    @property
    def numbers(self) -> Numbers:
        """All its numbers, and which of them is dialed now."""
        if self.phone not in self.phones:
            return Numbers((self.phone,), (self.zone,))
        return Numbers(self.phones, self.zones or (self.zone,) * len(self.phones), self.phones.index(self.phone))


UNRESERVED_MODES = frozenset({"power", "predictive"})
"""In these a call may be placed in the hope that an operator will be free."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One dialing of a lead. `id` is the ChannelId on the wire; `cause` is Q.850, `tech_cause` the SIP code.

    `agent_id` is who was reserved for it, or chose it; `mode` how it was dialed (campaign.DialMode); `connected_at` when an operator
    had him on the line; `rang_at` when the far side first gave a sign of life, kept with its end, None where that is not known. It went by
    `trunk`, and showed `caller_id`; both "" where that is not known.
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
    rang_at: datetime | None = None

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
class AttemptStarted:
    pass


@dataclass(frozen=True, slots=True)
class Connected:
    """A person answered."""


@dataclass(frozen=True, slots=True)
class AttemptEnded:
    outcome: AttemptOutcome


@dataclass(frozen=True, slots=True)
class GivenBack:
    """Its last attempt, which was taken for this outcome, was the trunk's trouble."""

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
    | GivenBack
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
