"""How a model is made of labelled calls: boosted trees over binned figures, and a straight line that makes likelihoods of their sums. Pure.

Small enough to be trained again with a campaign's own calls on any machine, with numpy alone.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from .answer_model import WORDS, Floats, Model, Whole

BINS = 64


@dataclass(frozen=True, slots=True)
class Recipe:
    """`least`: so many rows a leaf has. `smoothing` holds leaves of few rows near 0. `share` of the figures, drawn by `seed`, is all
    that a tree may ask: no figure that knows the voices of the set by heart is in all of them."""

    trees: int = 160
    depth: int = 5
    rate: float = 0.08
    least: float = 300.0
    smoothing: float = 5.0
    share: float = 1.0
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Rows:
    """Figures of moments of calls, whether a machine spoke, and how much each counts."""

    figures: Floats
    machine: npt.NDArray[np.bool_]
    weight: Floats


def trained(rows: Rows, recipe: Recipe, figures: int | None = None, start: Model | None = None) -> Model:
    """Trees for `rows`; `figures`: only the first so many are asked. They grow on those of `start`, where these err."""
    used = figures or rows.figures.shape[1]
    edges = [_edges(rows.figures[:, n]) for n in range(used)]
    binned = np.stack([np.searchsorted(edge, rows.figures[:, n], side="left") for n, edge in enumerate(edges)])
    share = float(np.clip(np.average(rows.machine, weights=rows.weight), 1e-3, 1 - 1e-3))
    base = float(np.log(share / (1 - share))) if start is None else start.base
    scores = np.full(len(rows.machine), base) if start is None else start.scores(rows.figures)
    grown: list[_Tree] = []
    dice = np.random.default_rng(recipe.seed)
    for _ in range(recipe.trees):
        asked = np.sort(dice.permutation(used)[: max(1, round(recipe.share * used))])
        likely = 1 / (1 + np.exp(-scores))
        tree = _grown(binned[asked], rows.weight * (likely - rows.machine), rows.weight * likely * (1 - likely), recipe)
        tree.figure = [int(asked[figure]) for figure in tree.figure]
        scores += tree.value[tree.leaf_of]
        grown.append(tree)
    more = _joined(grown, edges, recipe.depth, base)
    return more if start is None else _on(start, more)


def _on(start: Model, more: Model) -> Model:
    """The trees of both."""
    nodes = len(start.value)
    return Model(
        roots=np.concatenate([start.roots, more.roots + nodes]),
        figure=np.concatenate([start.figure, more.figure]),
        over=np.concatenate([start.over, more.over]),
        goes=np.concatenate([start.goes, more.goes + nodes]),
        value=np.concatenate([start.value, more.value]),
        depth=max(start.depth, more.depth),
        base=start.base,
        words=start.words,
    )


def calibrated(model: Model, rows: Rows) -> Model:
    """With the line by which sums become likelihoods for these rows, of voices that the trees have not heard."""
    slope, offset = _line(model.scores(rows.figures)[None], rows)
    return replace(model, slope=slope, offset=offset)


def with_words(model: Model, rows: Rows) -> Model:
    """The same, and what words are worth beside the trees: told by rows that neither was made of."""
    trees, words = replace(model, words=0.0).scores(rows.figures), rows.figures[:, WORDS]
    slope, worth, offset = _line(np.stack([trees, words]), rows)
    return replace(model, slope=slope, words=worth / slope, offset=offset)


def _line(inputs: Floats, rows: Rows) -> Floats:
    """Logistic regression by Newton's method: a factor for each input, and the offset."""
    inputs = np.concatenate([inputs, np.ones((1, inputs.shape[1]))])
    line = np.zeros(len(inputs))
    for _ in range(30):
        likely = 1 / (1 + np.exp(-np.clip(line @ inputs, -40, 40)))
        slope = inputs @ (rows.weight * (likely - rows.machine))
        bend = (inputs * (rows.weight * likely * (1 - likely))) @ inputs.T + 1e-6 * np.eye(len(inputs))
        line -= np.linalg.solve(bend, slope)
    return line


@dataclass(slots=True)
class _Tree:
    """Nodes in the order of their making; `bin` of a figure over which one goes high, -1 for a leaf."""

    figure: list[int]
    bin: list[int]
    low: list[int]
    value: Floats
    leaf_of: Whole


def _edges(column: Floats) -> Floats:
    return np.unique(np.quantile(column, np.linspace(0, 1, BINS + 1)[1:-1]))


def _grown(binned: Whole, slope: Floats, bend: Floats, recipe: Recipe) -> _Tree:
    """One tree, a level at a time: each node takes the cut that gains most."""
    count = binned.shape[1]
    node_of = np.zeros(count, np.int64)
    figure, cut, low = [0], [-1], [-1]
    level = [0]
    for _ in range(recipe.depth):
        sums = _sums(binned, node_of, slope, bend, level)
        divided = []
        for place, node in enumerate(level):
            found = _best(sums[:, :, place], recipe)
            if found is None:
                continue
            figure[node], cut[node], low[node] = found[0], found[1], len(figure)
            figure += [0, 0]
            cut += [-1, -1]
            low += [-1, -1]
            divided += [low[node], low[node] + 1]
        if not divided:
            break
        figures, cuts, lows = np.array(figure), np.array(cut), np.array(low)
        goes = cuts[node_of] >= 0
        high = binned[figures[node_of], np.arange(count)] > cuts[node_of]
        node_of = np.where(goes & (lows[node_of] >= 0), lows[node_of] + high, node_of)
        level = divided
    totals = [np.bincount(node_of, weights, len(figure)) for weights in (slope, bend)]
    value = -recipe.rate * totals[0] / (totals[1] + recipe.smoothing)
    return _Tree(figure, cut, low, value, node_of)


def _sums(binned: Whole, node_of: Whole, slope: Floats, bend: Floats, level: list[int]) -> Floats:
    """[slope, bend, rows][figure][place in level][bin]."""
    place = np.full(int(node_of.max()) + 1, -1)
    place[[node for node in level if node < len(place)]] = [n for n, node in enumerate(level) if node < len(place)]
    at = place[node_of]
    here = np.flatnonzero(at >= 0)
    size = len(level) * BINS
    sums = np.empty((3, binned.shape[0], len(level), BINS))
    for n, column in enumerate(binned):
        cell = at[here] * BINS + column[here]
        for what, weights in enumerate((slope[here], bend[here], None)):
            sums[what, n] = np.bincount(cell, weights, size).reshape(len(level), BINS)
    return sums


def _best(sums: Floats, recipe: Recipe) -> tuple[int, int] | None:
    """The figure and the bin over which to part a node; None where it gains nothing."""
    left = np.cumsum(sums, axis=2)
    whole = left[:, :, -1:]
    right = whole - left

    def worth(part: Floats) -> Floats:
        return np.asarray(part[0] ** 2 / (part[1] + recipe.smoothing))

    gain = worth(left) + worth(right) - worth(whole)
    gain[(left[2] < recipe.least) | (right[2] < recipe.least)] = -1.0
    best = int(gain.argmax())
    figure, cut = divmod(best, gain.shape[1])
    return (figure, cut) if gain[figure, cut] > 1e-6 else None


def _joined(trees: list[_Tree], edges: list[Floats], depth: int, base: float) -> Model:
    roots: list[int] = []
    figure: list[int] = []
    over: list[float] = []
    goes: list[int] = []
    value: list[float] = []
    for tree in trees:
        first = len(figure)
        roots.append(first)
        for n, cut in enumerate(tree.bin):
            leaf = cut < 0 or cut >= len(edges[tree.figure[n]])
            figure.append(tree.figure[n])
            over.append(0.0 if leaf else float(edges[tree.figure[n]][cut]))
            goes += [first + n, first + n] if leaf else [first + tree.low[n], first + tree.low[n] + 1]
            value.append(float(tree.value[n]) if leaf else 0.0)
    whole = (np.array(each, np.int64) for each in (roots, figure, goes))
    all_roots, figures, all_goes = whole
    return Model(all_roots, figures, np.array(over), all_goes, np.array(value), depth, base)
