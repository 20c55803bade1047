"""The trunks for programs and for the script of their page: what each carries now, its caps and its numbers, who set them, and back."""

from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from ..access.permission import Permission
from ..access.user import User
from ..dialer.trunk import BadTrunk, Blocked, TrunkState
from ..dialer.trunk_knobs import TrunkChange
from ..dialer.trunks import UnknownTrunk
from ..queue.channel import AttemptOutcome
from .house import House, HouseDep
from .live import figures
from .problem import FieldError, Problem, language_asked, problems
from .problem_texts import say
from .security import require

router = APIRouter(prefix="/api/v1/trunks", tags=["trunks"])
Viewer = Annotated[User, Depends(require(Permission.CAMPAIGN_VIEW))]
Steerer = Annotated[User, Depends(require(Permission.CAMPAIGN_STEER))]
Number = Annotated[str, Field(max_length=40)]


class HoldOut(BaseModel):
    """What keeps a trunk from one more call; `until` null: it ends with the end of a call."""

    trunk: str
    why: Blocked
    until: datetime | None


class LastCallOut(BaseModel):
    """How its last call ended: `cause` by Q.850, `tech_cause` the SIP code."""

    outcome: AttemptOutcome
    at: datetime
    cause: int | None
    tech_cause: str | None


class TrunkOut(BaseModel):
    """`channels` and `per_second` are its caps, `in_use` and `begun_in_last_second` what they count now (`ringing` of those in use nobody
    has answered, `by_others` are not the dialer's: customers who call us, and who is called back). `withdrawn`: the share of calls that
    may be taken back before they ring. `state`: "up", or what keeps it from one more call, `until` when that ends by itself."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "trunk",
                    "channels": 30,
                    "per_second": 5.0,
                    "caller_ids": ["+74951234567", "+78121234567"],
                    "withdrawn": 0.6,
                    "in_use": 12,
                    "ringing": 5,
                    "by_others": 3,
                    "begun_in_last_second": 2,
                    "state": "trouble",
                    "until": "2026-11-22T09:00:20Z",
                    "last": {"outcome": "congestion", "at": "2026-11-22T09:00:00Z", "cause": 34, "tech_cause": "503"},
                }
            ]
        }
    )
    name: str
    channels: int
    per_second: float
    caller_ids: list[str]
    withdrawn: float
    in_use: int
    ringing: int
    by_others: int
    begun_in_last_second: int
    state: Literal["up"] | Blocked
    until: datetime | None
    last: LastCallOut | None


class TrunkOrder(BaseModel):
    """What is left out stays. `caller_ids`: numbers in E.164 that the carrier lets us show; an empty list: each campaign's own number.
    `withdrawn`: of the calls begun without an operator, the share from 0 to 1 that may be taken back before they ring."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"channels": 30, "per_second": 5, "caller_ids": ["+74951234567", "+78121234567"], "withdrawn": 0.3}
            ]
        },
    )
    channels: Annotated[int, Field(strict=True)] | None = None
    per_second: Annotated[float, Field(strict=True, allow_inf_nan=False)] | None = None
    caller_ids: Annotated[list[Number], Field(max_length=1000)] | None = None
    withdrawn: Annotated[float, Field(strict=True, allow_inf_nan=False)] | None = None


class TrunkChangeOut(BaseModel):
    """Who (`by`: a user's id) turned which knob of which trunk, when, from what to what."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0198a6c2-5f5e-7cc1-8a54-0c2a7e3b9d12",
                    "trunk": "trunk",
                    "field": "channels",
                    "old": 500,
                    "new": 30,
                    "by": "0198a6c2-5f5e-7cc1-8a54-0c2a7e3b9d13",
                    "at": "2026-11-22T09:00:00Z",
                }
            ]
        }
    )
    id: str
    trunk: str
    field: str
    old: int | float | list[str]
    new: int | float | list[str]
    by: str
    at: datetime


@router.get("", responses=problems(401, 403))
async def list_trunks(house: HouseDep, _user: Viewer) -> list[TrunkOut]:
    """All trunks of the site, in the order in which calls prefer them."""
    await house.dialer.trunks.load()
    now = house.clock.now()
    return [_shown(state, now) for state in house.dialer.trunks.states()]


@router.get("/changes", responses=problems(401, 403, 422))
async def list_changes(
    house: HouseDep, _user: Viewer, limit: Annotated[int, Query(ge=1, le=200)] = 50
) -> list[TrunkChangeOut]:
    """The newest first."""
    return [_told(change) for change in await house.dialer.trunks.changes(limit)]


@router.patch("/{name}", responses=problems(401, 403, 404, 422))
async def set_trunk(name: str, order: TrunkOrder, request: Request, house: HouseDep, user: Steerer) -> TrunkOut:
    """Set caps and numbers, all that are named or none; the very next call goes by them. Calls that were begun go on."""
    knobs = order.model_dump(exclude_unset=True)
    turned = house.dialer.trunks.set_knobs(name, knobs, user.id)
    return await _turned(request, house, user, "trunk.set", turned, knobs=", ".join(sorted(knobs)))


@router.post("/changes/{change_id}/revert", responses=problems(401, 403, 404, 422))
async def revert_change(change_id: str, request: Request, house: HouseDep, user: Steerer) -> TrunkOut:
    """Put one knob back to where it stood before this change; that is a change too."""
    turned = house.dialer.trunks.revert(change_id, user.id)
    return await _turned(request, house, user, "trunk.revert", turned, change=change_id)


async def _turned(
    request: Request, house: House, user: User, action: str, turned: Awaitable[TrunkState], **detail: str
) -> TrunkOut:
    """Turn it, write down who did, and tell every open board."""
    try:
        await house.dialer.trunks.load()
        state = await turned
    except UnknownTrunk as unknown:
        raise Problem(404, "there is no such trunk, or no such change of one") from unknown
    except BadTrunk as bad:
        reason = say(language_asked(request), bad.reason)
        raise Problem(
            422, "a trunk cannot be set like this", errors=[FieldError(field=bad.field, reason=reason)]
        ) from bad
    await house.access.audit(user.id, action, state.trunk.name, dict(detail))
    house.dialer.wake()
    house.live.change_board(figures(house.desk.waiting(), house.clock.now()))
    return _shown(state, house.clock.now())


def _shown(state: TrunkState, now: datetime) -> TrunkOut:
    hold, last = state.hold(now), state.last
    return TrunkOut(
        name=state.trunk.name,
        channels=state.trunk.channels,
        per_second=state.trunk.per_second,
        caller_ids=list(state.trunk.caller_ids),
        withdrawn=state.trunk.withdrawn,
        in_use=state.in_use,
        ringing=len(state.ringing),
        by_others=state.by_others,
        begun_in_last_second=state.begun_in_last_second(now),
        state=hold.why if hold else "up",
        until=hold.until if hold else None,
        last=LastCallOut(outcome=last.outcome, at=last.at, cause=last.cause, tech_cause=last.tech_cause)
        if last
        else None,
    )


def _told(change: TrunkChange) -> TrunkChangeOut:
    return TrunkChangeOut(
        id=change.id,
        trunk=change.trunk,
        field=change.field,
        old=change.old,
        new=change.new,
        by=change.actor_id,
        at=change.at,
    )
