"""Booked calls, part of the works: the house's bookings, and the diary as a customer on the telephone asks for it."""

from collections.abc import Callable, Mapping, Sequence
from secrets import token_urlsafe
from zoneinfo import ZoneInfo

from .dialer.booking import Booking, BookingFault, BookingRefused, BookingSource
from .dialer.booking_diary import Diary
from .dialer.booking_limits import DAY, BookingRules
from .dialer.booking_slots import slot_of
from .dialer.booking_store import BookingStore
from .dialer.bookings import Bookings, Wish
from .dialer.calling_hours import zone_of
from .dialer.store import DialerStore
from .queue.desk import Desk
from .queue.store import QueueStore
from .storage.clock import Clock
from .storage.ids import random_ids
from .storage.settings import Settings
from .telephony.booking_by_phone import Booked, Refusal, Refused, Slot
from .telephony.spoken import days_from

REFUSALS: Mapping[BookingFault, Refusal] = {
    BookingFault.BAD_PHONE: Refusal.NOT_ALLOWED,
    BookingFault.DESTINATION: Refusal.NOT_ALLOWED,
    BookingFault.PAST: Refusal.TAKEN,
    BookingFault.HOURS: Refusal.TAKEN,
    BookingFault.TOO_FAR: Refusal.TAKEN,
    BookingFault.NO_SLOT: Refusal.TAKEN,
    BookingFault.TAKEN: Refusal.TAKEN,
    BookingFault.NOT_SOON: Refusal.TAKEN,
    BookingFault.ALREADY: Refusal.TOO_MANY,
    BookingFault.TOO_MANY: Refusal.TOO_MANY,
    BookingFault.NUMBER_TOO_OFTEN: Refusal.TOO_MANY,
    BookingFault.CLOSED: Refusal.NOT_NOW,
    BookingFault.OVER: Refusal.NOT_NOW,
    BookingFault.IN_CALL: Refusal.NOT_NOW,
    BookingFault.UNKNOWN: Refusal.NOT_NOW,
}
"""What a caller is told of each: another time may do, his number has enough, it is not called from here, or nothing can be booked now."""


def bookings_of(
    store: BookingStore,
    leads: DialerStore,
    desk: Desk,
    journal: QueueStore,
    clock: Clock,
    settings: Settings,
    *,
    key: bytes,
    own: Callable[[], set[str]],
    turned: Callable[[], None],
) -> Bookings:
    """`own` are the site's numbers without their plus signs; `turned` hears of every booking that changed its state."""
    rules = BookingRules(
        countries=settings.callback_countries,
        per_asker=settings.callback_per_address,
        per_number=settings.callback_per_number,
        per_day=settings.callback_per_day,
    )
    zone, ahead = settings.time_zone, rules.days_ahead * DAY
    diary = Diary(store, leads, desk, clock, home_zone=zone, ahead=ahead, presence=journal.presence)
    return Bookings(
        store,
        leads,
        diary,
        clock,
        random_ids,
        lambda: token_urlsafe(32),
        home_zone=zone,
        key=key,
        rules=rules,
        own=own,
        turned=turned,
    )


class PhoneBookings:
    """The port of the spoken dialogs (telephony/booking_by_phone.py) over the house's bookings."""

    def __init__(self, bookings: Bookings, clock: Clock, home_zone: str) -> None:
        self._bookings, self._clock, self._home_zone = bookings, clock, home_zone

    async def offers(self, number: str, queue: str) -> Sequence[Slot]:
        zone = zone_of(number, None, self._home_zone)
        days = days_from(self._clock.now().astimezone(ZoneInfo(zone)).date())
        found = [slot for day in days for slot in await self._bookings.offers(zone, day, queue) if slot.free]
        return [Slot(slot.window.starts_at, slot.window.ends_at) for slot in found]

    async def soon(self, queue: str) -> float | None:
        minutes = await self._bookings.soon(queue)
        return None if minutes is None else minutes * 60.0

    async def book(self, number: str, queue: str, slot: Slot | None, language: str, contact: str) -> Booked | Refused:
        wish = Wish(number, queue, BookingSource.PHONE, None if slot is None else slot.starts, language=language)
        try:
            return _told((await self._bookings.book(wish)).booking)
        except BookingRefused as refused:
            return Refused(REFUSALS[refused.fault])

    async def booked_by(self, number: str) -> Booked | None:
        booking = await self._bookings.booked_by(number)
        return None if booking is None else _told(booking)

    async def move(self, booking_id: str, slot: Slot | None) -> Booked | Refused:
        try:
            return _told(await self._bookings.move(booking_id, None if slot is None else slot.starts))
        except BookingRefused as refused:
            return Refused(REFUSALS[refused.fault])

    async def cancel(self, booking_id: str) -> bool:
        try:
            await self._bookings.cancel(booking_id)
        except BookingRefused:
            return False
        return True


def _told(booking: Booking) -> Booked:
    """A window that is no half hour of the clock was asked for as soon as possible."""
    window = booking.window
    is_slot = window == slot_of(window.starts_at)
    return Booked(booking.id, booking.phone, Slot(window.starts_at, window.ends_at) if is_slot else None)
