"""How busy pacers keep operators, and how many persons they abandon, on the same simulated floors: ours, VICIdial's rule, plain ones."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from statistics import fmean, median, stdev

from bench.kept_runs import KeptRuns, kept_runs
from bench.other_floor import OtherWorld, simulate_other
from bench.table import Row
from bench.vicidial import Vicidial
from cordboard.dialer.pacing import PACERS, Decision, MakePacer, Pacer, PacingEvent, PacingInfo, Snapshot
from cordboard.dialer.simulate import Detection, Lognormal, Mixed, Outlook, World, simulate, steady

HOURS = {5: 4.0, 10: 3.0, 20: 2.0, 50: 1.5, 100: 1.0, 300: 0.75}
AIMS = {5: "81 to 82", 10: "85 to 86", 20: "89.5", 50: "94", 100: "95.5 to 96", 300: "97.5 to 98"}
"""The world-class column of shared/facts/dialer.md section 4."""
SEEDS = range(20)
TUNED_ON = range(100, 103)
CAPS = [1.0 + step / 20 for step in range(1, 41)]


def floor(operators: int) -> World:
    return World(((0.0, operators),), HOURS[operators] * 3600)


SHIFTS = ((0.0, 20), (1800.0, 30), (5400.0, 22), (7200.0, 30))
HARDER = {
    "p = .15, N = 20": replace(floor(20), answer_probability=steady(0.15)),
    "p .5 to .2 to .5, N = 20": replace(floor(20), answer_probability=lambda t: 0.2 if 2400 <= t < 4800 else 0.5),
    "talk of two kinds, N = 20": replace(floor(20), talk=Mixed(0.35, Lognormal(20, 0.5), Lognormal(220, 0.5))),
    "shifts and breaks, N = 20 to 30": World(SHIFTS, 9000.0, break_probability=0.03),
    "detection, 1 % false, N = 20": replace(floor(20), detection=Detection()),
    "all at once, N = 35 to 50": World(
        ((0.0, 35), (1500.0, 50), (4500.0, 35)),
        6000.0,
        answer_probability=lambda t: 0.3 + 0.12 * math.sin(t / 700),
        break_probability=0.03,
        detection=Detection(),
    ),
}


OTHERS = {
    "N = 6, leads that differ, shown with noise": OtherWorld(6, 7200.0, steady(0.3), lead_spread=1.0, shown_noise=0.7),
    "N = 12, drifting, breaks": OtherWorld(12, 7200.0, lambda t: 0.3 + 0.2 * math.sin(t / 900), breaks=0.03),
    "N = 20, detection, 1 % false": OtherWorld(20, 5400.0, steady(0.25), machines=0.4),
    "N = 30, leaving, announced": OtherWorld(
        30, 5400.0, steady(0.3), leaves_at=((1800.0, 10, True), (3600.0, 8, True)), breaks=0.02
    ),
    "N = 60": OtherWorld(60, 2700.0, steady(0.25)),
}
"""Floors of the second simulator (bench/other_floor.py)."""


RIVALS: dict[str, MakePacer] = {"VICIdial's rule, defaults": Vicidial}
OURS = ("predictive", "predictive-no-cancel")
STEADY = (*OURS, "progressive", "power", *RIVALS)


@dataclass(frozen=True, slots=True)
class Runs:
    outlooks: tuple[Outlook, ...]

    def mean(self, of: Callable[[Outlook], float]) -> float:
        return fmean(of(each) for each in self.outlooks)

    def note(self, world: World | OtherWorld) -> str:
        """Abandonment, and the price in calls."""
        over = sum(each.abandonment > world.limit for each in self.outlooks)
        abandoned = [100 * each.abandonment for each in self.outlooks]
        half_hours = [100 * each.worst_half_hour for each in self.outlooks]
        spread = stdev(100 * each.utilisation for each in self.outlooks) if len(self.outlooks) > 1 else 0.0
        placed, connected = (sum(getattr(each, of) for each in self.outlooks) for of in ("placed", "connected"))
        withdrawn = sum(each.withdrawn for each in self.outlooks)
        return (
            f"± {spread:.1f}; abandoned {fmean(abandoned):.2f} %, worst seed {max(abandoned):.2f}, over the limit {over} of "
            f"{len(abandoned)}; worst half hour {fmean(half_hours):.1f} %, worst seed {max(half_hours):.1f}; "
            f"{placed / max(1, connected):.1f} calls a talk, {100 * withdrawn / max(1, placed):.0f} % of them withdrawn"
        )


def runs(make: MakePacer, world: World, seeds: Sequence[int], what: str = "", kept: KeptRuns | None = None) -> Runs:
    """Those of the name `what` that were `kept` are not made again."""
    kept = kept or KeptRuns(None)
    return Runs(tuple(kept.outlook(what, seed, partial(simulate, make(), world, seed)) for seed in seeds))


def tuned(operators: int, kept: KeptRuns) -> float:
    """The highest cap of VICIdial's on which no run abandons too many; found on other seeds, as no operator of it could."""
    low, high, world = 0, len(CAPS) - 1, floor(operators)
    while low < high:
        middle = (low + high + 1) // 2
        cap = CAPS[middle]
        came = runs(lambda: Vicidial(cap, -1.0), world, TUNED_ON, f"N = {operators}: cap {cap:.2f} tried", kept)  # noqa: B023 - used at once
        worst = max(each.abandonment for each in came.outlooks)
        low, high = (middle, high) if worst <= world.limit else (low, middle - 1)
    return CAPS[low]


class Timed:
    """Another pacer, and how long (s) it took to decide."""

    def __init__(self, pacer: Pacer) -> None:
        self._pacer = pacer
        self.taken_s: list[float] = []

    def reset(self, info: PacingInfo) -> None:
        self._pacer.reset(info)

    def observe(self, event: PacingEvent) -> None:
        self._pacer.observe(event)

    def decide(self, snapshot: Snapshot) -> Decision:
        began = time.perf_counter()
        decision = self._pacer.decide(snapshot)
        self.taken_s.append(time.perf_counter() - began)
        return decision


def _steady(operators: int, name: str, seeds: Sequence[int], kept: KeptRuns) -> Runs:
    return runs(RIVALS.get(name) or PACERS[name], floor(operators), seeds, f"N = {operators}: {name}", kept)


def _steady_rows(operators: int, seeds: Sequence[int], kept: KeptRuns) -> list[Row]:
    world, rows = floor(operators), []
    for name in STEADY:
        aim = AIMS[operators] if name == "predictive" else ""
        rows.append(_row(f"N = {operators}: {name}", _steady(operators, name, seeds, kept), world, aim))
    cap = tuned(operators, kept)
    what = f"N = {operators}: VICIdial's rule, cap {cap:.2f} tuned off-line"
    return [*rows, _row(what, runs(lambda: Vicidial(cap, -1.0), world, seeds, what, kept), world)]


def _row(what: str, came: Runs, world: World | OtherWorld, aim: str = "") -> Row:
    return Row(f"busy, {what}", 100 * came.mean(lambda each: each.utilisation), "%", aim, came.note(world))


def _harder_rows(seeds: Sequence[int], kept: KeptRuns) -> list[Row]:
    return [
        _row(f"{what}: predictive", runs(PACERS["predictive"], world, seeds, what, kept), world)
        for what, world in HARDER.items()
    ]


def _other_rows(seeds: Sequence[int], kept: KeptRuns) -> list[Row]:
    rows = []
    for what, world in OTHERS.items():
        play = partial(_on_the_other_floor, world)
        came = Runs(tuple(kept.outlook(f"other floor, {what}", seed, partial(play, seed)) for seed in seeds))
        rows.append(_row(f"on the other floor, {what}: predictive", came, world))
    return rows


def _on_the_other_floor(world: OtherWorld, seed: int) -> Outlook:
    return simulate_other(PACERS["predictive"](), world, seed)


def _lead_rows(operators: int, seeds: Sequence[int], kept: KeptRuns) -> list[Row]:
    """What it brings to know each lead's answer probability, of leads that differ (Beta, cv .6)."""
    world = replace(floor(operators), lead_cv=0.6)
    known = {"not known": None, "learned from 5 dials": 5, "from 20": 20, "known": 0}
    rows = []
    for how, dials in known.items():
        seen, what = replace(world, seen_dials=dials), f"N = {operators}, each lead's chance {how}"
        rows.append(_row(what, runs(PACERS["predictive"], seen, seeds, what, kept), seen))
    return rows


def _time_row() -> Row:
    timed = Timed(PACERS["predictive"]())
    simulate(timed, replace(floor(300), duration_s=600.0), 1)
    full = [each for each in timed.taken_s if each > 1e-4]
    note = "of the decisions that look at the floor (each 0.4 s); the others return at once"
    return Row("deciding, N = 300", 1000 * median(full), "ms", "5 at most", f"median; {note}")


def rows(small: bool) -> list[Row]:
    seeds = SEEDS[:1] if small else SEEDS
    floors, kept = [5, 20] if small else list(HOURS), kept_runs()
    for name in OURS:  # what is worth most comes first, for the run may be broken off
        for operators in floors:
            _steady(operators, name, seeds, kept)
    harder = [] if small else _harder_rows(seeds, kept)
    leads = [] if small else [row for operators in (5, 20) for row in _lead_rows(operators, seeds, kept)]
    steady_rows = [row for operators in floors for row in _steady_rows(operators, seeds, kept)]
    others = [] if small else _other_rows(seeds, kept)
    return [*steady_rows, *harder, *leads, *others, _time_row()]
