"""Why a lead is not being dialed at this moment, and when that ends. Pure; `steering.py` gathers the facts.

A new reason (reason.py) that keeps one lead is a line in `own_waits`; one that keeps the whole campaign stands in Dialer._hold.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from .calling_hours import allowed
from .campaign import Campaign
from .holidays import NO_HOLIDAYS, Holidays
from .lead import DIALABLE_STATES, Lead, LeadState
from .picking import PERSONAL_S, is_for_other
from .reason import HELD, Reason, Wait


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
    lead: Lead,
    campaign: Campaign,
    now: datetime,
    holidays: Holidays = NO_HOLIDAYS,
    against: Wait | None = None,
    *,
    in_call: bool = False,
    here: Collection[str] = (),
) -> tuple[Wait, ...]:
    """What keeps this lead, whatever the campaign does. `against`: what the law says of dialing it now; `in_call`: its number is in a call
    of ours; `here`: agents who are at work."""
    if lead.state in _OVER:
        return (Wait(_OVER[lead.state]),)
    if lead.state not in DIALABLE_STATES:
        return (later(lead, campaign, now, holidays, against),)
    may, opens = allowed(now, lead.zone, campaign.hours, holidays)
    waits = [] if may else [Wait(Reason.HOURS, opens)]
    if in_call:
        waits.append(Wait(Reason.SAME_NUMBER))
    if lead.due_at is not None and is_for_other(lead, set(here), now):
        waits.append(Wait(Reason.OWN_AGENT, lead.due_at + timedelta(seconds=PERSONAL_S)))
    if against is not None and against.reason in HELD and not (in_call and against.reason is Reason.SAME_CUSTOMER):
        waits.append(against)
    return tuple(waits)


def later(
    lead: Lead, campaign: Campaign, now: datetime, holidays: Holidays = NO_HOLIDAYS, against: Wait | None = None
) -> Wait:
    """When its own time comes, and if its hours are closed then, when they open; unless the law keeps it for longer (`against`: what it
    says of dialing it now), or it is still put aside."""
    own = max(lead.due_at, now) if lead.state is LeadState.RETRY_AT and lead.due_at else now
    if against is not None and against.reason is not Reason.HOURS and (against.until is None or against.until >= own):
        return against
    if lead.held_by is not None and (lead.due_at is None or lead.due_at > now):
        return Wait(Reason(lead.held_by), lead.due_at)
    may, opens = allowed(own, lead.zone, campaign.hours, holidays)
    return Wait(Reason.RETRY_AT, own) if may else Wait(Reason.HOURS, opens)
