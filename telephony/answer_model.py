"""A model of many small trees, and of what words sound like: how likely a machine has answered, by what was heard so far
(answer_features.FIGURES). Pure."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from .answer_features import FIGURES

WORDS = FIGURES.index("words")
SHIPPED = Path(__file__).with_name("answer_model.json")
Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


class BadModel(ValueError):
    """The file is no model of ours."""


@dataclass(frozen=True, slots=True)
class Model:
    """Trees in one row of nodes: a node asks whether figure `figure` is over `over` and goes to `low` or `high`; a leaf goes to itself
    and has a `value`. `words`: how much the figure of that name adds to their sum. `slope` and `offset` make of it a likelihood that holds
    for voices that were not heard before."""

    roots: Whole
    figure: Whole
    over: Floats
    goes: Whole  # low of node n at 2n, high at 2n + 1
    value: Floats
    depth: int
    base: float
    slope: float = 1.0
    offset: float = 0.0
    words: float = 0.0

    def scores(self, figures: Floats) -> Floats:
        """The sum of the trees, and of words, for each row."""
        rows = np.arange(len(figures))[:, None]
        at = np.repeat(self.roots[None], len(figures), 0)
        for _ in range(self.depth):
            at = self.goes[2 * at + (figures[rows, self.figure[at]] > self.over[at])]
        return np.asarray(self.base + self.value[at].sum(axis=1) + self.words * figures[:, WORDS])

    def score(self, figures: Floats) -> float:
        at = self.roots
        for _ in range(self.depth):
            at = self.goes[2 * at + (figures[self.figure[at]] > self.over[at])]
        return self.base + float(self.value[at].sum()) + self.words * float(figures[WORDS])

    def likelihood(self, figures: Floats) -> float:
        """Of a machine, 0 to 1."""
        return float(self.likelihoods_of(np.array([self.score(figures)]))[0])

    def likelihoods_of(self, scores: Floats) -> Floats:
        return np.asarray(1 / (1 + np.exp(-np.clip(self.slope * scores + self.offset, -40, 40))))


def to_json(model: Model) -> str:
    return json.dumps(
        {
            "figures": FIGURES,
            **{name: getattr(model, name) for name in ("depth", "base", "slope", "offset", "words")},
            **{name: getattr(model, name).tolist() for name in ("roots", "figure", "goes")},
            **{name: [round(float(x), 4) for x in getattr(model, name)] for name in ("over", "value")},
        },
        separators=(",", ":"),
    )


def from_json(text: str) -> Model:
    """Raises BadModel."""
    try:
        read = json.loads(text)
        return _checked(read)
    except (KeyError, TypeError, ValueError) as error:
        raise BadModel(f"no model of answering machines: {error}") from error


def _checked(read: Mapping[str, Any]) -> Model:
    if tuple(read["figures"]) != FIGURES:
        raise BadModel("it was made for other figures than those that are heard")
    roots, figure, goes = (np.array(read[name], np.int64) for name in ("roots", "figure", "goes"))
    over, value = (np.array(read[name], np.float64) for name in ("over", "value"))
    nodes = len(value)
    inside = all(
        (each >= 0).all() and (each < most).all()
        for each, most in ((roots, nodes), (goes, nodes), (figure, len(FIGURES)))
    )
    if not (inside and len(over) == len(figure) == nodes and len(goes) == 2 * nodes):
        raise BadModel("its trees lead outside it")
    numbers = (float(read[name]) for name in ("base", "slope", "offset", "words"))
    return Model(roots, figure, over, goes, value, int(read["depth"]), *numbers)


@lru_cache
def shipped() -> Model:
    """The model that comes with the house. Raises BadModel, OSError."""
    return from_json(SHIPPED.read_text())
