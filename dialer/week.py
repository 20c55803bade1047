"""A campaign's hours: today beside the seven days before, each hour by the site's clock; and how far through its leads it came. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

QUARTER_S = 900
"""Attempts are counted by the quarter of an hour: so finely do the clocks of all zones differ."""
PAST_DAYS = 7
CHANGES_FOR = timedelta(hours=3)
"""An attempt is over by then."""
OPEN_FOR = timedelta(days=1)
"""A quarter with an attempt that is not over is waited for, but no longer than that."""


@dataclass(frozen=True, slots=True)
class Tally:
    """Attempts begun in one quarter (`quarter` full quarters since 1970); those `over`, those answered by `persons`, and those that were
    the `first` of their leads."""

    quarter: int
    attempts: int
    over: int
    persons: int
    first: int

    @property
    def at(self) -> datetime:
        return datetime.fromtimestamp(self.quarter * QUARTER_S, UTC)


@dataclass(frozen=True, slots=True)
class Figures:
    """Sums of some quarters. `contact_rate`: answered by a person / attempts that are over; None before the first."""

    attempts: int = 0
    over: int = 0
    persons: int = 0
    first: int = 0

    @property
    def contact_rate(self) -> float | None:
        return self.persons / self.over if self.over else None

    def plus(self, tally: Tally) -> "Figures":
        return Figures(
            self.attempts + tally.attempts,
            self.over + tally.over,
            self.persons + tally.persons,
            self.first + tally.first,
        )


@dataclass(frozen=True, slots=True)
class HourLine:
    """One hour of the clock: `today`, and the sums of the `PAST_DAYS` days before. `tried`: leads tried by its end today, of all times."""

    hour: int
    today: Figures
    before: Figures
    tried: int


@dataclass(frozen=True, slots=True)
class Week:
    """`lines`: the hours in which anybody was called. `tried`: the leads that were ever called."""

    lines: tuple[HourLine, ...]
    today: Figures
    before: Figures
    tried: int


def quarter_of(at: datetime) -> int:
    return int(at.timestamp()) // QUARTER_S


def settled_to(tallies: Iterable[Tally], now: datetime) -> int:
    """The quarters before this one change no more."""
    waited = quarter_of(now - OPEN_FOR)
    still = (tally.quarter for tally in tallies if tally.quarter >= waited and tally.over < tally.attempts)
    return min(quarter_of(now - CHANGES_FOR), min(still, default=quarter_of(now)))


def first_quarter(now: datetime, home: ZoneInfo) -> int:
    """Where the oldest of the days begins."""
    oldest = now.astimezone(home).date() - timedelta(days=PAST_DAYS)
    return quarter_of(datetime.combine(oldest, time(), home))


def week_of(tallies: Iterable[Tally], tried_before: int, now: datetime, home: ZoneInfo) -> Week:
    """`tallies`: those of the days; `tried_before`: the leads that were called before the oldest of these."""
    today = now.astimezone(home).date()
    hours: dict[int, tuple[Figures, Figures]] = {}
    all_today, all_before, tried = Figures(), Figures(), tried_before
    for tally in tallies:
        local = tally.at.astimezone(home)
        now_sum, before_sum = hours.get(local.hour, (Figures(), Figures()))
        if local.date() == today:
            hours[local.hour] = now_sum.plus(tally), before_sum
            all_today = all_today.plus(tally)
        else:
            hours[local.hour] = now_sum, before_sum.plus(tally)
            all_before, tried = all_before.plus(tally), tried + tally.first
    lines = []
    for hour, (of_today, of_before) in sorted(hours.items()):
        tried += of_today.first
        lines.append(HourLine(hour, of_today, of_before, tried))
    return Week(tuple(lines), all_today, all_before, tried)
