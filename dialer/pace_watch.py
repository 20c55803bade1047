"""What a predictive pacer sees, believes and expects, kept for the page; and beside it what then happened. Pure.

Each second it asks the pacer's own law how many operators will be busy `AHEAD_S` from now, and how likely who answers next finds nobody:
the sum of the latter over half an hour is how many losses were expected, to be held against those that came.
"""

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from .forecast import HORIZONS_S, Estimate
from .pacing_law import FreeOperators
from .pacing_predictive import FEWEST_RESOLVED, Basis, Predictive
from .pacing_terms import Abandoned, CallEnded, Decision, Outcome, PacingEvent, Snapshot

AHEAD_S = 10.0
HALF_HOUR_S = 1800.0
MINUTE_S = 60.0
EVERY_S = 1.0
LONGEST_SPAN_S = 5.0
"""A gap in the looks counts as no more than this."""
_AHEAD = int(np.searchsorted(HORIZONS_S, AHEAD_S))


@dataclass(frozen=True, slots=True)
class Moment:
    """The floor at the last look. `soon_free`: operators expected to end their work within `AHEAD_S`; `answers`: persons expected to
    answer of those whom we are calling; `risk`: the chance that who answers then finds nobody; `at_once`: how many may be lost at once
    and the window still holds; `needs`: so many calls must yet come to their end before it predicts."""

    operators: int
    idle: int
    in_flight: int
    soon_free: float
    answers: float
    risk: float
    at_once: float
    needs: int
    basis: Basis
    placed: int
    withdrawn: int


@dataclass(frozen=True, slots=True)
class HalfHour:
    """Expected beside real, over `seconds` of the last half hour. Utilisations are shares of the operators' time, None before any;
    losses are persons of the `answered`."""

    seconds: float
    utilisation_expected: float | None
    utilisation: float | None
    answered: int
    lost: int
    lost_expected: float

    @property
    def error(self) -> float:
        """How far the losses that were expected may be from those that come (one standard deviation, persons)."""
        return math.sqrt(self.lost_expected)


@dataclass(frozen=True, slots=True)
class Believed:
    """Times in s. `answer_s`: from dialing to the answer; `talks` and `wrap_ups` were seen, `calls` came to an end."""

    answer: Estimate
    answer_s: Estimate
    talk_s: Estimate
    wrap_up_s: Estimate
    calls: int
    talks: int
    wrap_ups: int


@dataclass(frozen=True, slots=True)
class _Look:
    t: float
    span_s: float
    operators: int
    busy: int
    lost: float


@dataclass(slots=True)
class PaceWatch:
    """One campaign's. Tell it `heard` all that the pacer hears, `looks` after each decision, `took_off` of each call."""

    moment: Moment | None = None
    _looks: deque[_Look] = field(default_factory=deque)
    _foretold: deque[tuple[float, float]] = field(default_factory=deque)
    _answers: deque[float] = field(default_factory=deque)
    _losses: deque[float] = field(default_factory=deque)
    _moves: deque[tuple[float, int, int]] = field(default_factory=deque)

    def heard(self, event: PacingEvent) -> None:
        match event:
            case CallEnded(t, Outcome.PERSON):
                self._answers.append(t)
            case Abandoned(t):
                self._losses.append(t)

    def took_off(self, t: float) -> None:
        """A call was placed."""
        self._moves.append((t, 1, 0))

    def looks(self, pacer: Predictive, snapshot: Snapshot, decision: Decision, reserved: int = 0) -> None:
        """`reserved`: operators among those who talk in the pacer's eyes whose talk has not begun."""
        t = snapshot.t
        if decision.cancel:
            self._moves.append((t, 0, len(decision.cancel)))
        before = self._looks[-1].t if self._looks else -math.inf
        if 0.0 <= t - before < EVERY_S and not decision.place:
            return
        span_s = min(LONGEST_SPAN_S, t - before) if before <= t else 0.0
        busy = snapshot.talking + snapshot.wrap_up - reserved
        operators = snapshot.idle + busy + reserved
        beliefs = pacer.beliefs
        answers = beliefs.answers(beliefs.lines(snapshot.in_flight))
        spare, freed = beliefs.operators(snapshot)
        risk = FreeOperators(spare, freed, answers, np.zeros((0, len(HORIZONS_S)))).none_free()
        soon = float(answers[:, 0].sum()) / float(HORIZONS_S[0]) if len(answers) else 0.0
        self._looks.append(_Look(t, span_s, operators, busy, span_s * soon * float(risk[0])))
        met = np.minimum(answers.sum(0), np.maximum(0.0, spare + freed.sum(0)))
        expected = busy - float(freed.sum(0)[_AHEAD]) + float(met[_AHEAD])
        if operators and pacer.basis is not Basis.LEARNING:
            self._foretold.append((t + AHEAD_S, min(1.0, max(0.0, expected / operators))))
        self.moment = Moment(
            operators=operators,
            idle=max(0, snapshot.idle - snapshot.waiting),
            in_flight=len(snapshot.in_flight),
            soon_free=float(freed.sum(0)[_AHEAD]),
            answers=float(answers[:, -1].sum()) if len(answers) else 0.0,
            risk=float(risk[_AHEAD]),
            at_once=max(0.0, pacer.budget.room(t, operators, beliefs.handling_s(), beliefs.answer().mean)),
            needs=max(0, FEWEST_RESOLVED - beliefs.resolved),
            basis=pacer.basis,
            placed=decision.place,
            withdrawn=len(decision.cancel),
        )

    def half_hour(self, t: float) -> HalfHour:
        self._forget(t)
        logged_s = sum(look.span_s * look.operators for look in self._looks)
        busy_s = sum(look.span_s * look.busy for look in self._looks)
        foretold = [share for when, share in self._foretold if when <= t]
        return HalfHour(
            seconds=sum(look.span_s for look in self._looks),
            utilisation_expected=float(np.mean(foretold)) if foretold else None,
            utilisation=busy_s / logged_s if logged_s else None,
            answered=len(self._answers),
            lost=len(self._losses),
            lost_expected=sum(look.lost for look in self._looks),
        )

    def last_minute(self, t: float) -> tuple[int, int]:
        """How many calls were placed without an operator reserved, and how many withdrawn."""
        self._forget(t)
        return sum(placed for _t, placed, _gone in self._moves), sum(gone for _t, _placed, gone in self._moves)

    def _forget(self, t: float) -> None:
        while self._looks and self._looks[0].t < t - HALF_HOUR_S:
            self._looks.popleft()
        while self._foretold and self._foretold[0][0] < t - HALF_HOUR_S:
            self._foretold.popleft()
        for times in (self._answers, self._losses):
            while times and times[0] < t - HALF_HOUR_S:
                times.popleft()
        while self._moves and self._moves[0][0] < t - MINUTE_S:
            self._moves.popleft()


def believed(pacer: Predictive) -> Believed:
    """What the pacer has learned by now; priors included, so there is always an answer, and the error says what it is worth."""
    beliefs = pacer.beliefs
    return Believed(
        answer=beliefs.answer(),
        answer_s=beliefs.delay.mean(),
        talk_s=beliefs.talk.mean(),
        wrap_up_s=beliefs.wrap_up.mean(),
        calls=beliefs.resolved,
        talks=beliefs.talk.seen,
        wrap_ups=beliefs.wrap_up.seen,
    )
