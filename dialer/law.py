"""Whether a call is lawful at this moment: all that may stand against it, asked of pure rules in one place. Pure.

`DialerStore.begin_attempt` asks inside the transaction that commits the intent, so no attempt can begin against these rules whatever
the code above believes.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from .attempt_limits import Past, reached
from .calling_hours import allowed
from .campaign import Campaign
from .do_not_call import Entry, forbids, longest
from .holidays import NO_HOLIDAYS, Holidays
from .lead import Lead
from .one_customer import AGAIN_S, Calls, is_in_other_call, keys_of_lead
from .reached import Talk, Talks, peace
from .reason import Reason, Wait
from .tolls import LEAST_S, FreeLine, Spent, TollRules, capped, keeps_account, next_day

FOR_GOOD = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wish:
    """To dial a lead of a campaign under one of its numbers (E.164)."""

    lead: Lead
    campaign: Campaign
    number: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a wish: entries that may concern it, what was dialed before, the holidays; when the day's account is used
    up, when it opens again; whose leads are in a call; and who was reached."""

    entries: Sequence[Entry] = ()
    past: Past = field(default_factory=Past)
    holidays: Holidays = NO_HOLIDAYS
    capped_until: datetime | None = None
    calls: Calls = field(default_factory=dict)
    talks: Talks = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Law:
    """What a site decides for all campaigns: where calls may go and what they may cost, and the zone in which its day begins."""

    tolls: TollRules = field(default_factory=FreeLine)
    home_zone: str = "UTC"


@dataclass(slots=True)
class Known:
    """The facts of several wishes at one moment; it learns of each of them that begins, so the next is judged as if that call were open.
    `pasts`: by the lead's id; `spent`: of this day, with what rings or is talked."""

    spent: Spent
    calls: dict[str, frozenset[str]]
    holidays: Holidays
    entries: list[Entry] = field(default_factory=list)
    pasts: dict[str, Past] = field(default_factory=dict)
    talks: dict[str, Sequence[Talk]] = field(default_factory=dict)

    def facts(self, wish: Wish, law: Law, now: datetime) -> Facts:
        capped_until = closed_until(law, self.spent, now)
        past = self.pasts.get(wish.lead.id, Past())
        return Facts(self.entries, past, self.holidays, capped_until, self.calls, self.talks)

    def begins(self, wish: Wish, law: Law) -> None:
        """Its call is open from now on."""
        self.spent = self.spent.with_call(law.tolls, wish.number, LEAST_S)
        for key in keys_of_lead(wish.lead, wish.number):
            self.calls[key] = self.calls.get(key, frozenset()) | {wish.lead.id}


def closed_until(law: Law, spent: Spent, now: datetime) -> datetime | None:
    """When the account of the day opens again, if what is spent is all that it may take; else None."""
    closed = keeps_account(law.tolls) and capped(law.tolls, spent)
    return next_day(now, law.home_zone) if closed else None


def verdict(wish: Wish, facts: Facts, law: Law, now: datetime) -> Wait | None:
    """Why this must not be dialed at `now`; None when it may. What holds for good is told before what passes by itself."""
    lead, campaign = wish.lead, wish.campaign
    standing = [each for each in facts.entries if forbids(each, wish.number, lead.customer_id, campaign.id, now)]
    entry = longest(standing)
    if entry is not None:
        return Wait(Reason.DO_NOT_CALL, entry.until)
    if not law.tolls.may_dial(wish.number):
        return Wait(Reason.DESTINATION)
    limits = (
        reached(lead, wish.number, campaign.limits, facts.past, campaign.rules, now),
        peace(lead, wish.number, campaign.limits.reached_h, facts.talks, now),
    )
    if any(limits):
        return max((wait for wait in limits if wait is not None), key=lambda wait: wait.until or FOR_GOOD)
    if is_in_other_call(lead, wish.number, facts.calls):
        return Wait(Reason.SAME_CUSTOMER, now + timedelta(seconds=AGAIN_S))
    may, opens = allowed(now, lead.zone, campaign.hours, facts.holidays)
    if not may:
        return Wait(Reason.HOURS, opens)
    return Wait(Reason.TOLL_CAP, facts.capped_until) if facts.capped_until is not None else None
