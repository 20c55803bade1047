"""A forecast that was applied, and what then happened beside it. Pure."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from .campaign import Setting
from .what_if import Forecast, Run, StandsOn

FEWEST_SHOWN_S = 60.0
"""Before so long nothing is compared."""


class ClosedBy(StrEnum):
    """Why nothing more is compared: the time that was forecast is over, or a knob was turned again (taken back, or otherwise)."""

    TIME = "time"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Kept:
    """`change_id`: one of the changes that applied it. `operators` were forecast; `busy_s` and `logged_s` are operators' seconds since,
    seen over `seen_s`. `happened`: once it is closed."""

    id: str
    campaign_id: str
    actor_id: str
    applied_at: datetime
    ends_at: datetime
    change_id: str
    knobs: Mapping[str, Setting]
    as_is: Forecast | None
    changed: Forecast
    stands_on: StandsOn
    operators: int
    busy_s: float = 0.0
    logged_s: float = 0.0
    seen_s: float = 0.0
    closed_at: datetime | None = None
    closed_by: ClosedBy | None = None
    happened: Run | None = None

    @property
    def operators_seen(self) -> float | None:
        """On the line, by the mean; None before any look."""
        return self.logged_s / self.seen_s if self.seen_s else None


@dataclass(frozen=True, slots=True)
class Tally:
    """A campaign's calls of a span of time: begun, answered by persons, `lost` of them, met by an operator after `wait_s` in all."""

    placed: int = 0
    answered: int = 0
    lost: int = 0
    served: int = 0
    wait_s: float = 0.0


def happened(kept: Kept, tally: Tally, until: datetime) -> Run | None:
    """In the units of the forecast; None while it is too soon to say."""
    hours = (until - kept.applied_at).total_seconds() / 3600.0
    if hours * 3600.0 < FEWEST_SHOWN_S:
        return None
    return Run(
        utilisation=kept.busy_s / kept.logged_s if kept.logged_s else 0.0,
        abandonment=tally.lost / tally.answered if tally.answered else 0.0,
        wait_s=tally.wait_s / tally.served if tally.served else 0.0,
        calls_an_hour=tally.placed / hours,
        served_an_hour=tally.served / hours,
    )


def row_of(kept: Kept) -> dict[str, Any]:
    forecasts = {"as_is": kept.as_is.to_json() if kept.as_is else None, "changed": kept.changed.to_json()}
    row = {
        name: getattr(kept, name) for name in Kept.__dataclass_fields__ if name not in ("as_is", "changed", "stands_on")
    }
    return row | {
        "knobs": dict(kept.knobs),
        "forecast": forecasts,
        "stands_on": asdict(kept.stands_on),
        "closed_by": kept.closed_by.value if kept.closed_by else None,
        "happened": asdict(kept.happened) if kept.happened else None,
    }


def kept_of(row: Mapping[str, Any]) -> Kept:
    told = {name: row[name] for name in row if name not in ("forecast",)}
    as_is = row["forecast"]["as_is"]
    return Kept(
        **told
        | {
            "as_is": Forecast.of_json(as_is) if as_is else None,
            "changed": Forecast.of_json(row["forecast"]["changed"]),
            "stands_on": StandsOn(**row["stands_on"]),
            "closed_by": ClosedBy(row["closed_by"]) if row["closed_by"] else None,
            "happened": Run(**row["happened"]) if row["happened"] else None,
        }
    )
