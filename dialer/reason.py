"""Why a lead is not being dialed at this moment, and when that ends. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Reason(StrEnum):
    """Why a lead is not being dialed at this moment."""

    PAUSED = "paused"
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
    DESTINATION = "destination"
    TOLL_CAP = "toll_cap"
    CLOCK = "clock"


LIMITS = frozenset({Reason.LEAD_TOTAL, Reason.LEAD_DAY, Reason.NUMBER_DAY, Reason.GAP})
HELD = LIMITS | {Reason.DO_NOT_CALL, Reason.DESTINATION}
"""What a lead is put aside for, so that it does not stand in the way of those behind it; the rest is asked anew each time."""


@dataclass(frozen=True, slots=True)
class Wait:
    """`until`: when the reason ends by itself, if that is known (UTC)."""

    reason: Reason
    until: datetime | None = None
