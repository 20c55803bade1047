"""The floors that are simulated: laws of times, staff, leads, machine detection. Pure.

The usual laws are those of shared/facts/dialer.md section 5; a campaign's own can be put in their place.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .pacing_terms import PacingInfo

Sample = Callable[[np.random.Generator], float]


@dataclass(frozen=True, slots=True)
class Lognormal:
    """By mean (s) and coefficient of variation."""

    mean_s: float
    cv: float

    def __call__(self, chance: np.random.Generator) -> float:
        spread = np.log(1.0 + self.cv**2)
        return float(np.exp(chance.normal(np.log(self.mean_s) - spread / 2, np.sqrt(spread))))


@dataclass(frozen=True, slots=True)
class Mixed:
    """The first law in `share` of the cases, else the second."""

    share: float
    first: Sample
    second: Sample

    def __call__(self, chance: np.random.Generator) -> float:
        return (self.first if chance.random() < self.share else self.second)(chance)


@dataclass(frozen=True, slots=True)
class Measured:
    """One of the durations (s) that were measured."""

    durations_s: tuple[float, ...]

    def __call__(self, chance: np.random.Generator) -> float:
        return self.durations_s[int(chance.integers(len(self.durations_s)))]


@dataclass(frozen=True, slots=True)
class Detection:
    """Machine detection: which share of the calls that no person answers a machine does, how long a verdict takes, how often it errs."""

    machine_share: float = 0.35
    machine_caught: float = 0.85
    verdict: Sample = Lognormal(0.9, 0.4)
    false_positive_rate: float = 0.01


def steady(probability: float) -> Callable[[float], float]:
    """The same answer probability at any time."""
    return lambda _t: probability


@dataclass(frozen=True, slots=True)
class World:
    """`staff`: (from t, operators logged in), the first at 0; those who leave finish their talk and wrap-up first, if `polite`.
    `announced`: whether the pacer is told of departures beforehand. `lead_cv`: how much leads differ in their answer probability (Beta);
    the pacer is shown it as learned from `seen_dials` earlier dials of each lead, exactly (`seen_dials` = 0 and `lead_cv` > 0), or not at
    all (None)."""

    staff: tuple[tuple[float, int], ...]
    duration_s: float
    answer_probability: Callable[[float], float] = field(default_factory=lambda: steady(0.3))
    talk: Sample = Lognormal(150.0, 0.8)
    wrap_up: Sample = Lognormal(25.0, 0.6)
    set_up: Sample = Lognormal(3.0, 0.35)
    ring: Sample = Lognormal(12.0, 0.5)
    ring_timeout_s: float = 25.0
    failed_share: float = 0.15
    break_probability: float = 0.0
    pause: Sample = Lognormal(600.0, 0.5)
    detection: Detection | None = None
    announced: bool = True
    lead_cv: float = 0.0
    seen_dials: int | None = None
    limit: float = 0.03
    grace_s: float = 2.0
    min_ring_s: float = 15.0
    most_in_flight: int = 2000
    tells_end: bool = True

    def info(self) -> PacingInfo:
        """What a pacer is told of this world."""
        false = self.detection.false_positive_rate if self.detection else 0.0
        end_s = self.duration_s if self.tells_end else None
        return PacingInfo(
            self.limit, self.grace_s, self.ring_timeout_s, self.min_ring_s, self.detection is not None, false, end_s
        )
