"""The booking: a call that a customer asked for, at a time of his own choosing, from its birth to its end. Pure.

booked ──> moved ──┬─> dialed ──> done
   │         │     │     ^
   └─────────┴──> missed ┘          cancelled from any of them

A booking has a lead that is dialed for it. One without a lead is a *spare*: its number was promised a call already, and it takes that
call's place should it be cancelled. Who books on the public page is not told which of the two he holds.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from ..queue.contact import IllegalTransition

NAME_LENGTH = 60


class BookingState(StrEnum):
    BOOKED = "booked"
    MOVED = "moved"
    DIALED = "dialed"
    DONE = "done"
    CANCELLED = "cancelled"
    MISSED = "missed"


AHEAD_STATES = frozenset({BookingState.BOOKED, BookingState.MOVED})
OPEN_STATES = AHEAD_STATES | {BookingState.MISSED, BookingState.DIALED}


class BookingSource(StrEnum):
    PAGE = "page"
    PHONE = "phone"
    OPERATOR = "operator"
    API = "api"


@dataclass(frozen=True, slots=True)
class Window:
    """From `starts_at` on, before `ends_at`; both UTC."""

    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Booking:
    """`phone` E.164, `zone` the customer's (IANA), `window` when we call. `token_hash`: what is kept of the secret in the customer's link.

    `asker` is a keyed hash of where a page's visitor came from. `missed_at`: when a window of it ended without a call.
    """

    id: str
    campaign_id: str
    queue: str
    phone: str
    zone: str
    window: Window
    source: BookingSource
    created_at: datetime
    name: str = ""
    language: str = "ru"
    state: BookingState = BookingState.BOOKED
    token_hash: str | None = None
    asker: str = ""
    lead_id: str | None = None
    missed_at: datetime | None = None

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def is_spare(self) -> bool:
        return self.lead_id is None


@dataclass(frozen=True, slots=True)
class Moved:
    window: Window


@dataclass(frozen=True, slots=True)
class Dialed:
    """An attempt to call was begun."""


@dataclass(frozen=True, slots=True)
class Ended:
    """The talk was had, or we have tried as often as the campaign's rules say."""


@dataclass(frozen=True, slots=True)
class Cancelled:
    pass


@dataclass(frozen=True, slots=True)
class WindowPassed:
    """The window ended and nobody was called."""


@dataclass(frozen=True, slots=True)
class LeadGiven:
    """A spare takes the place of the call that was cancelled before it."""

    lead_id: str


BookingEvent = Moved | Dialed | Ended | Cancelled | WindowPassed | LeadGiven


def advance(booking: Booking, event: BookingEvent, now: datetime) -> Booking:
    """The booking after the event. Raises IllegalTransition for a pair that has no meaning."""
    state = BookingState
    match booking.state, event:
        case current, Moved(window) if current in OPEN_STATES:
            return replace(booking, state=state.MOVED, window=window)
        case current, Dialed() if current in OPEN_STATES:
            return replace(booking, state=state.DIALED)
        case current, Ended() if current in OPEN_STATES:
            return replace(booking, state=state.DONE)
        case current, Cancelled() if current in OPEN_STATES:
            return replace(booking, state=state.CANCELLED)
        case current, WindowPassed() if current in AHEAD_STATES and booking.window.ends_at <= now:
            return replace(booking, state=state.MISSED, missed_at=now)
        case current, LeadGiven(lead_id) if current in AHEAD_STATES and booking.is_spare:
            return replace(booking, lead_id=lead_id)
        case _:
            raise IllegalTransition("booking", booking.state, event)


def shown_state(booking: Booking, now: datetime) -> BookingState:
    """What its holder is told. A spare looks booked until its own window begins: else it would tell what happens to another's booking."""
    if booking.is_spare and booking.state is BookingState.DONE and now < booking.window.starts_at:
        return BookingState.BOOKED
    return booking.state


def plain_name(text: str) -> str:
    """A name as it may stand on a screen: on one line, without what cannot be printed, cut to NAME_LENGTH letters."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text[: 10 * NAME_LENGTH])
    return " ".join(shown.split())[:NAME_LENGTH].strip()


class BookingFault(StrEnum):
    """Why a call cannot be booked, moved or cancelled like this."""

    BAD_PHONE = "bad_phone"
    DESTINATION = "destination"
    PAST = "past"
    HOURS = "hours"
    TOO_FAR = "too_far"
    NO_SLOT = "no_slot"
    TAKEN = "taken"
    NOT_SOON = "not_soon"
    CLOSED = "closed"
    ALREADY = "already"
    TOO_MANY = "too_many"
    NUMBER_TOO_OFTEN = "number_too_often"
    OVER = "over"
    IN_CALL = "in_call"
    UNKNOWN = "unknown"


class BookingRefused(Exception):
    """`existing` is there with ALREADY: the open booking of that number, for askers who may know of it."""

    def __init__(self, fault: BookingFault, existing: Booking | None = None) -> None:
        super().__init__(fault.value)
        self.fault = fault
        self.existing = existing
