"""When a customer may be called: by the clock on his own wall. Pure."""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from phonenumbers import timezone as number_zones

DAY_MIN = 24 * 60


@dataclass(frozen=True, slots=True)
class CallingHours:
    """Minutes after local midnight: from `opens_min` on, before `closes_min`. 0 to 1440 is round the clock.

    Raises ValueError unless 0 <= opens < closes <= 1440.
    """

    opens_min: int = 9 * 60
    closes_min: int = 21 * 60

    def __post_init__(self) -> None:
        if not 0 <= self.opens_min < self.closes_min <= DAY_MIN:
            raise ValueError("calling hours open before they close, within one day")


def zone_of(phone: str, customer_zone: str | None, home_zone: str) -> str:
    """The customer's zone: what is known of him; else what his number tells; else ours.

    A mobile number may belong to a whole country: then our own zone if it is one of them, else the middle one (by January's clock).
    """
    if customer_zone and _is_zone(customer_zone):
        return customer_zone
    zones = [zone for zone in number_zones.time_zones_for_number(phonenumbers.parse(phone)) if _is_zone(zone)]
    if not zones or home_zone in zones:
        return home_zone
    winter = datetime(2025, 1, 15, tzinfo=UTC)
    zones.sort(key=lambda zone: (winter.astimezone(ZoneInfo(zone)).utcoffset() or timedelta(), zone))
    return zones[len(zones) // 2]


def allowed(now: datetime, zone: str, hours: CallingHours) -> tuple[bool, datetime]:
    """Whether a call may be placed at `now`, and from when on it may (UTC; `now` itself if it may)."""
    if _open_at(now, zone, hours):
        return True, now
    local = now.astimezone(ZoneInfo(zone))
    opens = time(hours.opens_min // 60, hours.opens_min % 60)
    for days in range(3):
        opening = datetime.combine(local.date() + timedelta(days=days), opens, ZoneInfo(zone)).astimezone(UTC)
        # An opening minute that the change of clocks skips is moved by an hour, and may then lie outside the hours.
        if opening > now and _open_at(opening, zone, hours):
            return False, opening
    raise ValueError(f"the calling hours never open in {zone}")


def _open_at(instant: datetime, zone: str, hours: CallingHours) -> bool:
    local = instant.astimezone(ZoneInfo(zone))
    return hours.opens_min <= local.hour * 60 + local.minute < hours.closes_min


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
