"""Keeps each campaign's hours (week.py): what is long over is counted once and kept in a table, so that a look costs what the last hours
did, also the first one after an engine's start.
"""

import asyncio
from contextlib import suppress
from datetime import datetime
from zoneinfo import ZoneInfo

from ..storage.clock import Clock
from ..storage.one_at_a_time import OneAtATime
from .week import Tally, Week, first_quarter, settled_to, week_of
from .week_store import WeekStore


class _Kept:
    """Of one campaign: the quarters that change no more, all before `known_to`; leads tried before the first of them."""

    def __init__(self, tallies: list[Tally], tried_before: int, known_to: int) -> None:
        self.tallies = tallies
        self.tried_before = tried_before
        self.known_to = known_to

    def keep(self, fresh: list[Tally], until: int) -> None:
        self.tallies += fresh
        self.known_to = max(self.known_to, until)

    def forget_before(self, quarter: int) -> None:
        gone = [tally for tally in self.tallies if tally.quarter < quarter]
        self.tried_before += sum(tally.first for tally in gone)
        self.tallies = self.tallies[len(gone) :]


class WeekKeeper:
    """`patience_s`: so long a page waits for the hours of a big campaign that are counted for the first time."""

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
        kept = self._kept.get(campaign_id) or _Kept(*await self._store.kept(campaign_id, first))
        fresh = await self._store.tallies(campaign_id, _begin(kept.known_to))
        until = settled_to(fresh, now)
        settled = [tally for tally in fresh if tally.quarter < until]
        if settled:
            await self._store.keep(campaign_id, settled)
        kept.keep(settled, until)
        kept.forget_before(first)
        week = week_of([*kept.tallies, *fresh[len(settled) :]], kept.tried_before, now, self._home)
        self._kept[campaign_id] = kept
        self._last[campaign_id] = week
        return week


def _begin(quarter: int) -> datetime:
    return Tally(quarter, 0, 0, 0, 0).at
