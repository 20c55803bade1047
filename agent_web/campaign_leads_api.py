"""The leads of a campaign for programs: who is next, also by other weights; why one is not dialed; finding one; the day by the hour."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict

from ..access.permission import Permission
from ..access.user import User
from ..dialer.lead import LeadState
from ..dialer.numbers import FieldValue
from ..dialer.reason import Wait
from ..dialer.steering import Reason, ScoredLead
from ..queue.channel import AttemptOutcome
from .campaign_pages import known_campaign, lines_of
from .campaign_search import MOST_FOUND, found_leads, known_why
from .campaign_weights import WeightsOrder, turned_weights
from .house import House, HouseDep
from .other_leads import others_of
from .problem import problems
from .security import require
from .trunk_api import HoldOut

router = APIRouter(prefix="/api/v1/campaigns/{campaign_id}", tags=["campaigns"])
Viewer = Annotated[User, Depends(require(Permission.CAMPAIGN_VIEW))]
Limit = Annotated[int, Query(ge=1, le=200)]


class LeadOut(BaseModel):
    """`score` is the sum of `terms`, in points; `order_total` in kopecks. `wait` is why it is not dialed now, `until` when that ends.

    `late_since`: the end of the window in which the call was promised and not made.
    `phone` is dialed next; `phones` are all numbers in their order; `fields` are the site's own.
    """

    id: str
    order_id: str | None
    customer_name: str
    phone: str
    phones: list[str]
    fields: dict[str, FieldValue]
    order_total: int
    placed_at: datetime
    attempts: int
    is_callback: bool
    score: float
    terms: dict[str, float]
    wait: Reason | None
    until: datetime | None
    late_since: datetime | None


class WaitOut(BaseModel):
    """`until`: when the reason ends by itself, if that is known. `trunks`: where the reason is "trunk", what keeps each of them."""

    reason: Reason
    until: datetime | None
    trunks: list[HoldOut] = []


class OtherLeadOut(BaseModel):
    """Another lead of the same customer, of this campaign or another one."""

    id: str
    campaign_id: str
    order_id: str | None
    is_open: bool


class WhyOut(BaseModel):
    """`place` in the order of dialing, from 1; null while the lead's own reasons keep it out of it. `waits`: all that must end before it is
    dialed, its own reasons first; empty: it is dialed when its turn comes. `score` is the sum of `terms`, in points. `others`: what else
    its customer is, or was, to be called about."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "lead_id": "0198a6c2-5f5e-7cc1-8a54-0c2a7e3b9d10",
                    "order_id": "0198a6c2-5f5e-7cc1-8a54-0c2a7e3b9d11",
                    "state": "fresh",
                    "attempts": 0,
                    "last_outcome": None,
                    "disposition": None,
                    "place": None,
                    "score": 12.5,
                    "terms": {"order_sum": 13.5, "age": -1.0},
                    "waits": [
                        {"reason": "hours", "until": "2026-11-22T06:00:00Z"},
                        {
                            "reason": "trunk",
                            "until": "2026-11-22T06:00:05Z",
                            "trunks": [{"trunk": "second", "why": "trouble", "until": "2026-11-22T06:00:05Z"}],
                        },
                    ],
                    "others": [
                        {
                            "id": "0198a6c2-5f5e-7cc1-8a54-0c2a7e3b9d20",
                            "campaign_id": "0198a6c2-5f5e-7cc1-8a54-0c2a7e3b9d21",
                            "order_id": None,
                            "is_open": True,
                        }
                    ],
                }
            ]
        }
    )
    lead_id: str
    order_id: str | None
    state: LeadState
    attempts: int
    last_outcome: AttemptOutcome | None
    disposition: str | None
    place: int | None
    score: float
    terms: dict[str, float]
    waits: list[WaitOut]
    others: list[OtherLeadOut]


class FoundOut(BaseModel):
    """A lead that was searched for; ask `why` for the rest."""

    id: str
    order_id: str | None
    customer_id: str | None
    phone: str
    state: LeadState
    order_total: int
    attempts: int


class HourOut(BaseModel):
    """`contact_rate`: answered by a person / attempts of the hour that are over. `penetration`: tried by its end / the day's list."""

    at: datetime
    attempts: int
    contact_rate: float | None
    penetration: float


class DayOut(BaseModel):
    """The day's list: leads that were tried today (`tried`) and those that wait."""

    hours: list[HourOut]
    tried: int
    listed: int
    penetration: float | None


@router.get("/leads", responses=problems(401, 403, 404, 422))
async def next_leads(campaign_id: str, house: HouseDep, _user: Viewer, limit: Limit = 50) -> list[LeadOut]:
    """Whom we dial next, in order; after them those whose time or calling hours are still to come."""
    await known_campaign(house, campaign_id)
    return await _lines(house, await house.dialer.next_leads(campaign_id, limit))


@router.post("/preview", responses=problems(401, 403, 404, 422))
async def preview(
    campaign_id: str, order: WeightsOrder, house: HouseDep, _user: Viewer, limit: Limit = 50
) -> list[LeadOut]:
    """The same by other weights. Nothing is changed: calls go on by the present ones."""
    present = (await known_campaign(house, campaign_id)).weights
    wanted = turned_weights(present, order.weights)
    return await _lines(house, await house.dialer.next_leads(campaign_id, limit, wanted))


@router.get("/find", responses=problems(401, 403, 404, 422))
async def find(
    campaign_id: str, house: HouseDep, _user: Viewer, q: Annotated[str, Query(min_length=1, max_length=100)]
) -> list[FoundOut]:
    """Leads by any telephone of theirs or the customer's name, or by the order's number; at most 20, the newest first."""
    await known_campaign(house, campaign_id)
    return [
        FoundOut(
            id=lead.id,
            order_id=lead.order_id,
            customer_id=lead.customer_id,
            phone=lead.phone,
            state=lead.state,
            order_total=lead.order_total,
            attempts=lead.attempts,
        )
        for lead in (await found_leads(house, campaign_id, q))[:MOST_FOUND]
    ]


@router.get("/leads/{lead_id}/why", responses=problems(401, 403, 404))
async def why(campaign_id: str, lead_id: str, house: HouseDep, _user: Viewer) -> WhyOut:
    """Why this lead is not being dialed at this moment, and when that ends; its place and its points by term."""
    told = await known_why(house, campaign_id, lead_id)
    return WhyOut(
        lead_id=told.lead.id,
        order_id=told.lead.order_id,
        state=told.lead.state,
        attempts=told.lead.attempts,
        last_outcome=told.lead.last_outcome,
        disposition=told.lead.disposition,
        place=told.place,
        score=told.score,
        terms=dict(told.terms),
        waits=[_wait_out(wait) for wait in told.waits],
        others=[
            OtherLeadOut(id=one.id, campaign_id=one.campaign_id, order_id=one.order_id, is_open=one.is_open)
            for one in await others_of(house, told.lead)
        ],
    )


def _wait_out(wait: Wait) -> WaitOut:
    held = [HoldOut(trunk=hold.trunk, why=hold.why, until=hold.until) for hold in wait.trunks]
    return WaitOut(reason=wait.reason, until=wait.until, trunks=held)


@router.get("/day", responses=problems(401, 403, 404))
async def day(campaign_id: str, house: HouseDep, _user: Viewer) -> DayOut:
    """Penetration and contact rate of the site's day, by the hour."""
    await known_campaign(house, campaign_id)
    found = await house.dialer.day(campaign_id)
    hours = [
        HourOut(at=one.at, attempts=one.attempts, contact_rate=one.contact_rate, penetration=one.penetration)
        for one in found.hours
    ]
    return DayOut(hours=hours, tried=found.tried, listed=found.listed, penetration=found.penetration)


async def _lines(house: House, leads: list[ScoredLead]) -> list[LeadOut]:
    return [
        LeadOut(
            id=scored.lead.id,
            order_id=scored.lead.order_id,
            customer_name=line.who,
            phone=scored.lead.phone,
            phones=list(scored.lead.numbers.phones),
            fields=dict(scored.lead.fields),
            order_total=scored.lead.order_total,
            placed_at=scored.lead.placed_at,
            attempts=scored.lead.attempts,
            is_callback=scored.lead.is_callback,
            score=scored.score,
            terms=dict(scored.terms),
            wait=scored.wait.reason if scored.wait else None,
            until=scored.wait.until if scored.wait else None,
            late_since=scored.late_since,
        )
        for scored, line in zip(leads, await lines_of(house, leads), strict=True)
    ]
