"""How many calls to place now. Pure.

A pacer is told what happens and asked what to do; it knows no clock, no wire and no lead. Progressive places one call for each operator
who has nothing to do, who is reserved for it before it is placed, so that nobody answers to nobody. Power places more calls than there
are free operators, as many as the bound on abandonment (abandonment.py) leaves room for; for the operators that are left over it is
progressive.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from math import ceil, floor
from typing import Protocol

from ..queue.channel import AttemptOutcome


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Counts at `t` (s): operators idle (the reserved are not), answered persons waiting for one, and the most that may be placed.

    `ringing`: calls without a reserved operator that nobody has answered; `room`: how many more of them the bound allows.
    """

    t: float
    idle: int
    waiting: int
    max_new: int
    ringing: int = 0
    room: int = 0


@dataclass(frozen=True, slots=True)
class Decision:
    """Calls to place: `place` as the pacer's way is, `reserved` more with an operator reserved for each; and attempts to withdraw."""

    place: int
    cancel: tuple[str, ...] = ()
    reserved: int = 0


class Pacer(Protocol):
    def decide(self, snapshot: Snapshot) -> Decision:
        """What to do now; asked each second and after every change at the desk."""
        ...


class Progressive:
    """One call for one idle operator."""

    def decide(self, snapshot: Snapshot) -> Decision:
        return Decision(place=max(0, min(snapshot.idle - snapshot.waiting, snapshot.max_new)))


@dataclass(frozen=True, slots=True)
class Power:
    """`ratio` lines for each free operator, none of them reserved; where the bound has no room for that, one call for one reserved
    operator, as progressive."""

    ratio: float

    def decide(self, snapshot: Snapshot) -> Decision:
        free = max(0, snapshot.idle - snapshot.waiting)
        most, ringing, room = max(0, snapshot.max_new), snapshot.ringing, max(0, snapshot.room)
        wanted = max(0, floor(self.ratio * free) - ringing)
        if wanted <= room:
            return Decision(place=min(wanted, most))
        # As many operators stay unreserved as the lines that are allowed can keep busy at this ratio; two lines are a gain for one.
        lines = ringing + room
        unreserved = min(free, max(floor(lines / self.ratio), 1 if lines > 1 else 0))
        place = min(max(0, floor(self.ratio * unreserved) - ringing), room, most)
        kept = max(ceil((ringing + place) / self.ratio), unreserved if place else 0)
        return Decision(place=place, reserved=min(max(0, free - kept), most - place))


def covered(ringing: int, ratio: float) -> int:
    """How many free operators the calls that ring already need."""
    return ceil(ringing / ratio)


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
