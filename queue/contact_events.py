"""What can happen to a contact (contact.py), each in the past tense. Pure."""

from dataclasses import dataclass
from datetime import datetime

from .channel import OfferFailure
from .mask import RecordingPaused, RecordingResumed
from .parked import Fetched, Parked
from .skill import Need
from .third import PartiesHeld, ThirdAnswered, ThirdCalled, ThirdGone


@dataclass(frozen=True, slots=True)
class Queued:
    at: datetime


@dataclass(frozen=True, slots=True)
class Offered:
    at: datetime
    agent_id: str
    own_phone: bool = False


@dataclass(frozen=True, slots=True)
class OfferFailed:
    """`not_before`: when it may be offered again, if not at once."""

    at: datetime
    reason: OfferFailure
    not_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class Connected:
    at: datetime
    agent_id: str


@dataclass(frozen=True, slots=True)
class HoldChanged:
    at: datetime
    held: bool


@dataclass(frozen=True, slots=True)
class AnswererTold:
    """The agent says who had answered our call: `answerer` is "person" or "machine"."""

    at: datetime
    answerer: str


@dataclass(frozen=True, slots=True)
class TalkEnded:
    at: datetime


@dataclass(frozen=True, slots=True)
class AgentLegBroke:
    """The agent's side went away in mid-talk; the customer is still there and waits again, first in line."""

    at: datetime


@dataclass(frozen=True, slots=True)
class CustomerLeft:
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class NodeLost:
    """The Asterisk that carried the contact is gone, and the call with it."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Disposed:
    at: datetime
    code: str
    note: str
    callback_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class CallAgreed:
    """The customer was promised a call at `callback_at`, before the talk has its result; None: not any more."""

    at: datetime
    callback_at: datetime | None


@dataclass(frozen=True, slots=True)
class Transferred:
    """The agent passed the customer on: he waits in `queue` with his age, until `personal_until` for `for_agent` alone."""

    at: datetime
    queue: str
    due_at: datetime
    needs: tuple[Need, ...]
    for_agent: str | None = None
    personal_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class OverflowMet:
    """An overflow rule applied; with `queue` the contact waits on there, with its age."""

    at: datetime
    rule: str
    queue: str | None = None
    due_at: datetime | None = None
    needs: tuple[Need, ...] = ()


@dataclass(frozen=True, slots=True)
class Placed:
    """The queue's rules changed while it waits: its place and its needs are those of the new ones."""

    at: datetime
    due_at: datetime
    needs: tuple[Need, ...]


@dataclass(frozen=True, slots=True)
class HeldBack:
    """He is busy with something else (a spoken dialog): until then he keeps his place, is offered to nobody and no rule moves him.

    None: he is there again.
    """

    at: datetime
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Overflowed:
    """The waiting ended by a rule: `how` the customer was told."""

    at: datetime
    how: str


@dataclass(frozen=True, slots=True)
class Reached:
    """The customer of a kept place answered our call: from now on he is on this wire."""

    at: datetime
    wire_key: str


@dataclass(frozen=True, slots=True)
class CustomerKnown:
    at: datetime
    customer_id: str | None
    order_id: str | None


ContactEvent = (
    Queued
    | Offered
    | OfferFailed
    | Connected
    | HoldChanged
    | RecordingPaused
    | RecordingResumed
    | ThirdCalled
    | ThirdAnswered
    | ThirdGone
    | PartiesHeld
    | AnswererTold
    | TalkEnded
    | AgentLegBroke
    | CustomerLeft
    | NodeLost
    | Disposed
    | CallAgreed
    | Transferred
    | Parked
    | Fetched
    | OverflowMet
    | Placed
    | HeldBack
    | Overflowed
    | Reached
    | CustomerKnown
)
