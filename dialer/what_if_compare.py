"""Holds what happens in a campaign against the forecast that was applied to it, until its time is over or its knobs are turned again."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from ..queue.agent import Agent, AgentState
from ..storage.clock import Clock
from ..storage.one_at_a_time import OneAtATime
from .campaign import Campaign, Setting, settings
from .desks import Desks
from .steering import Steering
from .what_if_kept import ClosedBy, Kept, happened
from .what_if_past import tally_of
from .what_if_store import WhatIfStore

EVERY_S, WRITTEN_EVERY_S = 1.0, 30.0
BUSY = frozenset({AgentState.BUSY, AgentState.WRAP_UP})
AWAY = frozenset({AgentState.LOGGED_OUT, AgentState.PAUSED, AgentState.NOT_RESPONDING})


class Comparing:
    """Operators are looked at each second and written down twice a minute; calls are counted from their table when somebody asks."""

    def __init__(self, store: WhatIfStore, steering: Steering, desk: Desks, clock: Clock) -> None:
        self._store = store
        self._steering = steering
        self._desk = desk
        self._clock = clock
        self._open: dict[str, Kept] | None = None
        self._looked_at = self._written_at = clock.monotonic()
        self._looking = asyncio.Lock()  # a turn and somebody who applies would count the same second twice
        self._asked = OneAtATime(self._compared, keep=20)  # what an answer costs is time of the machine

    async def begin(self, kept: Kept) -> None:
        await self._store.keep(kept)
        async with self._looking:
            await self._look()
            assert self._open is not None
            self._open[kept.id] = kept

    async def turn(self) -> None:
        """Called each second or so: what the operators of compared campaigns do; whose time is over is closed."""
        async with self._looking:
            if self._open is None:
                await self._load()
            if self._open and self._clock.monotonic() - self._looked_at >= EVERY_S:
                await self._look()

    async def _load(self) -> None:
        self._open = {each.id: each for each in await self._store.open()}
        self._looked_at = self._written_at = self._clock.monotonic()

    async def _look(self) -> None:
        if self._open is None:
            await self._load()
        assert self._open is not None
        t, now = self._clock.monotonic(), self._clock.now()
        span_s = max(0.0, min(t - self._looked_at, 5.0 * EVERY_S))
        self._looked_at = t
        write = t - self._written_at >= WRITTEN_EVERY_S
        if write:
            self._written_at = t
        campaigns = {campaign.id: campaign for campaign in await self._steering.campaigns()} if self._open else {}
        for kept in list(self._open.values()):
            campaign = campaigns[kept.campaign_id]
            seen = self._open[kept.id] = _seen(kept, staff(self._desk, campaign), span_s)
            by = _closes(seen, settings(campaign), now >= seen.ends_at)
            if by is not None:
                del self._open[kept.id]
                await self._close(seen, by)
            elif write:
                await self._store.put(seen)

    async def _close(self, kept: Kept, by: ClosedBy) -> None:
        until = min(self._clock.now(), kept.ends_at)
        tally = tally_of(await self._store.begun(kept.campaign_id, kept.applied_at, until))
        await self._store.put(replace(kept, closed_at=until, closed_by=by, happened=happened(kept, tally, until)))

    async def compared(self, campaign_id: str, limit: int = 3) -> list[Kept]:
        """The newest first; of those that are still compared, what happened so far."""
        return await self._asked.ask((campaign_id, limit))

    async def _compared(self, key: tuple[str, int]) -> list[Kept]:
        campaign_id, limit = key
        found = []
        for kept in await self._store.of_campaign(campaign_id, limit):
            if kept.closed_at is None:
                kept = (self._open or {}).get(kept.id, kept)
                tally = tally_of(await self._store.begun(campaign_id, kept.applied_at, self._clock.now()))
                kept = replace(kept, happened=happened(kept, tally, self._clock.now()))
            found.append(kept)
        return found


def staff(desk: Desks, campaign: Campaign) -> list[Agent]:
    return [agent for agent in desk.agents() if campaign.queue in agent.queues]


def on_line(agents: Sequence[Agent]) -> list[Agent]:
    return [agent for agent in agents if agent.state not in AWAY]


def _seen(kept: Kept, agents: Sequence[Agent], span_s: float) -> Kept:
    there = on_line(agents)
    busy = sum(agent.state in BUSY for agent in there)
    return replace(
        kept,
        busy_s=kept.busy_s + span_s * busy,
        logged_s=kept.logged_s + span_s * len(there),
        seen_s=kept.seen_s + span_s,
    )


def _closes(kept: Kept, now_set: dict[str, Setting], over: bool) -> ClosedBy | None:
    if any(now_set.get(name) != value for name, value in kept.knobs.items()):
        return ClosedBy.CHANGE
    return ClosedBy.TIME if over else None
