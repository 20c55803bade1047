"""Moments of calls that nobody made, for what learns from them."""

import numpy as np

from cordboard.telephony.answer_features import FIGURES
from cordboard.telephony.answer_training import Rows


def rows(seed: int, count: int = 4000) -> Rows:
    """Moments that a rule of two figures parts."""
    dice = np.random.default_rng(seed)
    figures = dice.standard_normal((count, len(FIGURES)))
    machine = (figures[:, 0] + np.abs(figures[:, 1]) > 0.8) ^ (dice.random(count) < 0.05)
    return Rows(figures, machine, np.ones(count))
