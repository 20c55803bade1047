"""The time zone of a city: of those that zones are named after, in Russian and in English, by the Unicode CLDR that babel brings. Pure."""

import re
from functools import cache
from zoneinfo import available_timezones

from babel import Locale

_BEFORE = re.compile(r"^(г|гор|город|city of)[. ]\s*")


def zone_of_city(city: str) -> str | None:
    """The zone (IANA) of a city by its name, however it is written; None for one that no zone is named after."""
    return _zones().get(_plain(city))


def _plain(city: str) -> str:
    return " ".join(_BEFORE.sub("", city.strip().casefold().replace("ё", "е")).split())


@cache
def _zones() -> dict[str, str]:
    """A name that two zones share is nobody's."""
    named: dict[str, set[str]] = {}
    for zone in sorted(available_timezones()):
        area, _, city = zone.rpartition("/")
        if area and area.split("/")[0] not in (
            "Etc",
            "SystemV",
            "posix",
            "right",
            "US",
            "Canada",
            "Brazil",
            "Mexico",
            "Chile",
        ):
            named.setdefault(_plain(city.replace("_", " ")), set()).add(zone)
    for language in ("ru", "en"):
        for zone, names in Locale(language).time_zones.items():
            if "city" in names:
                named.setdefault(_plain(names["city"]), set()).add(zone)
    return {name: next(iter(zones)) for name, zones in named.items() if len(zones) == 1}
