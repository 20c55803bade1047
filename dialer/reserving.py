"""How many calls are placed now where operators are reserved for them. Pure.

Progressive places one call for each operator who has nothing to do, who is reserved for it before it is placed, so that nobody answers to
nobody. Power places more calls than there are free operators, as many as the bound on abandonment (abandonment.py) leaves room for; for
the operators that are left over it is progressive.
"""

from dataclasses import dataclass
from math import ceil, floor


@dataclass(frozen=True, slots=True)
class Places:
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
class Placement:
    """Calls to place: `place` as the mode is, `reserved` more with an operator reserved for each."""

    place: int
    reserved: int = 0


class Progressive:
    """One call for one idle operator."""

    def decide(self, places: Places) -> Placement:
        return Placement(place=max(0, min(places.idle - places.waiting, places.max_new)))


@dataclass(frozen=True, slots=True)
class Power:
    """`ratio` lines for each free operator, none of them reserved; where the bound has no room for that, one call for one reserved
    operator, as progressive."""

    ratio: float

    def decide(self, places: Places) -> Placement:
        free = max(0, places.idle - places.waiting)
        most, ringing, room = max(0, places.max_new), places.ringing, max(0, places.room)
        wanted = max(0, floor(self.ratio * free) - ringing)
        if wanted <= room:
            return Placement(place=min(wanted, most))
        # As many operators stay unreserved as the lines that are allowed can keep busy at this ratio; two lines are a gain for one.
        lines = ringing + room
        unreserved = min(free, max(floor(lines / self.ratio), 1 if lines > 1 else 0))
        place = min(max(0, floor(self.ratio * unreserved) - ringing), room, most)
        kept = max(ceil((ringing + place) / self.ratio), unreserved if place else 0)
        return Placement(place=place, reserved=min(max(0, free - kept), most - place))


def covered(ringing: int, ratio: float) -> int:
    """How many free operators the calls that ring already need."""
    return ceil(ringing / ratio)


def as_wanted(wanted: int, room: int, free: int) -> Placement:
    """What a pacer wants, as far as the bound has room for it; in place of the rest, one call for each of the `free` operators whom no call
    without an operator needs."""
    place = min(max(0, wanted), max(0, room))
    return Placement(place, reserved=min(max(0, wanted - place), max(0, free - place)))
