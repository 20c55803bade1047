"""What each way of dialing wants placed now: with an operator reserved, without one, or with nobody at all."""

import logging
from collections import defaultdict
from collections.abc import Container, Mapping, Sequence
from datetime import datetime, timedelta

from ..queue.agent import Agent
from ..queue.channel import Direction
from ..queue.contact import Contact
from ..queue.routing import obstacle, waiting
from ..storage.clock import Clock
from .attempts import Attempts
from .blending import yields
from .campaign import Campaign, CampaignState, DialMode
from .cap_keeper import CapKeeper
from .desks import Desks
from .law import Wish
from .lead import Attempt, Disposed, Lead
from .notice_text import NoFact
from .originate import Call
from .pace_keeper import PaceKeeper
from .pacing import withdrawable
from .picking import pairs
from .planning import Lines, keep, plan
from .priority import order_key
from .queue_watch import QueueWatch
from .reason import Reason, Wait
from .reserving import Places, Progressive
from .sharing import Credits, are_equal, charged, in_turns
from .steering import Steering
from .store import DialerStore
from .voicing import Line
from .words import Words

log = logging.getLogger(__name__)

WAKE_AT_ONCE = 500
MUTE_S = 60
BY_PACE = frozenset({DialMode.PROGRESSIVE, DialMode.POWER, DialMode.PREDICTIVE})
UNRESERVED = frozenset({DialMode.POWER, DialMode.PREDICTIVE})
PROMISES_ONLY = frozenset({DialMode.AGENTLESS, DialMode.MANUAL})
"""Here nobody is dialed for an operator but who was promised a call: that is made at its minute, as in progressive."""


class Modes:
    """Asked once a turn by the dialer (dialer.py), which places what it is told."""

    def __init__(
        self,
        store: DialerStore,
        desk: Desks,
        clock: Clock,
        attempts: Attempts,
        cap: CapKeeper,
        words: Words,
        queues: QueueWatch,
    ) -> None:
        self._store = store
        self._desk = desk
        self._clock = clock
        self._attempts = attempts
        self._cap = cap
        self._words = words
        self._queues = queues
        self._credits: Credits = {}
        self._credits_before: Credits = {}
        self._mute_until: dict[str, datetime] = {}
        self._lines: dict[str, Lines] = {}
        self.paces = PaceKeeper(store, desk, clock, attempts, cap)
        self.steering: Steering

    async def calls(self, running: Sequence[Campaign], campaigns: Sequence[Campaign]) -> list[Call]:
        """The calls to place now, the most urgent first."""
        self._credits_before = self._credits
        in_flight = await self._store.open_attempts()
        most = max(0, self._attempts.brake.most() - sum(attempt.answered_at is None for attempt in in_flight))
        most = min(most, self._attempts.trunks.room(), self._attempts.places())
        paced = [campaign for campaign in running if campaign.mode in BY_PACE | PROMISES_ONLY]
        made = await self._paced(paced, campaigns, in_flight, most)
        for campaign in running:
            if campaign.mode is DialMode.AGENTLESS:
                made += await self._notices(campaign, in_flight, most - len(made))
        return made

    async def _paced(
        self, paced: Sequence[Campaign], campaigns: Sequence[Campaign], in_flight: Sequence[Attempt], most: int
    ) -> list[Call]:
        """By pace, from one list of leads, for the operators whom no waiting customer and no ringing call needs."""
        power = {each.id: each for each in paced if each.mode in UNRESERVED}
        lines = {key: self._line(each, campaigns, in_flight) for key, each in power.items()}
        free, self._lines = keep(self.free_agents(paced), lines)
        spare = any(each.spare for each in self._lines.values())
        if not free and not spare:
            return []
        # Every agent who could take a waiting contact is left out already, so nobody waits for those who are left.
        places = Progressive().decide(Places(self._clock.monotonic(), idle=len(free), waiting=0, max_new=most)).place
        if places == 0 and not spare:
            return []
        by_id = {campaign.id: campaign for campaign in paced}
        promises = frozenset(each.id for each in paced if each.mode in PROMISES_ONLY)
        hoped = sum(len(free) * 3 + 3 + (line.wanted or 0) for line in lines.values())
        leads = await self.best(paced, places + hoped, promises)
        for campaign in power.values():
            if campaign.mode is DialMode.PREDICTIVE:
                own = [each for each in leads if each.campaign_id == campaign.id and not each.is_callback]
                self.paces.saw_leads(campaign, own)
        shares = {each.id: each.blend.share for each in paced}
        if not are_equal(shares.values()):
            leads = in_turns(leads, shares, self._credits)
        taken = pairs(leads, {each.id: each.queue for each in paced}, free, self._desk.agents(), self._clock.now())
        planned = plan(taken[:places], leads, self._lines)[:most]
        if not are_equal(shares.values()):
            self._credits = charged(self._credits, shares, leads, [lead for lead, _agent in planned])
        facts = await self._words.facts([lead for lead, _agent in planned if lead.campaign_id in power])
        variables: dict[str, Mapping[str, str]] = {}
        for key, campaign in power.items():
            told = {lead.id: facts[lead.id] for lead, _agent in planned if lead.campaign_id == key}
            variables |= await self._words.unreserved(campaign, told)
        return [
            Call(lead, by_id[lead.campaign_id], agent, campaigns, variables.get(lead.id, {})) for lead, agent in planned
        ]

    def _line(self, campaign: Campaign, campaigns: Sequence[Campaign], in_flight: Sequence[Attempt]) -> Lines:
        own = [each for each in in_flight if each.campaign_id == campaign.id and each.is_unreserved]
        ringing = sum(each.answered_at is None for each in own)
        room = self._cap.room(campaign, campaigns)
        if campaign.mode is DialMode.PREDICTIVE:
            return Lines(campaign.queue, 1.0, ringing, room, wanted=self.paces.wanted(campaign))
        return Lines(campaign.queue, campaign.power.ratio, ringing, room)

    async def listen(self, campaigns: Sequence[Campaign]) -> None:
        """Once a turn, before anything is placed: what the pacers want now, and what they withdraw."""
        predictive = [campaign for campaign in campaigns if campaign.mode is DialMode.PREDICTIVE]
        if not predictive:
            return
        in_flight = await self._store.open_attempts()
        most = max(0, self._attempts.brake.most() - sum(attempt.answered_at is None for attempt in in_flight))
        for campaign in predictive:
            dials = self._is_dialed(campaign)
            free = self.free_agents([campaign])
            if dials and self.paces.asks_for_end(campaign):
                self.paces.ends(campaign, await self.steering.closes(campaign, self._clock.now()))
            await self.paces.turn(campaign, in_flight, free, min(most, self._attempts.trunks.room()), dials=dials)

    def _is_dialed(self, campaign: Campaign) -> bool:
        return campaign.state is CampaignState.RUNNING and not self.yields(campaign)

    async def took_off(self, campaigns: Sequence[Campaign]) -> None:
        """Once a turn, after all was placed: the pacers are to know of calls that end before the next."""
        predictive = [campaign for campaign in campaigns if campaign.mode is DialMode.PREDICTIVE]
        if predictive:
            in_flight = await self._store.open_attempts()
            for campaign in predictive:
                self.paces.took_off(campaign, in_flight)

    async def withdraw_for_nobody(self, campaigns: Sequence[Campaign]) -> None:
        """Calls without a reserved operator that ring while none is left are given up, where they may be. A pacer counts on those who will
        be free soon, and says itself which calls it withdraws."""
        rings: dict[str, dict[str, float | None]] = defaultdict(dict)
        for attempt in await self._store.open_attempts():
            if attempt.is_unreserved and attempt.answered_at is None:
                rings[attempt.campaign_id][attempt.id] = self._attempts.rung_s(attempt)
        for campaign in campaigns:
            if not rings[campaign.id]:
                continue
            is_paced = campaign.mode is DialMode.PREDICTIVE and self._is_dialed(campaign)
            if not (self.paces.counts_on(campaign) if is_paced else self.free_agents([campaign])):
                for attempt_id in withdrawable(rings[campaign.id]):
                    await self._attempts.withdraw(attempt_id)

    async def _notices(self, campaign: Campaign, in_flight: Sequence[Attempt], most: int) -> list[Call]:
        """As many messages as there are channels for and can be played. As many again are made ready for the turns to come."""
        now = self._clock.now()
        busy = sum(attempt.campaign_id == campaign.id and attempt.is_notice for attempt in in_flight)
        places = min(campaign.notice.channels - busy, most)
        if places <= 0 or now < self._mute_until.get(campaign.id, now):
            return []
        lines: list[tuple[Lead, Line]] = []
        leads = [lead for lead in (await self.best([campaign], places))[: 2 * places] if not lead.is_callback]
        facts = await self._words.facts(leads)
        for lead in leads:
            try:
                lines.append((lead, self._words.notice(campaign, facts[lead.id])))
            except NoFact as missing:
                log.warning("lead %s is left out: it has no %s for the message", lead.id, missing.field)
                await self._store.tell_lead(lead.id, Disposed("no_facts", lead.id, closes=True))
        try:
            told = await self._words.notices(campaign, lines)
        except OSError as trouble:
            log.warning("the message of campaign %s cannot be said: %s", campaign.id, trouble)
            self._mute_until[campaign.id] = now + timedelta(seconds=MUTE_S)
            return []
        made: dict[str, Call] = {}  # one call a number
        for lead, _line in lines:
            if len(made) < places and lead.id in told and lead.phone not in made:
                made[lead.phone] = Call(lead, campaign, None, (), told[lead.id])
        return list(made.values())

    async def best(self, running: Sequence[Campaign], places: int, promises_only: Container[str] = ()) -> list[Lead]:
        """The leads to choose from, over all campaigns, each scored by its own campaign's weights; of a campaign that yields to inbound
        only those who were promised a call, as of those in `promises_only`."""
        now = self._clock.now()
        keyed: dict[str, tuple[Lead, Campaign]] = {}
        for campaign in running:
            zones = await self.steering.open_zones(campaign, now)
            # Callbacks may be others' own, and several leads may share a number: look at more than there are places.
            found = await self._store.due_callbacks(campaign.id, zones, WAKE_AT_ONCE)
            if campaign.id not in promises_only and not self.yields(campaign):
                found += await self._store.best(campaign.id, zones, campaign.weights, 2 * places + 8)
            keyed |= {lead.id: (lead, campaign) for lead in found}
        ranked = sorted(keyed.values(), key=lambda pair: order_key(pair[0], pair[1].weights, now))
        return [lead for lead, _campaign in ranked]

    async def sift(self, running: Sequence[Campaign], page: int) -> None:
        """Put aside whom the law forbids, among the best `page` of each campaign; what `calls` said last is not placed."""
        self._credits = self._credits_before
        by_id = {campaign.id: campaign for campaign in running}
        leads = await self.best(running, page)
        await self._store.sift([Wish(lead, by_id[lead.campaign_id], lead.phone) for lead in leads])

    def yields(self, campaign: Campaign) -> bool:
        """Whether the queue's callers need its operators more than the campaign does."""
        needs_operators = campaign.mode in BY_PACE or campaign.mode is DialMode.PREVIEW
        return needs_operators and yields(campaign.blend, self._queues.now(campaign.queue))

    def free_agents(self, campaigns: Sequence[Campaign]) -> list[Agent]:
        """Idle agents of these campaigns' queues whom no waiting customer needs, the longest idle first."""
        queues, now = {campaign.queue for campaign in campaigns}, self._clock.now()
        inbound = [one for one in waiting(self._desk.contacts()) if one.direction is Direction.INBOUND]
        free = [agent for agent in self._desk.agents() if agent.is_idle and agent.reachable and agent.queues & queues]
        return sorted(
            (agent for agent in free if not any(self._needed(agent, contact, now) for contact in inbound)),
            key=lambda agent: (agent.since, agent.id),
        )

    def _needed(self, agent: Agent, contact: Contact, now: datetime) -> bool:
        return obstacle(agent, contact, self._desk.setup.rules(contact.queue), now) is None

    def hold(self, campaign: Campaign, campaigns: Mapping[str, Campaign]) -> Wait | None:
        """Why a running campaign dials nobody at this moment; None while its leads only wait for their turn."""
        match campaign.mode:
            case DialMode.AGENTLESS:
                return self._notice_hold(campaign)
            case DialMode.MANUAL | DialMode.PREVIEW:
                return Wait(Reason.BY_HAND)
        if self.yields(campaign):
            return Wait(Reason.SERVICE_LEVEL)
        free = self.free_agents([campaign])
        lines = self._lines.get(campaign.id)
        if free:
            full = lines is not None and lines.ringing > 0 and len(free) <= lines.kept
            return Wait(Reason.PACING) if full else None
        mine = [agent for agent in self._desk.agents() if campaign.queue in agent.queues]
        if any(agent.is_idle for agent in mine):
            return Wait(Reason.INBOUND_FIRST)
        dialing = any(task.attempt_id and task.contact_id is None for agent in mine for task in agent.tasks)
        if campaign.mode in UNRESERVED and dialing and self._cap.room(campaign, tuple(campaigns.values())) == 0:
            return Wait(Reason.CAP, self._cap.until(campaign))
        return Wait(Reason.NO_AGENTS)

    def _notice_hold(self, campaign: Campaign) -> Wait | None:
        until = self._mute_until.get(campaign.id)
        if until is not None and self._clock.now() < until:
            return Wait(Reason.WORDS, until)
        return None
