"""From many measured times to the few figures that are printed. Pure. Times in s."""

import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

_BUCKET = re.compile(r'^(\w+)_bucket\{(?:[^}]*,)?le="([^"]+)"[^}]*\} (\S+)$', re.MULTILINE)
_VALUE = re.compile(r"^(\w+)(\{[^}]*\})? (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Spread:
    """Half of the times were at most `p50`, 99 of 100 at most `p99`; None while there is none."""

    count: int
    p50: float | None
    p99: float | None
    worst: float | None


def percentile(ordered: Sequence[float], share: float) -> float:
    """The nearest-rank percentile of times in ascending order, of which there must be one: a time that was really measured."""
    rank = -(-share * len(ordered) // 1)
    return ordered[max(1, min(len(ordered), int(rank))) - 1]


def spread(times: Iterable[float]) -> Spread:
    ordered = sorted(times)
    if not ordered:
        return Spread(0, None, None, None)
    return Spread(len(ordered), percentile(ordered, 0.5), percentile(ordered, 0.99), ordered[-1])


def next_after(instants: Sequence[float], moment: float) -> float | None:
    """The first of the ascending instants that is not before the moment."""
    at = bisect_left(instants, moment)
    return instants[at] if at < len(instants) else None


Histogram = Mapping[float, float]
"""How many were at most so long (cumulative, as Prometheus counts), by the upper bound."""


def histograms(exposition: str) -> dict[str, dict[float, float]]:
    """The histograms in a Prometheus text, by name; several label sets of one name are added up."""
    found: dict[str, dict[float, float]] = {}
    for name, bound, count in _BUCKET.findall(exposition):
        buckets = found.setdefault(name, {})
        buckets[float(bound)] = buckets.get(float(bound), 0.0) + float(count)
    return found


def sample(exposition: str, name: str, labels: str = "") -> float:
    """One value of a Prometheus text; 0 when it is not there."""
    for found, label_set, value in _VALUE.findall(exposition):
        if found == name and label_set == labels:
            return float(value)
    return 0.0


def between(before: Histogram, after: Histogram) -> dict[float, float]:
    """What was counted from one reading to the next."""
    return {bound: count - before.get(bound, 0.0) for bound, count in after.items()}


def spread_of(histogram: Histogram) -> Spread:
    """As `spread`, as finely as the buckets are; `worst` is the bound of the highest bucket that is not empty."""
    bounds = sorted(histogram)
    total = histogram[bounds[-1]] if bounds else 0.0
    if total <= 0:
        return Spread(0, None, None, None)
    highest = next(bound for bound in bounds if histogram[bound] >= total)
    return Spread(int(total), _quantile(histogram, 0.5), _quantile(histogram, 0.99), highest)


def _quantile(histogram: Histogram, share: float) -> float:
    """Within a bucket the times are taken as evenly spread; of the open one at the top only its beginning is known."""
    bounds = sorted(histogram)
    wanted = share * histogram[bounds[-1]]
    below, counted = 0.0, 0.0
    for bound in bounds:
        if histogram[bound] >= wanted:
            if bound == float("inf"):
                return below
            return below + (bound - below) * (wanted - counted) / max(histogram[bound] - counted, 1e-12)
        below, counted = bound, histogram[bound]
    return below
