"""Bookings as customers, operators and programs make them: book, move, cancel; what is free the diary says."""

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from datetime import datetime

from ..access.password import digest
from ..queue.contact import IllegalTransition
from ..shop.phone import zone_of as zone_told
from ..storage.clock import Clock
from ..storage.ids import Ids
from .booking import (
    Booking,
    BookingFault,
    BookingRefused,
    BookingSource,
    BookingState,
    Cancelled,
    LeadGiven,
    Moved,
    plain_name,
)
from .booking_diary import Diary
from .booking_limits import DAY, BookingRules, Tries, asker_mark, destination
from .booking_slots import slot_of
from .booking_store import BookingStore, Owed
from .calling_hours import zone_of
from .campaign import Campaign
from .lead import Lead, LeadState, Promised, PromiseWithdrawn
from .store import DialerStore


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody asks for. `phone` as it was typed; `starts_at` None: as soon as possible; `address`: where a page's visitor is."""

    phone: str
    queue: str
    source: BookingSource
    starts_at: datetime | None = None
    name: str = ""
    zone: str | None = None
    language: str = "ru"
    address: str = ""


@dataclass(frozen=True, slots=True)
class Booked:
    """`token` is the secret of the customer's link; we keep its hash only."""

    booking: Booking
    token: str


class Bookings:
    """`tokens` draws secrets, `key` hides addresses, `own` are our own numbers (digits), `turned` is told that a lead changed.

    Every refusal is a BookingRefused.
    """

    def __init__(
        self,
        store: BookingStore,
        leads: DialerStore,
        diary: Diary,
        clock: Clock,
        ids: Ids,
        tokens: Callable[[], str],
        *,
        home_zone: str,
        key: bytes,
        rules: BookingRules,
        own: Callable[[], Collection[str]] = tuple,
        turned: Callable[[], None] = lambda: None,
    ) -> None:
        self._store, self._leads, self._diary = store, leads, diary
        self._clock, self._ids, self._tokens = clock, ids, tokens
        self._home_zone, self._key, self._own, self._turned = home_zone, key, own, turned
        self._tries = Tries(rules.tries)
        self.rules = rules

        # One face for those outside.
        self.booking = store.booking
        self.is_open = diary.is_open
        self.offers = diary.offers
        self.soon = diary.soon
        self.agenda = diary.agenda
        self.owed = diary.owed
        self.others = diary.others
        self.set_places = diary.set_places

    async def book(self, wish: Wish) -> Booked:
        """Promise a call. A page's visitor whose number has one already is answered as any other, and gets a spare; a program or a
        caller, who may know, is refused with ALREADY."""
        asker = asker_mark(wish.address, self._key) if wish.source is BookingSource.PAGE else ""
        if asker:
            self._tries.enter(asker, self._clock.monotonic())
        phone, campaign = self.number(wish.phone), await self._diary.campaign(wish.queue)
        if campaign is None:
            raise BookingRefused(BookingFault.CLOSED)
        zone = zone_of(phone, wish.zone, self._home_zone)
        if (
            wish.source is BookingSource.PAGE
        ):  # else a stranger chooses a far zone, and its morning is this telephone's night
            zone = zone_told(phone, zone)
        async with self._store.turn():
            stands = await self._stands_in_the_way(phone, campaign, wish.source, asker)
            window = await self._diary.window(campaign, zone, wish.starts_at)
            token, now = self._tokens(), self._clock.now()
            booking = Booking(
                id=self._ids(),
                campaign_id=campaign.id,
                queue=campaign.queue,
                phone=phone,
                zone=zone,
                window=window,
                source=wish.source,
                created_at=now,
                name=plain_name(wish.name),
                language=wish.language,
                token_hash=digest(token),
                asker=asker,
            )
            lead_id = None if stands else await self._lead_for(booking, now)
            booking = replace(booking, lead_id=lead_id)
            await self._store.add(booking)
        self._turned()
        return Booked(booking, token)

    def number(self, typed: str) -> str:
        """The number that would be called (E.164). Raises BookingRefused for one that is none, or is not called from here."""
        return destination(typed, self.rules, self._own())

    async def by_token(self, token: str) -> Booking | None:
        """The booking behind a customer's link."""
        return await self._store.by_token(digest(token)) if 16 <= len(token) <= 100 else None

    async def booked_by(self, number: str) -> Booking | None:
        """The open booking of a number (E.164), for who has shown that it is his."""
        return await self._store.of_number(number)

    def knock(self, address: str) -> None:
        """A page's visitor tries something with a link. Raises BookingRefused(TOO_MANY)."""
        self._tries.enter(asker_mark(address, self._key), self._clock.monotonic())

    async def bears(self, queue: str, starts_at: datetime) -> bool:
        """Whether its slot takes all that is promised in it, in talks too. In its turn: who looked before it has written by then."""
        window = slot_of(starts_at)
        async with self._store.turn():
            slots = await self._diary.agenda(queue, window.starts_at, window.ends_at)
        return all(slot.taken <= slot.places for slot in slots)

    async def move(self, booking_id: str, starts_at: datetime | None, *, by_hand: bool = False) -> Booking:
        """To another slot, or to "as soon as possible" (None). `by_hand`: a supervisor may fill a slot beyond what it can take."""
        async with self._store.turn():
            booking, campaign = await self._open_one(booking_id)
            window = await self._diary.window(campaign, booking.zone, starts_at, moved=booking.window, by_hand=by_hand)
            if booking.lead_id is not None:
                await self._tell_lead(booking.lead_id, Promised(window.starts_at, window.ends_at))
            moved = await self._store.tell(booking.id, Moved(window))
        self._turned()
        assert moved is not None
        return moved

    async def cancel(self, booking_id: str) -> Booking:
        """The customer wants no call. One that is cancelled already stays so; a spare of its number takes its place."""
        async with self._store.turn():
            known = await self._store.booking(booking_id)
            if known is not None and known.state is BookingState.CANCELLED:
                return known
            booking, _campaign = await self._open_one(booking_id)
            if booking.lead_id is not None:
                await self._tell_lead(booking.lead_id, PromiseWithdrawn())
            cancelled = await self._store.tell(booking.id, Cancelled())
            if booking.lead_id is not None:
                await self._promote(booking.phone)
        self._turned()
        assert cancelled is not None
        return cancelled

    async def sweep(self) -> None:
        """Write down whose window ended without a call; the lead stays due, and is called at the next minute that is allowed."""
        await self._store.miss(self._clock.now())

    # The supervisor's ------------------------------------------------------------------------------------------------

    async def promised(self, lead_id: str) -> tuple[Owed, Campaign]:
        """A promised call, booked or not, and whose it is."""
        lead, campaign = await self._promised_lead(lead_id)
        return Owed(lead, await self._store.of_lead(lead_id)), campaign

    async def move_lead(self, lead_id: str, starts_at: datetime) -> None:
        """Move any promised call by hand, booked or not."""
        booking = await self._store.of_lead(lead_id)
        if booking is not None:
            await self.move(booking.id, starts_at, by_hand=True)
            return
        lead, campaign = await self._promised_lead(lead_id)
        window = await self._diary.window(campaign, lead.zone, starts_at, by_hand=True)
        await self._tell_lead(lead_id, Promised(window.starts_at, window.ends_at))
        self._turned()

    async def cancel_lead(self, lead_id: str) -> None:
        """Call any promised call off by hand, booked or not; of one booked a spare takes the place."""
        booking = await self._store.of_lead(lead_id)
        if booking is not None:
            await self.cancel(booking.id)
            return
        await self._promised_lead(lead_id)
        await self._tell_lead(lead_id, PromiseWithdrawn())

    # How ---------------------------------------------------------------------------------------------------------------

    async def _stands_in_the_way(self, phone: str, campaign: Campaign, source: BookingSource, asker: str) -> bool:
        """Whether the number gets no call of its own for this booking. Raises for who asks too often, and for who may know."""
        since = self._clock.now() - DAY
        if source is BookingSource.PAGE:
            if await self._store.count(since, asker=asker) >= self.rules.per_asker:
                raise BookingRefused(BookingFault.TOO_MANY)
            if await self._store.count(since) >= self.rules.per_day:
                raise BookingRefused(BookingFault.CLOSED)
        existing = await self._store.of_number(phone)
        often = await self._store.count(since, phone=phone, with_call=True) >= self.rules.per_number
        if source is not BookingSource.PAGE:
            if existing is not None:
                raise BookingRefused(BookingFault.ALREADY, existing)
            if often and source is BookingSource.API:
                raise BookingRefused(BookingFault.NUMBER_TOO_OFTEN)
            return False
        lead = await self._store.waiting_lead(campaign.id, phone)
        return existing is not None or often or (lead is not None and lead.is_callback)

    async def _lead_for(self, booking: Booking, now: datetime) -> str:
        """Who would be called anyway is called at his own time; anybody else becomes a lead."""
        promise = Promised(booking.window.starts_at, booking.window.ends_at)
        waits = await self._store.waiting_lead(booking.campaign_id, booking.phone)
        if waits is not None:
            try:
                await self._leads.tell_lead(waits.id, promise)
                return waits.id
            except IllegalTransition:
                pass  # it is being dialed since
        lead = Lead(
            id=self._ids(),
            campaign_id=booking.campaign_id,
            source=f"booking:{booking.id}",
            phone=booking.phone,
            zone=booking.zone,
            placed_at=now,
            created_at=now,
            state=LeadState.RETRY_AT,
            due_at=booking.window.starts_at,
            due_by=booking.window.ends_at,
            is_callback=True,
            wanted=False,
        )
        await self._leads.add_leads([lead])
        return lead.id

    async def _promote(self, phone: str) -> None:
        """The oldest spare whose window is not over gets the call."""
        now = self._clock.now()
        if await self._store.count(now - DAY, phone=phone, with_call=True) >= self.rules.per_number:
            return
        for spare in await self._store.spares(phone):
            if spare.window.ends_at > now:
                await self._store.tell(spare.id, LeadGiven(await self._lead_for(spare, now)))
                return

    async def _open_one(self, booking_id: str) -> tuple[Booking, Campaign]:
        booking = await self._store.booking(booking_id)
        if booking is None:
            raise BookingRefused(BookingFault.UNKNOWN)
        if not booking.is_open:
            raise BookingRefused(BookingFault.OVER)
        return booking, await self._campaign_by_id(booking.campaign_id)

    async def _promised_lead(self, lead_id: str) -> tuple[Lead, Campaign]:
        lead = await self._leads.lead(lead_id)
        if lead is None or not lead.is_callback:
            raise BookingRefused(BookingFault.UNKNOWN)
        return lead, await self._campaign_by_id(lead.campaign_id)

    async def _campaign_by_id(self, campaign_id: str) -> Campaign:
        return next(each for each in await self._leads.campaigns() if each.id == campaign_id)

    async def _tell_lead(self, lead_id: str, event: Promised | PromiseWithdrawn) -> None:
        try:
            await self._leads.tell_lead(lead_id, event)
        except IllegalTransition as busy:
            raise BookingRefused(BookingFault.IN_CALL) from busy
