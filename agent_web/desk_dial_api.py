"""What an operator dials himself: the card he is shown before the call, and the list he chooses from."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from ..access.permission import Permission
from ..access.user import User
from ..dialer.by_hand import CannotDial, Refusal
from ..dialer.lead import Lead
from ..shop.order import OrderRefused
from ..shop.phone import BadPhone, to_e164
from .house import House, HouseDep
from .problem import Problem, problems
from .security import require

router = APIRouter(prefix="/api/v1/desk", tags=["desk"], responses=problems(401, 403, 404, 409, 422))
Operator = Annotated[User, Depends(require(Permission.DESK_WORK))]

BARRED = "this number may not be called from here"

REFUSALS = {
    Refusal.GONE: "this customer is not yours to call any more",
    Refusal.NOT_READY: "go on line first; a call is dialed for an operator who is free",
    Refusal.NOT_NOW: "this customer is being called, or is to be left in peace now",
    Refusal.HOURS: "it is no time to call this customer now",
    Refusal.TRUNK: "the line does not answer; try again in a minute",
    Refusal.TRUNK_FULL: "the line carries no more calls at this moment; try again",
    Refusal.DO_NOT_CALL: "this customer does not want to be called",
    Refusal.DESTINATION: BARRED,
    Refusal.OFTEN: "this number was called often enough for now",
    Refusal.SAME_CUSTOMER: "somebody of us is calling this customer just now",
    Refusal.ACCOUNT: "all that may be spent on calls today is spent",
}


class CardShown(BaseModel):
    """A lead before its call. `until`: when the page's operator has said nothing, it is dialed or passed over (`then`). `order_total` in
    kopecks; what is not known is empty."""

    attempt_id: str
    lead_id: str
    campaign: str
    customer_name: str
    phone: str
    order_number: str
    order_total: int
    attempts: int
    until: datetime
    then: Literal["dial", "skip"]


class CardChosen(BaseModel):
    """Which card is meant: a press that comes too late is not taken for the next one."""

    attempt_id: str = Field(min_length=1, max_length=40, examples=["0b7f6f0e-3d5e-4d4b-9a53-0f9f6f7f2a10"])


@dataclass(frozen=True, slots=True)
class ToDial:
    """A lead as the desk shows it."""

    id: str
    who: str
    phone: str
    order_number: str
    total: int
    attempts: int


@dataclass(frozen=True, slots=True)
class CardView:
    """The card as the desk shows it: `left_s` of `whole_s` (s) are left."""

    attempt_id: str
    lead: ToDial
    campaign: str
    left_s: int
    whole_s: int
    dials_itself: bool


@asynccontextmanager
async def asked() -> AsyncIterator[None]:
    """The dialer's own refusals become sentences."""
    try:
        yield
    except CannotDial as refused:
        raise Problem(409, REFUSALS[refused.refusal]) from refused


@router.get("/preview")
async def preview(house: HouseDep, user: Operator) -> CardShown | None:
    """The card that this operator is shown now; null while there is none."""
    card = house.dialer.card(user.id)
    if card is None:
        return None
    (lead,) = await leads_shown(house, [card.lead])
    return CardShown(
        attempt_id=card.attempt_id,
        lead_id=lead.id,
        campaign=card.campaign.name,
        customer_name=lead.who,
        phone=lead.phone,
        order_number=lead.order_number,
        order_total=lead.total,
        attempts=lead.attempts,
        until=card.until,
        then="dial" if card.then == "dial" else "skip",
    )


@router.post("/preview/dial", status_code=204)
async def dial_card(chosen: CardChosen, house: HouseDep, user: Operator) -> None:
    """Call the customer on the card."""
    async with asked():
        await house.dialer.dial_card(user.id, chosen.attempt_id)


@router.post("/preview/skip", status_code=204)
async def skip_card(chosen: CardChosen, house: HouseDep, user: Operator) -> None:
    """Pass the card over: the lead rests as its campaign says, and uses up no attempt."""
    async with asked():
        await house.dialer.skip_card(user.id, chosen.attempt_id)


@router.post("/leads/{lead_id}/dial", status_code=204)
async def dial_lead(lead_id: str, house: HouseDep, user: Operator) -> None:
    """Call a lead of a campaign that is dialed by hand. Hours, attempts and the state of the line hold as for every call."""
    async with asked():
        await house.dialer.dial_lead(user.id, lead_id)


async def leads_shown(house: House, leads: list[Lead]) -> list[ToDial]:
    """The leads with what the shop knows of them."""
    names = await house.shop.names_of({lead.customer_id for lead in leads if lead.customer_id})
    numbers = await house.shop.numbers_of({lead.order_id for lead in leads if lead.order_id})
    return [
        ToDial(
            id=lead.id,
            who=names.get(lead.customer_id or "", ""),
            phone=lead.phone,
            order_number=numbers.get(lead.order_id or "", ""),
            total=lead.order_total,
            attempts=lead.attempts,
        )
        for lead in leads
    ]


async def card_view(house: House, agent_id: str) -> CardView | None:
    card = house.dialer.card(agent_id)
    if card is None:
        return None
    (lead,) = await leads_shown(house, [card.lead])
    left = (card.until - house.clock.now()).total_seconds()
    return CardView(
        card.attempt_id,
        lead,
        card.campaign.name,
        max(0, round(left)),
        card.campaign.preview.timeout_s,
        card.then == "dial",
    )


def written_number(text: str, field: str = "number") -> str:
    """In E.164. Raises Problem for what is no telephone number."""
    try:
        return to_e164(text)
    except BadPhone:
        wrong = "this is no telephone number"
        raise Problem(422, wrong, errors=[OrderRefused(field, wrong)]) from None
