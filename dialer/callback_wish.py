"""A customer's wish to be called back, against the diary: the half hours in his window that can still be promised."""

from collections.abc import Awaitable, Callable
from datetime import date

from .booking_slots import Slot
from .spoken_time import Span

Offers = Callable[[str, date, str], Awaitable[list[Slot]]]
"""The slots of a day on the customer's wall: zone, day, queue (bookings.py `offers` fits)."""

MOST_LOOKED_AT = 7


async def free_slots(offers: Offers, queue: str, span: Span, limit: int = 8) -> list[Slot]:
    """The earliest first; none when nothing is free then, or nobody may call at that hour."""
    found: list[Slot] = []
    for day in list(span.days)[:MOST_LOOKED_AT]:
        slots = await offers(span.zone, day, queue)
        found += [slot for slot in slots if slot.free and span.holds(slot.window.starts_at)]
        if len(found) >= limit:
            break
    return found[:limit]
