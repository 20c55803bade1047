"""Virtual persons: when they call, how long they wait and talk, how long a phone rings before it is taken. Pure, and drawn from a seed."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from random import Random

from .habits import Habits, Stretch

SHORTEST_TALK_S = 1.0
TALK_SPREAD = 0.5  # sigma of the logarithm: most talks are near the mean, a few are several times as long
RINGS_DRAWN = 4  # how the first phones that ring for a caller behave; later ones begin anew


class Fate(StrEnum):
    """What happens to a call that we place."""

    ANSWERS = "answers"
    NO_ANSWER = "no_answer"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who calls at `at_s` after the beginning. `rings`: after how long each phone in turn is taken, None when nobody takes it."""

    index: int
    at_s: float
    number: str
    name: str
    patience_s: float
    talk_s: float
    rings: tuple[float | None, ...]
    agent_ends: bool

    def ring_s(self, ring: int) -> float | None:
        return self.rings[ring % len(self.rings)]


@dataclass(frozen=True, slots=True)
class Called:
    """Somebody whom we call: he rings for `ring_s`, and what comes of it."""

    fate: Fate
    ring_s: float
    talk_s: float
    agent_ring_s: float


def arrivals(random: Random, stretches: Sequence[Stretch]) -> list[float]:
    """The instants (s) of a Poisson process whose rate changes from stretch to stretch."""
    instants: list[float] = []
    begin = 0.0
    for stretch in stretches:
        at = begin
        while stretch.rate > 0 and (at := at + random.expovariate(stretch.rate)) < begin + stretch.seconds:
            instants.append(at)
        begin += stretch.seconds
    return instants


def callers(random: Random, habits: Habits, stretches: Sequence[Stretch]) -> list[Person]:
    """Everybody who calls, in the order in which they do."""
    return [_caller(random, habits, index, at) for index, at in enumerate(arrivals(random, stretches))]


def _caller(random: Random, habits: Habits, index: int, at_s: float) -> Person:
    rings = tuple(
        None if random.random() < habits.unanswered else random.uniform(0.5, 1.5) * habits.ring_s
        for _ in range(RINGS_DRAWN)
    )
    return Person(
        index,
        at_s,
        number=f"+7900{index % 10_000_000:07d}",
        name=f"Caller {index}",
        patience_s=random.expovariate(1.0 / habits.patience_s),
        talk_s=talk_s(random, habits.talk_s),
        rings=rings,
        agent_ends=random.random() < habits.agent_ends,
    )


def talk_s(random: Random, mean_s: float) -> float:
    """Log-normal around the mean."""
    return max(SHORTEST_TALK_S, random.lognormvariate(math.log(mean_s) - TALK_SPREAD**2 / 2, TALK_SPREAD))


def called(random: Random, habits: Habits, answers: float, busy: float) -> Called:
    """A person behind a number that we dial: he answers with the share `answers`, his line is busy with the share `busy`."""
    luck = random.random()
    fate = Fate.ANSWERS if luck < answers else Fate.BUSY if luck < answers + busy else Fate.NO_ANSWER
    return Called(fate, random.uniform(1.0, 8.0), talk_s(random, habits.talk_s), 0.3)
