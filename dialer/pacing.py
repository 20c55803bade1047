"""How many calls to place now. Pure.

A pacer is told what happens and asked what to do; it knows no clock, no wire and no lead. Progressive is the only one here: one call for
each operator who has nothing to do, who is reserved for it before it is placed, so that nobody answers to nobody.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol

from ..queue.channel import AttemptOutcome


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Counts at `t` (s): operators idle (the reserved are not), answered persons waiting for one, and the most that may be placed."""

    t: float
    idle: int
    waiting: int
    max_new: int


@dataclass(frozen=True, slots=True)
class Decision:
    """Calls to place, and attempts to withdraw."""

    place: int
    cancel: tuple[str, ...] = ()


class Pacer(Protocol):
    def decide(self, snapshot: Snapshot) -> Decision:
        """What to do now; asked each second and after every change at the desk."""
        ...


class Progressive:
    """One call for one idle operator."""

    def decide(self, snapshot: Snapshot) -> Decision:
        return Decision(place=max(0, min(snapshot.idle - snapshot.waiting, snapshot.max_new)))


PACERS: Mapping[str, Callable[[], Pacer]] = {"progressive": Progressive}

_TROUBLE = frozenset({AttemptOutcome.CONGESTION, AttemptOutcome.TRUNK_TROUBLE})
_NO_WORD = frozenset({AttemptOutcome.CANCELLED, AttemptOutcome.UNKNOWN})
PATIENCE = 3
LONGEST_HOLD_S = 60


@dataclass(frozen=True, slots=True)
class Brake:
    """A dead trunk is not many customers who do not answer: after `PATIENCE` troubles in a row nothing is dialed until `until`."""

    troubles: int = 0
    until: datetime | None = None

    def after(self, outcome: AttemptOutcome, now: datetime) -> "Brake":
        """Each further trouble doubles the hold (5 s to 60 s); any word from the far side takes the brake off."""
        if outcome in _NO_WORD:
            return self
        if outcome not in _TROUBLE:
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
