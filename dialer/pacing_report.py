"""What a predictive pacer believes and why it dials as it does, as plain values to be shown. Pure."""

from dataclasses import dataclass
from enum import StrEnum

from .forecast import Estimate


class Basis(StrEnum):
    """What the last decision rested on: too little was known, and it was progressive; the forecast; or the bound, which left no room."""

    LEARNING = "learning"
    FORECAST = "forecast"
    BOUND = "bound"


@dataclass(frozen=True, slots=True)
class Believed:
    """`answer`: the chance that a person answers a call; `delay`: from dialing to his answer, of those who answer; `talk` and `wrap_up`
    (all in s). Each with its standard error. `resolved`: calls whose end is known; `enough`: before so many, nothing is predicted."""

    answer: Estimate
    delay: Estimate
    talk: Estimate
    wrap_up: Estimate
    resolved: int
    enough: int


@dataclass(frozen=True, slots=True)
class Budgeted:
    """Persons who answered and who were abandoned since the pacer began (or was told of); `left`: how many more may be abandoned of all
    that are expected; `room`: how many may be lost at this moment; `exposed`: how many could be lost of the calls in flight, were the world
    to turn against us; `price`: the harm that is accepted for one person served."""

    answered: int
    abandoned: int
    left: float
    room: float
    exposed: float
    price: float


@dataclass(frozen=True, slots=True)
class Weighed:
    """The last decision: calls placed and withdrawn by it, and of one more call the harm (chance that it, or a later one, is lost) and the
    gain (chance that it meets an operator). `free_soon`: operators idle, less who wait, at `horizons_s` from now as they are expected."""

    placed: int
    withdrawn: int
    harm: float
    gain: float
    horizons_s: tuple[float, ...]
    free_soon: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """All of it, at `t` (s, the caller's clock). Without a `budget` and `weighed` nothing was predicted: it was progressive."""

    t: float
    basis: Basis
    believed: Believed
    budget: Budgeted | None
    weighed: Weighed | None
    placed: int
    withdrawn: int
