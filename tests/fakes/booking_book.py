"""A small booking service in memory that keeps the true rules: a slot is taken once, a number books once, what is past is gone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import count

from cordboard.telephony.booking_by_phone import Booked, Refusal, Refused, Slot


@dataclass
class BookingBook:
    """`slots` hold one call each; `soon_s` is told as it stands; `forbidden` begins numbers that are not called."""

    slots: Sequence[Slot]
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    soon_s: float | None = 300.0
    forbidden: str = "+881"
    bookings: dict[str, Booked] = field(default_factory=dict)
    contacts: dict[str, str] = field(default_factory=dict)
    languages: dict[str, str] = field(default_factory=dict)
    _ids: count = field(default_factory=lambda: count(1))  # type: ignore[type-arg]

    async def offers(self, number: str, queue: str) -> Sequence[Slot]:
        taken = {booked.slot for booked in self.bookings.values()}
        return [slot for slot in self.slots if slot not in taken and slot.starts > self.now()]

    async def soon(self, queue: str) -> float | None:
        return self.soon_s

    async def book(self, number: str, queue: str, slot: Slot | None, language: str, contact: str) -> Booked | Refused:
        if contact in self.contacts:
            return self.bookings[self.contacts[contact]]
        if number.startswith(self.forbidden):
            return Refused(Refusal.NOT_ALLOWED)
        if await self.booked_by(number) is not None:
            return Refused(Refusal.TOO_MANY)
        if not await self._is_free(number, queue, slot):
            return Refused(Refusal.TAKEN)
        booked = Booked(f"booking-{next(self._ids)}", number, slot)
        self.bookings[booked.id] = booked
        self.contacts[contact] = booked.id
        self.languages[booked.id] = language
        return booked

    async def booked_by(self, number: str) -> Booked | None:
        return next((booked for booked in self.bookings.values() if booked.number == number), None)

    async def move(self, booking_id: str, slot: Slot | None) -> Booked | Refused:
        if booking_id not in self.bookings or not await self._is_free(self.bookings[booking_id].number, "", slot):
            return Refused(Refusal.TAKEN)
        self.bookings[booking_id] = replace(self.bookings[booking_id], slot=slot)
        return self.bookings[booking_id]

    async def cancel(self, booking_id: str) -> bool:
        return self.bookings.pop(booking_id, None) is not None

    async def _is_free(self, number: str, queue: str, slot: Slot | None) -> bool:
        return self.soon_s is not None if slot is None else slot in await self.offers(number, queue)


def half_hours(first: datetime, how_many: int) -> list[Slot]:
    """Slots one after the other, from `first` (UTC) on."""
    each = timedelta(minutes=30)
    return [Slot(first + number * each, first + (number + 1) * each) for number in range(how_many)]
