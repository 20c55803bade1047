"""A campaign's day by the hour: how far through its list it came, and how many it reached. Pure."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..queue.channel import AttemptOutcome

_PERSONS = (AttemptOutcome.PERSON, AttemptOutcome.ABANDONED)


@dataclass(frozen=True, slots=True)
class Hour:
    """From `at` on. `contact_rate`: answered by a person / attempts of this hour that are over; None before the first.

    `penetration` by the end of it (or by now): leads of the day's list that were tried / all of the day's list.
    """

    at: datetime
    attempts: int
    contact_rate: float | None
    penetration: float


@dataclass(frozen=True, slots=True)
class Day:
    """The day's list: the leads that were tried today and those that wait. `penetration` None while it is empty."""

    hours: tuple[Hour, ...]
    tried: int
    listed: int
    penetration: float | None


def day_of(
    midnight: datetime,
    now: datetime,
    attempts: Iterable[tuple[int, AttemptOutcome | None, int]],
    tried: Iterable[tuple[int, bool, int]],
    waiting: int,
) -> Day:
    """`attempts`: hours after midnight, outcome (None: not over), count. `tried`: hour of the first try, whether it waits again, count.

    `waiting`: all leads that wait now. The hours run from the first attempt's to the present one.
    """
    begun, over, persons, first = Counter[int](), Counter[int](), Counter[int](), Counter[int]()
    for hour, outcome, count in attempts:
        begun[hour] += count
        over[hour] += count if outcome is not None else 0
        persons[hour] += count if outcome in _PERSONS else 0
    listed = waiting
    for hour, waits, count in tried:
        first[hour] += count
        listed += 0 if waits else count
    present = int((now - midnight).total_seconds() // 3600)
    hours, so_far = [], 0
    for hour in range(min(begun, default=present + 1), present + 1):
        so_far += first[hour]
        rate = persons[hour] / over[hour] if over[hour] else None
        at = midnight + timedelta(hours=hour)
        hours.append(Hour(at, begun[hour], rate, so_far / listed if listed else 0.0))
    total = sum(first.values())
    return Day(tuple(hours), total, listed, total / listed if listed else None)
