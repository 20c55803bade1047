"""Who was reached by one campaign is left in peace by the others for a while. Pure.

Reached is who talked with an operator of ours, or heard a message to its end or to its key; who met nobody was not. It is known by every
key of the customer (one_customer.py), so another of his numbers does not get around it. How long the peace is (`limits.reached_h`) says
the campaign that wants to call; its own leads go by their retries and by `limits.gap_s`. A call that the customer asked for is made,
and one that an operator chose to make himself.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..queue.channel import AttemptOutcome
from .lead import Attempt, Lead
from .one_customer import keys_of_lead
from .reason import Reason, Wait
from .sources import is_by_hand


@dataclass(frozen=True, slots=True)
class Talk:
    """When a campaign last had a customer on the line (UTC)."""

    campaign_id: str
    at: datetime


Talks = Mapping[str, Sequence[Talk]]
"""By each key of a customer."""


def is_reached(attempt: Attempt) -> bool:
    """Whether the attempt has brought its customer to an operator, or its message to him."""
    if attempt.outcome in (AttemptOutcome.ABANDONED, AttemptOutcome.MACHINE):
        return False
    if attempt.is_notice:
        return attempt.outcome is AttemptOutcome.PERSON and attempt.answered_at is not None
    return attempt.connected_at is not None


def peace(lead: Lead, number: str, hours: int, talks: Talks, now: datetime) -> Wait | None:
    """Until when the customer is not called for this lead; None when he may be."""
    if (lead.is_callback and lead.attempts == 0) or is_by_hand(lead.source):
        return None
    others = [
        talk.at
        for key in keys_of_lead(lead, number)
        for talk in talks.get(key, ())
        if talk.campaign_id != lead.campaign_id
    ]
    if not others:
        return None
    until = max(others) + timedelta(hours=hours)
    return Wait(Reason.REACHED, until) if until > now else None
