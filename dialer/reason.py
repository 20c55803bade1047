"""Why a lead is not being dialed at this moment, and when that ends. Pure.

A new reason: a member of Reason, in OWN if it keeps a lead and not its whole campaign, and its words in
agent_web/campaign_view.REASONS.
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from .trunk import Hold


class Reason(StrEnum):
    """What must end before the lead is dialed."""

    PAUSED = "paused"
    DRAINING = "draining"
    HOURS = "hours"
    RETRY_AT = "retry_at"
    NO_AGENTS = "no_agents"
    INBOUND_FIRST = "inbound_first"
    TRUNK = "trunk"
    CAP = "cap"
    PACING = "pacing"
    WORDS = "words"
    BY_HAND = "by_hand"
    SERVICE_LEVEL = "service_level"
    DO_NOT_CALL = "do_not_call"
    LEAD_TOTAL = "lead_total"
    LEAD_DAY = "lead_day"
    NUMBER_DAY = "number_day"
    GAP = "gap"
    REACHED = "reached"
    DESTINATION = "destination"
    TOLL_CAP = "toll_cap"
    CLOCK = "clock"
    DIALING = "dialing"
    CONNECTED = "connected"
    SAME_NUMBER = "same_number"
    SAME_CUSTOMER = "same_customer"
    OWN_AGENT = "own_agent"
    DONE = "done"


LIMITS = frozenset({Reason.LEAD_TOTAL, Reason.LEAD_DAY, Reason.NUMBER_DAY, Reason.GAP, Reason.REACHED})
HELD = LIMITS | {Reason.DO_NOT_CALL, Reason.DESTINATION, Reason.SAME_CUSTOMER}
"""What a lead is put aside for, so that it does not stand in the way of those behind it; the rest is asked anew each time."""
OWN = HELD | {
    *(Reason.HOURS, Reason.RETRY_AT, Reason.DIALING, Reason.CONNECTED),
    *(Reason.SAME_NUMBER, Reason.OWN_AGENT, Reason.DONE),
}
"""These keep one lead; all others its whole campaign."""


@dataclass(frozen=True, slots=True)
class Wait:
    """`until`: when the reason ends by itself, if that is known (UTC). `trunks`: where it is TRUNK, what keeps each of them."""

    reason: Reason
    until: datetime | None = None
    trunks: tuple[Hold, ...] = ()
