"""The diary: what each half hour can take and has taken, when somebody is called who asks now, and whether a wish can be promised."""

from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Protocol

from ..queue import hours as opening
from ..queue.agent import Agent, AgentState
from ..queue.channel import ChannelKind, Direction
from ..queue.contact import Contact
from ..queue.journal import PresenceEntry
from ..queue.routing import waiting
from ..queue.setup import QueueSetup
from ..storage.clock import Clock
from .booking import Booking, BookingFault, BookingRefused, Window
from .booking_slots import (
    LOOK_BACK,
    NOTICE,
    SLOT,
    HourOfWeek,
    Slot,
    fits,
    on_line_at,
    places,
    slot_of,
    slots_of_day,
    soon_min,
    usual_crew,
    with_places,
)
from .booking_store import BookingStore, Owed
from .calling_hours import allowed
from .campaign import Campaign, CampaignState
from .store import DialerStore

_OFF_DUTY = frozenset({AgentState.LOGGED_OUT, AgentState.PAUSED, AgentState.NOT_RESPONDING})

LISTED = 500
USUAL_LASTS = timedelta(hours=1)

Presence = Callable[[Collection[str], datetime], Awaitable[list[PresenceEntry]]]
"""When these agents came to work and went, from an instant on (queue/store.py fits)."""


class Desks(Protocol):
    """The desk, as bookings need it (queue/desk.py fits)."""

    def agents(self) -> tuple[Agent, ...]: ...

    def contacts(self) -> tuple[Contact, ...]: ...

    def handle_s(self, queue: str, kind: ChannelKind) -> float: ...

    @property
    def setup(self) -> QueueSetup: ...


async def nobody(_agent_ids: Collection[str], _since: datetime) -> list[PresenceEntry]:
    """No journal: the seats count."""
    return []


class Diary:
    """`ahead`: how far into the future a call can be promised. `presence` is the journal's; `home_zone` the site's own zone."""

    def __init__(
        self,
        store: BookingStore,
        leads: DialerStore,
        desk: Desks,
        clock: Clock,
        *,
        home_zone: str,
        ahead: timedelta,
        presence: Presence = nobody,
    ) -> None:
        self._store, self._leads, self._desk, self._clock = store, leads, desk, clock
        self._home_zone, self._ahead, self._presence = home_zone, ahead, presence
        self._usual: dict[str, tuple[datetime, Mapping[HourOfWeek, float]]] = {}

    async def is_open(self, queue: str) -> bool:
        """Whether calls back can be booked for this queue at all."""
        return await self.campaign(queue) is not None

    async def offers(self, zone: str, day: date, queue: str) -> list[Slot]:
        """The slots of that day on the customer's wall, taken ones too; none where nobody is called, or beyond the days that are open."""
        campaign = await self.campaign(queue)
        if campaign is None:
            return []
        now = self._clock.now()
        windows = slots_of_day(day, zone, campaign.hours, now, await self._leads.holidays())
        found = await self._slots(campaign, [each for each in windows if each.ends_at <= now + self._ahead])
        return [slot for slot in found if slot.places > 0]

    async def soon(self, queue: str, zone: str | None = None) -> int | None:
        """In how many minutes somebody who asks now is called; None when it is not a time for that, his (`zone`) or ours."""
        campaign, now = await self.campaign(queue), self._clock.now()
        if campaign is None or campaign.state is not CampaignState.RUNNING:
            return None
        rules = self._desk.setup.rules(queue)
        holidays, place = await self._leads.holidays(), zone or self._home_zone
        if not opening.is_open(rules.hours, now) or not allowed(now, place, campaign.hours, holidays)[0]:
            return None
        agents = [agent for agent in self._desk.agents() if queue in agent.queues]
        owed = await self._store.owed(await self.campaign_ids(queue), now, LISTED)
        callers = [one for one in waiting(self._desk.contacts()) if one.direction is Direction.INBOUND]
        return soon_min(
            sum(one.queue == queue for one in callers),
            len(owed),
            sum(agent.state is AgentState.READY and agent.reachable for agent in agents),
            sum(agent.state not in _OFF_DUTY for agent in agents),
            self._desk.handle_s(queue, ChannelKind.VOICE),
        )

    async def agenda(self, queue: str, since: datetime, until: datetime) -> list[Slot]:
        """What each slot between can take and has taken, whoever's calling hours it lies in."""
        campaign = await self.campaign(queue)
        if campaign is None:
            return []
        windows, window = [], slot_of(since)
        while window.starts_at < until:
            windows.append(window)
            window = Window(window.ends_at, window.ends_at + SLOT)
        return await self._slots(campaign, windows)

    async def owed(self, queue: str, until: datetime) -> list[Owed]:
        """Whom we owe a call before `until`, or talk with, the earliest first: booked ones and operators' promises."""
        return await self._store.owed(await self.campaign_ids(queue), until, LISTED, in_talk=True)

    async def others(self, queue: str, since: datetime, until: datetime) -> list[Booking]:
        """What was booked for that time and is done, cancelled, or waits behind another call of its number."""
        return await self._store.others(queue, since, until, LISTED)

    async def set_places(self, queue: str, starts_at: datetime, places: int | None) -> None:
        """How many calls this slot takes; None: as reckoned."""
        await self._store.set_places(queue, slot_of(starts_at).starts_at, places)

    async def campaign(self, queue: str) -> Campaign | None:
        """Who calls for the queue: its campaign that runs, else its first."""
        mine = [campaign for campaign in await self._leads.campaigns() if campaign.queue == queue]
        return min(mine, key=lambda campaign: campaign.state is not CampaignState.RUNNING, default=None)

    async def campaign_ids(self, queue: str) -> list[str]:
        return [campaign.id for campaign in await self._leads.campaigns() if campaign.queue == queue]

    async def window(
        self,
        campaign: Campaign,
        zone: str,
        starts_at: datetime | None,
        *,
        moved: Window | None = None,
        by_hand: bool = False,
    ) -> Window:
        """The window that is asked for, if it can be promised. Raises BookingRefused."""
        now = self._clock.now()
        if starts_at is None:
            minutes = await self.soon(campaign.queue, zone)
            if minutes is None:
                raise BookingRefused(BookingFault.NOT_SOON)
            return Window(now, now + max(SLOT, timedelta(minutes=2 * minutes)))
        window = slot_of(starts_at)
        if starts_at < now + (timedelta() if by_hand else NOTICE):
            raise BookingRefused(BookingFault.PAST)
        if window.ends_at > now + self._ahead:
            raise BookingRefused(BookingFault.TOO_FAR)
        if not fits(window, zone, campaign.hours, await self._leads.holidays()):
            raise BookingRefused(BookingFault.HOURS)
        if window.starts_at != starts_at and not by_hand:
            raise BookingRefused(BookingFault.NO_SLOT)
        if not by_hand and (moved is None or slot_of(moved.starts_at) != window):
            [slot] = await self._slots(campaign, [window])
            if not slot.free:
                raise BookingRefused(BookingFault.TAKEN if slot.places else BookingFault.NO_SLOT)
        return window

    async def _slots(self, campaign: Campaign, windows: list[Window]) -> list[Slot]:
        if not windows:
            return []
        queue, since, until = campaign.queue, windows[0].starts_at, windows[-1].ends_at
        usual = await self._usual_crew(queue)
        rules, handle_s = self._desk.setup.rules(queue), self._desk.handle_s(queue, ChannelKind.VOICE)
        seats, holidays = sum(queue in agent.queues for agent in self._desk.agents()), await self._leads.holidays()

        def takes(window: Window) -> int:
            last = window.ends_at - timedelta(minutes=1)
            if not (opening.is_open(rules.hours, window.starts_at) and opening.is_open(rules.hours, last)):
                return 0
            # Until the journal knows: as many as have a seat, while it is a time to call where we are.
            unknown = seats if fits(window, self._home_zone, campaign.hours, holidays) else 0
            return places(on_line_at(window.starts_at, usual, unknown, self._home_zone), handle_s)

        taken = await self._store.taken(await self.campaign_ids(queue), queue, since, until)
        taken += _agreed(
            self._desk.contacts(), queue, since, until
        )  # after the tables: what was closed meanwhile stands there
        return with_places(windows, takes, taken, await self._store.places(queue, since, until))

    async def _usual_crew(self, queue: str) -> Mapping[HourOfWeek, float]:
        now = self._clock.now()
        known = self._usual.get(queue)
        if known is None or now - known[0] >= USUAL_LASTS:
            mine = [agent.id for agent in self._desk.agents() if queue in agent.queues]
            since = now - LOOK_BACK
            known = now, usual_crew(await self._presence(mine, since), now, self._home_zone)
            self._usual[queue] = known
        return known[1]


def _agreed(contacts: Iterable[Contact], queue: str, since: datetime, until: datetime) -> list[datetime]:
    """What is promised in talks that have no result yet."""
    mine = (one.callback_at for one in contacts if one.queue == queue)
    return [at for at in mine if at is not None and since <= at < until]
