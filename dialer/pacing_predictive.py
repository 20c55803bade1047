"""The predictive pacer: a call is placed while what it may cost is worth what it brings, and withdrawn when it no longer is. Pure.

The law of who will be free is that of pacing_law.py, what a risk may cost that of pacing_budget.py, what the floor does that of beliefs.py.
"""

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from .beliefs import Beliefs, Lines
from .exposure import Exposure
from .pacing_budget import SMALL_TEAM, Budget
from .pacing_law import FreeOperators, harm_and_gain
from .pacing_memory import Kept, numbers
from .pacing_plain import USUAL, safe
from .pacing_terms import (
    Abandoned,
    CallEnded,
    CallId,
    Connected,
    Decision,
    Floats,
    InFlight,
    Outcome,
    PacingEvent,
    PacingInfo,
    Snapshot,
    TalkEnded,
    WrapUpEnded,
)

FEWEST_RESOLVED = 12
"""Before so many calls are known to have ended, too little is known to predict."""
EVERY_EVENT_UP_TO = 30
MOST_AT_ONCE = 64
CLOSE = 4.0
"""With room for fewer persons the bound is near."""
LAST_SIGMAS = 2.0
"""So much surer one must be where nothing is taken back and one too many is not made good for any more."""
MOST_WITHDRAWN_AT_ONCE = 8
WITHDRAWN_FREE = 20


class Basis(StrEnum):
    """What the last decision rested on: too little was known, and it was progressive; the forecast; or the bound, which left no room."""

    LEARNING = "learning"
    FORECAST = "forecast"
    BOUND = "bound"


@dataclass(frozen=True, slots=True)
class Exposed:
    """How many persons could be lost at once, and how many more with each further call."""

    persons: float
    each: float

    def fits(self, room: float) -> int:
        """So many more calls, and no more persons than the `room` could be lost."""
        return math.floor(max(0.0, room - self.persons) / self.each)


class Predictive:
    """`withdraws`: whether calls are withdrawn at all, of those placed at most the share `most_withdrawn` (carriers object to many).
    `basis` and `beliefs` may be shown."""

    RUNG_COSTS = 2.0

    def __init__(self, withdraws: bool = True, most_withdrawn: float = 0.6) -> None:
        self._withdraws = withdraws
        self.most_withdrawn = most_withdrawn
        self.reset(USUAL)

    def reset(self, info: PacingInfo) -> None:
        self.info = info
        self.beliefs = Beliefs(info)
        self.budget = Budget(info)
        self.exposure = Exposure()
        self.basis = Basis.LEARNING
        self.placed = self.withdrawn = 0
        self._decided_at = -math.inf
        self._asked = 0

    def observe(self, event: PacingEvent) -> None:
        match event:
            case CallEnded(t, outcome):
                self.beliefs.ended(event)
                if outcome is Outcome.PERSON:
                    self.budget.person(t)
            case Connected():
                self.budget.served()
            case Abandoned(t):
                self.budget.lost(t)
            case TalkEnded():
                self.beliefs.talked(event)
            case WrapUpEnded():
                self.beliefs.wrapped_up(event)

    def sees_beside(self, t: float, calls: Iterable[InFlight]) -> None:
        """Calls in flight, each with an operator of its own, that no decision placed: they teach, and are at nobody's risk."""
        self.beliefs.sees_beside(t, calls)

    def ended_beside(self, call_id: CallId, event: CallEnded) -> None:
        """One of those ended, or a person answered. He is one of the half hour's persons; that he meets his operator says nothing of what
        a risk may cost, and is not told."""
        if self.beliefs.ended_beside(call_id, event) and event.outcome is Outcome.PERSON:
            self.budget.person(event.t)

    def ends(self, at_s: float | None) -> None:
        """When the window ends is known only now, or known better; nothing is forgotten."""
        self.info = replace(self.info, window_end_s=at_s)
        self.budget.ends(at_s)

    def memory(self) -> dict[str, object]:
        """What it learned, as plain values; for `recall` in another engine."""
        return {"beliefs": self.beliefs.memory(), "price": [self.budget.price]}

    def recall(self, kept: Kept, age_s: float) -> None:
        """After `reset`: what was learned `age_s` ago. What does not fit is passed over."""
        beliefs, price = kept.get("beliefs"), numbers(kept, "price", 1)
        if isinstance(beliefs, dict):
            self.beliefs.recall(beliefs, age_s)
        if price is not None:
            self.budget.price = float(price[0])

    def decide(self, snapshot: Snapshot) -> Decision:
        operators = snapshot.idle + snapshot.talking + snapshot.wrap_up
        if not self._is_due(snapshot.t, operators):
            return Decision(0)
        self.beliefs.see(snapshot)
        self._decided_at, self._asked = snapshot.t, 0
        decision = self._decided(snapshot, operators)
        self.placed += decision.place
        self.withdrawn += len(decision.cancel)
        for call_id in decision.cancel:
            self.beliefs.withdrew(call_id)
        return decision

    def _is_due(self, t: float, operators: int) -> bool:
        """A small floor is looked at after every event, a large one twice a second at most; a clock that stands stops nobody."""
        self._asked += 1
        every_s = 0.0 if operators <= EVERY_EVENT_UP_TO else 0.4
        return not 0.0 <= t - self._decided_at < every_s or self._asked > 50

    def _decided(self, snapshot: Snapshot, operators: int) -> Decision:
        if operators == 0:
            self.basis = Basis.LEARNING
            gone = [call.id for call in snapshot.in_flight if self._withdraws and self._may_go(call)]
            return Decision(0, tuple(gone))  # they would be answered by nobody
        if self.beliefs.resolved < FEWEST_RESOLVED:
            self.basis = Basis.LEARNING
            return Decision(_most(safe(snapshot, self.info.ring_timeout_s), snapshot))
        lines = self.beliefs.lines(snapshot.in_flight)
        answers = self.beliefs.answers(lines)
        spare_by, freed = self.beliefs.operators(snapshot)
        t, handling_s, answer = snapshot.t, self.beliefs.handling_s(), self.beliefs.answer().mean
        rooms = self.budget.rooms(t, operators, handling_s, answer)
        room = max(0.0, min(rooms))
        is_last = not self._takes_back and not self.budget.makes_good(t, operators, handling_s, answer)
        may_be_placed = self._may_be_placed(snapshot, answers, freed, rooms, is_last)
        kappa = self.budget.kappa(t, operators, handling_s, self.exposure.usual)
        law = FreeOperators(spare_by, freed, answers, self.beliefs.fresh(snapshot, MOST_AT_ONCE))
        when = self.beliefs.delay.share_by_horizon

        def is_worth_it(more: int) -> bool:
            harm, gain = harm_and_gain(law.none_free(more), when)
            return harm <= kappa * gain

        self.basis = Basis.FORECAST if room > 0.0 else Basis.BOUND
        most_safe = _most(safe(snapshot, self.info.ring_timeout_s), snapshot)
        if is_worth_it(0):
            most = _most(may_be_placed, snapshot)
            wanted = _largest(is_worth_it, min(MOST_AT_ONCE, most + 1))  # that it is more says enough
            if wanted > most:
                self.basis = Basis.BOUND
            return Decision(max(min(wanted, most), most_safe))
        if most_safe:
            return Decision(most_safe)
        return Decision(0, self._to_withdraw(snapshot, lines, answers, law, kappa))

    def _may_be_placed(
        self, snapshot: Snapshot, answers: Floats, freed: Floats, rooms: tuple[float, float], is_last: bool
    ) -> int:
        """How many more calls both bounds have room for. `is_last`: one person too many could not be made good for any more."""
        operators, spare = snapshot.idle + snapshot.talking + snapshot.wrap_up, snapshot.idle - snapshot.waiting
        if is_last and operators < SMALL_TEAM:  # all are held for answered, and nobody for free in time
            window = half_hour = Exposed(float(len(snapshot.in_flight) - spare), 1.0)
        else:
            fears = self.exposure.fears(self.beliefs.persons, self.beliefs.rate.highest, self.beliefs.rate.now)
            window, half_hour = (
                self._exposed(snapshot, answers, freed, fear, room < CLOSE, LAST_SIGMAS if is_last else 0.0)
                for fear, room in zip(fears, rooms, strict=True)
            )
        self.exposure.note(snapshot.t, half_hour.persons)
        return min(window.fits(rooms[0]), half_hour.fits(rooms[1]))

    def _exposed(
        self,
        snapshot: Snapshot,
        answers: Floats,
        freed: Floats,
        fear: float,
        is_close: bool,
        more_sigmas: float,
    ) -> "Exposed":
        """How many persons could be lost at once, were persons `fear` times likelier to answer."""
        set_up = np.array([call.since_ring_s is None for call in snapshot.in_flight], dtype=bool)
        spare, stay = snapshot.idle - snapshot.waiting, self._stay()
        if is_close:  # half a person cannot be lost: what does not ring yet is held for answered
            rings = self.exposure.of(answers[~set_up], freed, spare, fear, more_sigmas=more_sigmas)
            return Exposed(rings + stay * float(set_up.sum()), stay)
        exposed = self.exposure.of(answers, freed, spare, fear, set_up, stay, more_sigmas)
        return Exposed(exposed, stay * self.exposure.fresh(self.beliefs.answer().mean, fear))

    @property
    def _takes_back(self) -> bool:
        return self._withdraws and self.most_withdrawn > 0.0

    def _stay(self) -> float:
        """The share of calls that are not withdrawn while they are set up; a tenth at least is counted on to ring."""
        if not self._takes_back:
            return 1.0
        return max(0.1, 1.0 - min(self.most_withdrawn, self.withdrawn / max(20, self.placed)))

    def _to_withdraw(
        self, snapshot: Snapshot, lines: Lines, answers: Floats, law: FreeOperators, kappa: float
    ) -> tuple[CallId, ...]:
        """The youngest first; each that goes makes the others less risky."""
        allowed = int(WITHDRAWN_FREE + self.most_withdrawn * self.placed) - self.withdrawn
        if not self._takes_back or allowed <= 0:
            return ()
        indices = [at for at, call in enumerate(snapshot.in_flight) if self._may_go(call)]
        indices.sort(key=lambda at: snapshot.in_flight[at].since_dial_s)
        gone: list[int] = []
        usual = self.beliefs.delay.share_by_horizon
        for at in indices[: min(MOST_WITHDRAWN_AT_ONCE, allowed)]:
            when = np.diff(answers[at], prepend=0.0)
            total = when.sum()
            harm, gain = harm_and_gain(law.none_free(0, answers[at]), when / total if total > 1e-6 else usual)
            dear = self.RUNG_COSTS if snapshot.in_flight[at].since_ring_s is not None else 1.0
            if harm > dear * kappa * gain:
                gone.append(at)
                left = np.delete(answers, gone, 0)
                law = self.beliefs.free_operators(snapshot, left, np.zeros((0, answers.shape[1])))
        return tuple(snapshot.in_flight[at].id for at in gone)

    def _may_go(self, call: InFlight) -> bool:
        if call.since_pickup_s is not None:
            return False
        return call.since_ring_s is None or call.since_ring_s >= self.info.min_ring_s


def _most(wanted: int, snapshot: Snapshot) -> int:
    return max(0, min(wanted, snapshot.max_new))


def _largest(holds: Callable[[int], bool], most: int) -> int:
    """How many more calls are worth it: one more than the largest number after which another still is."""
    low, high = 0, 1
    while high < most and holds(high):
        low, high = high, high * 2
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return high
