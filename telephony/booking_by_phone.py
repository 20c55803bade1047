"""Booking a call back by telephone: what is said, what is asked, and what comes of it. Pure over a caller and the house.

Nothing is booked before he has heard it said back and has pressed one; whoever hangs up before that has booked nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from .announcing import said_minutes
from .dialog import TIMES_ASKED, Caller, NoAnswer
from .spoken import day_words, days_from, delay_words, digits_words, key_words, span_words

SLOTS_A_PAGE = 4
AGREED, SOON, MORE, BACK = "1", "1", "9", "0"
_DAY_KEYS = (("2", "call-today"), ("3", "call-tomorrow"), ("4", "call-day-after"))


@dataclass(frozen=True, slots=True)
class Slot:
    """A time in which we may call: [starts, ends), in UTC."""

    starts: datetime
    ends: datetime


class Refusal(StrEnum):
    """Why a call was not booked. TAKEN: the slot is full, or past; another may do. NOT_NOW: nobody could book or move it now, and his
    number is not to blame."""

    TAKEN = "taken"
    TOO_MANY = "too_many"
    NOT_ALLOWED = "not_allowed"
    NOT_NOW = "not_now"


@dataclass(frozen=True, slots=True)
class Booked:
    """A call that is booked. `slot` None: as soon as possible."""

    id: str
    number: str
    slot: Slot | None


@dataclass(frozen=True, slots=True)
class Refused:
    reason: Refusal


class Booking(Protocol):
    """The service behind the dialogs, in the engine's loop. Numbers are E.164, `queue` is a code, `contact` the caller's contact."""

    async def offers(self, number: str, queue: str) -> Sequence[Slot]:
        """The slots that are free for this number, earliest first."""
        ...

    async def soon(self, queue: str) -> float | None:
        """In how many seconds a call "as soon as possible" would come; None while that cannot be booked."""
        ...

    async def book(self, number: str, queue: str, slot: Slot | None, language: str, contact: str) -> Booked | Refused:
        """`slot` None: as soon as possible, which may become a slot. A number that has a booking is refused."""
        ...

    async def booked_by(self, number: str) -> Booked | None:
        """The booking of this number that is still to be kept."""
        ...

    async def move(self, booking_id: str, slot: Slot | None) -> Booked | Refused: ...

    async def cancel(self, booking_id: str) -> bool:
        """False when there is none such any more."""
        ...


class House(Protocol):
    """`Booking` for one caller, as his dialog's thread asks it. Every method raises HouseSilent when no answer came in time."""

    def offers(self, number: str) -> Sequence[Slot]: ...

    def soon(self) -> float | None: ...

    def book(self, number: str, slot: Slot | None, language: str) -> Booked | Refused: ...

    def booked_by(self, number: str) -> Booked | None: ...

    def move(self, booking_id: str, slot: Slot | None) -> Booked | Refused: ...

    def cancel(self, booking_id: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Visit:
    """Who calls: `number` E.164, "" when he hides it. `waits`: he stands in the queue, and goes back there when nothing is booked.

    `to_e164` reads a typed number ("" when it is none), `zone_of` names a number's time zone, `clock` tells the instant (UTC).
    """

    number: str
    waits: bool
    to_e164: Callable[[str], str]
    zone_of: Callable[[str], str]
    clock: Callable[[], datetime]


class Outcome(StrEnum):
    """BOOKED also when he has moved it: he is called, and need not wait."""

    BOOKED = "booked"
    CANCELLED = "cancelled"
    NOTHING = "nothing"


class _BackToQueue(Exception):
    """He would rather wait."""


_REFUSED = {Refusal.TOO_MANY: "too-many-bookings", Refusal.NOT_ALLOWED: "bad-number", Refusal.NOT_NOW: "cannot-book"}


def book_by_phone(caller: Caller, house: House, visit: Visit) -> Outcome:
    """The whole dialog. Raises CallerGone, NoAnswer and HouseSilent; then nothing was booked by it."""
    try:
        booked = house.booked_by(visit.number) if visit.number else None
        if booked is not None:
            return _move_or_cancel(caller, house, visit, booked)
        number = _confirm_number(caller, visit)
        return _settle(caller, house, visit, number, lambda slot: house.book(number, slot, caller.language), "booked")
    except _BackToQueue:
        return Outcome.NOTHING


def _move_or_cancel(caller: Caller, house: House, visit: Visit, booked: Booked) -> Outcome:
    when = ("booked-soon",) if booked.slot is None else _when_words(booked.slot, booked.number, caller, visit)
    words, keys = _with_way_back(visit, ["booked-already", *when, "move-or-cancel"], "12")
    key = caller.ask(*words, keys=keys)
    if key == BACK:
        raise _BackToQueue
    if key == "1":
        return _settle(caller, house, visit, booked.number, lambda slot: house.move(booked.id, slot), "moved")
    house.cancel(booked.id)  # whether it was there still or had gone already, there is none now
    caller.say("cancelled")
    return Outcome.CANCELLED


def _confirm_number(caller: Caller, visit: Visit) -> str:
    """Said digit by digit until he agrees. Raises NoAnswer after TIMES_ASKED numbers."""
    number = visit.number
    for tries_left in reversed(range(TIMES_ASKED + 1)):
        said = ("call-to-number", *digits_words(number), "number-or-other") if number else ("type-number",)
        if number or tries_left:
            typed = caller.ask_number(*said)
            if number and typed == AGREED:
                return number
            number = visit.to_e164(typed)
            if not number:
                caller.lead_in("bad-number")
    raise NoAnswer


def _settle(
    caller: Caller,
    house: House,
    visit: Visit,
    number: str,
    make: Callable[[Slot | None], Booked | Refused],
    done: str,
) -> Outcome:
    """Choose a time, hear it said back, confirm; as often as it takes, TIMES_ASKED times at most."""
    for _ in range(TIMES_ASKED):
        slot, when = _choose(caller, house, visit, number)
        if caller.ask(*when, "on-number", *digits_words(number), "confirm-or-change", keys="12") != AGREED:
            continue
        made = make(slot)
        if isinstance(made, Booked):
            caller.say(done)
            return Outcome.BOOKED
        if made.reason is not Refusal.TAKEN:
            caller.say(_REFUSED[made.reason])
            return Outcome.NOTHING
        caller.lead_in("time-taken")
    raise NoAnswer


def _choose(caller: Caller, house: House, visit: Visit, number: str) -> tuple[Slot | None, tuple[str, ...]]:
    """The slot he wants, or None for as soon as possible, with the words that say it back."""
    while True:
        days = _by_day(house.offers(number), ZoneInfo(visit.zone_of(number)), visit.clock())
        soon_s = house.soon()
        delay = () if soon_s is None else _delay(soon_s, caller.language)
        choices = {} if soon_s is None else {SOON: ("call-soon", *delay)}
        choices |= {key: (name,) for (key, name), slots in zip(_DAY_KEYS, days, strict=True) if slots}
        if not choices:
            caller.say("no-times")
            raise _BackToQueue
        menu = [word for key, words in choices.items() for word in (*words, key_words(key))]
        words, keys = _with_way_back(visit, menu, "".join(choices))
        key = caller.ask(*words, keys=keys)
        if key == BACK:
            raise _BackToQueue
        if key == SOON:
            return None, ("we-call-soon", *delay)
        slot = _choose_slot(caller, visit, number, days[[each for each, _ in _DAY_KEYS].index(key)])
        if slot is not None:
            return slot, ("we-call", *_when_words(slot, number, caller, visit))


def _choose_slot(caller: Caller, visit: Visit, number: str, slots: Sequence[Slot]) -> Slot | None:
    """One of a day's slots, read out a few at a time; None for another day."""
    zone = ZoneInfo(visit.zone_of(number))
    pages = [slots[first : first + SLOTS_A_PAGE] for first in range(0, len(slots), SLOTS_A_PAGE)]
    more = ("later-times", key_words(MORE)) if len(pages) > 1 else ()
    caller.lead_in("free-times")
    turned = 0
    while True:
        page = pages[turned % len(pages)]
        here = [
            (
                *span_words(slot.starts.astimezone(zone), slot.ends.astimezone(zone), caller.language),
                key_words(str(key)),
            )
            for key, slot in enumerate(page, 1)
        ]
        keys = "".join(str(key) for key in range(1, len(page) + 1)) + (MORE if more else "") + BACK
        key = caller.ask(*(word for words in here for word in words), *more, "other-day", key_words(BACK), keys=keys)
        if key == BACK:
            return None
        if key != MORE:
            return page[int(key) - 1]
        turned += 1


def _by_day(slots: Sequence[Slot], zone: ZoneInfo, now: datetime) -> list[list[Slot]]:
    """The slots of today and the next two days, as his calendar has them; what has begun is no offer."""
    days: dict[date, list[Slot]] = {day: [] for day in days_from(now.astimezone(zone).date())}
    for slot in sorted(slots, key=lambda each: each.starts):
        day = slot.starts.astimezone(zone).date()
        if day in days and slot.starts > now:
            days[day].append(slot)
    return list(days.values())


def _when_words(slot: Slot, number: str, caller: Caller, visit: Visit) -> tuple[str, ...]:
    """The day and the time of a slot, by the customer's clock."""
    zone = ZoneInfo(visit.zone_of(number))
    starts, ends = slot.starts.astimezone(zone), slot.ends.astimezone(zone)
    today = visit.clock().astimezone(zone).date()
    return (*day_words(starts.date(), today, caller.language), *span_words(starts, ends, caller.language))


def _delay(soon_s: float, language: str) -> tuple[str, ...]:
    """A delay that nobody would believe is not told."""
    minutes = said_minutes(soon_s)
    return () if minutes is None else delay_words(minutes, language)


def _with_way_back(visit: Visit, words: list[str], keys: str) -> tuple[list[str], str]:
    """Whoever waits may go back to the queue."""
    return ([*words, "back-to-queue", key_words(BACK)], keys + BACK) if visit.waits else (words, keys)
