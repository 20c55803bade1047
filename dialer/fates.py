"""What becomes of simulated calls: drawn from the world's laws as each is dialed, and played out by the floor (simulate.py). Pure."""

from collections import deque
from dataclasses import dataclass

import numpy as np

from .pacing_terms import Floats, InFlight, Outcome
from .worlds import World

SHOWN_LEADS = 64


@dataclass(slots=True)
class Fate:
    """Times in s of the model. `shown`: the answer probability that the pacer is told; `is_false`: a person, taken for a machine."""

    id: int
    dialed_at: float
    rings_at: float
    ends_at: float
    outcome: Outcome
    picked_up_at: float | None
    shown: float | None
    is_false: bool = False

    def in_flight(self, t: float) -> InFlight:
        """As a pacer sees it at `t`."""
        picked_up = self.picked_up_at
        return InFlight(
            self.id,
            t - self.dialed_at,
            t - self.rings_at if t >= self.rings_at else None,
            t - picked_up if picked_up is not None and t >= picked_up else None,
            self.shown,
        )


class Fates:
    """The list of leads, and one call after the other."""

    def __init__(self, world: World, chance: np.random.Generator) -> None:
        self._world, self._chance = world, chance
        self._leads: deque[tuple[float, float]] = deque()

    def upcoming(self, t: float) -> Floats:
        """The chances of the next leads, as the pacer is shown them."""
        if self._world.seen_dials is None:
            return np.zeros(0)
        self._fill(t)
        return np.minimum(1.0, np.array([shown for _own, shown in self._leads]) * self._world.answer_probability(t))

    def next(self, call_id: int, t: float) -> Fate:
        """The next lead is dialed."""
        world, chance = self._world, self._chance
        self._fill(t)
        share, shown = self._leads.popleft()
        usual = world.answer_probability(t)
        rings_at = t + world.set_up(chance)
        ring_s = min(world.ring(chance), world.ring_timeout_s - 0.01)
        detection = world.detection
        fate = Fate(call_id, t, rings_at, rings_at + world.ring_timeout_s, Outcome.NO_ANSWER, None, None)
        if world.seen_dials is not None:
            fate.shown = min(1.0, shown * usual)
        if chance.random() < min(1.0, share * usual):
            self._picked_up(fate, ring_s, Outcome.PERSON)
            if detection and chance.random() < detection.false_positive_rate:
                fate.outcome, fate.is_false = Outcome.MACHINE, True
        elif chance.random() < world.failed_share:
            fate.outcome = Outcome.BUSY if chance.random() < 0.5 else Outcome.INVALID
            fate.ends_at = fate.rings_at + chance.exponential(0.3)
        elif detection and chance.random() < detection.machine_share:
            # A machine that is not caught reaches an operator as a person would, and is no person in the law's count; rare, so left out.
            self._picked_up(fate, ring_s, Outcome.MACHINE)
        return fate

    def _picked_up(self, fate: Fate, ring_s: float, outcome: Outcome) -> None:
        fate.outcome = outcome
        fate.ends_at = fate.picked_up_at = fate.rings_at + ring_s
        if self._world.detection:
            fate.ends_at += self._world.detection.verdict(self._chance)

    def _fill(self, t: float) -> None:
        while len(self._leads) < SHOWN_LEADS:
            self._leads.append(self._lead(t))

    def _lead(self, t: float) -> tuple[float, float]:
        """The next lead's share of the usual answer probability, as it is and as the pacer is shown it."""
        world = self._world
        usual = world.answer_probability(t)
        if not world.lead_cv or not 0 < usual < 1:
            return 1.0, 1.0
        size = max(0.2, (1 - usual) / (usual * world.lead_cv**2) - 1)
        own = float(self._chance.beta(usual * size, (1 - usual) * size))
        if not world.seen_dials:
            return own / usual, own / usual
        seen = (size * usual + self._chance.binomial(world.seen_dials, own)) / (size + world.seen_dials)
        return own / usual, seen / usual
