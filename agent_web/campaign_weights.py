"""The weights of a campaign as they come in and go out."""

from dataclasses import asdict, replace
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ..dialer.campaign import MAX_SEGMENTS
from ..dialer.priority import WEIGHT_LIMIT, Weights

SegmentName = Annotated[str, Field(min_length=1, max_length=50)]
Weight = Annotated[float, Field(ge=-WEIGHT_LIMIT, le=WEIGHT_LIMIT, allow_inf_nan=False, strict=True)]


class WeightsBody(BaseModel):
    """Points for each 1,000 RUB of the order, for each hour of its age, for each attempt made; for each hour that the promised time, and
    the end of the reservation, is nearer than a day away; once the reservation is over; for a unit of the campaign's own fields; by the
    name of the customer's segment. Three decimals are kept."""

    order_sum: float
    age: float
    attempts: float
    promised: float
    reservation: float
    expired: float
    own_1: float
    own_2: float
    own_3: float
    segments: dict[str, float]


class WeightsChange(BaseModel):
    """The weights to be changed; those that are left out stay, segments too. A segment of 0 points is forgotten."""

    model_config = ConfigDict(extra="forbid")
    order_sum: Weight | None = None
    age: Weight | None = None
    attempts: Weight | None = None
    promised: Weight | None = None
    reservation: Weight | None = None
    expired: Weight | None = None
    own_1: Weight | None = None
    own_2: Weight | None = None
    own_3: Weight | None = None
    segments: dict[SegmentName, Weight] = Field(default_factory=dict, max_length=MAX_SEGMENTS)


class WeightsOrder(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"weights": {"order_sum": 1.5, "age": -2, "segments": {"vip": 20}}}]},
    )
    weights: WeightsChange


def turned_weights(before: Weights, change: WeightsChange) -> Weights:
    """The weights with this change."""
    plain = {name: value for name, value in change.model_dump(exclude={"segments"}).items() if value is not None}
    return replace(before, **plain, segments=tuple((dict(before.segments) | change.segments).items()))


def weights_body(weights: Weights) -> WeightsBody:
    return WeightsBody(**asdict(weights) | {"segments": dict(weights.segments)})
