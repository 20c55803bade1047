"""The dialer's shell: who is free, whom to dial for him, and off it goes. Asked each second and after every change at the desk."""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

from ..queue.agent import Agent, AgentState
from ..queue.channel import Direction
from ..queue.contact import Contact
from ..queue.routing import obstacle, waiting
from ..storage.clock import Clock
from ..storage.ids import Ids
from .attempts import Attempts, Call, Changes, Desks, Originate
from .campaign import Campaign, CampaignState
from .intake import Intake
from .lead import Lead
from .pacing import PACERS, Snapshot
from .picking import pairs
from .priority import order_key
from .steering import Steering
from .store import DialerStore
from .why import Reason, Wait

log = logging.getLogger(__name__)

TICK_S = 1.0
SWEEP_S = 5.0
WAKE_AT_ONCE = 500


class Dialer:
    """Call `recover` once the wire is up, then keep `run` running. `home_zone` is the site's own time zone.

    __main__ joins: the wire's reports to `on_answered`, `on_ended`, `on_node_reset`; orders to `on_order`; ended contacts to
    `on_contact_ended`.
    """

    def __init__(
        self, store: DialerStore, desk: Desks, originate: Originate, clock: Clock, ids: Ids, home_zone: str = "UTC"
    ) -> None:
        self._store = store
        self._desk = desk
        self._clock = clock
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()
        self._swept_at = clock.monotonic()
        self._attempts = Attempts(store, desk, originate, clock, ids)
        self.strays: Counter[str] = self._attempts.strays
        intake = Intake(store, clock, ids, home_zone, self.strays)
        steering = Steering(store, clock, ids, home_zone, self._hold, self._wake.set)

        # One face for those outside; each door leads straight to the room that does the work.
        self.on_answered = self._attempts.on_answered
        self.on_ended = self._attempts.on_ended
        self.on_node_reset = self._attempts.on_node_reset
        self.in_flight = self._attempts.in_flight
        self.recover = self._attempts.recover
        self.settle = self._attempts.settle
        self.on_order = intake.on_order
        self.on_contact_ended = intake.on_contact_ended
        self.on_disposed = intake.on_disposed
        self.on_lost_talk = intake.on_lost_talk
        self.campaigns = steering.campaigns
        self.campaign = steering.campaign
        self.add_campaign = steering.add_campaign
        self.start = steering.start
        self.pause = steering.pause
        self.drain = steering.drain
        self.why = steering.why
        self.find = steering.find
        self.day = steering.day
        self.abandonment = steering.abandonment
        self.set_weights = steering.set_weights
        self.set_knobs = steering.set_knobs
        self.changes = steering.changes
        self.revert = steering.revert
        self.next_leads = steering.next_leads
        self.held_back = steering.held_back
        self.counters = steering.counters
        self.promised = steering.promised
        self._open_zones = steering.open_zones
        self._end_drains = steering.end_drains

    async def run(self) -> None:
        """Dial until cancelled; what is being sent then is brought to its end."""
        async with self._desk.subscribe() as changes:
            listener = asyncio.create_task(self._listen(changes))
            try:
                while True:
                    self._wake.clear()
                    try:
                        await self.tick()
                    except Exception:
                        log.exception("the dialer missed a turn")
                    with suppress(TimeoutError):
                        async with asyncio.timeout(TICK_S):
                            await self._wake.wait()
            finally:
                listener.cancel()
                await self._attempts.settle()

    async def _listen(self, changes: Changes) -> None:
        while True:
            await changes.get()
            self._wake.set()

    async def tick(self) -> None:
        """One turn: what is due comes due, lost events are healed, free agents get their calls."""
        async with self._turn:
            await self._store.wake_due(self._clock.now(), WAKE_AT_ONCE)
            campaigns = await self._store.campaigns()
            if self._clock.monotonic() - self._swept_at >= SWEEP_S:
                self._swept_at = self._clock.monotonic()
                await self._attempts.sweep({campaign.id: campaign.ring_timeout_s for campaign in campaigns})
            if any(campaign.state is CampaignState.DRAINING for campaign in campaigns):
                await self._end_drains({attempt.campaign_id for attempt in await self.in_flight()})
            running = [campaign for campaign in campaigns if campaign.state is CampaignState.RUNNING]
            if running and await self._attempts.may_try():
                for call in await self._calls(running):
                    await self._attempts.dial(call)

    async def _calls(self, running: list[Campaign]) -> list[Call]:
        """The calls to place now, the most urgent first, each with the agent who is to talk."""
        free = self._free_agents(running)
        if not free:
            return []
        most = self._attempts.brake.most() - await self._attempts.ringing()
        # Every agent who could take a waiting contact is left out already, so nobody waits for those who are left.
        snapshot = Snapshot(self._clock.monotonic(), idle=len(free), waiting=0, max_new=max(0, most))
        places = PACERS["progressive"]().decide(snapshot).place
        if places == 0:
            return []
        by_id = {campaign.id: campaign for campaign in running}
        leads = await self._best(running, places)
        made = pairs(leads, {each.id: each.queue for each in running}, free, self._desk.agents(), self._clock.now())
        return [Call(lead, by_id[lead.campaign_id], agent) for lead, agent in made[:places]]

    async def _best(self, running: list[Campaign], places: int) -> list[Lead]:
        """The leads to choose from, over all campaigns, each scored by its own campaign's weights."""
        now = self._clock.now()
        keyed: dict[str, tuple[Lead, Campaign]] = {}
        for campaign in running:
            zones = await self._open_zones(campaign, now)
            # Callbacks may be others' own, and several leads may share a number: look at more than there are places.
            found = await self._store.due_callbacks(campaign.id, zones, WAKE_AT_ONCE)
            found += await self._store.best(campaign.id, zones, campaign.weights, 2 * places + 8)
            keyed |= {lead.id: (lead, campaign) for lead in found}
        ranked = sorted(keyed.values(), key=lambda pair: order_key(pair[0], pair[1].weights, now))
        return [lead for lead, _campaign in ranked]

    def _free_agents(self, campaigns: Iterable[Campaign]) -> list[Agent]:
        """Idle agents of these campaigns' queues whom no waiting customer needs, the longest idle first."""
        queues, now = {campaign.queue for campaign in campaigns}, self._clock.now()
        inbound = _inbound(waiting(self._desk.contacts()))
        free = [
            agent
            for agent in self._desk.agents()
            if agent.state is AgentState.READY and agent.reachable and agent.queues & queues
        ]
        return sorted(
            (agent for agent in free if not any(self._needed(agent, contact, now) for contact in inbound)),
            key=lambda agent: (agent.since, agent.id),
        )

    def _needed(self, agent: Agent, contact: Contact, now: datetime) -> bool:
        return obstacle(agent, contact, self._desk.setup.rules(contact.queue), now) is None

    def trunk_holds_until(self) -> datetime | None:
        """The trunk's brake: until when nothing is dialed because calls failed one after another; None while it carries them."""
        brake = self._attempts.brake
        return brake.until if brake.holds(self._clock.now()) else None

    def _hold(self, campaign: Campaign) -> Wait | None:
        """Why the campaign as a whole stands."""
        if campaign.state is CampaignState.PAUSED:
            return Wait(Reason.PAUSED)
        if campaign.state is CampaignState.DRAINING:
            return Wait(Reason.DRAINING)
        if self._attempts.brake.holds(self._clock.now()):
            return Wait(Reason.TRUNK, self._attempts.brake.until)
        if self._free_agents([campaign]):
            return None
        idle = any(agent.state is AgentState.READY and campaign.queue in agent.queues for agent in self._desk.agents())
        return Wait(Reason.INBOUND_FIRST if idle else Reason.NO_AGENTS)


def _inbound(contacts: Iterable[Contact]) -> list[Contact]:
    return [contact for contact in contacts if contact.direction is Direction.INBOUND]
