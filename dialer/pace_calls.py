"""One predictive campaign's pacer, with its calls in flight: what each call's looks and end tell the pacer, the page and the model of its
leads. Pure.

A call for which an operator was reserved is one "beside": it teaches what any call teaches, and is at nobody's risk.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from ..queue.channel import AttemptOutcome
from .abandonment import Verdict
from .floor_watch import FloorWatch
from .forecast import USUAL_ANSWER
from .lead import Attempt
from .lead_forecast import AnswerModel
from .meaning import means
from .pace_watch import PaceWatch
from .pacing import (
    Abandoned,
    CallEnded,
    Connected,
    Decision,
    Outcome,
    PacingEvent,
    PacingInfo,
    Predictive,
    Snapshot,
)

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


@dataclass(slots=True)
class Flying:
    """`features`: what was known of its lead as it was placed; empty for one that an earlier engine placed. `beside`: an operator was
    reserved for it."""

    features: tuple[str, ...]
    chance: float | None
    beside: bool
    answered: bool = False
    met: bool = False


@dataclass(slots=True)
class Pace:
    info: PacingInfo
    pacer: Predictive
    asked_end_at: float = -math.inf
    kept_at: float | None = None
    model: AnswerModel = field(default_factory=AnswerModel)
    flying: dict[str, Flying] = field(default_factory=dict)
    floor: FloorWatch = field(default_factory=FloorWatch)
    upcoming: tuple[float, ...] = ()
    next_facts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    decision: Decision = field(default_factory=lambda: Decision(0))
    watch: PaceWatch = field(default_factory=PaceWatch)
    _lessons: list[tuple[float, tuple[str, ...], bool]] = field(default_factory=list)

    def hears(self, event: PacingEvent) -> None:
        self.pacer.observe(event)
        self.watch.heard(event)

    def decides(self, snapshot: Snapshot, reserved: int) -> Decision:
        self.decision = self.pacer.decide(snapshot)
        self.watch.looks(self.pacer, snapshot, self.decision, reserved)
        return self.decision

    def took_off(self, attempt: Attempt) -> None:
        facts = self.next_facts.get(attempt.lead_id, ())
        if facts:
            self.model.dialed(facts)
        chance = self.chances([facts])[0] if facts and self.model.seen else None
        self.flying[attempt.id] = Flying(facts, chance, beside=not attempt.is_unreserved)

    def chances(self, leads: Iterable[tuple[str, ...]]) -> list[float]:
        """As the pacer is told: `USUAL_ANSWER` for the usual lead, and as many times more as a lead is likelier to answer. How often the
        usual one does it knows best itself, and soonest (AnswerRate); told that twice, it would take each of the model's errors for the
        world's."""
        return [min(1.0, USUAL_ANSWER * times) for times in self.model.beside_usual(leads)]

    def learns(self, t: float) -> None:
        """What calls teach whose longest ring is over by now, an answer no sooner than silence: a model that heard of the answers first
        would believe after each burst of calls that more answer."""
        due = [each for each in self._lessons if each[0] <= t]
        if due:
            self._lessons = [each for each in self._lessons if each[0] > t]
            for _due, facts, answered in sorted(due):
                self.model.learn(facts, answered)

    def looks_at(self, flying: Flying, attempt: Attempt, t: float) -> None:
        """Whether a person answered it since the last look, and whether he met an operator."""
        if attempt.answered_at is not None and not flying.answered:
            flying.answered = True
            age_s = _seconds(attempt.intent_at, attempt.answered_at)
            self._call_ended(flying, attempt, CallEnded(t, Outcome.PERSON, age_s))
        if attempt.connected_at is not None and not flying.met:
            flying.met = True
            self._met(flying, attempt, t)

    def _call_ended(self, flying: Flying, attempt: Attempt, event: CallEnded) -> None:
        if flying.features and event.outcome in TAUGHT_BY:
            due = event.t - event.age_s + self.info.ring_timeout_s
            self._lessons.append((due, flying.features, event.outcome is Outcome.PERSON))
        if flying.beside:
            self.pacer.ended_beside(attempt.id, event)
            self.watch.heard(event)
        else:
            self.hears(event)

    def is_over(self, flying: Flying, attempt: Attempt, t: float) -> None:
        """It ended since the last look, and is in flight no more."""
        if attempt.ended_at is None:
            return
        self.looks_at(flying, attempt, t)
        if not flying.answered:
            outcome = MEANS.get(attempt.outcome, Outcome.CANCELLED) if attempt.outcome else Outcome.CANCELLED
            self._call_ended(flying, attempt, CallEnded(t, outcome, _seconds(attempt.intent_at, attempt.ended_at)))
        elif not flying.met:
            self._met(flying, attempt, t)

    def _met(self, flying: Flying, attempt: Attempt, t: float) -> None:
        """A loss is one whoever was reserved; that a reserved operator was there is no proof that more risk may be taken."""
        if means(attempt) is Verdict.ABANDONED:
            self.hears(Abandoned(t))
        elif not flying.beside:
            self.hears(Connected(t))


def _seconds(since: datetime, until: datetime) -> float:
    return max(0.0, (until - since).total_seconds())
