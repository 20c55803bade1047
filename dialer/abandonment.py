"""How many customers may answer to nobody: a hard bound, counted from the attempts, so that it outlives a restart. Pure.

    rate = (abandoned + false machine verdicts) / (answered by persons + false machine verdicts)

Abandoned is who answered and had no operator within `PROMISE_S`. False machine verdicts are told by nobody: they are the share
`false_machine` of all verdicts. A call without a reserved operator may be placed only while, even if all such calls in flight were answered
and abandoned, the rate would be within the limit. Then no order of answers, failures and talks of such calls can break it: each of them
takes as much from what was feared as it adds to what happened. An attempt belongs to the window in which it was begun.
"""

from bisect import bisect_left, bisect_right
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from .bad_knob import BadKnob

PROMISE_S = 2.0
CALL_LIFE = timedelta(minutes=4)
"""An attempt is decided by then: the longest ring, the promise, and what wires need."""
WHOLE = 10_000
MAX_LIMIT = 0.1
KEPT = timedelta(days=31)
CORRECTABLE = 10_000


class Window(StrEnum):
    """The site's calendar day, the last 24 h, or successive periods of 30 days since the campaign (of a group: the oldest) was made."""

    DAY = "day"
    ROLLING_DAY = "24h"
    MONTH = "30d"


class Verdict(StrEnum):
    """What an attempt means for the rate."""

    SERVED = "served"
    ABANDONED = "abandoned"
    MACHINE = "machine"


PRESETS: Mapping[str, tuple[float, Window]] = {
    "ru": (0.03, Window.DAY),
    "us-ftc": (0.03, Window.MONTH),
    "uk-ofcom": (0.03, Window.DAY),
}
"""Limit and window by jurisdiction (shared/facts/dialer.md 1d). Russian law names none: ours is the usual 3 % of a day."""


@dataclass(frozen=True, slots=True)
class Cap:
    """`limit` and `false_machine` are shares of 1. Campaigns of one `group` are bound together as well. Raises ValueError."""

    jurisdiction: str = "ru"
    limit: float = 0.03
    window: str = Window.DAY.value
    false_machine: float = 0.0
    group: str = ""

    def __post_init__(self) -> None:
        if self.jurisdiction not in ("", *PRESETS):
            raise BadKnob("jurisdiction", f"a jurisdiction is one of {', '.join(PRESETS)}, or empty")
        if not 0 <= self.limit <= MAX_LIMIT:
            raise BadKnob("limit", f"the limit is a share from 0 to {MAX_LIMIT}")
        if not 0 <= self.false_machine <= 1:
            raise BadKnob("false_machine", "the share of false machine verdicts is from 0 to 1")
        if len(self.group) > 40:
            raise BadKnob("group", "a group's name has 40 letters at most")
        if self.window not in list(Window):
            raise BadKnob("window", f"a window is one of {', '.join(Window)}")


@dataclass(frozen=True, slots=True)
class Counts:
    """`answered` by persons, those `abandoned` among them; `machines` are the verdicts of detection."""

    answered: int = 0
    abandoned: int = 0
    machines: int = 0


def verdict(
    *,
    machine: bool,
    answered_at: datetime | None,
    connected_at: datetime | None,
    abandoned: bool,
    reserved: bool,
    told: bool,
) -> Verdict | None:
    """What an attempt that is decided means; None for one that nobody answered, or was `told` a message as it was meant to.

    `abandoned`: the desk or the dialplan says so. Without a reserved operator who answered and met none was abandoned, whatever is said.
    """
    if machine:
        return Verdict.MACHINE
    if answered_at is None or told:
        return None
    late = connected_at is not None and (connected_at - answered_at).total_seconds() > PROMISE_S
    unmet = connected_at is None and not reserved
    return Verdict.ABANDONED if abandoned or late or unmet else Verdict.SERVED


def rate(counts: Counts, cap: Cap) -> float | None:
    """The share of persons who were abandoned; None before the first person."""
    feared, answered = _units(counts, cap)
    return feared / answered if answered else None


def room(counts: Counts, unreserved_in_flight: int, cap: Cap) -> int:
    """How many more calls may be placed without a reserved operator."""
    feared, answered = _units(counts, cap)
    limit = round(cap.limit * WHOLE)
    # (feared + m) / (answered + m) <= limit, for m = all in flight, the new ones among them
    most = (limit * answered - WHOLE * feared) // (WHOLE * (WHOLE - limit))
    return max(0, most - unreserved_in_flight)


def _units(counts: Counts, cap: Cap) -> tuple[int, int]:
    """Abandoned and answered in ten-thousandths of a person, so that no sum is rounded."""
    false = round(cap.false_machine * WHOLE) * counts.machines
    return counts.abandoned * WHOLE + false, counts.answered * WHOLE + false


def window_start(cap: Cap, now: datetime, home: ZoneInfo, anchor: datetime) -> datetime:
    """Since when attempts count. `anchor`: when the campaign was made; `home`: the site's zone."""
    match Window(cap.window):
        case Window.DAY:
            return datetime.combine(now.astimezone(home).date(), time(), home)
        case Window.ROLLING_DAY:
            return now - timedelta(days=1)
        case Window.MONTH:
            period = timedelta(days=30)
            return anchor + period * ((now - anchor) // period)


@dataclass(frozen=True, slots=True)
class Scope:
    """One bound that a campaign stands under: its own, or one of its group's."""

    campaign_ids: tuple[str, ...]
    cap: Cap
    anchor: datetime


class Capped(Protocol):
    """A campaign, as its bounds see it."""

    @property
    def id(self) -> str: ...

    @property
    def cap(self) -> Cap: ...

    @property
    def created_at(self) -> datetime: ...


def scopes_of(campaign: Capped, campaigns: Iterable[Capped]) -> list[Scope]:
    """The campaign's own bound and, in a group, the bound of each member over all of them: the strictest binds."""
    own = Scope((campaign.id,), campaign.cap, campaign.created_at)
    if not campaign.cap.group:
        return [own]
    members = [each for each in campaigns if each.cap.group == campaign.cap.group]
    together = tuple(each.id for each in members)
    oldest = min((each.created_at for each in members), default=campaign.created_at)
    return [own, *(Scope(together, each.cap, oldest) for each in members)]


@dataclass(frozen=True, slots=True)
class _Sum:
    """All since the beginning up to and with a minute."""

    answered: int = 0
    abandoned: int = 0
    machines: int = 0

    def plus(self, verdict: Verdict, many: int) -> "_Sum":
        return _Sum(
            self.answered + many * (verdict is not Verdict.MACHINE),
            self.abandoned + many * (verdict is Verdict.ABANDONED),
            self.machines + many * (verdict is Verdict.MACHINE),
        )


class _Series:
    """Running sums by the minute: what happened since any minute is one search."""

    def __init__(self) -> None:
        self._minutes: list[int] = []
        self._sums: list[_Sum] = []

    def add(self, minute: int, verdict: Verdict, many: int) -> None:
        at = bisect_left(self._minutes, minute)
        if at == len(self._minutes) or self._minutes[at] != minute:
            self._minutes.insert(at, minute)
            self._sums.insert(at, self._sums[at - 1] if at else _Sum())
        for later in range(at, len(self._sums)):  # what is told late is of the last minutes
            self._sums[later] = self._sums[later].plus(verdict, many)

    def since(self, first_minute: int) -> Counts:
        total = self._sums[-1] if self._sums else _Sum()
        at = bisect_left(self._minutes, first_minute)
        before = self._sums[at - 1] if at else _Sum()
        return Counts(
            total.answered - before.answered, total.abandoned - before.abandoned, total.machines - before.machines
        )

    def forget_before(self, minute: int) -> None:
        at = bisect_right(self._minutes, minute)
        if at > 1:  # the last sum before stays: the others are counted from it
            del self._minutes[: at - 1], self._sums[: at - 1]


@dataclass(frozen=True, slots=True)
class _InFlight:
    campaign_id: str
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class _Noted:
    campaign_id: str
    minute: int
    verdict: Verdict


class CapBook:
    """The counts of all campaigns and the calls in flight without a reserved operator; made of the attempt table at each start.

    Each method is one step: between the end of a call's flight and its verdict nobody can look.
    """

    def __init__(self, home_zone: str) -> None:
        self._home = ZoneInfo(home_zone)
        self._series: dict[str, _Series] = {}
        self._flying: dict[str, _InFlight] = {}
        self._noted: OrderedDict[str, _Noted] = OrderedDict()

    def remember(self, campaign_id: str, minute_at: datetime, verdict: Verdict, many: int) -> None:
        """From the table: so many attempts of that minute."""
        self._of(campaign_id).add(_minute(minute_at), verdict, many)

    def takes_off(self, attempt_id: str, campaign_id: str, begun_at: datetime) -> None:
        """A call without a reserved operator is about to be placed."""
        self._flying[attempt_id] = _InFlight(campaign_id, begun_at)

    def decided(self, attempt_id: str, campaign_id: str, begun_at: datetime, verdict: Verdict | None) -> None:
        """What became of an attempt, with or without a reserved operator; told again, the last word stands."""
        self._flying.pop(attempt_id, None)
        before = self._noted.pop(attempt_id, None)
        if before is not None:
            self._of(before.campaign_id).add(before.minute, before.verdict, -1)
        if verdict is None:
            return
        minute = _minute(begun_at)
        series = self._of(campaign_id)
        series.add(minute, verdict, 1)
        series.forget_before(_minute(begun_at - KEPT))
        self._noted[attempt_id] = _Noted(campaign_id, minute, verdict)
        if len(self._noted) > CORRECTABLE:
            self._noted.popitem(last=False)

    def knows(self, attempt_id: str) -> bool:
        """Whether it was decided here, lately enough to be corrected."""
        return attempt_id in self._noted

    def flying(self) -> set[str]:
        """The attempts in flight without a reserved operator."""
        return set(self._flying)

    def forget(self, attempt_id: str) -> None:
        """There never was such a call."""
        self._flying.pop(attempt_id, None)

    def in_flight(self, campaign_ids: Iterable[str]) -> int:
        """Calls without a reserved operator that are not decided."""
        wanted = set(campaign_ids)
        return sum(call.campaign_id in wanted for call in self._flying.values())

    def counts(self, scope: Scope, now: datetime) -> Counts:
        """What counts in the scope's window at `now`."""
        return self._since(scope, _minute(self._start(scope, now)))

    def next_window(self, cap: Cap, now: datetime, anchor: datetime) -> datetime | None:
        """When the counts begin anew; None where the window only rolls on."""
        start = window_start(cap, now, self._home, anchor)
        match Window(cap.window):
            case Window.DAY:
                tomorrow = start.date() + timedelta(days=1)
                return datetime.combine(tomorrow, time(), self._home).astimezone(UTC)
            case Window.MONTH:
                return start + timedelta(days=30)
            case Window.ROLLING_DAY:
                return None

    def room(self, scopes: Iterable[Scope], now: datetime) -> int:
        """How many more calls may be placed without a reserved operator, under all of these bounds."""
        return min(self._room(scope, now) for scope in scopes)

    def _room(self, scope: Scope, now: datetime) -> int:
        start = self._start(scope, now)
        feared = self._since(scope, _minute(start))
        safe = feared
        if Window(scope.cap.window) is Window.ROLLING_DAY:
            # Answers that leave the window before a call placed now is decided cannot vouch for it.
            safe = self._since(scope, _minute(start + CALL_LIFE) + 1)
            feared = Counts(safe.answered, feared.abandoned, feared.machines)
            start = now - KEPT
        ids = set(scope.campaign_ids)
        flying = sum(call.campaign_id in ids and call.begun_at >= start for call in self._flying.values())
        return room(feared, flying, scope.cap)

    def _since(self, scope: Scope, minute: int) -> Counts:
        parts = [self._series[each].since(minute) for each in scope.campaign_ids if each in self._series]
        return Counts(
            sum(part.answered for part in parts),
            sum(part.abandoned for part in parts),
            sum(part.machines for part in parts),
        )

    def _start(self, scope: Scope, now: datetime) -> datetime:
        return window_start(scope.cap, now, self._home, scope.anchor)

    def _of(self, campaign_id: str) -> _Series:
        return self._series.setdefault(campaign_id, _Series())


def _minute(at: datetime) -> int:
    return int(at.timestamp()) // 60
