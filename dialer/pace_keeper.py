"""Paces predictive campaigns: tells each campaign's pacer what happened at the desk and on the wire, and keeps what it wants placed.

It looks once a turn at what stands in the tables and at the desk, and makes events of the differences: nothing that is told twice or never
can mislead it for long. The bound of the campaign (cap_keeper.py) is asked again before anything is placed.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from ..queue.agent import Agent, AgentState
from ..queue.channel import AttemptOutcome, Direction
from ..queue.contact import Contact, ContactState
from ..storage.clock import Clock
from .abandonment import PROMISE_S, Verdict
from .attempts import Attempts
from .campaign import Campaign
from .cap_keeper import means
from .desks import Desks
from .lead import Attempt, Lead
from .lead_forecast import AnswerModel, features
from .pacing import (
    PACERS,
    RUNG_ENOUGH_S,
    Abandoned,
    CallEnded,
    Connected,
    Decision,
    InFlight,
    Outcome,
    Pacer,
    PacingEvent,
    PacingInfo,
    Snapshot,
    TalkEnded,
    WrapUpEnded,
)
from .store import DialerStore

log = logging.getLogger(__name__)

SHOWN_LEADS = 64
MEANS = {
    AttemptOutcome.BUSY: Outcome.BUSY,
    AttemptOutcome.INVALID: Outcome.INVALID,
    AttemptOutcome.REJECTED: Outcome.BUSY,
    AttemptOutcome.CONGESTION: Outcome.INVALID,
    AttemptOutcome.TRUNK_TROUBLE: Outcome.INVALID,
    AttemptOutcome.NO_ANSWER: Outcome.NO_ANSWER,
    AttemptOutcome.MACHINE: Outcome.MACHINE,
    AttemptOutcome.TONE: Outcome.INVALID,
}
"""The rest says nothing of the customer."""
TAUGHT_BY = frozenset({Outcome.PERSON, Outcome.MACHINE, Outcome.BUSY, Outcome.INVALID, Outcome.NO_ANSWER})
Phase = tuple[AgentState, float]


@dataclass(slots=True)
class _Flying:
    """`features`: what was known of its lead as it was placed; empty for one that an earlier engine placed."""

    features: tuple[str, ...]
    chance: float | None
    answered: bool = False
    met: bool = False


@dataclass(slots=True)
class _Pace:
    info: PacingInfo
    pacer: Pacer
    model: AnswerModel = field(default_factory=AnswerModel)
    flying: dict[str, _Flying] = field(default_factory=dict)
    phases: dict[str, Phase] = field(default_factory=dict)
    upcoming: tuple[float, ...] = ()
    next_facts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    decision: Decision = field(default_factory=lambda: Decision(0))

    def hears(self, event: PacingEvent) -> None:
        self.pacer.observe(event)


def info_of(campaign: Campaign) -> PacingInfo:
    """The end of the window is not told: nobody knows how long the floor will work in it."""
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
    """One pacer a predictive campaign; it begins anew where the campaign's limit or ring time is changed."""

    def __init__(self, store: DialerStore, desk: Desks, clock: Clock, attempts: Attempts) -> None:
        self._store = store
        self._desk = desk
        self._clock = clock
        self._attempts = attempts
        self._paces: dict[str, _Pace] = {}

    async def turn(
        self, campaign: Campaign, in_flight: Sequence[Attempt], free: Sequence[Agent], most: int, *, dials: bool
    ) -> None:
        """Hear what happened since the last turn, decide anew, withdraw what is to be withdrawn. Where it `dials` no more, it only
        listens."""
        pace = self._pace(campaign)
        own = _own(campaign, in_flight)
        self.took_off(campaign, in_flight)
        await self._hear_calls(pace, own)
        self._hear_floor(pace, campaign)
        pace.decision = Decision(0)
        if dials:
            pace.decision = pace.pacer.decide(self._snapshot(pace, campaign, own, free, most))
            for attempt_id in pace.decision.cancel:
                await self._attempts.withdraw(str(attempt_id))

    def took_off(self, campaign: Campaign, in_flight: Sequence[Attempt]) -> None:
        """Learn of the calls that were placed since it was last asked, with what is known of their leads."""
        pace = self._pace(campaign)
        for attempt in _own(campaign, in_flight):
            if attempt.id not in pace.flying:
                facts = pace.next_facts.get(attempt.lead_id, ())
                chance = pace.model.probability(facts) if facts and pace.model.seen else None
                pace.flying[attempt.id] = _Flying(facts, chance)

    def wanted(self, campaign: Campaign) -> int:
        """How many calls its pacer wants placed in this turn."""
        pace = self._paces.get(campaign.id)
        return pace.decision.place if pace else 0

    def pacer(self, campaign_id: str) -> Pacer | None:
        return pace.pacer if (pace := self._paces.get(campaign_id)) else None

    def saw_leads(self, campaign: Campaign, leads: Sequence[Lead]) -> None:
        """The campaign's next leads, in their order: their chances are the pacer's at its next turn."""
        pace = self._pace(campaign)
        now = self._clock.now()
        facts = {lead.id: features(lead, now) for lead in leads[:SHOWN_LEADS]}
        pace.next_facts = facts
        pace.upcoming = tuple(pace.model.probability(each) for each in facts.values()) if pace.model.seen else ()

    def _pace(self, campaign: Campaign) -> _Pace:
        info = info_of(campaign)
        pace = self._paces.get(campaign.id)
        if pace is None:
            pace = self._paces[campaign.id] = _Pace(info, PACERS["predictive"]())
            pace.pacer.reset(info)
        elif pace.info != info:
            log.info("the pacer of campaign %s begins anew: its settings were changed", campaign.id)
            pace.info = info
            pace.pacer.reset(info)
        return pace

    async def _hear_calls(self, pace: _Pace, own: Sequence[Attempt]) -> None:
        t = self._clock.monotonic()
        open_now = {attempt.id: attempt for attempt in own}
        for attempt in own:
            self._answered(pace, pace.flying[attempt.id], attempt, t)
        for attempt_id in [each for each in pace.flying if each not in open_now]:
            flying = pace.flying.pop(attempt_id)
            ended = await self._store.attempt(attempt_id)
            if ended is None or ended.ended_at is None:
                continue
            self._answered(pace, flying, ended, t)
            if flying.answered:
                if not flying.met:
                    pace.hears(Abandoned(t) if means(ended) is Verdict.ABANDONED else Connected(t))
                continue
            outcome = MEANS.get(ended.outcome, Outcome.CANCELLED) if ended.outcome else Outcome.CANCELLED
            self._teach(pace, flying, outcome)
            pace.hears(CallEnded(t, outcome, max(0.0, (ended.ended_at - ended.intent_at).total_seconds())))

    def _answered(self, pace: _Pace, flying: _Flying, attempt: Attempt, t: float) -> None:
        if attempt.answered_at is not None and not flying.answered:
            flying.answered = True
            self._teach(pace, flying, Outcome.PERSON)
            age_s = max(0.0, (attempt.answered_at - attempt.intent_at).total_seconds())
            pace.hears(CallEnded(t, Outcome.PERSON, age_s))
        if attempt.connected_at is not None and not flying.met:
            flying.met = True
            pace.hears(Abandoned(t) if means(attempt) is Verdict.ABANDONED else Connected(t))

    def _teach(self, pace: _Pace, flying: _Flying, outcome: Outcome) -> None:
        if flying.features and outcome in TAUGHT_BY:
            pace.model.learn(flying.features, outcome is Outcome.PERSON)

    def _hear_floor(self, pace: _Pace, campaign: Campaign) -> None:
        """Talks and wrap-ups that ended, by what each operator of the queue did at the last turn."""
        t = self._clock.monotonic()
        phases: dict[str, Phase] = {}
        for agent in self._staff(campaign):
            state, since = pace.phases.get(agent.id, (None, t))
            if state is not agent.state:
                if state is AgentState.BUSY:
                    pace.hears(TalkEnded(t, t - since))
                elif state is AgentState.WRAP_UP:
                    pace.hears(WrapUpEnded(t, t - since))
                since = t - self._elapsed_s(agent) if state is None else t
            phases[agent.id] = (agent.state, since)
        pace.phases = phases

    def _snapshot(
        self, pace: _Pace, campaign: Campaign, own: Sequence[Attempt], free: Sequence[Agent], most: int
    ) -> Snapshot:
        staff = self._staff(campaign)
        t = self._clock.monotonic()
        talks = [t - pace.phases[each.id][1] for each in staff if each.state is AgentState.BUSY]
        wraps = [t - pace.phases[each.id][1] for each in staff if each.state is AgentState.WRAP_UP]
        return Snapshot(
            t=t,
            idle=len(free),
            talking=len(talks),
            wrap_up=len(wraps),
            paused=sum(each.state is AgentState.PAUSED for each in staff),
            waiting=sum(_waits(contact, campaign.queue) for contact in self._desk.contacts()),
            talk_elapsed_s=np.array(talks),
            wrap_up_elapsed_s=np.array(wraps),
            idle_elapsed_s=np.array([self._elapsed_s(each) for each in free]),
            in_flight=tuple(self._in_flight(pace, attempt) for attempt in own if attempt.answered_at is None),
            departures=(),
            upcoming_answer_probability=np.array(pace.upcoming),
            max_new=max(0, most),
        )

    def _in_flight(self, pace: _Pace, attempt: Attempt) -> InFlight:
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


def _waits(contact: Contact, queue: str) -> bool:
    """Whether he answered our call and waits for an operator."""
    return contact.queue == queue and contact.direction is Direction.OUTBOUND and contact.state is ContactState.QUEUED
