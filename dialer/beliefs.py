"""What a predictive pacer believes of its floor, from what it was told so far; and the law of the next half minute that follows. Pure."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .forecast import (
    HORIZONS_S,
    USUAL_ANSWER,
    USUAL_SET_UP_S,
    USUAL_TALK_S,
    USUAL_WRAP_UP_S,
    AnswerDelay,
    AnswerRate,
    Durations,
    Estimate,
    Freed,
)
from .pacing_law import FreeOperators
from .pacing_memory import Kept, faded, numbers
from .pacing_terms import CallEnded, CallId, Floats, InFlight, Outcome, PacingInfo, Snapshot, TalkEnded, WrapUpEnded

YOUNG_S, TABLES_YOUNG_S, TABLES_S = 600.0, 20.0, 60.0
REFUSED_AFTER_S = 3.0
"""A call that is still there so long after it was to be withdrawn was not (s)."""
FAILED = frozenset({Outcome.BUSY, Outcome.INVALID, Outcome.MACHINE})
LEAST_CHANCE, MOST_CHANCE = 0.002, 0.98


@dataclass(slots=True)
class _Flight:
    """`weight`: how much likelier than usual a person answers."""

    dialed_at: float
    weight: float
    withdrawn_at: float | None = None
    kept_weight: float = 0.0
    seen_ringing: bool = False
    picked_up_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Lines:
    """The calls in flight as arrays: ages as if each had been set up in the usual time, whether picked up, the chance that a person
    answers (of those picked up: that it is one)."""

    ages_s: Floats
    is_picked_up: "np.typing.NDArray[np.bool_]"
    chances: Floats


class Beliefs:
    """`resolved`: calls whose end is known; `persons` of them answered. All times in s."""

    def __init__(self, info: PacingInfo) -> None:
        self._info = info
        self.delay = AnswerDelay(info.ring_timeout_s)
        self.rate = AnswerRate()
        self.talk, self.wrap_up = Durations(USUAL_TALK_S), Durations(USUAL_WRAP_UP_S)
        self.resolved = 0
        self.persons = 0.0
        self._set_up = [10.0 * USUAL_SET_UP_S, 10.0]
        self._verdict = [5.0, 5.0]
        self._picked_up = [6.0, 10.0]
        self._flights: dict[CallId, _Flight] = {}
        self._beside: dict[CallId, _Flight] = {}
        self._past: list[_Flight] = []
        self._seen_at: float | None = None
        self._tables_at = -math.inf
        self._began_at = 0.0
        self._leaving = [0.3, 20.0]
        self._leaving_now = 0.0
        self._on_floor: int | None = None
        self._wrap_ups = 0
        self._announced: tuple[tuple[float, int], ...] = ()
        self._pending = 0.0

    # What happened

    def ended(self, event: CallEnded) -> None:
        if event.outcome is Outcome.CANCELLED:
            return
        self.resolved += 1
        if event.outcome is Outcome.PERSON:
            self.delay.answered(event.age_s)
            self.rate.answered()
            self.persons += 1.0
        elif event.outcome in FAILED:
            self.delay.failed(event.age_s)
        if self._info.machine_detection and event.outcome in (Outcome.PERSON, Outcome.MACHINE):
            self._picked_up[0] += event.outcome is Outcome.PERSON
            self._picked_up[1] += 1.0

    def ended_beside(self, call_id: CallId, event: CallEnded) -> bool:
        """A call of `sees_beside` ended, or a person answered it. Whether that taught anything: one that was taken back says nothing, and
        one that was never seen would be an end without a beginning."""
        flight = self._beside.pop(call_id, None)
        if flight is None:
            return False
        if event.outcome is Outcome.CANCELLED:
            flight.weight = 0.0
            self.delay.dialed(-1.0)
            return False
        self.ended(event)
        return True

    def talked(self, event: TalkEnded) -> None:
        self.talk.ended(event.duration_s)

    def wrapped_up(self, event: WrapUpEnded) -> None:
        self.wrap_up.ended(event.duration_s)
        self._wrap_ups += 1

    def withdrew(self, call_id: CallId) -> None:
        """It will not be answered, and says nothing of the rest."""
        if flight := self._flights.get(call_id):
            flight.withdrawn_at = self._seen_at
            flight.weight, flight.kept_weight = 0.0, flight.weight
            self.delay.dialed(-1.0)

    def weight(self, call_id: CallId) -> float:
        """How much likelier than usual it is answered; 0 for one that is withdrawn or unknown."""
        flight = self._flights.get(call_id)
        return flight.weight if flight else 0.0

    # What outlives an engine

    def memory(self) -> dict[str, object]:
        return {
            "delay": self.delay.memory(),
            "rate": self.rate.memory(),
            "talk": self.talk.memory(),
            "wrap_up": self.wrap_up.memory(),
            "set_up": self._set_up,
            "resolved": [self.resolved, self.persons],
        }

    def recall(self, kept: Kept, age_s: float) -> None:
        """What was kept `age_s` ago; what does not fit is passed over."""
        self.delay.recall(_part(kept, "delay"))
        self.talk.recall(_part(kept, "talk"))
        self.wrap_up.recall(_part(kept, "wrap_up"))
        self.rate.recall(_part(kept, "rate"), faded(age_s))
        set_up, resolved = numbers(kept, "set_up", 2), numbers(kept, "resolved", 2)
        if set_up is not None and set_up[1] > 0:
            self._set_up = set_up.tolist()
        if resolved is not None:
            self.resolved, self.persons = int(resolved[0]), float(resolved[1]) * faded(age_s)

    # What is to be seen

    def see(self, snapshot: Snapshot) -> None:
        t = snapshot.t
        if self._seen_at is None:
            self._began_at = t
        span_s = 0.0 if self._seen_at is None else max(0.0, t - self._seen_at)
        self._see_calls(snapshot)
        if span_s > 0.0:
            self._expose(t, t - span_s, len(snapshot.in_flight))
        self._see_floor(snapshot)
        if self._seen_at is not None and t < self._seen_at:  # the clock went back: what was dated by it is void
            self._tables_at, self._began_at = -math.inf, t
        self._seen_at = t
        every_s = TABLES_YOUNG_S if t - self._began_at < YOUNG_S else TABLES_S
        if t - self._tables_at >= every_s or math.isinf(self._tables_at):
            self._tables_at = t
            self._settle(snapshot)

    def sees_beside(self, t: float, calls: Iterable[InFlight]) -> None:
        """Calls in flight that have an operator of their own. Each counts among the calls dialed and among those whose answers are still
        to come, so that its end teaches what any call's does; whoever asks for the law of the next half minute is not shown it."""
        for call in calls:
            self._see_call(self._beside, call, t)

    def _see_call(self, flights: dict[CallId, _Flight], call: InFlight, t: float) -> _Flight:
        flight = flights.get(call.id)
        if flight is None:
            flight = flights[call.id] = _Flight(t - call.since_dial_s, _weight(call))
            self._past.append(flight)
            self.delay.dialed(1.0)
        if call.since_ring_s is not None and not flight.seen_ringing:
            flight.seen_ringing = True
            self.rang_after(call.since_dial_s - call.since_ring_s)
        return flight

    def rang_after(self, set_up_s: float) -> None:
        """A call's first ring came so long after it was dialed."""
        self._set_up = _faded(self._set_up, set_up_s, 200.0)

    def _see_calls(self, snapshot: Snapshot) -> None:
        flights, t = self._flights, snapshot.t
        for call in snapshot.in_flight:
            flight = self._see_call(flights, call, t)
            if flight.withdrawn_at is not None and t - flight.withdrawn_at > REFUSED_AFTER_S:
                flight.withdrawn_at, flight.weight = None, flight.kept_weight
                self.delay.dialed(1.0)
            if call.since_pickup_s is not None:
                flight.picked_up_s = call.since_pickup_s
        if len(flights) > len(snapshot.in_flight):
            there = {call.id for call in snapshot.in_flight}
            for gone in [call_id for call_id in flights if call_id not in there]:
                flight = flights.pop(gone)
                if flight.picked_up_s:
                    self._verdict = _faded(self._verdict, flight.picked_up_s, 100.0)

    def _expose(self, t: float, before: float, in_flight: int) -> None:
        exposed = 0.0
        if self._past:
            dialed_at = np.array([flight.dialed_at for flight in self._past])
            weight = np.array([flight.weight for flight in self._past])
            grown = self.delay.by(t - dialed_at) - self.delay.by(np.maximum(0.0, before - dialed_at))
            exposed = max(0.0, float(grown @ weight))
            oldest = t - self._info.ring_timeout_s - 20.0
            if self._past[0].dialed_at < oldest:
                self._past = [flight for flight in self._past if flight.dialed_at >= oldest]
        self.rate.passes(t - before, exposed, in_flight)

    def _see_floor(self, snapshot: Snapshot) -> None:
        """Who ends his wrap-up may be gone for a break, or for good."""
        on_floor = snapshot.idle + snapshot.talking + snapshot.wrap_up
        gone = 0 if self._on_floor is None else max(0, self._on_floor - on_floor)
        for when, many in self._announced:
            if when <= snapshot.t and (when, many) not in snapshot.departures:
                self._pending += many
        self._announced = tuple(each for each in snapshot.departures if each[1] > 0)
        self._pending = max(0.0, self._pending - gone)
        if self._wrap_ups or gone:
            wrap_ups = max(1, self._wrap_ups)
            self._leaving = [self._leaving[0] + min(gone, wrap_ups), self._leaving[1] + wrap_ups]
            if self._leaving[1] > 300.0:
                self._leaving = [0.7 * each for each in self._leaving]
            kept = 0.85**wrap_ups
            self._leaving_now = kept * self._leaving_now + (1.0 - kept) * min(1.0, gone / wrap_ups)
            if gone > self._wrap_ups + 1:
                self._leaving_now = max(self._leaving_now, 0.5)
        self._on_floor, self._wrap_ups = on_floor, 0

    def _settle(self, snapshot: Snapshot) -> None:
        self.delay.settle()
        talk = self.talk.survival(snapshot.talk_elapsed_s)
        wrap_up = self.wrap_up.survival(snapshot.wrap_up_elapsed_s)
        grace_s = self._info.grace_s
        if self._info.machine_detection:  # the verdict's time is the customer's, too
            grace_s = max(0.0, grace_s - self._verdict[0] / self._verdict[1])
        self.freed = Freed(talk, wrap_up, grace_s)

    # What follows

    def handling_s(self) -> float:
        """Talk and wrap-up together, the mean."""
        return self.talk.mean().mean + self.wrap_up.mean().mean

    def set_up_s(self) -> float:
        return self._set_up[0] / self._set_up[1]

    def answer(self) -> Estimate:
        return self.rate.estimate()

    def lines(self, in_flight: tuple[InFlight, ...]) -> Lines:
        dialed = np.array([call.since_dial_s for call in in_flight])
        rung = np.array([math.nan if call.since_ring_s is None else call.since_ring_s for call in in_flight])
        picked_up = np.array([call.since_pickup_s is not None for call in in_flight], dtype=bool)
        weights = np.array([_weight(call) for call in in_flight])
        usual = self.set_up_s()
        ages = np.where(np.isnan(rung), np.minimum(dialed, usual), rung + usual)
        chances = np.clip(self.rate.mean * weights, LEAST_CHANCE, MOST_CHANCE)
        person = self._picked_up[0] / self._picked_up[1]
        return Lines(np.maximum(0.0, ages), picked_up, np.where(picked_up, person, chances))

    def answers(self, lines: Lines) -> Floats:
        """[call, horizon]"""
        if not len(lines.ages_s):
            return np.zeros((0, len(HORIZONS_S)))
        chances = self.delay.residual(lines.ages_s, lines.chances)
        if lines.is_picked_up.any():
            soon = np.where(HORIZONS_S < 2.0, 0.6, 1.0)
            chances[lines.is_picked_up] = lines.chances[lines.is_picked_up][:, None] * soon
        return chances

    def fresh(self, snapshot: Snapshot, many: int) -> Floats:
        """[new call, horizon] for the next leads; those beyond the list are as its last."""
        shown = snapshot.upcoming_answer_probability
        weights = np.ones(many)
        if len(shown):
            shown = np.nan_to_num(shown[np.minimum(np.arange(many), len(shown) - 1)], nan=USUAL_ANSWER)
            weights = np.maximum(0.0, shown) / USUAL_ANSWER
        chances = np.clip(self.rate.mean * weights, LEAST_CHANCE, MOST_CHANCE)
        return chances[:, None] * self.delay.earlier

    @property
    def leaving(self) -> float:
        """The share of operators who end their work and are not free then, but gone."""
        usual = self._leaving[0] / self._leaving[1]
        return max(usual, self._leaving_now) if self._leaving_now > 0.3 else usual

    def free_operators(self, snapshot: Snapshot, answers: Floats, fresh: Floats) -> FreeOperators:
        spare, freed = self.operators(snapshot)
        return FreeOperators(spare, freed, answers, fresh)

    def operators(self, snapshot: Snapshot) -> "tuple[np.typing.NDArray[np.int64], Floats]":
        """Idle less waiting, by horizon; and [busy operator, horizon] the chance that he is free, and stays."""
        freed = self.freed.chances(snapshot.talk_elapsed_s, snapshot.wrap_up_elapsed_s)
        busy = max(1, len(freed))
        leaving = max(self.leaving, min(1.0, self._pending / busy))
        spare = np.full(len(HORIZONS_S), snapshot.idle - snapshot.waiting, dtype=np.int64)
        on_floor = max(1, snapshot.idle + busy)
        stays = np.full(len(HORIZONS_S), 1.0 - leaving)
        for when, many in snapshot.departures:
            ahead = HORIZONS_S + self._info.grace_s >= when - snapshot.t
            spare = spare - np.where(ahead, min(many, snapshot.idle), 0)
            stays = stays * np.where(ahead, max(0.0, 1.0 - max(0, many - snapshot.idle) / on_floor), 1.0)
        return spare, freed * stays


def _part(kept: Kept, name: str) -> Kept:
    part = kept.get(name)
    return part if isinstance(part, dict) else {}


def _weight(call: InFlight) -> float:
    shown = call.answer_probability
    return 1.0 if shown is None or math.isnan(shown) else max(0.0, shown) / USUAL_ANSWER


def _faded(sums: list[float], value: float, memory: float) -> list[float]:
    kept = 1.0 - 1.0 / memory
    return [sums[0] * kept + value, sums[1] * kept + 1.0]
