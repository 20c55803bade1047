"""What would happen if a campaign were run otherwise: asked, looked at, cancelled, applied; for programs and for the campaign's page."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from ..access.permission import Permission
from ..access.user import User
from ..dialer.campaign import CampaignRefused, Setting
from ..dialer.steering import UnknownCampaign
from ..dialer.what_if import Asked, Forecast, Run
from ..dialer.what_if_keeper import Busy, NotApplicable, UnknownQuestion
from ..dialer.what_if_kept import ClosedBy, Kept
from ..dialer.what_if_question import Question, State
from .campaign_pages import known_campaign
from .house import House, HouseDep
from .live import figures
from .problem import FieldError, Problem, problems
from .security import require

router = APIRouter(prefix="/api/v1/campaigns/{campaign_id}/what-ifs", tags=["what if"])
Viewer = Annotated[User, Depends(require(Permission.CAMPAIGN_VIEW))]
Steerer = Annotated[User, Depends(require(Permission.CAMPAIGN_STEER))]
Value = bool | Annotated[int, Field(strict=True)] | Annotated[float, Field(allow_inf_nan=False)] | str | None


class WhatIfOrder(BaseModel):
    """What is to be tried. `knobs`: mode (progressive, power, predictive), `power.ratio`, `ring_timeout_s`, `cap.*` and `weights.*` by
    their dotted names; `operators` and `lines` are supposed and not applied, null for as many as there are; `minutes` are looked ahead."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"knobs": {"mode": "predictive", "ring_timeout_s": 25}, "minutes": 60}]},
    )
    knobs: dict[Annotated[str, Field(min_length=1, max_length=80)], Value] = Field(default_factory=dict, max_length=60)
    operators: Annotated[int, Field(strict=True)] | None = None
    lines: Annotated[int, Field(strict=True)] | None = None
    minutes: Annotated[int, Field(strict=True)] = 60


class BandOut(BaseModel):
    """The mean of the runs, and between what nine of ten such spans of time lie."""

    low: float
    middle: float
    high: float


class ForecastOut(BaseModel):
    """Shares of 1; `wait_s` (s) from the answer to the operator, by the mean of a run; calls placed and contacts served in an hour."""

    runs: int
    utilisation: BandOut
    abandonment: BandOut
    wait_s: BandOut
    calls_an_hour: BandOut
    served_an_hour: BandOut


class HappenedOut(BaseModel):
    """In the units of the forecast."""

    utilisation: float
    abandonment: float
    wait_s: float
    calls_an_hour: float
    served_an_hour: float


class StandsOnOut(BaseModel):
    """How much of the campaign's own past the forecast rests on; `thin`: the usual laws fill up what it lacks."""

    calls: int
    answers: int
    talks: int
    wrap_ups: int
    leads_seen: int
    thin: bool


class WhatIfOut(BaseModel):
    """`knobs`: exactly what applying it turns. `before`: how many forecasts are made before it. `done` of `runs` were played through.
    `as_is` is null where the present mode cannot be played through, and both forecasts are while it is not ready."""

    id: str
    state: State
    knobs: dict[str, Setting]
    operators: int
    lines: int
    minutes: int
    before: int
    done: int
    runs: int
    stands_on: StandsOnOut
    as_is: ForecastOut | None
    changed: ForecastOut | None
    change_id: str


class KeptOut(BaseModel):
    """A forecast that was applied, and what happened since; `happened` is null in the first minute. `closed_by`: its time is over, or a
    knob was turned again."""

    id: str
    applied_at: datetime
    ends_at: datetime
    change_id: str
    knobs: dict[str, Setting]
    operators: int
    operators_seen: float | None
    as_is: ForecastOut | None
    changed: ForecastOut
    happened: HappenedOut | None
    closed_at: datetime | None
    closed_by: ClosedBy | None


@router.post("", status_code=202, responses=problems(401, 403, 404, 409, 422, 429))
async def ask(campaign_id: str, order: WhatIfOrder, house: HouseDep, user: Steerer) -> WhatIfOut:
    """Begin to make a forecast; look at it until it is done. One a person at a time, others wait in their order. 409 for what the campaign
    could not be run like, or the forecast cannot tell of, with the field; 429 while one of yours is being made, or too many are."""
    asked = Asked(order.knobs, order.operators, order.lines, order.minutes)
    try:
        return shown(house, await house.dialer.what_if.ask(campaign_id, asked, user.id))
    except UnknownCampaign as unknown:
        raise Problem(404, "there is no such campaign") from unknown
    except CampaignRefused as refused:
        wrong = FieldError(field=refused.field, reason=refused.reason)
        raise Problem(409, "what would happen cannot be told of this", errors=[wrong]) from refused
    except Busy as busy:
        raise Problem(429, str(busy), headers={"Retry-After": "5"}) from busy


@router.get("", responses=problems(401, 403, 404))
async def list_applied(campaign_id: str, house: HouseDep, _user: Viewer) -> list[KeptOut]:
    """The forecasts that were applied, the newest first, beside what then happened."""
    await known_campaign(house, campaign_id)
    return [_kept(each) for each in await house.dialer.what_if.compared(campaign_id, 20)]


@router.get("/{what_if_id}", responses=problems(401, 403, 404))
async def look(campaign_id: str, what_if_id: str, house: HouseDep, _user: Viewer) -> WhatIfOut:
    """How far it is, and what it tells."""
    return shown(house, known_question(house, campaign_id, what_if_id))


@router.delete("/{what_if_id}", status_code=204, responses=problems(401, 403, 404))
async def cancel(campaign_id: str, what_if_id: str, house: HouseDep, _user: Steerer) -> Response:
    """Stop making it; one that is ready stays as it is."""
    house.dialer.what_if.cancel(known_question(house, campaign_id, what_if_id))
    return Response(status_code=204)


@router.post("/{what_if_id}/apply", responses=problems(401, 403, 404, 409))
async def apply(campaign_id: str, what_if_id: str, house: HouseDep, user: Steerer) -> WhatIfOut:
    """Turn exactly the knobs that were played through, as one save; 409 when the campaign was changed since. From then on what happens is
    held against it. It is taken back by reverting `change_id`."""
    question = known_question(house, campaign_id, what_if_id)
    try:
        await house.dialer.what_if.apply(question, user.id)
    except NotApplicable as not_now:
        raise Problem(409, str(not_now)) from not_now
    except CampaignRefused as refused:
        wrong = FieldError(field=refused.field, reason=refused.reason)
        raise Problem(409, "the campaign cannot be run like this", errors=[wrong]) from refused
    told: dict[str, object] = {"what_if": question.id, "knobs": ", ".join(sorted(question.knobs))}
    await house.access.audit(user.id, "campaign.what_if", campaign_id, told)
    house.live.change_board(figures(house.desk.waiting(), house.clock.now()))
    return shown(house, question)


def known_question(house: House, campaign_id: str, what_if_id: str) -> Question:
    """Raises Problem 404."""
    try:
        return house.dialer.what_if.question(campaign_id, what_if_id)
    except UnknownQuestion as unknown:
        raise Problem(404, "there is no such forecast, or it is forgotten") from unknown


def shown(house: House, question: Question) -> WhatIfOut:
    job, stands_on = question.job, question.stands_on
    return WhatIfOut(
        id=question.id,
        state=question.state,
        knobs=question.knobs,
        operators=job.changed.operators,
        lines=job.changed.lines,
        minutes=job.minutes,
        before=house.dialer.what_if.place(question),
        done=question.done,
        runs=job.runs,
        stands_on=StandsOnOut(**asdict(stands_on), thin=stands_on.thin),
        as_is=_forecast(question.as_is),
        changed=_forecast(question.changed),
        change_id=question.change_id,
    )


def _forecast(made: Forecast | None) -> ForecastOut | None:
    return ForecastOut.model_validate(made.to_json()) if made else None


def _happened(run: Run | None) -> HappenedOut | None:
    return HappenedOut(**asdict(run)) if run else None


def _kept(kept: Kept) -> KeptOut:
    changed = _forecast(kept.changed)
    assert changed is not None
    return KeptOut(
        id=kept.id,
        applied_at=kept.applied_at,
        ends_at=kept.ends_at,
        change_id=kept.change_id,
        knobs=dict(kept.knobs),
        operators=kept.operators,
        operators_seen=kept.operators_seen,
        as_is=_forecast(kept.as_is),
        changed=changed,
        happened=_happened(kept.happened),
        closed_at=kept.closed_at,
        closed_by=kept.closed_by,
    )
