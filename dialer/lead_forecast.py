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
    """Weights by feature; `seen` calls taught it."""

    seen: int = 0
    _weights: dict[str, _Weight] = field(default_factory=dict)

    def probability(self, shown: Iterable[str]) -> float:
        """The expected chance: an uncertain weight pulls it towards one half, as it should."""
        weights = [self._weight(each) for each in shown]
        mean = sum(weight.mean for weight in weights)
        variance = sum(weight.variance for weight in weights)
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
        return {"seen": [self.seen], "weights": {name: [each.mean, each.variance] for name, each in surest}}

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

    def _weight(self, name: str) -> _Weight:
        usual = _Weight(0.0, PRIOR_VARIANCE)
        if name == ALWAYS:
            usual = _Weight(math.log(USUAL_ANSWER / (1.0 - USUAL_ANSWER)), PRIOR_VARIANCE_ALWAYS)
        return self._weights.get(name, usual)


def _sigmoid(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-max(-30.0, min(30.0, x))))
