"""The dialer's shell: who is free, whom to dial for him, and off it goes. Asked each second and after every change at the desk."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable
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
from .clock_watch import ClockWatch
from .do_not_call_store import DoNotCallList
from .holiday_store import HolidayStore
from .intake import Intake
from .law import Wish
from .lead import Lead
from .pacing import PACERS, Snapshot
from .picking import pairs
from .priority import order_key
from .reason import Reason, Wait
from .steering import Steering
from .store import DialerStore

log = logging.getLogger(__name__)

TICK_S = 1.0
SWEEP_S = 5.0
WAKE_AT_ONCE = 500
SIFTINGS = 6
WIDEST = 2_000


class Dialer:
    """Call `recover` once the wire is up, then keep `run` running. `home_zone` is the site's own time zone, `jumped` tells how far the
    machine's clock stands ahead of `clock` (s; storage/clock.py), `do_not_call` and `holidays` are the lists that a supervisor keeps.

    __main__ joins: the wire's reports to `on_answered`, `on_ended`, `on_node_reset`; orders to `on_order`; ended contacts to
    `on_contact_ended`.
    """

    def __init__(
        self,
        store: DialerStore,
        desk: Desks,
        originate: Originate,
        clock: Clock,
        ids: Ids,
        home_zone: str = "UTC",
        *,
        jumped: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self._store = store
        self._desk = desk
        self._clock = clock
        self._wake = asyncio.Event()
        self._turn = asyncio.Lock()
        self._swept_at = clock.monotonic()
        self._jumped = jumped
        self._clocks = ClockWatch()
        self._account_closed: datetime | None = None
        self.do_not_call: DoNotCallList = store.do_not_call
        self.holidays: HolidayStore = store.kept_holidays
        self._attempts = Attempts(store, desk, originate, clock, ids)
        self.strays: Counter[str] = self._attempts.strays
        intake = Intake(store, clock, ids, home_zone, self.strays)
        steering = Steering(store, clock, ids, home_zone, self._hold, self._wake.set)

        # One face for those outside; each door leads straight to the room that does the work.
        self.on_answered = self._attempts.on_answered
        self.on_ended = self._attempts.on_ended
        self.on_node_reset = self._attempts.on_node_reset
        self.in_flight = self._attempts.in_flight
        self.settle = self._attempts.settle
        self.on_order = intake.on_order
        self.on_contact_ended = intake.on_contact_ended
        self.on_disposed = intake.on_disposed
        self.on_lost_talk = intake.on_lost_talk
        self.campaigns = steering.campaigns
        self.campaign = steering.campaign
        self.add_campaign = steering.add_campaign
        self._start = steering.start
        self.pause = steering.pause
        self.set_weights = steering.set_weights
        self.set_knobs = steering.set_knobs
        self.changes = steering.changes
        self.revert = steering.revert
        self.next_leads = steering.next_leads
        self.held_back = steering.held_back
        self.counters = steering.counters
        self.promised = steering.promised
        self._open_zones = steering.open_zones

    async def recover(self) -> None:
        """Before the first turn: what became of the calls that were open, and may numbers be dialed now that other rules forbade?"""
        await self._attempts.recover()
        await self._store.release(Reason.DESTINATION)

    async def start(self, campaign_id: str, actor_id: str) -> Campaign:
        """Begin to dial. Whoever says so has looked at the clocks, if they were in doubt."""
        if self._clocks.doubts:
            log.warning("the dialer goes on although the machine's clock jumped: a supervisor started it")
        self._clocks = self._clocks.checked()
        return await self._start(campaign_id, actor_id)

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
            running = [campaign for campaign in campaigns if campaign.state is CampaignState.RUNNING]
            self._look_at_clocks()
            self._account_closed = await self._store.account_closed()
            lawful = not self._clocks.doubts and self._account_closed is None
            if running and lawful and await self._attempts.may_try():
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
        queues, page = {each.id: each.queue for each in running}, 2 * places + 8
        for _ in range(SIFTINGS):
            leads = await self._best(running, page)
            made = pairs(leads, queues, free, self._desk.agents(), self._clock.now())[:places]
            wishes = [Wish(lead, by_id[lead.campaign_id], lead.phone) for lead in leads]
            chosen = {lead.id for lead, _agent in made}
            if not await self._store.sift([wish for wish in wishes if wish.lead.id in chosen]):
                return [Call(lead, by_id[lead.campaign_id], agent) for lead, agent in made]
            # Those behind them are likely to be forbidden too: put many aside at once, and choose anew.
            await self._store.sift([wish for wish in wishes if wish.lead.id not in chosen])
            page = min(4 * page, WIDEST)
        return []

    def _look_at_clocks(self) -> None:
        before, apart_s = self._clocks.doubts, self._jumped()
        self._clocks = self._clocks.look(apart_s, self._clock.monotonic())
        if self._clocks.doubts != before:
            log.warning(
                "the machine's clock is %+.0f s ahead: %s",
                apart_s,
                "nobody is dialed" if not before else "trusted again",
            )

    async def _best(self, running: list[Campaign], page: int) -> list[Lead]:
        """The leads to choose from, over all campaigns, each scored by its own campaign's weights; `page` of each at most."""
        now = self._clock.now()
        keyed: dict[str, tuple[Lead, Campaign]] = {}
        for campaign in running:
            zones = await self._open_zones(campaign, now)
            # Callbacks may be others' own, and several leads may share a number: look at more than there are places.
            found = await self._store.due_callbacks(campaign.id, zones, WAKE_AT_ONCE)
            found += await self._store.best(campaign.id, zones, campaign.weights, page)
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

    def _hold(self, campaign: Campaign) -> Wait | None:
        """Why the campaign as a whole stands."""
        if campaign.state is CampaignState.PAUSED:
            return Wait(Reason.PAUSED)
        if self._clocks.doubts:
            return Wait(Reason.CLOCK)
        if self._account_closed is not None:
            return Wait(Reason.TOLL_CAP, self._account_closed)
        if self._attempts.brake.holds(self._clock.now()):
            return Wait(Reason.TRUNK, self._attempts.brake.until)
        if self._free_agents([campaign]):
            return None
        idle = any(agent.state is AgentState.READY and campaign.queue in agent.queues for agent in self._desk.agents())
        return Wait(Reason.INBOUND_FIRST if idle else Reason.NO_AGENTS)


def _inbound(contacts: Iterable[Contact]) -> list[Contact]:
    return [contact for contact in contacts if contact.direction is Direction.INBOUND]
