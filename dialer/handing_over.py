"""Calls that ring for an operator who has left: given up, handed over to another, or rung on for nobody (pacing.py, `bereft`).

Who holds a call is asked of the desk, not of the attempt: `agent_id` there stays the one for whom it was begun.
"""

import logging
from collections.abc import Iterable, Sequence
from datetime import timedelta

from ..queue.agent import Agent, Stance
from ..storage.clock import Clock
from .attempts import Attempts, holder
from .campaign import Campaign
from .cap_keeper import CapKeeper
from .desks import Desks
from .lead import Attempt
from .modes import Modes
from .pacing import Bereft, bereft
from .placing import RESERVE_SLACK_S
from .store import DialerStore
from .words import Words

log = logging.getLogger(__name__)

PAGE_GRACE_S = 5.0
"""A page that lost its link for a moment has not left (s)."""


class HandingOver:
    """Asked once a turn, before anything new is placed."""

    def __init__(
        self,
        store: DialerStore,
        desk: Desks,
        clock: Clock,
        attempts: Attempts,
        modes: Modes,
        cap: CapKeeper,
        words: Words,
    ) -> None:
        self._store = store
        self._desk = desk
        self._clock = clock
        self._attempts = attempts
        self._modes = modes
        self._cap = cap
        self._words = words
        self._unseen: dict[str, float] = {}
        self._told: set[str] = set()

    async def turn(self, campaigns: Sequence[Campaign]) -> None:
        """Look after every call that was placed for an operator and that nobody has answered."""
        ringing = [each for each in await self._store.open_attempts() if each.agent_id and each.answered_at is None]
        self._told &= {each.id for each in ringing}
        holders = {attempt.id: self._holder(attempt) for attempt in ringing}
        self._look_for_pages(one for one in holders.values() if one is not None)
        by_id = {campaign.id: campaign for campaign in campaigns}
        for attempt in ringing:
            kept_by = holders[attempt.id]
            if kept_by is not None and self._is_there(kept_by):
                continue
            if kept_by is not None:
                await self._desk.release(kept_by.id, attempt.id)
            await self._without(attempt, by_id[attempt.campaign_id])

    def _holder(self, attempt: Attempt) -> Agent | None:
        """Most calls stay with the operator for whom they were begun."""
        first = self._desk.agent(attempt.agent_id or "")
        own = first is not None and first.dialing(attempt.id) is not None
        return first if own else holder(self._desk.agents(), attempt.id)

    def _look_for_pages(self, agents: Iterable[Agent]) -> None:
        """Since when each of these operators is out of reach."""
        now, gone = self._clock.monotonic(), {agent.id for agent in agents if not agent.reachable}
        self._unseen = {agent_id: self._unseen.get(agent_id, now) for agent_id in gone}

    def _is_there(self, agent: Agent) -> bool:
        since = self._unseen.get(agent.id)
        in_reach = since is None or self._clock.monotonic() - since < PAGE_GRACE_S
        return agent.stance is Stance.READY and in_reach

    async def _without(self, attempt: Attempt, campaign: Campaign) -> None:
        free = self._modes.free_agents([campaign])
        fate = bereft(self._attempts.rung_s(attempt), len(free))
        is_news = attempt.id not in self._told  # one that rings on for nobody is looked at each turn
        match fate:
            case Bereft.GIVEN_UP:
                await self._attempts.withdraw(attempt.id)
            case Bereft.HANDED_OVER:
                until = attempt.intent_at + timedelta(seconds=campaign.ring_timeout_s + RESERVE_SLACK_S)
                if not await self._desk.reserve(free[0].id, attempt.id, until):
                    return  # he has just been taken; asked again at the next turn
            case Bereft.ALONE:
                await self._leave_alone(attempt, campaign)
        if is_news:
            log.info("the operator of attempt %s has left: %s", attempt.id, fate)

    async def _leave_alone(self, attempt: Attempt, campaign: Campaign) -> None:
        """It counts as any call without a reserved operator, and its customer is told whose call it was."""
        self._cap.takes_off(attempt)
        lead = await self._store.lead(attempt.lead_id)
        if attempt.id not in self._told and lead is not None:
            self._told.add(attempt.id)
            sorry = await self._words.apologies(campaign, await self._words.facts([lead]))
            await self._attempts.equip(attempt.id, sorry.get(lead.id, {}))
