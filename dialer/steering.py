"""What a supervisor sees and steers: campaigns, their knobs and who turned them, who is dialed next and who is not, the day's figures."""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time
from zoneinfo import ZoneInfo

from ..queue.channel import AttemptOutcome
from ..storage.clock import Clock
from ..storage.ids import Ids
from ..storage.one_at_a_time import OneAtATime
from .calling_hours import allowed, closes
from .campaign import Campaign, CampaignRefused, CampaignState, Change, Setting, settings, with_settings
from .day import Day, day_of
from .law import Wish
from .lead import DIALABLE_STATES, WAITING_STATES, Lead, LeadState
from .priority import Weights, order_key, score
from .reason import OWN, Reason, Wait
from .saves import taken_back
from .store import DialerStore
from .why import Why, later, own_waits

MOST_CALLBACKS = 1_000
NOBODY = ""
"""Who turned a knob, when the house did."""
_NEVER_HELD = frozenset({LeadState.DONE, LeadState.DO_NOT_CALL, LeadState.DIALING, LeadState.CONNECTED})


class UnknownCampaign(Exception):
    """There is no such campaign, or no such change or lead of one."""


@dataclass(frozen=True, slots=True)
class ScoredLead:
    """`score` and its `terms` in points; `wait` None: it is dialed as soon as its turn comes.

    `late_since`: when the window ended in which its customer was promised the call.
    """

    lead: Lead
    score: float
    terms: Mapping[str, float]
    wait: Wait | None
    late_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeldBack:
    """`count` leads wait for the same reason; `zone` for those whose hours are closed."""

    reason: Reason
    zone: str | None
    count: int
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Counters:
    """Since midnight at the site. `contact_rate` = answered by a person / attempts that are over; None before the first."""

    attempts: int
    in_flight: int
    answered: int
    by_outcome: Mapping[AttemptOutcome, int]
    contact_rate: float | None
    leads: Mapping[LeadState, int]


Hold = Callable[[Campaign], Wait | None]
"""Why nothing at all is being dialed for the campaign now, whatever the lead; None while its leads are only waiting for their turn."""


MayShow = Callable[[str], Awaitable[None]]
"""Raises CampaignRefused for numbers of ours that no trunk may show."""


class Steering:
    """`hold` tells why a campaign as a whole stands; `turned` is called after every change, so that it works at once."""

    def __init__(
        self,
        store: DialerStore,
        clock: Clock,
        ids: Ids,
        home_zone: str,
        hold: Hold,
        turned: Callable[[], None],
        may_show: MayShow,
    ) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids
        self._home_zone = home_zone
        self._hold = hold
        self._turned = turned
        self._may_show = may_show
        # Every board asks once a second, and a big campaign takes a while: each answer serves for some time, the longer the dearer it was.
        self._counting = OneAtATime(self._count, keep=10, monotonic=clock.monotonic)
        self._counts = OneAtATime(self._by_state, keep=10, monotonic=clock.monotonic)
        self._day = OneAtATime(self._by_hour, keep=20, monotonic=clock.monotonic)

    async def campaigns(self) -> list[Campaign]:
        """The oldest first."""
        return await self._store.campaigns()

    async def campaign(self, campaign_id: str) -> Campaign:
        """Raises UnknownCampaign."""
        for campaign in await self._store.campaigns():
            if campaign.id == campaign_id:
                return campaign
        raise UnknownCampaign(campaign_id)

    async def add_campaign(self, name: str, queue: str, knobs: Mapping[str, Setting] | None = None) -> Campaign:
        """A new campaign, paused unless `knobs` (campaign.settings) say otherwise. Raises CampaignRefused."""
        plain = Campaign(self._ids(), name, queue, self._clock.now())
        campaign = with_settings(plain, knobs or {})
        await self._may_show(campaign.caller_id)
        await self._store.add_campaign(campaign)
        self._turned()
        return campaign

    async def start(self, campaign_id: str, actor_id: str) -> Campaign:
        return await self.set_knobs(campaign_id, {"state": CampaignState.RUNNING.value}, actor_id)

    async def pause(self, campaign_id: str, actor_id: str) -> Campaign:
        """Nothing new is dialed; what rings goes on."""
        return await self.set_knobs(campaign_id, {"state": CampaignState.PAUSED.value}, actor_id)

    async def drain(self, campaign_id: str, actor_id: str) -> Campaign:
        """Nothing new is dialed; once the calls that were begun are over, the campaign pauses by itself."""
        return await self.set_knobs(campaign_id, {"state": CampaignState.DRAINING.value}, actor_id)

    async def end_drains(self, in_flight: Collection[str]) -> None:
        """Pause what has drained. `in_flight`: the campaigns that have calls."""
        for campaign in await self._store.campaigns():
            if campaign.state is CampaignState.DRAINING and campaign.id not in in_flight:
                await self._change(campaign.id, _drained, NOBODY)

    async def set_weights(self, campaign_id: str, weights: Weights, actor_id: str) -> Campaign:
        """The very next lead is picked by the new weights."""
        return await self._change(campaign_id, lambda campaign: replace(campaign, weights=weights), actor_id)

    async def set_knobs(self, campaign_id: str, knobs: Mapping[str, Setting], actor_id: str) -> Campaign:
        """Turn any knobs by name (campaign.settings). Raises UnknownCampaign, CampaignRefused."""
        if "caller_id" in knobs:
            await self._may_show(str(knobs["caller_id"]))
        return await self._change(campaign_id, lambda campaign: with_settings(campaign, knobs), actor_id)

    async def set_knobs_if(
        self, campaign_id: str, knobs: Mapping[str, Setting], stood: Mapping[str, Setting], actor_id: str
    ) -> Campaign | None:
        """The same, if all knobs stand as they `stood`, but for whether it runs; else nothing is done, and None is told."""
        overtaken = False

        def edit(campaign: Campaign) -> Campaign:
            nonlocal overtaken
            now_set = settings(campaign)
            overtaken = any(now_set.get(name) != stood.get(name) for name in {*now_set, *stood} if name != "state")
            return campaign if overtaken else with_settings(campaign, knobs)

        campaign = await self._change(campaign_id, edit, actor_id)
        return None if overtaken else campaign

    async def changes(self, campaign_id: str, limit: int = 50) -> list[Change]:
        """Who turned which knob, the newest first."""
        return await self._store.changes(campaign_id, limit)

    async def revert(self, change_id: str, actor_id: str) -> Campaign:
        """Put all that was turned at once with this change back to where it stood before; that is a save too. Raises UnknownCampaign,
        CampaignRefused, and Overruled when a later change touched one of the knobs."""
        save = await self._store.save_of(change_id)
        if not save:
            raise UnknownCampaign(change_id)
        return await self._change(save[0].campaign_id, lambda now: taken_back(now, save), actor_id)

    async def _change(self, campaign_id: str, edit: Callable[[Campaign], Campaign], actor_id: str) -> Campaign:
        campaign = await self._store.change_campaign(campaign_id, edit, actor_id)
        if campaign is None:
            raise UnknownCampaign(campaign_id)
        self._turned()
        return campaign

    async def next_leads(self, campaign_id: str, limit: int = 50, weights: Weights | None = None) -> list[ScoredLead]:
        """Whom we dial next, in order; after them those whose time or hours are to come, by points. Raises UnknownCampaign.

        `weights`: as it would be by these.
        """
        campaign, now = await self.campaign(campaign_id), self._clock.now()
        campaign = campaign if weights is None else replace(campaign, weights=weights)
        zones = await self.open_zones(campaign, now)
        ready = await self._store.due_callbacks(campaign_id, zones, limit)
        ready += await self._store.best(campaign_id, zones, campaign.weights, limit)
        ready = sorted(ready, key=lambda lead: order_key(lead, campaign.weights, now))[:limit]
        rest = await self._store.not_now(campaign_id, zones, campaign.weights, limit - len(ready))
        hold, holidays = self._hold(campaign), await self._store.holidays()
        against = await self._store.bans([Wish(lead, campaign, lead.phone) for lead in (*ready, *rest)])
        return [_scored(lead, campaign, against.get(lead.id) or hold, now) for lead in ready] + [
            _scored(lead, campaign, later(lead, campaign, now, holidays, against.get(lead.id)), now) for lead in rest
        ]

    async def why(self, campaign_id: str, lead_id: str, here: Collection[str] = ()) -> Why:
        """The lead's place, its points by term, and what it waits for. `here`: the agents at work. Raises UnknownCampaign."""
        campaign, now = await self.campaign(campaign_id), self._clock.now()
        lead = await self._store.lead(lead_id)
        if lead is None or lead.campaign_id != campaign_id:
            raise UnknownCampaign(lead_id)
        points = score(lead, campaign.weights, now)
        if lead.state in _NEVER_HELD:
            return Why(lead, points.total, points.terms, None, own_waits(lead, campaign, now))
        in_call = lead.state in DIALABLE_STATES and lead.phone in await self._store.numbers_in_call()
        against = (await self._store.bans([Wish(lead, campaign, lead.phone)])).get(lead.id)
        holidays, hold = await self._store.holidays(), self._hold(campaign)
        own = own_waits(lead, campaign, now, holidays, against, in_call=in_call, here=here)
        place = None if own else await self._place(lead, campaign, now)
        others = [wait for wait in (hold, against) if wait is not None and wait.reason not in OWN]
        return Why(lead, points.total, points.terms, place, tuple(dict.fromkeys((*own, *others))))

    async def _place(self, lead: Lead, campaign: Campaign, now: datetime) -> int:
        zones = await self.open_zones(campaign, now)
        due = [each.id for each in await self._store.due_callbacks(campaign.id, zones, MOST_CALLBACKS)]
        if lead.id in due:
            return due.index(lead.id) + 1
        return len(due) + await self._store.rank(campaign.id, zones, campaign.weights, lead) + 1

    async def find(
        self, campaign_id: str, phones: Collection[str], order_ids: Collection[str], limit: int
    ) -> list[Lead]:
        """The campaign's leads that have one of these numbers, or are of one of these orders, the newest first."""
        return await self._store.finding.in_campaign(campaign_id, phones, order_ids, limit)

    async def held_back(self, campaign_id: str) -> list[HeldBack]:
        """How many are not dialed now, by reason, the most first. Raises UnknownCampaign."""
        campaign, now = await self.campaign(campaign_id), self._clock.now()
        groups: Counter[tuple[Reason, str | None, datetime | None]] = Counter()
        states, held = await self._counts.ask(campaign_id)
        holidays = await self._store.holidays()
        for state, zone, count in states:
            may, opens = allowed(now, zone, campaign.hours, holidays)
            if state is LeadState.RETRY_AT:
                groups[Reason.RETRY_AT, None, None] += count
            elif state is LeadState.DO_NOT_CALL:
                groups[Reason.DO_NOT_CALL, None, None] += count
            elif state in DIALABLE_STATES and not may:
                groups[Reason.HOURS, zone, opens] += count
        for reason, count in held.items():  # they wait for a retry in name only
            groups[Reason.RETRY_AT, None, None] -= count
            groups[reason, None, None] += count
        found = [HeldBack(*key[:2], count, key[2]) for key, count in groups.most_common()]
        return [group for group in found if group.count > 0]

    async def _by_state(self, campaign_id: str) -> tuple[Sequence[tuple[LeadState, str, int]], Mapping[Reason, int]]:
        return await self._store.counts(campaign_id), await self._store.held(campaign_id)

    async def promised(self, campaign_id: str, before: datetime) -> list[datetime]:
        """When the calls that customers were promised fall due, up to `before`, the earliest first."""
        return await self._store.promised(campaign_id, before)

    async def counters(self, campaign_id: str) -> Counters:
        """The figures of the site's day so far."""
        return await self._counting.ask(campaign_id)

    async def _count(self, campaign_id: str) -> Counters:
        by_outcome: Counter[AttemptOutcome] = Counter()
        attempts = in_flight = answered = 0
        for outcome, spoke, count in await self._store.outcomes(campaign_id, self._midnight()):
            attempts += count
            answered += count if spoke else 0
            if outcome is None:
                in_flight += count
            else:
                by_outcome[outcome] += count
        leads: Counter[LeadState] = Counter()
        for state, _zone, count in (await self._counts.ask(campaign_id))[0]:
            leads[state] += count
        over = attempts - in_flight
        persons = by_outcome[AttemptOutcome.PERSON] + by_outcome[AttemptOutcome.ABANDONED]
        return Counters(
            attempts,
            in_flight,
            answered,
            dict(by_outcome),
            persons / over if over else None,
            dict(leads),
        )

    async def day(self, campaign_id: str) -> Day:
        """The site's day so far, hour by hour."""
        return await self._day.ask(campaign_id)

    async def _by_hour(self, campaign_id: str) -> Day:
        since = self._midnight()
        attempts = await self._store.day.attempts_by_hour(campaign_id, since)
        tried = await self._store.day.first_tries_by_hour(campaign_id, since)
        states, _held = await self._counts.ask(campaign_id)
        waiting = sum(count for state, _zone, count in states if state in WAITING_STATES)
        return day_of(since, self._clock.now(), attempts, tried, waiting)

    def _midnight(self) -> datetime:
        home = ZoneInfo(self._home_zone)
        return datetime.combine(self._clock.now().astimezone(home).date(), time(), home)

    async def closes(self, campaign: Campaign, now: datetime) -> datetime | None:
        """When the last of its leads' zones that are open now closes; None where none is."""
        holidays = await self._store.holidays()
        ends = [closes(now, zone, campaign.hours, holidays) for zone in await self._store.zones(campaign.id)]
        return max((end for end in ends if end is not None), default=None)

    async def open_zones(self, campaign: Campaign, now: datetime) -> list[str]:
        """The zones of the campaign's leads where it is a time to call."""
        holidays = await self._store.holidays()
        zones = await self._store.zones(campaign.id)
        return [zone for zone in zones if allowed(now, zone, campaign.hours, holidays)[0]]


def _scored(lead: Lead, campaign: Campaign, wait: Wait | None, now: datetime) -> ScoredLead:
    points = score(lead, campaign.weights, now)
    is_late = lead.is_callback and lead.due_by is not None and lead.due_by <= now and lead.attempts == 0
    late = lead.due_by if is_late else None
    return ScoredLead(lead, points.total, points.terms, wait, late)


def _drained(campaign: Campaign) -> Campaign:
    """Unless it was started again meanwhile."""
    return replace(campaign, state=CampaignState.PAUSED) if campaign.state is CampaignState.DRAINING else campaign


__all__ = [
    "CampaignRefused",
    "Counters",
    "HeldBack",
    "Reason",
    "ScoredLead",
    "Steering",
    "UnknownCampaign",
    "Wait",
    "Why",
]
