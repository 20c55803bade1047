"""The floor on which a question is played through: a campaign's own calls as laws of a world, and its pacer under its bound. Pure."""

import math
from dataclasses import replace

import numpy as np

from .abandonment import PROMISE_S, Cap, Counts, Window, room
from .campaign import DialMode
from .forecast import USUAL_ANSWER
from .pacing import PACERS, Decision, Pacer, PacingEvent, PacingInfo, Predictive, Snapshot
from .pacing_terms import Abandoned, CallEnded, Outcome
from .what_if import ENOUGH, Job, Learned, Side
from .worlds import Lognormal, Measured, Mixed, Sample, World

USUAL = World(((0.0, 1),), 1.0)
USUAL_RING = Lognormal(12.0, 0.5)
HOUR_WEIGHT = 40.0
"""An hour's own share of answers weighs against the whole day's as so many calls."""
PRIOR_CALLS = 20.0
MOST_ANSWER = 0.95
LEAST_RING_S = 0.2


def world_of(job: Job, side: Side) -> World:
    learned = job.learned
    failed = _failed_share(learned)
    reach = _reach(learned, side.ring_timeout_s, job.rung_s)

    def answers(t: float) -> float:
        own = answer_share(learned, job.starts_h + t / 3600.0) * side.lead_factor
        return min(MOST_ANSWER, own * reach)

    return World(
        staff=((0.0, side.operators),),
        duration_s=60.0 * job.minutes,
        answer_probability=answers,
        talk=filled(learned.talk_s, USUAL.talk),
        wrap_up=filled(learned.wrap_up_s, USUAL.wrap_up),
        set_up=filled(learned.set_up_s, USUAL.set_up),
        ring=_Ring(filled(_rung(learned), USUAL_RING), side.ring_timeout_s),
        ring_timeout_s=float(side.ring_timeout_s),
        failed_share=failed,
        limit=side.limit,
        # What the wire takes is the customer's time as well.
        grace_s=max(0.0, PROMISE_S - learned.lag_s),
        most_in_flight=side.lines,
        tells_end=False,
    )


def resampled(learned: Learned, seed: int) -> Learned:
    """As the same campaign's calls might have come as well (Efron's bootstrap): of few calls little is known, and the spread of the runs
    says so. The same for both sides of a question."""
    chance = np.random.default_rng([seed, 1])

    def drawn(seen: tuple[float, ...]) -> tuple[float, ...]:
        return tuple(float(each) for each in chance.choice(seen, len(seen))) if seen else ()

    by_hour = tuple(
        (calls, int(chance.binomial(calls, min(1.0, persons / calls))) if calls else 0)
        for calls, persons in learned.by_hour
    )
    return replace(
        learned,
        by_hour=by_hour,
        answer_s=drawn(learned.answer_s),
        ring_s=drawn(learned.ring_s),
        set_up_s=drawn(learned.set_up_s),
        talk_s=drawn(learned.talk_s),
        wrap_up_s=drawn(learned.wrap_up_s),
        lags_s=drawn(learned.lags_s),
    )


def filled(seen: tuple[float, ...], usual: Sample) -> Sample:
    """The law of what was seen; while there is too little of it, the usual law takes its part."""
    if len(seen) >= ENOUGH:
        return Measured(seen)
    return Mixed(len(seen) / ENOUGH, Measured(seen), usual) if seen else usual


def answer_share(learned: Learned, hour: float) -> float:
    """The share of calls that a person answers at this hour of the site's day, drawn to the day's own, and that to the usual one."""
    whole = (learned.persons + PRIOR_CALLS * USUAL_ANSWER) / (learned.calls + PRIOR_CALLS)
    calls, persons = learned.by_hour[int(hour) % 24]
    return (persons + HOUR_WEIGHT * whole) / (calls + HOUR_WEIGHT)


class _Ring:
    """Ringing until the answer, given that it comes within the timeout."""

    TRIES = 20

    def __init__(self, law: Sample, timeout_s: float) -> None:
        self._law, self._timeout_s = law, timeout_s

    def __call__(self, chance: np.random.Generator) -> float:
        for _ in range(self.TRIES):
            if (ring_s := self._law(chance)) < self._timeout_s:
                return ring_s
        return self._timeout_s - 0.1


def _rung(learned: Learned) -> tuple[float, ...]:
    return tuple(max(LEAST_RING_S, each) for each in learned.ring_s)


def _reach(learned: Learned, timeout_s: float, rung_s: float) -> float:
    """How many times as many answer with this ring time: what came later than it is cut off; what would come beyond the longest that we
    ever waited follows the lognormal law of what came before."""
    rung = _rung(learned)
    if timeout_s <= rung_s and len(rung) >= ENOUGH:
        return float(np.mean(np.array(rung) <= timeout_s))
    logs = np.log(np.array(rung)) if len(rung) >= ENOUGH else np.array([])
    middle = float(logs.mean()) if len(logs) else math.log(12.0) - 0.11
    spread = max(0.2, float(logs.std())) if len(logs) else 0.47

    def by(seconds: float) -> float:
        return 0.5 * (1.0 + math.erf((math.log(max(1.0, seconds)) - middle) / spread / math.sqrt(2.0)))

    return by(timeout_s) / max(0.05, by(rung_s))


def _failed_share(learned: Learned) -> float:
    """Of the calls that no person answers: busy, invalid, refused."""
    others = learned.calls - learned.persons
    return (learned.failed + PRIOR_CALLS * USUAL.failed_share) / (others + PRIOR_CALLS)


class Bounded:
    """A pacer as the dialer runs it: without an operator of its own a call is placed only while the campaign's bound has room for it, and
    never more calls than lines. `inner` does the rest."""

    def __init__(self, side: Side, job: Job) -> None:
        self._side, self._job = side, job
        self._cap = Cap("", side.limit, Window.DAY.value, side.false_machine)
        self._answered, self._abandoned = side.answered, side.abandoned
        self.inner: Pacer = _inner(side)

    def reset(self, info: PacingInfo) -> None:
        self.inner.reset(info)
        self._answered, self._abandoned = self._side.answered, self._side.abandoned
        if isinstance(self.inner, Predictive):
            self.inner.ends(self._job.ends_s)
            self.inner.most_withdrawn = self._job.most_withdrawn
            if self._side.warm:
                _teach(self.inner, self._job.learned)

    def observe(self, event: PacingEvent) -> None:
        match event:
            case CallEnded(_t, Outcome.PERSON):
                self._answered += 1
            case Abandoned():
                self._abandoned += 1
        self.inner.observe(event)

    def decide(self, snapshot: Snapshot) -> Decision:
        if isinstance(self.inner, Predictive):  # as the dialer tells it in each turn (pace_keeper.py)
            came, lost = self._answered - self._side.answered, self._abandoned - self._side.abandoned
            self.inner.budget.counted(self._job.day_answered + came, self._job.day_abandoned + lost)
        decision = self.inner.decide(snapshot)
        flying = len(snapshot.in_flight) + snapshot.waiting
        # Who waits is feared for already; that he answered stands in the counts.
        counts = Counts(self._answered - snapshot.waiting, self._abandoned)
        allowed = max(room(counts, flying, self._cap), snapshot.idle - flying)
        lines = self._side.lines - flying - snapshot.talking
        return Decision(max(0, min(decision.place, allowed, lines)), decision.cancel)


class _Ratio:
    """So many lines for each idle operator, as the dialer's power mode (reserving.py); the bound is kept by who asks."""

    def __init__(self, ratio: float) -> None:
        self._ratio = ratio

    def reset(self, info: PacingInfo) -> None:
        """Nothing is remembered."""

    def observe(self, event: PacingEvent) -> None:
        """Nothing is learned."""

    def decide(self, snapshot: Snapshot) -> Decision:
        free = max(0, snapshot.idle - snapshot.waiting)
        return Decision(max(0, math.floor(self._ratio * free) - len(snapshot.in_flight)))


def _inner(side: Side) -> Pacer:
    if side.mode == DialMode.POWER.value:
        return _Ratio(side.ratio)
    return PACERS["predictive" if side.mode == DialMode.PREDICTIVE.value else "progressive"]()


def _teach(pacer: Predictive, learned: Learned) -> None:
    """What a pacer that has worked for a while knows already: the laws of times. How often is answered it learns soon enough."""
    beliefs = pacer.beliefs
    for each_s in learned.set_up_s:
        beliefs.rang_after(each_s)
    for age_s in learned.answer_s:
        beliefs.delay.answered(age_s)
    for each_s in learned.talk_s:
        beliefs.talk.ended(each_s)
    for each_s in learned.wrap_up_s:
        beliefs.wrap_up.ended(each_s)
    beliefs.resolved += learned.calls
    beliefs.delay.settle()
