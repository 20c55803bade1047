"""Keeps the bound on abandonment at work: what each attempt meant, when an operator met the customer, how many more may fly."""

import asyncio
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from ..queue.contact import Contact
from ..storage.clock import Clock
from ..storage.failpoint import failpoint
from .abandonment import CORRECTABLE, CapBook, Counts, Scope, Verdict, Window, scopes_of
from .campaign import Campaign
from .lead import Attempt
from .machine_labels import Answerer, MachineEstimate, with_estimate
from .meaning import means
from .standing import Standing, standing
from .store import DialerStore

REMEMBERED = 1000


class Contacts(Protocol):
    """The desk's open contacts."""

    def contacts(self) -> tuple[Contact, ...]: ...


class CapKeeper:
    """`waits_s`: from the answer to the operator's voice, of the last talks (s); `on_wait` hears each, for the metrics."""

    def __init__(self, store: DialerStore, desk: Contacts, clock: Clock, home_zone: str) -> None:
        self._store = store
        self._desk = desk
        self._clock = clock
        self._book = CapBook(home_zone)
        self._home_zone = home_zone
        self._loaded = False
        self._loading = asyncio.Lock()  # two readers at once would fill two books
        self._met: set[str] = set()
        self._machines: OrderedDict[str, bool] = (
            OrderedDict()
        )  # told by operators; whether a served person was taken back
        self._estimates: dict[str, MachineEstimate] = {}
        self.waits_s: deque[float] = deque(maxlen=REMEMBERED)
        self.on_wait: list[Callable[[float], None]] = []

    async def load(self) -> None:
        """Before the first call of this engine, and before its first page."""
        async with self._loading:
            if not self._loaded:
                self._book = CapBook(self._home_zone)
                await self._store.fill_cap(self._book, self._clock.now())
                self._estimates = await self._store.machines.estimates()
                self._loaded = True

    def estimate(self, campaign_id: str) -> MachineEstimate:
        """What people say who heard the campaign's screened calls."""
        return self._estimates.get(campaign_id, MachineEstimate())

    async def heard_anew(self, campaign_id: str) -> None:
        """Somebody said of a screened call who it was: from now on that counts."""
        self._estimates |= await self._store.machines.estimates(campaign_id)

    async def told_by_agent(self, attempt_id: str, answerer: Answerer) -> None:
        """An operator said who had answered. A machine that was brought to him is no person who was served."""
        attempt, taken_back = await self._store.attempt(attempt_id), self._machines.pop(attempt_id, False)
        counted = taken_back
        if answerer is Answerer.MACHINE:
            counted = self._machines[attempt_id] = self._book.knows(attempt_id)
        if len(self._machines) > CORRECTABLE:
            self._machines.popitem(last=False)
        if attempt is not None and counted:
            self.decided(attempt)

    def as_kept(self, campaign: Campaign) -> Campaign:
        """With the bound as it is kept: false machines count by what listening found (machine_labels.py)."""
        cap = with_estimate(campaign.cap, self._estimates.get(campaign.id))
        return campaign if cap is campaign.cap else replace(campaign, cap=cap)

    def _scopes(self, campaign: Campaign, campaigns: Iterable[Campaign]) -> list[Scope]:
        return scopes_of(self.as_kept(campaign), map(self.as_kept, campaigns))

    def room(self, campaign: Campaign, campaigns: Iterable[Campaign]) -> int:
        """How many more calls of the campaign may be placed now without a reserved operator."""
        return self._book.room(self._scopes(campaign, campaigns), self._clock.now()) if self._loaded else 0

    def standing(self, campaign: Campaign, campaigns: Iterable[Campaign]) -> Standing | None:
        """How the campaign stands under its bound; None before the counts are read, when this engine begins."""
        if not self._loaded:
            return None
        return standing(self._book, self.as_kept(campaign), list(map(self.as_kept, campaigns)), self._clock.now())

    def takes_off(self, attempt: Attempt) -> None:
        """Just before its intent is written."""
        self._book.takes_off(attempt.id, attempt.campaign_id, attempt.intent_at)

    def never_flew(self, attempt: Attempt) -> None:
        """Its intent was not written."""
        self._book.decided(attempt.id, attempt.campaign_id, attempt.intent_at, None)

    def decided(self, attempt: Attempt) -> None:
        """It is over, or an operator has met the customer."""
        verdict = means(attempt)
        if attempt.id in self._machines and verdict is Verdict.SERVED:
            verdict = None  # no person was served; whoever was abandoned stays so, whatever is said of him later
        self._book.decided(attempt.id, attempt.campaign_id, attempt.intent_at, verdict)

    async def reconcile(self) -> None:
        """Hold the calls in flight against the table: one whose end we did not hear written is decided now, none is missed."""
        flying = self._book.flying()
        unmet = [each for each in await self._store.open_attempts() if each.is_unreserved and not each.connected_at]
        for attempt in unmet:
            self.takes_off(attempt)
        for attempt_id in flying - {each.id for each in unmet}:
            attempt_now = await self._store.attempt(attempt_id)
            if attempt_now is None:
                self._book.forget(attempt_id)
            elif attempt_now.ended_at or attempt_now.connected_at:
                self.decided(attempt_now)

    async def see_talks(self) -> None:
        """Write down which customers have met their operators since the last look."""
        talking = {each.attempt_id: each.connected_at for each in self._desk.contacts() if each.attempt_id}
        self._met &= talking.keys()
        for attempt_id, connected_at in talking.items():
            if connected_at is not None and attempt_id is not None and attempt_id not in self._met:
                await self.met(attempt_id, connected_at)

    async def seen_talk(self, attempt_id: str) -> None:
        """The same for one attempt, before its end is told."""
        for contact in self._desk.contacts():
            if contact.attempt_id == attempt_id and contact.connected_at is not None and attempt_id not in self._met:
                await self.met(attempt_id, contact.connected_at)

    async def met(self, attempt_id: str, at: datetime) -> None:
        failpoint("operator_met")
        attempt = await self._store.connect(attempt_id, at)
        self._met.add(attempt_id)
        if attempt is not None and attempt.answered_at is not None:
            self.decided(attempt)
            waited_s = max(0.0, (at - attempt.answered_at).total_seconds())
            self.waits_s.append(waited_s)
            for heard in self.on_wait:
                heard(waited_s)

    def today(self, campaign: Campaign) -> tuple[Counts, datetime | None]:
        """What counts of the site's day, and when the next begins."""
        now, by_day = self._clock.now(), replace(campaign.cap, window=Window.DAY.value)
        counts = self._book.counts(Scope((campaign.id,), by_day, campaign.created_at), now)
        return counts, self._book.next_window(by_day, now, campaign.created_at)

    def day_ends(self, campaign: Campaign, closes: datetime | None) -> datetime | None:
        """When a pacer's budget of the day ends: with the calling hours, which close then, or with the site's day, whatever comes first.
        None: they are closed."""
        _counts, next_day = self.today(campaign)
        return None if closes is None else min(each for each in (closes, next_day) if each is not None)

    def until(self, campaign: Campaign) -> datetime | None:
        """When the campaign's window begins anew; None where it only rolls on."""
        return self._book.next_window(campaign.cap, self._clock.now(), campaign.created_at)
