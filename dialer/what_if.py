"""What would happen if a campaign were run otherwise: the question, what is known to answer it by, and the answer with its spread. Pure.

A question turns knobs of the campaign, and may suppose other operators and lines, which no campaign sets. It is answered by playing the
campaign's floor through several times (simulate.py), as it is and with the change, on the same seeds. The laws of the floor are the
campaign's own calls; where there are too few of them, the usual laws (worlds.py) fill up, and `StandsOn` says how far.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from statistics import fmean
from typing import Any

import numpy as np

from .campaign import (
    MAX_RING_S,
    Campaign,
    CampaignRefused,
    DialMode,
    Setting,
    changed_knobs,
    check_campaign,
    with_settings,
)
from .knobs import preset
from .simulate import Outlook
from .spread import Band, band

SIMULATED = (DialMode.PROGRESSIVE, DialMode.POWER, DialMode.PREDICTIVE)
KNOBS = frozenset(
    {"mode", "ring_timeout_s", "power.ratio", *(f"cap.{name}" for name in ("jurisdiction", "limit", "window"))}
)
WEIGHTS = "weights."
MOST_OPERATORS, MOST_LINES = 300, 2000
SHORTEST_MIN, LONGEST_MIN = 3, 240
SEEDS = 10
ENOUGH = 30
"""So many of a kind, and the usual law is left out."""


@dataclass(frozen=True, slots=True)
class Asked:
    """`knobs`: what is to be turned, by dotted name. `operators` and `lines` supposed, None: as there are. `minutes` are looked ahead."""

    knobs: Mapping[str, Setting]
    operators: int | None = None
    lines: int | None = None
    minutes: int = 60


def changed(campaign: Campaign, asked: Asked) -> Campaign:
    """The campaign as it is asked about. Raises CampaignRefused with the field that is wrong."""
    for name in asked.knobs:
        if name not in KNOBS and not name.startswith(WEIGHTS):
            raise CampaignRefused(name, "the forecast knows nothing of this setting")
    _within("operators", asked.operators, 1, MOST_OPERATORS)
    _within("lines", asked.lines, 1, MOST_LINES)
    _within("minutes", asked.minutes, SHORTEST_MIN, LONGEST_MIN)
    after = with_settings(campaign, asked.knobs)
    check_campaign(after)
    if after.mode not in SIMULATED:
        raise CampaignRefused("mode", "what would happen is told of progressive, power and predictive")
    if not asked.knobs and asked.operators is None and asked.lines is None:
        raise CampaignRefused("knobs", "nothing is changed")
    return after


def _within(name: str, value: int | None, low: int, high: int) -> None:
    if value is not None and not low <= value <= high:
        raise CampaignRefused(name, f"{name}: a whole number from {low} to {high}")


def knobs_of(before: Campaign, after: Campaign, asked: Asked) -> dict[str, Setting]:
    """Exactly what is turned: those knobs of the question that do not stand so already, and what a country's rules bring with them."""
    named = preset(asked.knobs)
    return {name: new for name, _old, new in changed_knobs(before, after) if name in named}


@dataclass(frozen=True, slots=True)
class Learned:
    """A campaign's own calls. `by_hour`: (calls that ended and say something of the customer, persons among them) for each hour of the
    site's day; `answer_s`: from dialing to the answer; `ring_s`: from the first ring to the answer; `set_up_s`: from dialing to the first
    ring; `failed`: calls that were busy, invalid or refused; `lags_s`: what the wire takes from an answer until an operator who is free has
    the customer."""

    by_hour: tuple[tuple[int, int], ...] = ((0, 0),) * 24
    answer_s: tuple[float, ...] = ()
    ring_s: tuple[float, ...] = ()
    set_up_s: tuple[float, ...] = ()
    failed: int = 0
    talk_s: tuple[float, ...] = ()
    wrap_up_s: tuple[float, ...] = ()
    lags_s: tuple[float, ...] = ()

    @property
    def lag_s(self) -> float:
        """The mean of `lags_s`; 0 where it is not known."""
        return fmean(self.lags_s) if self.lags_s else 0.0

    @property
    def calls(self) -> int:
        return sum(calls for calls, _persons in self.by_hour)

    @property
    def persons(self) -> int:
        return sum(persons for _calls, persons in self.by_hour)


@dataclass(frozen=True, slots=True)
class StandsOn:
    """How many of each the forecast rests on; `leads_seen`: calls that taught the model which leads answer, 0 where it is not used."""

    calls: int
    answers: int
    talks: int
    wrap_ups: int
    leads_seen: int = 0

    @property
    def thin(self) -> bool:
        """The usual laws speak louder than the campaign's own."""
        return min(self.answers, self.talks, self.wrap_ups) < ENOUGH


@dataclass(frozen=True, slots=True)
class Side:
    """One way to run the campaign. `answered` and `abandoned` of the bound's window so far; `lead_factor`: how much likelier than of all
    its leads the next ones answer; `warm`: its pacer has learned already."""

    mode: str
    ratio: float
    limit: float
    false_machine: float
    ring_timeout_s: int
    operators: int
    lines: int
    answered: int = 0
    abandoned: int = 0
    lead_factor: float = 1.0
    warm: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """What the process beside is given (what_if_run.py). `starts_h`: the hour of the site's day, with its part. `as_is` is None where the
    campaign's present mode cannot be played through. `rung_s`: how long calls rang so far. A pacer's budget is the day's:
    `day_answered` and `day_abandoned` until now, and it ends in `ends_s` (None: not known); of the calls placed it may take back the share
    `most_withdrawn`, as the trunks allow."""

    learned: Learned
    starts_h: float
    minutes: int
    rung_s: int
    as_is: Side | None
    changed: Side
    day_answered: int = 0
    day_abandoned: int = 0
    ends_s: float | None = None
    most_withdrawn: float = 0.6
    seeds: tuple[int, ...] = tuple(range(1, SEEDS + 1))

    @property
    def runs(self) -> int:
        return len(self.seeds) * (1 + (self.as_is is not None))

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, told: dict[str, Any]) -> "Job":
        learned = {name: _tuples(value) for name, value in told["learned"].items()}
        return cls(
            **told
            | {
                "learned": Learned(**learned),
                "as_is": Side(**told["as_is"]) if told["as_is"] else None,
                "changed": Side(**told["changed"]),
                "seeds": tuple(told["seeds"]),
            }
        )


def _tuples(value: Any) -> Any:
    return tuple(_tuples(each) for each in value) if isinstance(value, list | tuple) else value


@dataclass(frozen=True, slots=True)
class Forecast:
    """Shares of 1; `wait_s`: from the answer to the operator, the mean of a run; calls and contacts served in an hour."""

    runs: int
    utilisation: Band
    abandonment: Band
    wait_s: Band
    calls_an_hour: Band
    served_an_hour: Band

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def of_json(cls, told: Mapping[str, Any]) -> "Forecast":
        return cls(told["runs"], **{name: Band(**told[name]) for name in METRICS})


METRICS = tuple(each.name for each in fields(Forecast) if each.name != "runs")
SHARES = frozenset({"utilisation", "abandonment"})


@dataclass(frozen=True, slots=True)
class Run:
    """What one run came to, in the units of Forecast."""

    utilisation: float
    abandonment: float
    wait_s: float
    calls_an_hour: float
    served_an_hour: float


def run_of(outlook: Outlook, minutes: float, lag_s: float) -> Run:
    hours = minutes / 60.0
    return Run(
        outlook.utilisation,
        outlook.abandonment,
        outlook.mean_wait_s + lag_s,
        outlook.placed / hours,
        outlook.connected / hours,
    )


def forecast(runs: Sequence[Run]) -> Forecast:
    """Raises ValueError for fewer than `spread.FEWEST`."""
    bands = {name: band([getattr(run, name) for run in runs], 1.0 if name in SHARES else math.inf) for name in METRICS}
    return Forecast(len(runs), **bands)


def side_of(campaign: Campaign, *, operators: int, lines: int, answered: int, abandoned: int, warm: bool) -> Side:
    cap = campaign.cap
    return Side(
        campaign.mode.value,
        campaign.power.ratio,
        cap.limit,
        cap.false_machine,
        min(MAX_RING_S, campaign.ring_timeout_s),
        operators,
        lines,
        answered,
        abandoned,
        warm=warm and campaign.mode is DialMode.PREDICTIVE,
    )


def with_leads(side: Side, chances: Sequence[float], usual: Sequence[float]) -> Side:
    """The side whose next leads have these chances to answer, where `usual` are those of the leads that are dialed now."""
    if not len(chances) or not len(usual) or not np.mean(usual):
        return side
    return replace(side, lead_factor=float(np.clip(np.mean(chances) / np.mean(usual), 0.2, 5.0)))
