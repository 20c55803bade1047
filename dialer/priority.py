"""Whom to dial first. Pure, and it fits on one screen.

A callback whose minute has come beats everything, the longest due first. All others stand by a sum of weighted terms, in points:
    order_sum    points for each 1,000 RUB of the order
    age          points for each hour since the order was placed; negative lifts the fresh, positive the old
    attempts     points for each attempt already made
    promised     points for each hour that the time promised to the customer is nearer than a day away; from then on, for 24 hours
    reservation  the same for the hour until which his goods are kept; once it is over, `expired` points instead
    own_1..own_3 points for each unit of the campaign's own fields (Campaign.own_fields names them)
    segment      points by the name of the customer's segment; of a name without points, none
Every weight may be of any sign. Equal points: the order placed first, then the id; so the order is always the same.

Weights have three decimals and the sum is taken in whole numbers, so that the database (ranks_store.py) sorts to the last digit as we do.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime

from .bad_knob import BadKnob
from .lead import Lead

WEIGHT_LIMIT = 1000.0
MAX_ORDER_TOTAL = 10**11  # kopecks; with WEIGHT_LIMIT the sums stay inside 64 bits
MAX_OWN = 10**9  # thousandths of a unit
POINT = 900_000  # whole units in a thousandth of a point: divisible by 100,000 kopecks, by 3,600 s and by 1,000
NEAR_S = 86_400

_AS_TYPED = str.maketrans(",", ".", " \u00a0\u202f")

OrderKey = tuple[int, datetime, int, datetime, str]
_NO_MATTER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Weights:
    """Raises ValueError for a weight that is no number or beyond ±1000. Rounded to three decimals.

    `segments`: points by name, in the order of names; one of 0 points is left out.
    """

    order_sum: float = 1.0
    age: float = -1.0
    attempts: float = -5.0
    promised: float = 1.0
    reservation: float = 1.0
    expired: float = 0.0
    own_1: float = 0.0
    own_2: float = 0.0
    own_3: float = 0.0
    segments: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        for name in NUMBERS:
            object.__setattr__(self, name, _weight(name, getattr(self, name)))
        points = {name: _weight(f"segment.{name}", value) for name, value in sorted(self.segments)}
        object.__setattr__(self, "segments", tuple((name, value) for name, value in points.items() if value))

    def exact(self) -> "Exact":
        units = {name: round(getattr(self, name) * 1000) for name in NUMBERS}
        return Exact(
            per_kopeck=units["order_sum"] * POINT // 100_000,
            per_second=units["age"] * POINT // 3_600,
            per_attempt=units["attempts"] * POINT,
            near_promise=units["promised"] * POINT // 3_600,
            near_expiry=units["reservation"] * POINT // 3_600,
            expired=units["expired"] * POINT,
            own=(units["own_1"] * POINT // 1000, units["own_2"] * POINT // 1000, units["own_3"] * POINT // 1000),
            segments={name: round(value * 1000) * POINT for name, value in self.segments},
        )


NUMBERS = tuple(each.name for each in fields(Weights) if each.name != "segments")


def _weight(name: str, value: float) -> float:
    if not -WEIGHT_LIMIT <= float(value) <= WEIGHT_LIMIT:
        raise BadKnob(f"weights.{name}", "a weight is a number from -1000 to 1000")
    return round(float(value), 3)


@dataclass(frozen=True, slots=True)
class Exact:
    """Weights in whole units: for a kopeck, a second of age, an attempt, a second of nearness, a thousandth of an own field."""

    per_kopeck: int
    per_second: int
    per_attempt: int
    near_promise: int
    near_expiry: int
    expired: int
    own: tuple[int, int, int]
    segments: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Score:
    """`total` and each of the `terms` that it is the sum of, in points."""

    total: float
    terms: Mapping[str, float]
    units: int


def near_s(at: datetime, now_s: int) -> int:
    """How much nearer than a day away that moment is, in seconds: 0 while it is further, a day once it has come."""
    return min(NEAR_S, max(0, now_s + NEAR_S - int(at.timestamp())))


def score(lead: Lead, weights: Weights, now: datetime) -> Score:
    """What the lead is worth at `now`."""
    exact, now_s = weights.exact(), int(now.timestamp())
    promised, kept = lead.promised_at, lead.reserved_until
    near = 0 if kept is None else exact.near_expiry * near_s(kept, now_s)
    units = {
        "order_sum": exact.per_kopeck * lead.order_total,
        "age": exact.per_second * (now_s - int(lead.placed_at.timestamp())),
        "attempts": exact.per_attempt * lead.attempts,
        "promised": 0 if promised is None else exact.near_promise * near_s(promised, now_s),
        "reservation": exact.expired if kept is not None and kept.timestamp() <= now_s else near,
        "own_1": exact.own[0] * lead.own_1,
        "own_2": exact.own[1] * lead.own_2,
        "own_3": exact.own[2] * lead.own_3,
        "segment": exact.segments.get(lead.segment, 0),
    }
    total = sum(units.values())
    return Score(total / POINT / 1000, {name: value / POINT / 1000 for name, value in units.items()}, total)


def own_units(names: tuple[str, str, str], fields: Mapping[str, object]) -> tuple[int, int, int]:
    """A lead's `own_1` to `own_3` from its fields, by the names that the campaign gives them. What is no number counts as 0."""
    first, second, third = (_thousandths(fields.get(name)) if name else 0 for name in names)
    return first, second, third


def _thousandths(value: object) -> int:
    """A text may be written as people do: 1 234,5."""
    try:
        number = float(value.translate(_AS_TYPED) if isinstance(value, str) else value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return 0
    return round(max(-MAX_OWN, min(MAX_OWN, number * 1000))) if math.isfinite(number) else 0


def order_key(lead: Lead, weights: Weights, now: datetime) -> OrderKey:
    """Sort by this, least first: the lead to be dialed next."""
    if lead.is_callback and lead.due_at is not None and lead.due_at <= now:
        return 0, lead.due_at, 0, lead.placed_at, lead.id
    return 1, _NO_MATTER, -score(lead, weights, now).units, lead.placed_at, lead.id
