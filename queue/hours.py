"""A queue's opening hours: is it open, and when does it close next? Pure; summer time is the zone's."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .setup import OpeningHours


def is_open(hours: OpeningHours | None, now: datetime) -> bool:
    """Whether the queue is open at `now` (UTC); without hours it always is."""
    if hours is None:
        return True
    local = now.astimezone(ZoneInfo(hours.time_zone))
    span = _span(hours, local)
    return span is not None and span[0] <= now < span[1]


def closes_at(hours: OpeningHours | None, now: datetime) -> datetime | None:
    """When an open queue closes (UTC); None when it is closed, or never closes."""
    if hours is None:
        return None
    span = _span(hours, now.astimezone(ZoneInfo(hours.time_zone)))
    return span[1] if span is not None and span[0] <= now < span[1] else None


def _span(hours: OpeningHours, local: datetime) -> tuple[datetime, datetime] | None:
    """That local day's opening and closing, in UTC; None for a closed day."""
    day = local.date()
    minutes = None if day in hours.holidays else hours.week[day.weekday()]
    if minutes is None:
        return None
    midnight = datetime.combine(day, time(), ZoneInfo(hours.time_zone))
    opens, closes = ((midnight + timedelta(minutes=each)).astimezone(UTC) for each in minutes)
    return opens, closes
