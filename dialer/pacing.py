"""How many calls to place now, and which to withdraw. Pure.

A pacer is told what happens and asked what to do; it knows no clock, no wire and no lead, and what it is given here is all that it gets.
`PACERS` makes each by its name: "progressive" has an idle operator for every call, "power" several calls for one, "predictive" as many as
its forecast finds worth their risk, "predictive-no-cancel" the same without withdrawing any. What each is bound by is said in
pacing_budget.py. What follows `PACERS` is asked of calls one by one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from functools import partial

from ..queue.channel import AttemptOutcome
from .pacing_plain import Power as Power
from .pacing_plain import Progressive as Progressive
from .pacing_predictive import Predictive as Predictive
from .pacing_terms import Abandoned as Abandoned
from .pacing_terms import CallEnded as CallEnded
from .pacing_terms import CallId as CallId
from .pacing_terms import Connected as Connected
from .pacing_terms import Decision as Decision
from .pacing_terms import InFlight as InFlight
from .pacing_terms import MakePacer as MakePacer
from .pacing_terms import Outcome as Outcome
from .pacing_terms import Pacer as Pacer
from .pacing_terms import PacingEvent as PacingEvent
from .pacing_terms import PacingInfo as PacingInfo
from .pacing_terms import Snapshot as Snapshot
from .pacing_terms import TalkEnded as TalkEnded
from .pacing_terms import WrapUpEnded as WrapUpEnded

PACERS: Mapping[str, MakePacer] = {
    "progressive": Progressive,
    "power": Power,
    "predictive": Predictive,
    "predictive-no-cancel": partial(Predictive, withdraws=False),
}

RUNG_ENOUGH_S = 15.0


def withdrawable(rung_s: Mapping[str, float | None]) -> tuple[str, ...]:
    """Which calls may be given up: those that have not begun to ring (None), and those that rang for `RUNG_ENOUGH_S`. By law nobody's
    telephone rings for less."""
    return tuple(call for call, seconds in rung_s.items() if seconds is None or seconds >= RUNG_ENOUGH_S)


class Bereft(StrEnum):
    """What becomes of a call whose reserved operator left before anybody answered."""

    GIVEN_UP = "given_up"
    HANDED_OVER = "handed_over"
    ALONE = "alone"


def bereft(rung_s: float | None, others_free: int) -> Bereft:
    """Given up where it may be; else it rings on for another operator, or for nobody: who answers then hears the apology, and counts."""
    if withdrawable({"": rung_s}):
        return Bereft.GIVEN_UP
    return Bereft.HANDED_OVER if others_free > 0 else Bereft.ALONE


TROUBLE = frozenset({AttemptOutcome.CONGESTION, AttemptOutcome.TRUNK_TROUBLE})
"""Ends that speak of the trunk, and not of the customer."""
NO_WORD = frozenset({AttemptOutcome.CANCELLED, AttemptOutcome.UNKNOWN})
PATIENCE = 3
LONGEST_HOLD_S = 60


@dataclass(frozen=True, slots=True)
class Brake:
    """A dead trunk is not many customers who do not answer: after `PATIENCE` troubles in a row it carries nothing until `until`."""

    troubles: int = 0
    until: datetime | None = None

    def after(self, outcome: AttemptOutcome, now: datetime) -> "Brake":
        """Each further trouble doubles the hold (5 s to 60 s); any word from the far side takes the brake off."""
        if outcome in NO_WORD:
            return self
        if outcome not in TROUBLE:
            return Brake()
        if self.troubles + 1 < PATIENCE:
            return replace(self, troubles=self.troubles + 1)
        return self.pulled(now)

    def pulled(self, now: datetime) -> "Brake":
        """Hold now, without patience: our own wire to the switch failed."""
        troubles = max(self.troubles + 1, PATIENCE)
        hold_s = min(5 * 2 ** min(troubles - PATIENCE, 8), LONGEST_HOLD_S)
        return Brake(troubles, now + timedelta(seconds=hold_s))

    def holds(self, now: datetime) -> bool:
        return self.until is not None and now < self.until

    def most(self) -> int:
        """How many calls may be tried at once: after trouble a single one feels the way."""
        return 10_000 if self.until is None else 1
