"""Paces predictive campaigns: tells each campaign's pacer what happened at the desk and on the wire, and keeps what it wants placed.

It looks once a turn at what stands in the tables and at the desk, and makes events of the differences: nothing that is told twice or never
can mislead it for long. Calls for which an operator was reserved teach it what any call teaches, and are never shown to it as in flight:
while the bound has no room there are no others, and it would know nothing when room comes. The bound of the campaign (cap_keeper.py) is
asked again before anything is placed.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from datetime import datetime

import numpy as np

from ..queue.agent import Agent, AgentState
from ..queue.channel import Direction
from ..queue.contact import Contact, ContactState
from ..storage.clock import Clock
from .abandonment import PROMISE_S
from .attempts import Attempts
from .campaign import Campaign, DialMode
from .cap_keeper import CapKeeper
from .desks import Desks
from .floor_watch import AtWork, is_going
from .lead import Attempt, Lead
from .lead_forecast import AnswerModel, features
from .pace_calls import Pace
from .pace_watch import PaceWatch
from .pacing import (
    RUNG_ENOUGH_S,
    Decision,
    InFlight,
    PacingInfo,
    Predictive,
    Snapshot,
)
from .store import DialerStore
from .withdrawals import Withdrawals

log = logging.getLogger(__name__)

SHOWN_LEADS = 64
KEEP_EVERY_S, ASK_END_EVERY_S = 60.0, 60.0


def info_of(campaign: Campaign) -> PacingInfo:
    """The end of the window is told as it becomes known (`PaceKeeper.ends`)."""
    cap = campaign.cap
    return PacingInfo(
        cap.limit,
        PROMISE_S,
        float(campaign.ring_timeout_s),
        RUNG_ENOUGH_S,
        campaign.machines.detects,
        cap.false_machine,
        None,
    )


class PaceKeeper:
    """One pacer a predictive campaign. What it learned outlives a change of the campaign's limit or ring time, and this engine; what was
    spent of the day's budget is read from the campaign's own counts (cap_keeper.py) in each turn."""

    def __init__(self, store: DialerStore, desk: Desks, clock: Clock, attempts: Attempts, cap: CapKeeper) -> None:
        self._store = store
        self._desk = desk
        self._clock = clock
        self._attempts = attempts
        self._cap = cap
        self._withdrawals = Withdrawals()
        self._paces: dict[str, Pace] = {}

    async def turn(
        self, campaign: Campaign, in_flight: Sequence[Attempt], free: Sequence[Agent], most: int, *, dials: bool
    ) -> None:
        """Hear what happened since the last turn, decide anew, withdraw what is to be withdrawn. Where it `dials` no more, it only
        listens."""
        pace = self._pace(campaign)
        own = _own(campaign, in_flight)
        await self._remember(pace, campaign)
        self.took_off(campaign, in_flight)
        await self._hear_calls(pace, in_flight)
        staff, t = self._staff(campaign), self._clock.monotonic()
        pace.learns(t)
        for event in pace.floor.hear(t, staff, self._elapsed_s):
            pace.hears(event)
        counts, _next_day = self._cap.today(campaign)
        pace.pacer.budget.counted(counts.answered, counts.abandoned)
        pace.decision = Decision(0)
        if dials:
            pace.pacer.most_withdrawn = self._attempts.trunks.withdrawn()
            at_work = pace.floor.at_work(t, staff, {each.id for each in free})
            snapshot = self._snapshot(pace, campaign, own, free, at_work, most)
            decision = pace.decides(snapshot, at_work.reserved)
            await self.withdraw(decision, {attempt.id: attempt for attempt in own})

    async def withdraw(self, decision: Decision, own: Mapping[str, Attempt]) -> None:
        """As far as each call's trunk lets calls be taken back that do not ring yet."""
        t, trunks = self._clock.monotonic(), self._attempts.trunks
        for attempt in (own[str(each)] for each in decision.cancel):
            if self._attempts.rung_s(attempt) is None:
                if not self._withdrawals.room(attempt.trunk, trunks.withdrawn(attempt.trunk), t):
                    continue
                self._withdrawals.withdrew(attempt.trunk, t)
            await self._attempts.withdraw(attempt.id)

    async def _remember(self, pace: Pace, campaign: Campaign) -> None:
        """At first, what an earlier engine learned; then, once a minute, keep what this one did."""
        t, now = self._clock.monotonic(), self._clock.now()
        if pace.kept_at is None:
            pace.kept_at = t
            if kept := await self._store.pacing.learned(campaign.id):
                learned, at = kept
                pace.pacer.recall(learned, (now - at).total_seconds())
                if isinstance(leads := learned.get("leads"), dict):
                    pace.model.recall(leads)
                log.info("the pacer of campaign %s goes on with what was learned until %s", campaign.id, at)
        elif t - pace.kept_at >= KEEP_EVERY_S and pace.pacer.beliefs.resolved:
            pace.kept_at = t
            learned = {**pace.pacer.memory(), "leads": pace.model.memory()}
            await self._store.pacing.keep(campaign.id, learned, now)

    def asks_for_end(self, campaign: Campaign) -> bool:
        """Whether it is time to tell it again when its calling hours end."""
        return self._clock.monotonic() - self._pace(campaign).asked_end_at >= ASK_END_EVERY_S

    def ends(self, campaign: Campaign, closes: datetime | None) -> None:
        """Its calling hours end then, and the day's budget with the site's day: whatever comes first. None: they are closed."""
        pace, t = self._pace(campaign), self._clock.monotonic()
        pace.asked_end_at = t
        ends = self._cap.day_ends(campaign, closes)
        pace.pacer.ends(None if ends is None else t + (ends - self._clock.now()).total_seconds())

    def took_off(self, campaign: Campaign, in_flight: Sequence[Attempt]) -> None:
        """Learn of the calls that were placed since it was last asked, with what is known of their leads."""
        pace, t = self._pace(campaign), self._clock.monotonic()
        for attempt in _own(campaign, in_flight):
            if attempt.id not in pace.flying:
                pace.took_off(attempt)
                self._withdrawals.began(attempt.trunk, t)
                pace.watch.took_off(t)
        beside = _beside(campaign, in_flight)
        for attempt in beside:
            # A customer who was promised a call answers it more often than others: he is not among the next leads, and teaches nothing.
            if attempt.id not in pace.flying and attempt.lead_id in pace.next_facts:
                pace.took_off(attempt)
        unanswered = [each for each in beside if each.id in pace.flying and not pace.flying[each.id].answered]
        pace.pacer.sees_beside(t, [self._in_flight(pace, each) for each in unanswered])

    def counts_on(self, campaign: Campaign) -> bool:
        """Whether anybody is at work who may be free for a call that rings."""
        staff = self._staff(campaign)
        return any(agent.state is not AgentState.NOT_RESPONDING and not is_going(agent) for agent in staff)

    def wanted(self, campaign: Campaign) -> int:
        """How many calls its pacer wants placed in this turn."""
        pace = self._paces.get(campaign.id)
        return pace.decision.place if pace else 0

    def pacer(self, campaign_id: str) -> Predictive | None:
        return pace.pacer if (pace := self._paces.get(campaign_id)) else None

    def watch(self, campaign_id: str) -> PaceWatch | None:
        """What its pacer sees and expects, for the page."""
        return pace.watch if (pace := self._paces.get(campaign_id)) else None

    def model(self, campaign_id: str) -> AnswerModel | None:
        """What it has learned of which leads answer."""
        return pace.model if (pace := self._paces.get(campaign_id)) else None

    def chances(self, campaign_id: str, leads: Sequence[Lead]) -> list[float]:
        """That a person answers, lead by lead, by that model."""
        model, now = self.model(campaign_id), self._clock.now()
        return [model.probability(features(lead, now)) for lead in leads] if model else []

    def saw_leads(self, campaign: Campaign, leads: Sequence[Lead]) -> None:
        """The campaign's next leads, in their order: their chances are the pacer's at its next turn."""
        pace = self._pace(campaign)
        now = self._clock.now()
        facts = {lead.id: features(lead, now) for lead in leads[:SHOWN_LEADS]}
        pace.next_facts = facts
        pace.upcoming = tuple(pace.chances(facts.values())) if pace.model.seen else ()

    def _pace(self, campaign: Campaign) -> Pace:
        info = info_of(self._cap.as_kept(campaign))
        pace = self._paces.get(campaign.id)
        if pace is None:
            pace = self._paces[campaign.id] = Pace(info, Predictive())
            pace.pacer.reset(info)
        elif pace.info != info:
            log.info("the pacer of campaign %s begins a new budget: its settings were changed", campaign.id)
            learned = pace.pacer.memory()
            pace.info, pace.asked_end_at = info, -math.inf
            pace.pacer.reset(info)
            pace.pacer.recall(learned, 0.0)
            pace.watch = PaceWatch()
        return pace

    async def _hear_calls(self, pace: Pace, in_flight: Sequence[Attempt]) -> None:
        t = self._clock.monotonic()
        open_now = {attempt.id: attempt for attempt in in_flight if attempt.id in pace.flying}
        for attempt in open_now.values():
            pace.looks_at(pace.flying[attempt.id], attempt, t)
        for attempt_id in [each for each in pace.flying if each not in open_now]:
            flying = pace.flying.pop(attempt_id)
            ended = await self._store.attempt(attempt_id)
            if ended is not None:
                pace.is_over(flying, ended, t)

    def _snapshot(
        self,
        pace: Pace,
        campaign: Campaign,
        own: Sequence[Attempt],
        free: Sequence[Agent],
        at_work: AtWork,
        most: int,
    ) -> Snapshot:
        return Snapshot(
            t=self._clock.monotonic(),
            idle=len(free),
            talking=len(at_work.talks_s),
            wrap_up=len(at_work.wrap_ups_s),
            paused=at_work.paused,
            waiting=sum(_waits(contact, campaign.queue) for contact in self._desk.contacts()),
            talk_elapsed_s=np.array(at_work.talks_s),
            wrap_up_elapsed_s=np.array(at_work.wrap_ups_s),
            idle_elapsed_s=np.array([self._elapsed_s(each) for each in free]),
            in_flight=tuple(self._in_flight(pace, attempt) for attempt in own if attempt.answered_at is None),
            departures=(),
            upcoming_answer_probability=np.array(pace.upcoming),
            max_new=max(0, most),
        )

    def _in_flight(self, pace: Pace, attempt: Attempt) -> InFlight:
        age_s = max(0.0, (self._clock.now() - attempt.intent_at).total_seconds())
        return InFlight(
            attempt.id,
            age_s,
            self._attempts.rung_s(attempt),
            self._attempts.picked_up_s(attempt.id),
            pace.flying[attempt.id].chance,
        )

    def _staff(self, campaign: Campaign) -> list[Agent]:
        return [
            agent
            for agent in self._desk.agents()
            if campaign.queue in agent.queues and agent.state is not AgentState.LOGGED_OUT
        ]

    def _elapsed_s(self, agent: Agent) -> float:
        return max(0.0, (self._clock.now() - agent.since).total_seconds())


def _own(campaign: Campaign, in_flight: Sequence[Attempt]) -> list[Attempt]:
    """Its calls without an operator reserved."""
    return [each for each in in_flight if each.campaign_id == campaign.id and each.is_unreserved]


def _beside(campaign: Campaign, in_flight: Sequence[Attempt]) -> list[Attempt]:
    """Its calls that were placed by pace as well, but each for an operator who was reserved."""
    own = [each for each in in_flight if each.campaign_id == campaign.id and each.mode == DialMode.PREDICTIVE]
    return [each for each in own if not each.is_unreserved]


def _waits(contact: Contact, queue: str) -> bool:
    """Whether he answered our call and waits for an operator."""
    return contact.queue == queue and contact.direction is Direction.OUTBOUND and contact.state is ContactState.QUEUED
