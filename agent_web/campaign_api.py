"""Campaigns for programs and for the scripts of the pages: list, next leads, start, pause, weights, undoing a change."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from ..access.permission import Permission
from ..access.user import User
from ..dialer.campaign import Campaign, CampaignRefused, CampaignState, DialMode
from ..dialer.priority import WEIGHT_LIMIT, Weights
from ..dialer.steering import Reason, UnknownCampaign
from .campaign_pages import known_campaign, lines_of
from .house import House, HouseDep
from .live import figures
from .problem import Problem, problems
from .security import require

router = APIRouter(prefix="/api/v1/campaigns", tags=["campaigns"])
Viewer = Annotated[User, Depends(require(Permission.CAMPAIGN_VIEW))]
Steerer = Annotated[User, Depends(require(Permission.CAMPAIGN_STEER))]
Weight = Annotated[float, Field(ge=-WEIGHT_LIMIT, le=WEIGHT_LIMIT, allow_inf_nan=False, strict=True)]


class WeightsBody(BaseModel):
    """Points for each 1,000 RUB of the order, for each hour of its age, for each attempt made. Three decimals are kept."""

    order_sum: float
    age: float
    attempts: float


class CampaignOut(BaseModel):
    id: str
    name: str
    queue: str
    state: CampaignState
    mode: DialMode
    weights: WeightsBody


class LeadOut(BaseModel):
    """`score` is the sum of `terms`, in points; `order_total` in kopecks. `wait` is why it is not dialed now, `until` when that ends."""

    id: str
    order_id: str | None
    customer_name: str
    phone: str
    order_total: int
    placed_at: datetime
    attempts: int
    is_callback: bool
    score: float
    terms: dict[str, float]
    wait: Reason | None
    until: datetime | None


class WeightsChange(BaseModel):
    """The weights to be changed; those that are left out stay."""

    model_config = ConfigDict(extra="forbid")
    order_sum: Weight | None = None
    age: Weight | None = None
    attempts: Weight | None = None


class WeightsOrder(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"weights": {"order_sum": 1.5, "age": -2}}]}
    )
    weights: WeightsChange


class WeightsDone(BaseModel):
    before: WeightsBody
    after: WeightsBody


@router.get("", responses=problems(401, 403))
async def list_campaigns(house: HouseDep, _user: Viewer) -> list[CampaignOut]:
    """All campaigns, the oldest first."""
    return [_shown(campaign) for campaign in await house.dialer.campaigns()]


@router.get("/{campaign_id}/leads", responses=problems(401, 403, 404, 422))
async def next_leads(
    campaign_id: str, house: HouseDep, _user: Viewer, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> list[LeadOut]:
    """Whom we dial next, in order; after them those whose time or calling hours are still to come."""
    await known_campaign(house, campaign_id)
    leads = await house.dialer.next_leads(campaign_id, limit)
    return [
        LeadOut(
            id=scored.lead.id,
            order_id=scored.lead.order_id,
            customer_name=line.who,
            phone=scored.lead.phone,
            order_total=scored.lead.order_total,
            placed_at=scored.lead.placed_at,
            attempts=scored.lead.attempts,
            is_callback=scored.lead.is_callback,
            score=scored.score,
            terms=dict(scored.terms),
            wait=scored.wait.reason if scored.wait else None,
            until=scored.wait.until if scored.wait else None,
        )
        for scored, line in zip(leads, await lines_of(house, leads), strict=True)
    ]


@router.post("/{campaign_id}/start", responses=problems(401, 403, 404))
async def start_campaign(campaign_id: str, house: HouseDep, user: Steerer) -> CampaignOut:
    """Begin dialing; a campaign that runs already runs on."""
    return await _turned(house, user, "campaign.start", campaign_id, lambda: house.dialer.start(campaign_id, user.id))


@router.post("/{campaign_id}/pause", responses=problems(401, 403, 404))
async def pause_campaign(campaign_id: str, house: HouseDep, user: Steerer) -> CampaignOut:
    """Dial nobody new; calls that were begun go on."""
    return await _turned(house, user, "campaign.pause", campaign_id, lambda: house.dialer.pause(campaign_id, user.id))


@router.post("/{campaign_id}/weights", responses=problems(401, 403, 404, 422))
async def set_weights(campaign_id: str, order: WeightsOrder, house: HouseDep, user: Steerer) -> WeightsDone:
    """New weights; the very next call follows them."""
    before = (await known_campaign(house, campaign_id)).weights
    changed = {name: value for name, value in order.weights.model_dump().items() if value is not None}
    wanted = replace(before, **changed)
    after = await _turned(
        house, user, "campaign.weights", campaign_id, lambda: house.dialer.set_weights(campaign_id, wanted, user.id)
    )
    return WeightsDone(before=_weights(before), after=after.weights)


@router.post("/{campaign_id}/changes/{change_id}/revert", responses=problems(401, 403, 404, 409))
async def revert_change(campaign_id: str, change_id: str, house: HouseDep, user: Steerer) -> CampaignOut:
    """Put one knob back to where it stood before this change; that is a change too."""
    await known_campaign(house, campaign_id)
    if change_id not in {change.id for change in await house.dialer.changes(campaign_id, 500)}:
        raise Problem(404, "there is no such change of this campaign")
    return await _turned(
        house, user, "campaign.revert", campaign_id, lambda: house.dialer.revert(change_id, user.id), change=change_id
    )


async def _turned(
    house: House,
    user: User,
    action: str,
    campaign_id: str,
    turn: Callable[[], Awaitable[Campaign]],
    **detail: str,
) -> CampaignOut:
    """Turn a knob, write down who did, and tell every open board."""
    before = await known_campaign(house, campaign_id)
    try:
        after = await turn()
    except UnknownCampaign as unknown:
        raise Problem(404, "there is no such campaign") from unknown
    except CampaignRefused as refused:
        raise Problem(409, "the campaign cannot be run like this") from refused
    told = {"from": _audited(before), "to": _audited(after), **detail}
    await house.access.audit(user.id, action, campaign_id, told)
    house.live.publish("board", figures(house.desk.contacts(), house.clock.now()))
    return _shown(after)


def _audited(campaign: Campaign) -> dict[str, object]:
    return {"state": campaign.state.value, **asdict(campaign.weights)}


def _weights(weights: Weights) -> WeightsBody:
    return WeightsBody(**asdict(weights))


def _shown(campaign: Campaign) -> CampaignOut:
    return CampaignOut(
        id=campaign.id,
        name=campaign.name,
        queue=campaign.queue,
        state=campaign.state,
        mode=campaign.mode,
        weights=_weights(campaign.weights),
    )
