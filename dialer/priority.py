"""Whom to dial first. Pure, and it fits on one screen.

A callback whose minute has come beats everything, the longest due first. All others stand by a sum of weighted terms, in points:
    order_sum   points for each 1,000 RUB of the order
    age         points for each hour since the order was placed; negative lifts the fresh, positive the old
    attempts    points for each attempt already made
Every weight may be of any sign. Equal points: the order placed first, then the id; so the order is always the same.

Weights have three decimals and the sum is taken in whole numbers, so that the database (store.py) sorts to the last digit as we do.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime

from .lead import Lead

WEIGHT_LIMIT = 1000.0
MAX_ORDER_TOTAL = 10**11  # kopecks; with WEIGHT_LIMIT the sums stay inside 64 bits
POINT = 900_000  # whole units in a thousandth of a point: divisible by 100,000 kopecks and by 3,600 s

OrderKey = tuple[int, datetime, int, datetime, str]
_NO_MATTER = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Weights:
    """Raises ValueError for a weight that is no number or beyond ±1000. Rounded to three decimals."""

    order_sum: float = 1.0
    age: float = -1.0
    attempts: float = -5.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = float(getattr(self, field.name))
            if not -WEIGHT_LIMIT <= value <= WEIGHT_LIMIT:
                raise ValueError(f"{field.name}: a weight is a number from -1000 to 1000")
            object.__setattr__(self, field.name, round(value, 3))

    def exact(self) -> tuple[int, int, int]:
        """Whole units for a kopeck, a second of age and an attempt."""
        order_sum, age, attempts = (round(getattr(self, field.name) * 1000) for field in fields(self))
        return order_sum * POINT // 100_000, age * POINT // 3_600, attempts * POINT


@dataclass(frozen=True, slots=True)
class Score:
    """`total` and each of the `terms` that it is the sum of, in points."""

    total: float
    terms: Mapping[str, float]
    units: int


def score(lead: Lead, weights: Weights, now: datetime) -> Score:
    """What the lead is worth at `now`."""
    per_kopeck, per_second, per_attempt = weights.exact()
    age_s = int(now.timestamp()) - int(lead.placed_at.timestamp())
    units = {
        "order_sum": per_kopeck * lead.order_total,
        "age": per_second * age_s,
        "attempts": per_attempt * lead.attempts,
    }
    total = sum(units.values())
    return Score(total / POINT / 1000, {name: value / POINT / 1000 for name, value in units.items()}, total)


def order_key(lead: Lead, weights: Weights, now: datetime) -> OrderKey:
    """Sort by this, least first: the lead to be dialed next."""
    if lead.is_callback and lead.due_at is not None and lead.due_at <= now:
        return 0, lead.due_at, 0, lead.placed_at, lead.id
    return 1, _NO_MATTER, -score(lead, weights, now).units, lead.placed_at, lead.id
