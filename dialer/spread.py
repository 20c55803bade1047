"""Where the next one like these will lie: a prediction interval of Student's t, from a few runs of what is drawn anew each time. Pure."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

FEWEST = 3
"""Of fewer nothing is said."""
NINE_OF_TEN = (
    2.920,
    2.353,
    2.132,
    2.015,
    1.943,
    1.895,
    1.860,
    1.833,
    1.812,
    1.796,
    1.782,
    1.771,
    1.761,
    1.753,
    1.746,
    1.740,
    1.734,
    1.729,
)
"""Student's t that one of twenty is above, for 2 degrees of freedom and more; for more than the table has, the last is a little wide."""


@dataclass(frozen=True, slots=True)
class Band:
    """The mean of the runs, and between what nine of ten like them lie."""

    low: float
    middle: float
    high: float


def band(values: Sequence[float], most: float = math.inf) -> Band:
    """Of figures from 0 to `most`. The runs' own tenth and ninetieth of a hundred would hold too few: they are as much a chance as what
    comes next. So mean ± t · s · sqrt(1 + 1/n): Student's interval for one more of a normal law, whose mean and spread are known from
    these n only. Raises ValueError for fewer than `FEWEST`."""
    many = len(values)
    if many < FEWEST:
        raise ValueError("too few runs for a spread")
    middle = fmean(values)
    beside = NINE_OF_TEN[min(many, len(NINE_OF_TEN) + 2) - FEWEST] * stdev(values) * math.sqrt(1.0 + 1.0 / many)
    return Band(max(0.0, middle - beside), middle, min(most, middle + beside))
