"""When a customer may be called: by the clock on his own wall. Pure."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone as number_zones

from .bad_knob import BadKnob
from .cities import zone_of_city
from .holidays import NO_HOLIDAYS, Holidays

DAY_MIN = 24 * 60
WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOLIDAYS = "holidays"
CLOSED = "closed"
LOOK_AHEAD_DAYS = 370
_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)")


@dataclass(frozen=True, slots=True)
class CallingHours:
    """Minutes after local midnight: from `opens_min` on, before `closes_min`. 0 to 1440 is round the clock.

    A weekday, and a holiday that the site keeps (holidays.py), may have hours of its own: "10:00-18:00", "closed", or "" for those above.
    Raises ValueError unless 0 <= opens < closes <= 1440, and for a day that is written otherwise.
    """

    opens_min: int = 9 * 60
    closes_min: int = 21 * 60
    mon: str = ""
    tue: str = ""
    wed: str = ""
    thu: str = ""
    fri: str = ""
    sat: str = ""
    sun: str = ""
    holidays: str = CLOSED

    def __post_init__(self) -> None:
        if not 0 <= self.opens_min < self.closes_min <= DAY_MIN:
            raise BadKnob("opens_min", "calling hours open before they close, within one day")
        for name in (*WEEKDAYS, HOLIDAYS):
            self._span(name)

    def on(self, day: date, is_holiday: bool) -> tuple[int, int] | None:
        """The minutes of that day, or None when nobody is called on it. The hours of a holiday go before those of its weekday."""
        if is_holiday and self.holidays:
            return self._span(HOLIDAYS)
        return self._span(WEEKDAYS[day.weekday()])

    def ever_open(self) -> bool:
        return any(self._span(name) is not None for name in WEEKDAYS)

    def _span(self, name: str) -> tuple[int, int] | None:
        text = str(getattr(self, name))
        if text == CLOSED:
            return None
        if not text:
            return self.opens_min, self.closes_min
        found = _SPAN.fullmatch(text)
        opens, closes = (int(found[1]) * 60 + int(found[2]), int(found[3]) * 60 + int(found[4])) if found else (0, 0)
        if not opens < closes <= DAY_MIN:
            raise BadKnob(name, 'the hours of a day are written as 10:00-18:00 or as "closed"')
        return opens, closes


def zone_of(phone: str, customer_zone: str | None, home_zone: str, city: str = "") -> str:
    """The customer's zone: what is known of him; else that of his city; else what his number tells; else ours.

    A mobile number may belong to a whole country: then our own zone if it is one of them, else the middle one (by January's clock).
    """
    if customer_zone and _is_zone(customer_zone):
        return customer_zone
    at_home = zone_of_city(city) if city else None
    if at_home and _is_zone(at_home):
        return at_home
    return zone_among(tuple(number_zones.time_zones_for_number(phonenumbers.parse(phone))), home_zone)


@lru_cache(maxsize=4096)
def zone_among(told: tuple[str, ...], home_zone: str) -> str:
    """Which of the zones that a number's prefix tells is taken for its own."""
    zones = [zone for zone in told if _is_zone(zone)]
    if not zones or home_zone in zones:
        return home_zone
    winter = datetime(2025, 1, 15, tzinfo=UTC)
    zones.sort(key=lambda zone: (winter.astimezone(ZoneInfo(zone)).utcoffset() or timedelta(), zone))
    return zones[len(zones) // 2]


def allowed(now: datetime, zone: str, hours: CallingHours, holidays: Holidays = NO_HOLIDAYS) -> tuple[bool, datetime]:
    """Whether a call may be placed at `now`, and from when on it may (UTC; `now` itself if it may). Raises ValueError if never."""
    if _open_at(now, zone, hours, holidays):
        return True, now
    today = now.astimezone(ZoneInfo(zone)).date()
    for days in range(LOOK_AHEAD_DAYS):
        day = today + timedelta(days=days)
        span = hours.on(day, holidays.on(zone, day))
        if span is None:
            continue
        opens = time(span[0] // 60, span[0] % 60)
        opening = datetime.combine(day, opens, ZoneInfo(zone)).astimezone(UTC)
        # An opening minute that the change of clocks skips is moved by an hour, and may then lie outside the hours.
        if opening > now and _open_at(opening, zone, hours, holidays):
            return False, opening
    raise ValueError(f"the calling hours never open in {zone}")


def closes(now: datetime, zone: str, hours: CallingHours, holidays: Holidays = NO_HOLIDAYS) -> datetime | None:
    """When the hours that are open at `now` end (UTC); None while they are closed."""
    if not _open_at(now, zone, hours, holidays):
        return None
    today = now.astimezone(ZoneInfo(zone)).date()
    span = hours.on(today, holidays.on(zone, today))
    if span is None:
        return None
    day = today + timedelta(days=span[1] // DAY_MIN)
    end = time(span[1] % DAY_MIN // 60, span[1] % 60)
    return datetime.combine(day, end, ZoneInfo(zone)).astimezone(UTC)


def _open_at(instant: datetime, zone: str, hours: CallingHours, holidays: Holidays) -> bool:
    local = instant.astimezone(ZoneInfo(zone))
    span = hours.on(local.date(), holidays.on(zone, local.date()))
    return span is not None and span[0] <= local.hour * 60 + local.minute < span[1]


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
