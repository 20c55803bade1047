"""How much of today's pauses is used up, of those who are at one now: read once a pause, for its earlier ones stay as they are."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping
from datetime import datetime

from ..queue.agent import Agent
from ..queue.pauses import Allowance, PauseMoment, allowance, earlier_s, wants_a_day
from ..queue.setup import QueueSetup

Read = Callable[[Collection[str], datetime], Awaitable[list[PauseMoment]]]
"""The comings, goings and pauses of these agents from an instant on, in order of time (queue/store.py `pauses` fits)."""


class PausesToday:
    def __init__(self, read: Read) -> None:
        self._read = read
        self._known: dict[str, tuple[datetime, datetime, float]] = {}

    async def allowances(self, agents: Iterable[Agent], setup: QueueSetup, begin: datetime) -> Mapping[str, Allowance]:
        """What each of the agents who are at a pause may still take of it, by id. `begin`: of the site's day."""
        paused = [one for one in agents if one.pause_code is not None]
        limited = [one for one in paused if wants_a_day(one, setup.pause_codes.get(one.pause_code or ""))]
        earlier = await self._earlier(limited, begin)
        found = {}
        for one in paused:
            before_today = max(0.0, (begin - one.since).total_seconds())
            pause = setup.pause_codes.get(one.pause_code or "")
            found[one.id] = allowance(pause, earlier.get(one.id, 0.0), before_today)
        return found

    async def _earlier(self, agents: Collection[Agent], begin: datetime) -> dict[str, float]:
        fresh = [one for one in agents if self._known.get(one.id, (None, None, 0.0))[:2] != (begin, one.since)]
        if fresh:
            by_agent: defaultdict[str, list[PauseMoment]] = defaultdict(list)
            for moment in await self._read([one.id for one in fresh], begin):
                by_agent[moment.agent_id].append(moment)
            for one in fresh:
                spent_s = earlier_s(by_agent[one.id], one.pause_code or "", one.since)
                self._known[one.id] = (begin, one.since, spent_s)
        return {one.id: self._known[one.id][2] for one in agents}
