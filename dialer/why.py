"""Why a lead is not being dialed at this moment, and when that ends. Pure; `steering.py` gathers the facts.

A new reason: a member of Reason, a line in `own_waits` (or in Dialer._hold, if it keeps the whole campaign), and its words in
agent_web/campaign_view.REASONS.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from .calling_hours import allowed
from .campaign import Campaign
from .lead import DIALABLE_STATES, Lead, LeadState
from .picking import PERSONAL_S, is_for_other


class Reason(StrEnum):
    """What must end before the lead is dialed."""

    PAUSED = "paused"
    DRAINING = "draining"
    HOURS = "hours"
    RETRY_AT = "retry_at"
    NO_AGENTS = "no_agents"
    INBOUND_FIRST = "inbound_first"
    TRUNK = "trunk"
    DO_NOT_CALL = "do_not_call"
    DIALING = "dialing"
    CONNECTED = "connected"
    SAME_NUMBER = "same_number"
    OWN_AGENT = "own_agent"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Wait:
    """`until`: when the reason ends by itself, if that is known (UTC)."""

    reason: Reason
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Why:
    """A lead under the glass. `score` and its `terms` in points; `waits`: all that must end before it is dialed, its own reasons first.

    `place`: how many are dialed before it, plus one; None while its own reasons keep it out of the order.
    """

    lead: Lead
    score: float
    terms: Mapping[str, float]
    place: int | None
    waits: tuple[Wait, ...]


_OVER = {
    LeadState.DONE: Reason.DONE,
    LeadState.DO_NOT_CALL: Reason.DO_NOT_CALL,
    LeadState.DIALING: Reason.DIALING,
    LeadState.CONNECTED: Reason.CONNECTED,
}


def own_waits(
    lead: Lead, campaign: Campaign, now: datetime, *, in_call: bool = False, here: Collection[str] = ()
) -> tuple[Wait, ...]:
    """What keeps this lead, whatever the campaign does. `in_call`: its number is in a call of ours; `here`: agents who are at work."""
    if lead.state in _OVER:
        return (Wait(_OVER[lead.state]),)
    if lead.state not in DIALABLE_STATES:
        return (later(lead, campaign, now),)
    may, opens = allowed(now, lead.zone, campaign.hours)
    waits = [] if may else [Wait(Reason.HOURS, opens)]
    if in_call:
        waits.append(Wait(Reason.SAME_NUMBER))
    if lead.due_at is not None and is_for_other(lead, set(here), now):
        waits.append(Wait(Reason.OWN_AGENT, lead.due_at + timedelta(seconds=PERSONAL_S)))
    return tuple(waits)


def later(lead: Lead, campaign: Campaign, now: datetime) -> Wait:
    """When its own time comes; if its hours are closed then, when they open."""
    own = max(lead.due_at, now) if lead.state is LeadState.RETRY_AT and lead.due_at else now
    may, opens = allowed(own, lead.zone, campaign.hours)
    return Wait(Reason.RETRY_AT, own) if may else Wait(Reason.HOURS, opens)
