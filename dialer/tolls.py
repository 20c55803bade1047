"""What calls may cost, and where they may go at all, as the dialer needs to know it. Pure.

The rules themselves are telephony's (telephony/rules.py fits `TollRules`); the account of the day is the dialer's.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

LEAST_S = 60.0
"""A call that is open counts for a minute at least: so many calls begun at once do not leap over a cap together."""


class TollRules(Protocol):
    """Where calls may go and what they cost."""

    @property
    def seconds_a_day(self) -> float | None:
        """The most talk in a day at the site (s); None: no limit."""
        ...

    @property
    def kopecks_a_day(self) -> int | None:
        """The most that a day's calls may cost; None: no limit."""
        ...

    def may_dial(self, number: str) -> bool:
        """Whether the number (E.164) may be dialed at all."""
        ...

    def cost(self, number: str, seconds: float) -> int:
        """What a talk of that length costs (kopecks)."""
        ...


class FreeLine:
    """No rules: for a carrier that keeps its own."""

    seconds_a_day: float | None = None
    kopecks_a_day: int | None = None

    def may_dial(self, number: str) -> bool:
        return True

    def cost(self, number: str, seconds: float) -> int:
        return 0


@dataclass(frozen=True, slots=True)
class Spent:
    """Of a day: talk (s) and its price."""

    seconds: float = 0.0
    kopecks: int = 0

    def with_call(self, rules: TollRules, number: str, seconds: float) -> "Spent":
        return Spent(self.seconds + seconds, self.kopecks + rules.cost(number, seconds))


def keeps_account(rules: TollRules) -> bool:
    return rules.seconds_a_day is not None or rules.kopecks_a_day is not None


def capped(rules: TollRules, spent: Spent) -> bool:
    """Whether so much is all that a day may take."""
    most_s, most_kopecks = rules.seconds_a_day, rules.kopecks_a_day
    return (most_s is not None and spent.seconds >= most_s) or (
        most_kopecks is not None and spent.kopecks >= most_kopecks
    )


def day_of(at: datetime, home_zone: str) -> date:
    return at.astimezone(ZoneInfo(home_zone)).date()


def next_day(at: datetime, home_zone: str) -> datetime:
    """The midnight at the site that ends the day of `at`."""
    return datetime.combine(day_of(at, home_zone) + timedelta(days=1), time(), ZoneInfo(home_zone))
