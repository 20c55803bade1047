"""When a call can be booked: half hours of the clock, in the customer's hours, and how many calls each can take. Pure.

Slots are cut from UTC, so that a slot is the same half hour for whoever books it, in whatever zone, and a change of clocks neither
doubles nor loses one.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ..queue.expectation import expected_wait_s
from ..queue.journal import PresenceEntry
from .booking import Window
from .calling_hours import CallingHours, allowed
from .holidays import NO_HOLIDAYS, Holidays

SLOT = timedelta(minutes=30)
NOTICE = timedelta(minutes=10)
"""A slot that begins sooner is not offered: who reads the page and types his number would come too late."""
SHARE = 0.5
"""Of the operators' time in a slot, what may be promised away; the rest is for those who call us meanwhile."""
LOOK_BACK = timedelta(days=28)
TIMES_SEEN = 2
"""An hour of the week is believed when the journal has seen it so often."""

MIN_HANDLE_S = 60.0
"""However short the last talks were, no more is promised than talks of this length leave room for."""
SOON_LIMIT_MIN = 60
"""A longer wait is not "as soon as possible"; its customer chooses a time."""

HourOfWeek = tuple[int, int]
"""Weekday (Monday 0) and hour, on the site's own clock."""


@dataclass(frozen=True, slots=True)
class Slot:
    """`places` calls can be promised in it, `taken` are."""

    window: Window
    places: int
    taken: int

    @property
    def free(self) -> int:
        return max(0, self.places - self.taken)


def slot_of(instant: datetime) -> Window:
    """The slot that holds the instant."""
    seconds = int(instant.timestamp()) // int(SLOT.total_seconds()) * int(SLOT.total_seconds())
    starts = datetime.fromtimestamp(seconds, UTC)
    return Window(starts, starts + SLOT)


def slots_of_day(
    day: date, zone: str, hours: CallingHours, now: datetime, holidays: Holidays = NO_HOLIDAYS
) -> list[Window]:
    """The slots of a day on the customer's wall that lie whole inside his hours and are still to come, the earliest first."""
    midnight, next_midnight = (
        datetime.combine(each, time(), ZoneInfo(zone)).astimezone(UTC) for each in (day, day + timedelta(days=1))
    )
    found, window = [], slot_of(midnight)
    while window.starts_at < next_midnight:
        if window.starts_at >= midnight and window.starts_at >= now + NOTICE and fits(window, zone, hours, holidays):
            found.append(window)
        window = Window(window.ends_at, window.ends_at + SLOT)
    return found


def fits(window: Window, zone: str, hours: CallingHours, holidays: Holidays = NO_HOLIDAYS) -> bool:
    """Whether a call may be placed from the window's first minute to its last."""
    last = window.ends_at - timedelta(minutes=1)
    return all(allowed(minute, zone, hours, holidays)[0] for minute in (window.starts_at, last))


def places(on_line: float, handle_s: float) -> int:
    """How many calls `on_line` operators can be promised to in one slot, when one takes `handle_s`; at least one where anybody works."""
    if on_line < SHARE:
        return 0
    return max(1, int(on_line * SLOT.total_seconds() / max(handle_s, MIN_HANDLE_S) * SHARE))


def usual_crew(changes: Sequence[PresenceEntry], until: datetime, zone: str) -> Mapping[HourOfWeek, float]:
    """How many agents were at work on average, by hour of the week, for each hour that was seen whole at least TIMES_SEEN times.

    `changes` in any order; the first one begins what was seen, `until` ends it.
    """
    if not changes:
        return {}
    ordered = sorted(changes, key=lambda change: change.at)
    seen: Counter[HourOfWeek] = Counter()
    for hour in _hours(ordered[0].at, until):
        seen[_hour_of_week(hour, zone)] += 1
    worked: dict[HourOfWeek, float] = dict.fromkeys(seen, 0.0)
    for starts, ends in _spans(ordered, until):
        for hour in _touched(starts, ends):
            key = _hour_of_week(hour, zone)
            if key in worked:
                inside = min(ends, hour + timedelta(hours=1)) - max(starts, hour)
                worked[key] += inside.total_seconds() / 3600
    return {key: worked[key] / seen[key] for key in worked if seen[key] >= TIMES_SEEN}


def on_line_at(instant: datetime, usual: Mapping[HourOfWeek, float], otherwise: float, zone: str) -> float:
    """How many operators to reckon with then: as the journal has seen that hour, else `otherwise`."""
    return usual.get(_hour_of_week(instant, zone), otherwise)


def soon_min(waiting: int, owed: int, free: int, at_work: int, handle_s: float) -> int | None:
    """In how many minutes one who asks now is called: behind those who wait and the calls that are owed already. None: not soon."""
    ahead = waiting + owed
    if at_work <= 0:
        return None
    if free > ahead:
        return 1
    wait_s = expected_wait_s(ahead - free + 1, handle_s, at_work) or 0.0
    minutes = max(1, -int(-wait_s // 60))
    return minutes if minutes <= SOON_LIMIT_MIN else None


def with_places(
    windows: Iterable[Window],
    places_of: Callable[[Window], int],
    taken: Iterable[datetime],
    by_hand: Mapping[datetime, int],
) -> list[Slot]:
    """The slots with what they can take. `taken`: when each promised call falls due. `by_hand`: what a supervisor set, by beginning."""
    counted = Counter(slot_of(at).starts_at for at in taken)
    return [
        Slot(
            window,
            by_hand[window.starts_at] if window.starts_at in by_hand else places_of(window),
            counted[window.starts_at],
        )
        for window in windows
    ]


def _spans(ordered: Sequence[PresenceEntry], until: datetime) -> Iterable[tuple[datetime, datetime]]:
    """Each stretch of work of each agent."""
    since: dict[str, datetime] = {}
    for change in ordered:
        if change.at_work:
            since.setdefault(change.agent_id, change.at)
        elif (began := since.pop(change.agent_id, None)) is not None:
            yield began, change.at
    for began in since.values():
        if began < until:
            yield began, until


def _hours(since: datetime, until: datetime) -> Iterable[datetime]:
    """The whole hours between."""
    hour = since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    hour += timedelta(hours=0 if hour == since else 1)
    while hour + timedelta(hours=1) <= until:
        yield hour
        hour += timedelta(hours=1)


def _touched(starts: datetime, ends: datetime) -> Iterable[datetime]:
    hour = starts.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    while hour < ends:
        yield hour
        hour += timedelta(hours=1)


def _hour_of_week(instant: datetime, zone: str) -> HourOfWeek:
    local = instant.astimezone(ZoneInfo(zone))
    return local.weekday(), local.hour
