"""How many persons could be lost at once, in a world that turns against us. Pure.

The calls that ring cannot be taken back. Persons answer them more often than was believed: `fears` times, and where little is known
yet, or it was seen before, as often as the highest chance that was seen, or all. Operators free themselves as late as is likely at all.
This is an envelope and not a proof: a steady world that all at once answers more than `HOSTILITY` times as often, too late in the window to
make good for it, can break the limit by a few persons. The campaign's own bound (abandonment.py) stands above, and is a proof.
"""

import math

import numpy as np
from numpy.typing import NDArray

from .pacing_terms import Floats

HOSTILITY = 2.0
CALM, CALM_RISE = 1.5, 0.1
"""What may still be made good for until the window's end is feared less: so many times what is believed, or so much more (a share of 1).
The half hour is over sooner."""
SIGMAS = 2.0
KNOWN_AFTER, KNOWN_SOON = 25.0, 50.0
"""Persons answered until the first suspicion has faded (e-fold): for the window's sake, and for the half hour's."""
FIRST_SUSPICION = 8.0
MEMORY_S = 120.0
LEAST_FEARED = 0.5
"""A call that does not ring yet is feared at least so much: of how many will ring, little is known."""


class Exposure:
    def __init__(self) -> None:
        self._usual = 0.0
        self._at: float | None = None

    def fears(self, answered: float, highest: float, now: float) -> tuple[float, float]:
        """How many times likelier than believed a person may answer: for the window's sake, and for the half hour's."""
        now = max(now, 1e-3)
        jumped = 1.2 * highest / now

        def fear(times: float, known_after: float) -> float:
            young = math.exp(-answered / known_after)
            return max(times * (1.0 + FIRST_SUSPICION * young), jumped, young / now)

        return fear(max(CALM, 1.0 + CALM_RISE / now), KNOWN_AFTER), fear(HOSTILITY, KNOWN_SOON)

    def of(
        self,
        answers: Floats,
        freed: Floats,
        spare: int,
        fear: float,
        set_up: "NDArray[np.bool_] | None" = None,
        stay: float = 1.0,
        more_sigmas: float = 0.0,
    ) -> float:
        """Persons who would find nobody (less than 0: operators left over), of calls with these chances [call, horizon]; of those that are
        `set_up` still, the share `stay` is not withdrawn before it rings."""
        if not len(answers):
            return float(-spare)
        times, kept = np.full(len(answers), fear), np.ones(len(answers))
        if set_up is not None and set_up.any():
            times[set_up] = np.maximum(fear, LEAST_FEARED / np.maximum(1e-3, answers[set_up, -1]))
            kept[set_up] = stay
        worse = np.minimum(1.0, times[:, None] * answers) * kept[:, None]
        spread = (worse * (1.0 - worse)).sum(0) + (freed * (1.0 - freed)).sum(0)
        mean = worse.sum(0) - freed.sum(0)
        sigmas = SIGMAS + more_sigmas + min(1.0, max(0.0, fear / HOSTILITY - 1.0))
        most = float((mean + sigmas * np.sqrt(spread)).max())
        return min(most, float(kept.sum())) - spare

    def fresh(self, answer: float, fear: float) -> float:
        """What one more call adds to it, if it is not withdrawn."""
        return max(LEAST_FEARED, min(1.0, fear * answer))

    def note(self, t: float, exposed: float) -> None:
        span_s = 0.0 if self._at is None else max(0.0, t - self._at)
        self._at = t
        self._usual += (max(0.0, exposed) - self._usual) * (1.0 - math.exp(-span_s / MEMORY_S))

    @property
    def usual(self) -> float:
        return self._usual
