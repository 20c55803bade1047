"""What a pacer learned of one campaign, as plain values that are kept over a restart. Pure.

What is kept is no promise: it was true when it was written. `Faded` says how much of it still counts.
"""

import math
from collections.abc import Mapping
from typing import TypeAlias

import numpy as np

from .pacing_terms import Floats

Kept: TypeAlias = Mapping[str, object]
FRESH_S = 900.0
FADES_S = 4 * 3_600.0
LEAST_KEPT = 0.1


def faded(age_s: float) -> float:
    """The share of the evidence for an answer rate that counts after so long: all for a quarter of an hour, a tenth after half a day."""
    return max(LEAST_KEPT, math.exp(-max(0.0, age_s - FRESH_S) / FADES_S))


def numbers(kept: Kept, name: str, size: int) -> Floats | None:
    """So many finite numbers of 0 or more, or None for anything else."""
    value = kept.get(name)
    if not isinstance(value, list) or len(value) != size:
        return None
    if not all(isinstance(each, int | float) and math.isfinite(each) and each >= 0 for each in value):
        return None
    return np.array(value, dtype=float)
