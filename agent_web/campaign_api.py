"""Campaigns for programs and for the scripts of the pages: list, start, pause, drain, weights, undoing a change."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from ..access.permission import Permission
from ..access.user import User
from ..dialer.campaign import Campaign, CampaignRefused, CampaignState, DialMode, Setting, settings
from ..dialer.saves import Overruled
from ..dialer.steering import UnknownCampaign
from .campaign_pages import known_campaign
from .campaign_weights import WeightsBody, WeightsOrder, turned_weights, weights_body
from .house import House, HouseDep
from .live import figures
from .problem import FieldError, Problem, problems
from .security import require

router = APIRouter(prefix="/api/v1/campaigns", tags=["campaigns"])
Viewer = Annotated[User, Depends(require(Permission.CAMPAIGN_VIEW))]
Steerer = Annotated[User, Depends(require(Permission.CAMPAIGN_STEER))]
OwnField = Annotated[str, Field(max_length=50, pattern=r"^\S*$")]


class CampaignOut(BaseModel):
    id: str
    name: str
    queue: str
    state: CampaignState
    mode: DialMode
    weights: WeightsBody
    own_fields: list[str]


class OwnFieldsOrder(BaseModel):
    """The names of those fields of the leads that the weights own_1 to own_3 count by; "" for none."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"own_fields": ["margin", "visits", ""]}]}
    )
    own_fields: tuple[OwnField, OwnField, OwnField]


class KnobsOrder(BaseModel):
    """Knobs of the campaign by their dotted names; a text, a number, yes or no, or null for no limit."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"knobs": {"mode": "power", "power.ratio": 1.5, "cap.jurisdiction": "uk-ofcom"}}]
        },
    )
    knobs: dict[
        Annotated[str, Field(min_length=1, max_length=80)],
        bool | Annotated[int, Field(strict=True)] | Annotated[float, Field(allow_inf_nan=False)] | str | None,
    ] = Field(min_length=1, max_length=200)


class WeightsDone(BaseModel):
    before: WeightsBody
    after: WeightsBody


@router.get("", responses=problems(401, 403))
async def list_campaigns(house: HouseDep, _user: Viewer) -> list[CampaignOut]:
    """All campaigns, the oldest first."""
    return [_shown(campaign) for campaign in await house.dialer.campaigns()]


@router.post("/{campaign_id}/start", responses=problems(401, 403, 404))
async def start_campaign(campaign_id: str, house: HouseDep, user: Steerer) -> CampaignOut:
    """Begin dialing; a campaign that runs already runs on."""
    return await _turned(house, user, "campaign.start", campaign_id, lambda: house.dialer.start(campaign_id, user.id))


@router.post("/{campaign_id}/pause", responses=problems(401, 403, 404))
async def pause_campaign(campaign_id: str, house: HouseDep, user: Steerer) -> CampaignOut:
    """Dial nobody new; calls that were begun go on."""
    return await _turned(house, user, "campaign.pause", campaign_id, lambda: house.dialer.pause(campaign_id, user.id))


@router.post("/{campaign_id}/drain", responses=problems(401, 403, 404))
async def drain_campaign(campaign_id: str, house: HouseDep, user: Steerer) -> CampaignOut:
    """Dial nobody new; once the calls that were begun are over, the campaign pauses by itself."""
    return await _turned(house, user, "campaign.drain", campaign_id, lambda: house.dialer.drain(campaign_id, user.id))


@router.post("/{campaign_id}/own-fields", responses=problems(401, 403, 404, 422))
async def set_own_fields(campaign_id: str, order: OwnFieldsOrder, house: HouseDep, user: Steerer) -> CampaignOut:
    """Name the campaign's own fields. Leads that come, or are changed, from now on count by them."""
    knobs: dict[str, Setting] = {f"own_fields.{number}": name for number, name in enumerate(order.own_fields, 1)}
    return await _turned(
        house, user, "campaign.own_fields", campaign_id, lambda: house.dialer.set_knobs(campaign_id, knobs, user.id)
    )


@router.post("/{campaign_id}/weights", responses=problems(401, 403, 404, 422))
async def set_weights(campaign_id: str, order: WeightsOrder, house: HouseDep, user: Steerer) -> WeightsDone:
    """New weights; the very next call follows them."""
    before = (await known_campaign(house, campaign_id)).weights
    wanted = turned_weights(before, order.weights)
    after = await _turned(
        house, user, "campaign.weights", campaign_id, lambda: house.dialer.set_weights(campaign_id, wanted, user.id)
    )
    return WeightsDone(before=weights_body(before), after=after.weights)


@router.get("/{campaign_id}/knobs", responses=problems(401, 403, 404))
async def knobs(campaign_id: str, house: HouseDep, _user: Viewer) -> dict[str, Setting]:
    """Every knob as it stands, by the names that the log of changes has."""
    return settings(await known_campaign(house, campaign_id))


@router.post("/{campaign_id}/knobs", responses=problems(401, 403, 404, 409, 422))
async def set_knobs(campaign_id: str, order: KnobsOrder, house: HouseDep, user: Steerer) -> CampaignOut:
    """Turn any knobs by their names; all of them, or none when one cannot stand so. The names are those of the log of changes."""
    named = ", ".join(sorted(order.knobs))
    return await _turned(
        house,
        user,
        "campaign.knobs",
        campaign_id,
        lambda: house.dialer.set_knobs(campaign_id, order.knobs, user.id),
        knobs=named,
    )


@router.post("/{campaign_id}/changes/{change_id}/revert", responses=problems(401, 403, 404, 409))
async def revert_change(campaign_id: str, change_id: str, house: HouseDep, user: Steerer) -> CampaignOut:
    """Put all that was saved at once with this change back to where it stood before; that is a save too. 409 when a knob of it was turned
    again since: the later change is to be taken back first."""
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
    except Overruled as later:
        again = [FieldError(field=field, reason="it was turned again since") for field in later.fields]
        raise Problem(
            409, "settings of this save were changed again since: take the later change back first", errors=again
        ) from later
    except CampaignRefused as refused:
        wrong = FieldError(field=refused.field, reason=refused.reason)
        raise Problem(409, "the campaign cannot be run like this", errors=[wrong]) from refused
    told = {"from": _audited(before), "to": _audited(after), **detail}
    await house.access.audit(user.id, action, campaign_id, told)
    house.live.change_board(figures(house.desk.waiting(), house.clock.now()))
    return _shown(after)


def _audited(campaign: Campaign) -> dict[str, object]:
    return {"state": campaign.state.value, **weights_body(campaign.weights).model_dump()}


def _shown(campaign: Campaign) -> CampaignOut:
    return CampaignOut(
        id=campaign.id,
        name=campaign.name,
        queue=campaign.queue,
        state=campaign.state,
        mode=campaign.mode,
        weights=weights_body(campaign.weights),
        own_fields=list(campaign.own_fields),
    )
