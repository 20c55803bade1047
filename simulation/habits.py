"""What the virtual persons are drawn from. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Habits:
    """Means in s, shares of 1. The defaults are a shop's; a mean of patience is that of an exponential draw."""

    talk_s: float = 30.0
    patience_s: float = 120.0
    ring_s: float = 2.0
    wrap_up_s: float = 5.0
    unanswered: float = 0.01
    agent_ends: float = 0.5


@dataclass(frozen=True, slots=True)
class Stretch:
    """So many calls a second, for so long."""

    rate: float
    seconds: float
