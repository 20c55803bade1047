"""The drawn figures of a campaign's page, as numbers for its SVG: the gauge of abandonment and the day by the hour. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ..dialer.day import Hour

WIDTH, HEIGHT = 300, 72
CAP_AT = 75.0
"""Where on the gauge's arc the cap stands, of 100; beyond it is the red."""


@dataclass(frozen=True, slots=True)
class HourBar:
    """One hour: a bar for its contact rate (`height` from `y` down), and the point of the line of penetration."""

    at: datetime
    attempts: int
    contact_rate: float | None
    penetration: float
    x: float
    y: float
    width: float
    height: float
    line_x: float
    line_y: float


def filled(rate: float | None, cap: float) -> float:
    """Of the gauge's arc, in 100: at the cap it is filled up to its red part. With a cap of 0 the first one lost is beyond it."""
    value = rate or 0.0
    beyond = 100.0 if value else 0.0
    return round(min(100.0, CAP_AT * value / cap) if cap else beyond, 1)


def hour_bars(hours: Sequence[Hour]) -> list[HourBar]:
    """At least six places wide, so that the first hours do not look like the whole day."""
    step = WIDTH / max(6, len(hours))
    bars = []
    for number, hour in enumerate(hours):
        height = HEIGHT * (hour.contact_rate or 0.0)
        bars.append(
            HourBar(
                at=hour.at,
                attempts=hour.attempts,
                contact_rate=hour.contact_rate,
                penetration=hour.penetration,
                x=round(number * step + 2, 1),
                y=round(HEIGHT - height, 1),
                width=round(step - 4, 1),
                height=round(height, 1),
                line_x=round((number + 0.5) * step, 1),
                line_y=round(HEIGHT * (1 - hour.penetration), 1),
            )
        )
    return bars
