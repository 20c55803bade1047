"""What the floor will do in the next half minute, learned as it works: who answers and when, who talks for how long. Pure.

Each estimate begins with a weak prior, so that a cold start has something to go by, and says how sure it is.
"""

import math
from dataclasses import dataclass

import numpy as np

from .pacing_memory import Kept, numbers
from .pacing_terms import Floats

HORIZONS_S: Floats = np.array([1, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 23, 26, 30], dtype=float)
"""Looked ahead so far (s)."""
USUAL_ANSWER = 0.3
USUAL_TALK_S, USUAL_WRAP_UP_S, USUAL_SET_UP_S = 150.0, 25.0, 3.0
LEAST, MOST = 0.01, 0.98
JUMP_SIGMAS = 3.0
BURST_S = 8.0
PRIOR_WEIGHT = 10.0
"""A prior mean of talk or wrap-up weighs as much as so many that were seen."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A mean, and its standard error."""

    mean: float
    error: float


class AnswerDelay:
    """The law of the age (s since dialing) at which a person answers, given that one does; and of early failures (busy, invalid)."""

    def __init__(self, ring_timeout_s: float) -> None:
        self.size = int(max(60.0, ring_timeout_s + 20.0)) + 1
        self.ages: Floats = np.arange(1, self.size + 1, dtype=np.float64)
        ages = np.maximum(np.arange(self.size, dtype=float), 0.1)
        heights = (np.log(ages) - math.log(13.5)) / 0.45 / math.sqrt(2)
        prior = np.array([0.5 * (1.0 + math.erf(height)) for height in heights])
        self._answers: Floats = np.diff(prior, prepend=0.0) * 25.0
        self._failures = np.zeros(self.size)
        self._failures[4] = 2.0
        self._failed, self._dialed = 2.0, 20.0
        self.settle()

    def answered(self, age_s: float) -> None:
        self._answers[self._bin(age_s)] += 1.0

    def failed(self, age_s: float) -> None:
        self._failures[self._bin(age_s)] += 1.0
        self._failed += 1.0

    def dialed(self, many: float) -> None:
        self._dialed = max(1.0, self._dialed + many)

    def settle(self) -> None:
        """Take what was learned into the tables."""
        self.answers: Floats = np.cumsum(self._answers) / self._answers.sum()
        self.failures: Floats = np.cumsum(self._failures) / self._failures.sum()
        self.fails = min(0.95, self._failed / max(self._dialed, self._failed))
        by = self.by(HORIZONS_S)
        self.share_by_horizon: Floats = np.diff(by, prepend=0.0) / max(by[-1], 1e-9)
        self.earlier: Floats = self.by(HORIZONS_S - 1.0)

    def mean(self) -> Estimate:
        """Of the age at which a person answers (s)."""
        many = float(self._answers.sum())
        middles = self.ages - 0.5
        mean = float(self._answers @ middles) / many
        variance = float(self._answers @ (middles - mean) ** 2) / many
        return Estimate(mean, math.sqrt(variance / many))

    def memory(self) -> dict[str, object]:
        return {
            "answers": self._answers.tolist(),
            "failures": self._failures.tolist(),
            "dialed": [self._failed, self._dialed],
        }

    def recall(self, kept: Kept) -> None:
        """Anything that does not fit (another ring time-out) is passed over."""
        answers, failures = numbers(kept, "answers", self.size), numbers(kept, "failures", self.size)
        dialed = numbers(kept, "dialed", 2)
        if answers is None or failures is None or dialed is None or not answers.any() or not failures.any():
            return
        self._answers, self._failures = answers, failures
        self._failed, self._dialed = float(dialed[0]), max(1.0, float(dialed[1]))
        self.settle()

    def by(self, ages_s: Floats) -> Floats:
        """The share of answers that came by these ages."""
        return np.interp(ages_s, self.ages, self.answers, left=0.0)

    def failed_by(self, ages_s: Floats) -> Floats:
        return np.interp(ages_s, self.ages, self.failures, left=0.0)

    def residual(self, ages_s: Floats, probability: Floats) -> Floats:
        """[call, horizon] the chance that a call of this age, not over yet, is answered within the horizon."""
        gone = self.by(ages_s)
        left = np.maximum(0.02, 1.0 - probability * gone - (1.0 - probability) * self.fails * self.failed_by(ages_s))
        soon = self.by((ages_s[:, None] + HORIZONS_S).ravel()).reshape(len(ages_s), -1) - gone[:, None]
        return np.minimum(1.0, (probability / left)[:, None] * soon)

    def _bin(self, age_s: float) -> int:
        return min(self.size - 1, max(0, int(age_s)))


class AnswerRate:
    """The chance that a person answers, from calls whose answers are still to come as well: answers over the answers that calls of such
    ages would have had by now, were all answered. It is kept on two time scales; where the fast one has left the slow one behind, the
    world has changed, and the slow one begins anew. Where each lead has a chance of its own, this is the factor that mends them."""

    def __init__(self, memory: float = 8.0) -> None:
        self._memory = memory
        self._fast = [6.0, 6.0 / USUAL_ANSWER]
        self._slow = [6.0, 6.0 / USUAL_ANSWER]
        self._burst = [0.0, 0.0]
        self.highest = 0.0
        """As high as it surely was at any time."""

    @property
    def mean(self) -> float:
        return min(MOST, max(LEAST, self._slow[0] / self._slow[1]))

    @property
    def now(self) -> float:
        return min(MOST, max(LEAST, self._fast[0] / self._fast[1]))

    def estimate(self) -> Estimate:
        mean = self.mean
        return Estimate(mean, math.sqrt(mean * (1 - mean) / max(1.0, self._slow[1])))

    def memory(self) -> dict[str, object]:
        return {"fast": self._fast, "slow": self._slow, "highest": [self.highest]}

    def recall(self, kept: Kept, share: float) -> None:
        """Of what was kept, `share` of its weight counts: it was another hour."""
        fast, slow, highest = (numbers(kept, name, size) for name, size in (("fast", 2), ("slow", 2), ("highest", 1)))
        if fast is None or slow is None or highest is None or not (fast[1] > 0 and slow[1] > 0):
            return
        self._fast, self._slow = (fast * share).tolist(), (slow * share).tolist()
        self.highest = min(1.0, float(highest[0]))

    def answered(self) -> None:
        for sums in (self._fast, self._slow, self._burst):
            sums[0] += 1.0

    def passes(self, span_s: float, exposed: float, in_flight: int) -> None:
        """`exposed`: how many answers `span_s` would have brought, were every call answered."""
        size = max(80.0, 2.0 * in_flight)
        for sums, memory in ((self._fast, size), (self._slow, self._memory * size)):
            kept = math.exp(-exposed / (self.mean * memory)) if exposed else 1.0
            sums[0] *= kept
            sums[1] = sums[1] * kept + exposed
        kept = math.exp(-span_s / BURST_S)
        self._burst = [self._burst[0] * kept, self._burst[1] * kept + exposed]
        self._look()

    def _look(self) -> None:
        expected = self._burst[1] * self.mean
        if (
            self._burst[0] - expected > 3.5 * math.sqrt(expected + 0.5) + 1.0
        ):  # more answers than chance explains: believe these, and little of what was before
            mean = min(MOST, self._burst[0] / max(self._burst[1], self._burst[0]))
            self._fast, self._slow = [mean * 15.0, 15.0], [mean * 15.0, 15.0]
            self._burst = [0.0, 0.0]
        mean, error = self.mean, math.sqrt(self.mean * (1 - self.mean) / max(5.0, self._fast[1]))
        if abs(self.now - mean) > JUMP_SIGMAS * error:
            self._slow = list(self._fast)
        now = self.now
        self.highest = max(self.highest, now - 2.0 * math.sqrt(now * (1 - now) / max(5.0, self._fast[1])))


class Durations:
    """The law of talk or wrap-up: a hazard that is constant between edges, so that those who are still at it count as well."""

    EDGES_S: Floats = np.concatenate([[0.0, 3.0, 6.0, 10.0], np.geomspace(15.0, 900.0, 22)])
    WIDTHS_S: Floats = np.diff(np.append(EDGES_S, 3000.0))
    LONGEST_S = 1240

    def __init__(self, prior_mean_s: float, weight: float = 1.5) -> None:
        self._ends = np.full(len(self.WIDTHS_S), weight)
        self._spent_s = np.full(len(self.WIDTHS_S), weight * prior_mean_s)
        self._at = np.searchsorted(self.EDGES_S, np.arange(self.LONGEST_S), "right") - 1
        self.many = PRIOR_WEIGHT
        self.sum_s, self.sum_squares = self.many * prior_mean_s, self.many * (1.6 * prior_mean_s**2)

    def ended(self, duration_s: float) -> None:
        duration_s = max(0.0, duration_s)
        self._ends[np.searchsorted(self.EDGES_S, duration_s, "right") - 1] += 1.0
        self._spent_s += np.clip(duration_s - self.EDGES_S, 0.0, self.WIDTHS_S)
        self.sum_s, self.many = self.sum_s + duration_s, self.many + 1.0
        self.sum_squares += duration_s**2

    @property
    def seen(self) -> int:
        """How many ended, the prior left out."""
        return round(self.many - PRIOR_WEIGHT)

    def mean(self) -> Estimate:
        mean = self.sum_s / self.many
        variance = max(0.0, self.sum_squares / self.many - mean**2)
        return Estimate(mean, math.sqrt(variance / self.many))

    def memory(self) -> dict[str, object]:
        return {
            "ends": self._ends.tolist(),
            "spent": self._spent_s.tolist(),
            "sums": [self.sum_s, self.sum_squares, self.many],
        }

    def recall(self, kept: Kept) -> None:
        ends, spent, sums = (
            numbers(kept, name, size)
            for name, size in (("ends", len(self._ends)), ("spent", len(self._ends)), ("sums", 3))
        )
        if (
            ends is None
            or spent is None
            or sums is None
            or not (ends > 0).all()
            or not (spent > 0).all()
            or sums[2] < 1
        ):
            return
        self._ends, self._spent_s = ends, spent
        self.sum_s, self.sum_squares, self.many = sums.tolist()

    def survival(self, elapsed_s: Floats) -> Floats:
        """By whole seconds: the chance to last longer; those still at it for `elapsed_s` are counted."""
        spent_s = self._spent_s + np.clip(elapsed_s[:, None] - self.EDGES_S, 0.0, self.WIDTHS_S).sum(0)
        hazard = (self._ends / spent_s)[self._at]
        lasts: Floats = np.exp(-np.concatenate([[0.0], np.cumsum(hazard)]))
        return lasts


class Freed:
    """The chance that a busy operator is free again within each horizon and `grace_s` more, by how long he has been at it."""

    ELAPSED = 1200
    AHEAD = 40

    def __init__(self, talk: Floats, wrap_up: Floats, grace_s: float) -> None:
        size, ahead = self.ELAPSED, self.AHEAD
        until = np.minimum(ahead - 1, np.round(HORIZONS_S + max(-0.5, grace_s - 0.5))).astype(int)
        steps = np.arange(ahead)
        at = np.arange(size)[:, None] + steps[None, :]
        ends = (talk[at] - talk[np.minimum(at + 1, size + ahead)]) / np.maximum(talk[:size, None], 1e-300)
        left = until[None, :] - steps[:, None]
        wrapped = np.where(left >= 0, 1.0 - wrap_up[np.maximum(0, left)], 0.0)
        self._talking = ends @ wrapped
        later = wrap_up[np.minimum(size + ahead, np.arange(size)[:, None] + until)]
        self._wrapping = 1.0 - later / np.maximum(wrap_up[:size, None], 1e-300)

    def chances(self, talk_elapsed_s: Floats, wrap_up_elapsed_s: Floats) -> Floats:
        """[operator, horizon]"""
        return np.vstack([self._talking[self._row(talk_elapsed_s)], self._wrapping[self._row(wrap_up_elapsed_s)]])

    def _row(self, elapsed_s: Floats) -> "np.typing.NDArray[np.int64]":
        return np.clip(np.rint(elapsed_s), 0, self.ELAPSED - 1).astype(np.int64)
