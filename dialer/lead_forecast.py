"""The chance that a person answers, lead by lead, learned from the calls themselves. Pure.

A logistic model over a few facts that stand in every lead: the hour, the weekday, how often it was tried and how the last call ended, its
age, where its number is. Each weight has its own certainty: what was seen seldom stays near the prior, and moves fast when it is seen.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from .forecast import USUAL_ANSWER
from .lead import Lead
from .pacing_memory import Kept, numbers

ALWAYS = "always"
PRIOR_VARIANCE = 0.3
PRIOR_VARIANCE_ALWAYS = 1.0
PREFIX_DIGITS = 5
AGES_H = (1, 4, 24, 72, 240)
MOST_TRIES = 5
MOST_KEPT = 2_000
FORGETS = 2e-5
"""The world changes: with each call every weight that it shows is a little less certain (in variance)."""
USUAL_OF = 500.0
"""The usual lead is the mean of so many that were dialed last (e-fold)."""
RARE = 1e-3
"""What fewer of them show is left out."""


def features(lead: Lead, now: datetime) -> tuple[str, ...]:
    """What the model knows of the lead, at `now`; the hour is the customer's own."""
    local = now.astimezone(ZoneInfo(lead.zone)) if lead.zone else now
    age_h = max(0.0, (now - lead.placed_at).total_seconds() / 3600)
    age = next((str(limit) for limit in AGES_H if age_h < limit), "older")
    return (
        ALWAYS,
        f"hour:{local.hour // 2}",
        "weekend" if local.weekday() >= 5 else "weekday",
        f"tries:{min(lead.attempts, MOST_TRIES)}",
        f"last:{lead.last_outcome or 'none'}",
        f"age:{age}",
        f"prefix:{lead.phone[: PREFIX_DIGITS + 1]}",
    )


@dataclass(frozen=True, slots=True)
class _Weight:
    mean: float
    variance: float


@dataclass(slots=True)
class AnswerModel:
    """Weights by feature; `seen` calls taught it. `_shares`: of the leads dialed lately, how many show each."""

    seen: int = 0
    _weights: dict[str, _Weight] = field(default_factory=dict)
    _shares: dict[str, float] = field(default_factory=dict)
    _dialed: float = 0.0

    def probability(self, shown: Iterable[str]) -> float:
        """The expected chance: an uncertain weight pulls it towards one half, as it should."""
        return self._expected((self._weight(each), 1.0) for each in shown)

    def dialed(self, shown: Iterable[str]) -> None:
        """Such a lead is called now: the usual one is a little more like it."""
        self._dialed = min(USUAL_OF, self._dialed + 1.0)
        step = 1.0 / self._dialed
        shares = {name: share * (1.0 - step) for name, share in self._shares.items()}
        for name in shown:
            shares[name] = shares.get(name, 0.0) + step
        self._shares = {name: share for name, share in shares.items() if share > RARE}

    def beside_usual(self, leads: Iterable[Iterable[str]]) -> list[float]:
        """How many times likelier than the usual lead each of them is answered. What the model has wrong for all alike falls out of it."""
        usual = self._expected((self._weight(name), share) for name, share in self._shares.items())
        return [self.probability(shown) / usual if self._shares else 1.0 for shown in leads]

    def _expected(self, weights: Iterable[tuple[_Weight, float]]) -> float:
        mean = variance = 0.0
        for weight, share in weights:
            mean, variance = mean + share * weight.mean, variance + share * weight.variance
        return _sigmoid(mean / math.sqrt(1.0 + math.pi * variance / 8.0))

    def learn(self, shown: Iterable[str], answered: bool) -> None:
        """One step of assumed-density filtering: the uncertain weights take most of the surprise."""
        shown = tuple(shown)
        weights = [self._weight(each) for each in shown]
        expected = _sigmoid(sum(weight.mean for weight in weights))
        slope = expected * (1.0 - expected)
        spread = sum(weight.variance for weight in weights)
        surprise = (float(answered) - expected) / (1.0 + slope * spread)
        for name, weight in zip(shown, weights, strict=True):
            variance = weight.variance * (1.0 - slope * weight.variance / (1.0 + slope * spread)) + FORGETS
            self._weights[name] = _Weight(
                weight.mean + weight.variance * surprise, min(variance, PRIOR_VARIANCE_ALWAYS)
            )
        self.seen += 1

    def certainty(self) -> Mapping[str, tuple[float, float]]:
        """Each weight that was learned: its mean and standard error, in log odds."""
        return {name: (each.mean, math.sqrt(each.variance)) for name, each in self._weights.items()}

    def memory(self) -> dict[str, object]:
        """The surest weights, as far as they are worth a row."""
        surest = sorted(self._weights.items(), key=lambda item: item[1].variance)[:MOST_KEPT]
        return {
            "seen": [self.seen],
            "weights": {name: [each.mean, each.variance] for name, each in surest},
            "usual": {"dialed": self._dialed, "shares": self._shares},
        }

    def recall(self, kept: Kept) -> None:
        """What does not fit is passed over."""
        seen, weights = numbers(kept, "seen", 1), kept.get("weights")
        if seen is None or not isinstance(weights, dict):
            return
        self.seen = int(seen[0])
        for name, value in weights.items():
            match value:
                case [float() | int() as mean, float() | int() as variance] if math.isfinite(mean) and variance > 0:
                    self._weights[str(name)] = _Weight(float(mean), min(float(variance), PRIOR_VARIANCE_ALWAYS))
        match kept.get("usual"):
            case {"dialed": float() | int() as dialed, "shares": dict(shares)} if 1.0 <= dialed <= USUAL_OF:
                kept_shares = {str(name): share for name, share in shares.items() if isinstance(share, float | int)}
                self._dialed = float(dialed)
                self._shares = {name: float(share) for name, share in kept_shares.items() if RARE < share <= 1.0 + RARE}

    def _weight(self, name: str) -> _Weight:
        usual = _Weight(0.0, PRIOR_VARIANCE)
        if name == ALWAYS:
            usual = _Weight(math.log(USUAL_ANSWER / (1.0 - USUAL_ANSWER)), PRIOR_VARIANCE_ALWAYS)
        return self._weights.get(name, usual)


def _sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, x))))
