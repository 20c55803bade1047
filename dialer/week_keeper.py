"""Keeps each campaign's hours (week.py): what is long over is counted once, so that a look costs what the last hours did."""

import asyncio
from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from ..storage.clock import Clock
from ..storage.one_at_a_time import OneAtATime
from .week import Tally, Week, first_quarter, quarter_of, week_of
from .week_store import WeekStore

CHANGES_FOR = timedelta(hours=3)
"""An attempt is over by then; the end of a longer talk is not seen."""


class _Kept:
    """Of one campaign: the quarters that change no more, up to `known_to`; leads tried before the first of them."""

    def __init__(self, known_to: int, tried_before: int) -> None:
        self.known_to = known_to
        self.tried_before = tried_before
        self.tallies: list[Tally] = []

    def keep(self, fresh: list[Tally], until: int) -> None:
        self.tallies += [tally for tally in fresh if tally.quarter < until]
        self.known_to = max(self.known_to, until)

    def forget_before(self, quarter: int) -> None:
        gone = [tally for tally in self.tallies if tally.quarter < quarter]
        self.tried_before += sum(tally.first for tally in gone)
        self.tallies = self.tallies[len(gone) :]


class WeekKeeper:
    """`patience_s`: so long a page waits for the hours of a big campaign that are counted for the first time since the engine began."""

    def __init__(self, store: WeekStore, clock: Clock, home_zone: str, patience_s: float = 0.5) -> None:
        self._patience_s = patience_s
        self._last: dict[str, Week] = {}
        self._store = store
        self._clock = clock
        self._home = ZoneInfo(home_zone)
        self._kept: dict[str, _Kept] = {}
        self._asked = OneAtATime(self._read, keep=20, monotonic=clock.monotonic)

    async def week(self, campaign_id: str) -> Week | None:
        """As it stands now, or stood a moment ago; None while it is being counted for the first time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience_s):
                return await self._asked.ask(campaign_id)
        return self._last.get(campaign_id)

    async def _read(self, campaign_id: str) -> Week:
        now = self._clock.now()
        first = first_quarter(now, self._home)
        kept = self._kept.get(campaign_id)
        if kept is None or kept.known_to < first:  # never looked at, or not for a week
            kept = _Kept(first, await self._store.tried_before(campaign_id, _begin(first)))
        fresh = await self._store.tallies(campaign_id, _begin(kept.known_to))
        kept.forget_before(first)
        week = week_of([*kept.tallies, *fresh], kept.tried_before, now, self._home)
        kept.keep(fresh, quarter_of(now - CHANGES_FOR))
        self._kept[campaign_id] = kept
        self._last[campaign_id] = week
        return week


def _begin(quarter: int) -> datetime:
    return Tally(quarter, 0, 0, 0, 0).at
