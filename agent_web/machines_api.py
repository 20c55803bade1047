"""Who had answered: what operators and listeners say of screened calls, the kept part of each, and a campaign's share of false machines."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field

from ..access.permission import Permission
from ..access.user import User
from ..dialer.machine_estimate import Share
from ..dialer.machine_labels import Answerer, MachineEstimate, ScreenedCall
from .campaign_pages import known_campaign
from .desk_api import GONE, Operator, asked, own_contact
from .house import House, HouseDep, Screened
from .problem import Problem, problems
from .security import require

LISTENED = "screened.listened"
SAMPLE = 50
NOT_SCREENED = "this call was not screened for answering machines"

router = APIRouter(prefix="/api/v1")
Listener = Annotated[User, Depends(require(Permission.RECORDING_LISTEN))]
Viewer = Annotated[User, Depends(require(Permission.CAMPAIGN_VIEW))]
_SOUND: dict[int | str, dict[str, Any]] = {
    200: {"content": {"audio/flac": {}}},
    206: {"description": "a part, by Range"},
}


class AgentSays(BaseModel):
    """Who had answered, as the operator heard it."""

    answerer: Literal["person", "machine"] = Field(examples=["machine"])


class ListenerSays(BaseModel):
    """Who had answered, by the kept part; "unclear" counts for neither."""

    answerer: Answerer = Field(examples=["person"])


class ShareOut(BaseModel):
    """`wrong` of `heard`; the true share is between `low` and `high` in 95 of 100 cases. `share` is null before the first."""

    wrong: int = Field(examples=[2])
    heard: int = Field(examples=[80])
    share: float | None = Field(examples=[0.025])
    low: float = Field(examples=[0.0069])
    high: float = Field(examples=[0.0866])


class EstimateOut(BaseModel):
    """`false_machines`: persons among the verdicts "machine" that were drawn and listened to, `waiting` are still to be heard.
    `passed_machines`: machines among the calls of which operators said who it was. `counts`: the share by which the bound on abandonment
    counts verdicts "machine" now; the greater of the listened share and `cap.false_machine`."""

    false_machines: ShareOut
    waiting: int = Field(examples=[12])
    passed_machines: ShareOut
    counts: float = Field(examples=[0.025])


class ScreenedOut(BaseModel):
    """A call of the sample. `heard` and `certainty` are the detector's, at `heard_s` after the pick-up."""

    attempt_id: str
    campaign_id: str
    at: str = Field(examples=["2026-11-29T10:15:00+00:00"])
    heard: str = Field(examples=["machine"])
    certainty: float = Field(examples=[0.981])
    heard_s: float = Field(examples=[3.4])
    answerer: Answerer | None
    sound: str = Field(examples=["/api/v1/screened-calls/3f…/sound"])


@router.post(
    "/desk/contacts/{contact_id}/answerer", status_code=204, responses=problems(401, 403, 404, 409, 422), tags=["desk"]
)
async def tell_answerer(contact_id: str, says: AgentSays, house: HouseDep, user: Operator) -> None:
    """Of a screened call, in the talk or in its wrap-up. The last word stands; it is written in the contact's journal."""
    contact = own_contact(house, user, contact_id)
    screened = books(house)
    call = await screened.call(contact.attempt_id) if contact.attempt_id else None
    if call is None:
        raise Problem(422, NOT_SCREENED)
    async with asked(GONE):
        await house.desk.tell_answerer(user.id, contact_id, says.answerer)
    await screened.told_by_agent(call, user.id, Answerer(says.answerer))


@router.get("/screened-calls", responses=problems(401, 403, 404, 422), tags=["recordings"])
async def sample(
    house: HouseDep,
    _user: Listener,
    campaign_id: Annotated[str, Query(max_length=36)] = "",
    limit: Annotated[int, Query(ge=1, le=500)] = SAMPLE,
) -> list[ScreenedOut]:
    """The random sample of verdicts "machine": whom nobody heard first, the oldest first."""
    return [_shown(call) for call in await books(house).sample(limit, campaign_id or None)]


@router.post(
    "/screened-calls/{attempt_id}/answerer",
    status_code=204,
    responses=problems(401, 403, 404, 422),
    tags=["recordings"],
)
async def tell_by_ear(attempt_id: str, says: ListenerSays, house: HouseDep, user: Listener) -> None:
    """Who it was, by one who listened. It counts toward the bound on abandonment from now on; the last word stands."""
    call = await known_call(house, attempt_id)
    if not call.drawn:
        raise Problem(422, "this call is not of the sample")
    await books(house).told_by_listener(call, user.id, says.answerer)


@router.get(
    "/screened-calls/{attempt_id}/sound",
    response_class=FileResponse,
    responses=_SOUND | problems(401, 403, 404),
    tags=["recordings"],
)
async def sound(request: Request, attempt_id: str, house: HouseDep, user: Listener) -> FileResponse:
    """The first ten seconds, as they were heard. Who fetches them stands in the audit trail."""
    call = await known_call(house, attempt_id)
    file = books(house).file_of(call)
    if file is None:
        raise Problem(404, "the sound of this call is not there")
    if not request.headers.get("range", "").startswith("bytes=") or request.headers["range"] == "bytes=0-":
        await house.access.audit(user.id, LISTENED, attempt_id, {})
    return FileResponse(file, media_type="audio/flac", headers={"Cache-Control": "private, no-store"})


@router.get("/campaigns/{campaign_id}/machines", responses=problems(401, 403, 404), tags=["campaigns"])
async def machines(campaign_id: str, house: HouseDep, _user: Viewer) -> EstimateOut:
    """How often this campaign's detection errs, by those who listened and by its operators."""
    campaign = await known_campaign(house, campaign_id)
    await house.dialer.cap.load()
    estimate: MachineEstimate = house.dialer.cap.estimate(campaign.id)
    return EstimateOut(
        false_machines=_share(estimate.false),
        waiting=estimate.waiting,
        passed_machines=_share(estimate.passed),
        counts=house.dialer.cap.as_kept(campaign).cap.false_machine,
    )


def books(house: House) -> Screened:
    """Raises Problem 404 in a house that screens nothing."""
    if house.screened is None:
        raise Problem(404, "no calls are screened here")
    return house.screened


async def known_call(house: House, attempt_id: str) -> ScreenedCall:
    """Raises Problem 404."""
    call = await books(house).call(attempt_id)
    if call is None:
        raise Problem(404, "there is no such screened call")
    return call


def _share(share: Share) -> ShareOut:
    return ShareOut(wrong=share.wrong, heard=share.heard, share=share.share, low=share.low, high=share.high)


def _shown(call: ScreenedCall) -> ScreenedOut:
    return ScreenedOut(
        attempt_id=call.attempt_id,
        campaign_id=call.campaign_id,
        at=call.at.isoformat(),
        heard=call.heard,
        certainty=call.certainty,
        heard_s=call.heard_s,
        answerer=call.by_listener,
        sound=f"/api/v1/screened-calls/{call.attempt_id}/sound",
    )
