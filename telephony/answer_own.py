"""A campaign's own model: the shipped trees, and more that grow on them by the campaign's labelled calls. Pure.

Whether it is better is asked of calls that it was not made of: the calls are dealt into folds, each is judged by a model of the others.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from .answer_model import Model
from .answer_replay import LISTENED_S, Replay, judged, likely, replay
from .answer_training import Recipe, Rows, calibrated, trained
from .answer_verdict import Heard, Point, Verdict

FEWEST = 50
"""So many calls of persons, and of machines, a model is made of at least."""
FOLDS = 5
OWN = Recipe(trees=60, depth=3, rate=0.06, least=100.0, smoothing=20.0, share=0.5)
HEARD_MACHINE = (Heard.MACHINE, Heard.TONE)


class TooFew(ValueError):
    """Not enough calls are labelled."""


@dataclass(frozen=True, slots=True)
class Labelled:
    """A call in which somebody spoke, and whether it was a machine."""

    machine: bool
    heard: Replay


@dataclass(frozen=True, slots=True)
class Errors:
    """`lost` persons were told to be machines, `passed` machines to be persons, `caught` machines to be machines."""

    persons: int
    lost: int
    machines: int
    passed: int
    caught: int

    @property
    def cost(self) -> float:
        """What the errors are worth by call of each kind: a lost person weighs as twenty machines that passed."""
        return 20 * self.lost / max(1, self.persons) + (self.machines - self.caught) / max(1, self.machines)


@dataclass(frozen=True, slots=True)
class Own:
    """`model`, and how calls that it was not made of fare by the one before and by such a model."""

    model: Model
    before: Errors
    after: Errors

    @property
    def helps(self) -> bool:
        """It loses no more persons, and its errors are worth less."""
        return self.after.lost <= self.before.lost and self.after.cost < self.before.cost


def labelled(sound: bytes, machine: bool) -> Labelled | None:
    """16-bit samples from pick-up on; None where nobody speaks."""
    heard = replay(sound, LISTENED_S)
    return Labelled(machine, heard) if len(heard.figures) else None


def own_model(base: Model, calls: Sequence[Labelled], point: Point, recipe: Recipe = OWN) -> Own:
    """Raises TooFew."""
    persons = sum(not call.machine for call in calls)
    if min(persons, len(calls) - persons) < FEWEST:
        raise TooFew(
            f"{FEWEST} calls of persons and of machines are needed; there are {persons} and {len(calls) - persons}"
        )
    before = after = Errors(0, 0, 0, 0, 0)
    for fold in range(FOLDS):
        held = calls[fold::FOLDS]
        rest = [call for n, call in enumerate(calls) if n % FOLDS != fold]
        before = _sum(before, errors(base, held, point))
        after = _sum(after, errors(_grown(base, rest, recipe), held, point))
    return Own(_grown(base, calls, recipe), before, after)


def _grown(base: Model, calls: Sequence[Labelled], recipe: Recipe) -> Model:
    """Trees on the base by one part of the calls, likelihoods by the other."""
    learn, set_by = [call for n, call in enumerate(calls) if n % 3], calls[::3]
    scale = replace(base, slope=1.0, offset=0.0)
    grown = trained(_rows(learn), recipe, start=scale)
    return calibrated(grown, _rows(set_by))


def _rows(calls: Sequence[Labelled]) -> Rows:
    parts = [(call.heard.learnt, call.machine) for call in calls]
    machine = np.concatenate([np.full(len(figures), is_machine) for figures, is_machine in parts])
    return Rows(np.concatenate([figures for figures, _ in parts]), machine, np.ones(len(machine)))


def errors(model: Model, calls: Sequence[Labelled], point: Point) -> Errors:
    """How these calls fare at that point: by the first word on each."""
    firsts = [(call.machine, _first(model, call, point)) for call in calls]
    persons = [verdict for is_machine, verdict in firsts if not is_machine]
    machines = [verdict for is_machine, verdict in firsts if is_machine]

    def told(verdicts: Sequence[Verdict | None], *heard: Heard) -> int:
        return sum(verdict is not None and verdict.heard in heard for verdict in verdicts)

    return Errors(
        *(len(persons), told(persons, *HEARD_MACHINE), len(machines)),
        *(told(machines, Heard.PERSON), told(machines, *HEARD_MACHINE)),
    )


def _first(model: Model, call: Labelled, point: Point) -> Verdict | None:
    return next(iter(judged(call.heard, likely(model, call.heard), point)), None)


def _sum(one: Errors, other: Errors) -> Errors:
    names = ("persons", "lost", "machines", "passed", "caught")
    return Errors(*(getattr(one, name) + getattr(other, name) for name in names))
