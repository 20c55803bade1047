"""The dialer's shell: who is free, whom to dial for him, and off it goes. Asked each second and soon after every change at the desk."""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime

from ..storage.clock import Clock
from ..storage.ids import Ids
from .attempts import Attempts
from .by_hand import ByHand
from .campaign import Campaign, CampaignState
from .cap_keeper import CapKeeper
from .clock_watch import ClockWatch
from .desks import Changes, Desks
from .do_not_call_store import DoNotCallList
from .given import GivenLeads
from .handing_over import HandingOver
from .holiday_store import HolidayStore
from .intake import Intake
from .law import Wish
from .lead import Attempt
from .modes import WAKE_AT_ONCE, Modes
from .originate import Call, Originate
from .own_numbers import OwnNumbers
from .queue_watch import QueueWatch
from .reason import Reason, Wait
from .recovery import Recovery
from .signs import Signs
from .steering import Steering
from .store import DialerStore
from .trunk import earliest
from .trunks import Trunks
from .week_keeper import WeekKeeper
from .what_if_keeper import WhatIfs
from .words import Mute, Wording, Words

log = logging.getLogger(__name__)

TICK_S = 1.0
REST_S = 0.1  # a busy floor changes a hundred times a second; whom to dial need not be asked each time
SWEEP_S = 5.0
SIFTINGS = 6
FIRST_PAGE, WIDEST = 32, 2_000


class Dialer:
    """Call `recover` once the wire is up, then keep `run` running. `home_zone` is the site's own time zone, `jumped` tells how far
    the machine's clock stands ahead of `clock` (s; storage/clock.py), `do_not_call` and `holidays` are the lists that a supervisor keeps,
    `trunks` the ways into the network, in the order in which calls prefer them.

    __main__ joins: the wire's reports to `on_answered`, `on_sign`, `on_ended`, `on_node_reset`; orders to `on_order`; ended contacts to
    `on_contact_ended`; the shop to `on_settled`, the list of those who want no calls to `on_opted_out`.
    """

    def __init__(
        self,
        store: DialerStore,
        desk: Desks,
        originate: Originate,
        clock: Clock,
        ids: Ids,
        home_zone: str = "UTC",
        wording: Wording | None = None,
        *,
        trunks: Sequence[str] = ("trunk",),
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
        self.cap = CapKeeper(store, desk, clock, home_zone)
        self.trunks = Trunks(store, store.trunks, clock, trunks, originate.channels_on)
        self._attempts = Attempts(store, desk, originate, clock, ids, self.cap, self.trunks)
        self.strays: Counter[str] = self._attempts.strays
        self._queues = QueueWatch(desk, clock)
        words = self._words = Words(wording or Mute(), self._wake.set)
        self._modes = Modes(store, desk, clock, self._attempts, self.cap, words, self._queues)
        self._handing_over = HandingOver(store, desk, clock, self._attempts, self._modes, self.cap, words)
        intake = Intake(store, clock, ids, home_zone, self.strays, self.cap.decided)
        steering = self._modes.steering = Steering(
            store, clock, ids, home_zone, self._hold, self._wake.set, self.trunks.may_show
        )
        signs = Signs(self._attempts, store, desk, self.strays)
        self._recovery = Recovery(self._attempts, store, desk, clock, self.cap)
        self._signs = signs
        self._attempts.over = self._over
        self._by_hand = ByHand(store, desk, clock, ids, self._attempts, self._modes)
        own_numbers = OwnNumbers(store, desk, clock, ids, self._attempts, steering.add_campaign, home_zone)
        self._known: dict[str, Campaign] = {}

        # One face for those outside; each door leads straight to the room that does the work.
        self.on_answered = self._attempts.on_answered
        self.on_ended = self._attempts.on_ended
        self.on_node_reset = self._attempts.on_node_reset
        self.on_sign = signs.on_sign
        self.on_settled = signs.on_settled
        self.on_opted_out = signs.on_opted_out
        self.card = self._by_hand.card
        self.dial_card = self._by_hand.dial
        self.skip_card = self._by_hand.skip
        self.leads_to_dial = self._by_hand.listed
        self.dial_lead = self._by_hand.dial_lead
        self.dial_number = own_numbers.dial
        self.give_up_number = own_numbers.give_up
        self.number_dialed = own_numbers.dialed
        self.last_number = own_numbers.last
        self.third_may_be_dialed = own_numbers.third_may_be_dialed
        self.in_flight = self._recovery.in_flight
        self.settle = self._attempts.settle
        self.given = GivenLeads(store, store.imports, clock, ids)
        self.wake = self._wake.set
        self.on_order = intake.on_order
        self.on_contact_ended = intake.on_contact_ended
        self.on_disposed = intake.on_disposed
        self.on_lost_talk = intake.on_lost_talk
        self.campaigns = steering.campaigns
        self.campaign = steering.campaign
        self.add_campaign = steering.add_campaign
        self._start = steering.start
        self.pause = steering.pause
        self.drain = steering.drain
        self.why = steering.why
        self.find = steering.find
        self.leads_of_customer = store.finding.of_customer
        self.charge_talk = store.charge_talk
        self.day = steering.day
        self.week = WeekKeeper(store.week, clock, home_zone).week
        self.set_weights = steering.set_weights
        self.set_knobs = steering.set_knobs
        self.changes = steering.changes
        self.revert = steering.revert
        self.next_leads = steering.next_leads
        self.held_back = steering.held_back
        self.counters = steering.counters
        self.promised = steering.promised
        self._end_drains = steering.end_drains
        self.pacer = self._modes.paces.pacer
        self.pace_watch = self._modes.paces.watch
        self.what_if = WhatIfs(
            store.what_ifs, steering, self._modes.paces, self.cap, self.trunks, desk, clock, ids, home_zone
        )

    async def recover(self) -> None:
        """Before the first turn: what became of the calls that were open, and may numbers be dialed now that other rules forbade?"""
        await self._recovery.recover()
        await self._store.release(Reason.DESTINATION)

    async def start(self, campaign_id: str, actor_id: str) -> Campaign:
        """Begin to dial. Whoever says so has looked at the clocks, if they were in doubt."""
        if self._clocks.doubts:
            log.warning("the dialer goes on although the machine's clock jumped: a supervisor started it")
        self._clocks = self._clocks.checked()
        return await self._start(campaign_id, actor_id)

    async def _over(self, attempt: Attempt) -> None:
        """A call has ended, and another may have its line."""
        await self._signs.over(attempt)
        self._wake.set()

    async def run(self) -> None:
        """Dial until cancelled; what is being sent then is brought to its end."""
        loop = asyncio.get_running_loop()
        async with self._desk.subscribe() as changes:
            listener = asyncio.create_task(self._listen(changes))
            try:
                while True:
                    self._wake.clear()
                    began = loop.time()
                    try:
                        await self.tick()
                    except Exception:
                        log.exception("the dialer missed a turn")
                    await asyncio.sleep(began + REST_S - loop.time())
                    with suppress(TimeoutError):
                        async with asyncio.timeout(self._pause_s()):
                            await self._wake.wait()
            finally:
                listener.cancel()
                await self._words.hush()
                await self.what_if.settle()
                await self._attempts.settle()

    def _pause_s(self) -> float:
        """Until the next turn: earlier than usual when a trunk's rate lets the next call pass."""
        opens_s = self.trunks.opens_in_s()
        return TICK_S if opens_s is None else min(TICK_S, opens_s)

    async def _listen(self, changes: Changes) -> None:
        while True:
            await changes.get()
            self._wake.set()

    async def tick(self) -> None:
        """One turn: what is due comes due, lost events are healed, free agents get their calls."""
        async with self._turn:
            await self._store.wake_due(self._clock.now(), WAKE_AT_ONCE)
            await self.cap.load()
            await self.trunks.load()
            await self._queues.load()
            await self.cap.see_talks()
            campaigns = await self._store.campaigns()
            self._known = {campaign.id: campaign for campaign in campaigns}
            if self._clock.monotonic() - self._swept_at >= SWEEP_S:
                self._swept_at = self._clock.monotonic()
                await self._recovery.sweep({campaign.id: campaign.ring_timeout_s for campaign in campaigns})
            if any(campaign.state is CampaignState.DRAINING for campaign in campaigns):
                await self._end_drains({attempt.campaign_id for attempt in await self._store.open_attempts()})
            await self._modes.withdraw_for_nobody(campaigns)
            await self._modes.listen(campaigns)
            await self.what_if.turn()
            await self._handing_over.turn(campaigns)
            await self._by_hand.turn(campaigns)
            running = [campaign for campaign in campaigns if campaign.state is CampaignState.RUNNING]
            self._look_at_clocks()
            self._account_closed = await self._store.account_closed()
            if running and self._is_lawful() and await self._attempts.may_try() and self.trunks.room():
                if await self._attempts.dial_all(await self._calls(running, campaigns)):
                    self._wake.set()  # more may wait than there are places in one turn
                await self._modes.took_off(running)

    def _is_lawful(self) -> bool:
        """Whether anybody may be dialed at all."""
        return not self._clocks.doubts and self._account_closed is None

    async def _calls(self, running: Sequence[Campaign], campaigns: Sequence[Campaign]) -> list[Call]:
        """The calls to place now, the most urgent first. Whom the law forbids is put aside, and others are chosen in his place."""
        page = FIRST_PAGE
        for _ in range(SIFTINGS):
            calls = await self._modes.calls(running, campaigns)
            barred = await self._store.sift([Wish(call.lead, call.campaign, call.lead.phone) for call in calls])
            if not barred:
                return calls
            # Those behind them are likely to be forbidden too: put many aside at once, and choose anew.
            await self._modes.sift(running, page)
            page = min(4 * page, WIDEST)
        return [call for call in calls if call.lead.id not in barred]

    def _look_at_clocks(self) -> None:
        before, apart_s = self._clocks.doubts, self._jumped()
        self._clocks = self._clocks.look(apart_s, self._clock.monotonic())
        if self._clocks.doubts != before:
            log.warning(
                "the machine's clock is %+.0f s ahead: %s",
                apart_s,
                "nobody is dialed" if not before else "trusted again",
            )

    def trunk_holds_until(self) -> datetime | None:
        """The brakes: until when nothing is dialed because calls failed one after another by every trunk; None while one carries them."""
        brake = self._attempts.brake
        return brake.until if brake.holds(self._clock.now()) else self.trunks.troubled_until()

    def _hold(self, campaign: Campaign) -> Wait | None:
        """Why the campaign as a whole stands."""
        if campaign.state is CampaignState.PAUSED:
            return Wait(Reason.PAUSED)
        if campaign.state is CampaignState.DRAINING:
            return Wait(Reason.DRAINING)
        if self._clocks.doubts:
            return Wait(Reason.CLOCK)
        if self._account_closed is not None:
            return Wait(Reason.TOLL_CAP, self._account_closed)
        if self._attempts.brake.holds(self._clock.now()):
            return Wait(Reason.TRUNK, self._attempts.brake.until)
        if holds := self.trunks.holds():
            return Wait(Reason.TRUNK, earliest(holds), holds)
        return self._modes.hold(campaign, self._known)
