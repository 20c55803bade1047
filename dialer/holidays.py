"""Days on which a site does not call, or calls at other hours: by country, by zone, or everywhere. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import cache
from zoneinfo import available_timezones

from babel import Locale
from babel.core import get_global

EVERYWHERE = "*"
MOST_NAME = 80


@dataclass(frozen=True, slots=True)
class Holiday:
    """`place`: a country ("RU"), a time zone ("Asia/Omsk"), or "*" for everywhere. `day` begins and ends at the customer's midnight."""

    place: str
    day: date
    name: str = ""


class HolidayRefused(ValueError):
    """No such place, or a name that is too long; `field` names what is wrong."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field
        self.reason = reason


class Holidays:
    """The days that a site keeps."""

    def __init__(self, kept: Iterable[Holiday] = ()) -> None:
        self._days = frozenset((each.place, each.day) for each in kept)

    def on(self, zone: str, day: date) -> bool:
        """Whether it is a holiday in `zone` (IANA)."""
        return bool(self._days) and any((place, day) in self._days for place in (EVERYWHERE, zone, country_of(zone)))


NO_HOLIDAYS = Holidays()


def country_of(zone: str) -> str:
    """The country that the zone lies in ("RU"); "" when it is none's, as UTC is."""
    found = get_global("zone_territories").get(zone, "")
    return str(found) if len(str(found)) == 2 else ""


@cache
def countries() -> frozenset[str]:
    return frozenset(code for code in map(str, Locale("en").territories) if len(code) == 2 and code.isalpha())


def checked(holiday: Holiday) -> Holiday:
    """Raises HolidayRefused."""
    place = holiday.place.strip()
    if len(holiday.name) > MOST_NAME:
        raise HolidayRefused("name", "the name is too long")
    if place != EVERYWHERE and place.upper() not in countries() and place not in available_timezones():
        raise HolidayRefused("place", "no such country or time zone")
    return Holiday(place.upper() if len(place) == 2 else place, holiday.day, holiday.name.strip())
