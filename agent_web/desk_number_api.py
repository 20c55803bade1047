"""Numbers that an operator dials himself: typed, a customer's, the last one again, or of a call that his queues missed."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field

from ..access.user import User
from ..dialer.by_hand import CannotDial, Refusal
from ..dialer.own_numbers import OwnNumber
from ..queue.missed_calls import MissedCall
from ..shop.customer import choose_customer
from .board_data import midnights
from .desk_dial_api import REFUSALS, Operator, written_number
from .house import House, HouseDep
from .i18n import words
from .pages import zone_of
from .problem import Problem, language_asked, problems

router = APIRouter(prefix="/api/v1/desk", tags=["desk"], responses=problems(401, 403, 409, 422))
MOST_SHOWN, MOST_ON_DESK = 50, 6

SENTENCES = REFUSALS | {
    Refusal.GONE: "this queue is not yours to call for",
    Refusal.NOT_NOW: "this number is being called just now",
}
AGAIN = {
    Refusal.HOURS: "it is no time to call this customer now; from {time} on it is",
    Refusal.OFTEN: "this number was called often enough for now; from {time} on it may be called again",
}
"""Where it is known when the refusal ends."""


class NumberAsked(BaseModel):
    """`number` as it is written; without a country it is one of ours. `queue`: for which of his queues he calls; one is chosen."""

    number: str = Field(min_length=1, max_length=40, examples=["8 (495) 123-45-67"])
    queue: str = Field("", max_length=40, examples=["orders"])


class LastNumber(BaseModel):
    """In E.164; "" when this operator has dialed none."""

    number: str = Field(examples=["+74951234567"])


class MissedCallShown(BaseModel):
    """Who called `times` times and was not talked with since; `at`: when his last call ended."""

    contact_id: str
    at: datetime = Field(examples=["2026-11-29T10:15:00Z"])
    queue: str = Field(examples=["orders"])
    number: str = Field(examples=["+74951234567"])
    name: str = Field(examples=["Анна Сергеевна Иванова"])
    times: int = Field(examples=[2])


@router.post("/numbers/dial", status_code=204)
async def dial_number(asks: NumberAsked, request: Request, house: HouseDep, user: Operator) -> None:
    """Call a number for this operator, who must be free. The customer's hours, his wish for no calls, limits of attempts, where the site
    calls and what a day may cost hold as for every call; a refusal says which of them, and until when where that is known."""
    number = written_number(asks.number)
    found = await house.shop.customers_by_phone(number)
    customer = choose_customer(found, "")
    whose = (None, None) if customer is None else (customer.id, customer.time_zone)
    wanted = OwnNumber(number, asks.queue, *whose)
    try:
        await house.dialer.dial_number(user.id, wanted)
    except CannotDial as refused:
        raise _problem(refused, request, house) from refused


@router.post("/numbers/give-up", status_code=204)
async def give_up_number(house: HouseDep, user: Operator) -> None:
    """Stop calling, while nobody has answered."""
    try:
        await house.dialer.give_up_number(user.id)
    except CannotDial as refused:
        raise Problem(409, "nobody is being called for you") from refused


@router.get("/numbers/last")
async def last_number(house: HouseDep, user: Operator) -> LastNumber:
    """What "again" would dial."""
    return LastNumber(number=await house.dialer.last_number(user.id))


@router.get("/missed-calls")
async def missed_calls(house: HouseDep, user: Operator) -> list[MissedCallShown]:
    """Who called this operator's queues today and met nobody, the newest first; whoever has been talked with since is not there."""
    calls = await load_missed_calls(house, user, MOST_SHOWN)
    return [MissedCallShown(**{name: getattr(one, name) for name in MissedCallShown.model_fields}) for one in calls]


@dataclass(frozen=True, slots=True)
class MissedRow:
    """A missed call as the desk shows it."""

    contact_id: str
    at: datetime
    queue: str
    number: str
    who: str
    times: int


async def missed_calls_shown(house: House, user: User) -> list[MissedRow]:
    """The newest, with the names that the shop knows."""
    calls = await load_missed_calls(house, user, MOST_ON_DESK)
    names = await house.shop.names_of({one.customer_id for one in calls if one.customer_id})
    return [
        MissedRow(
            one.contact_id, one.at, one.queue, one.number, names.get(one.customer_id or "") or one.name, one.times
        )
        for one in calls
    ]


async def own_call(house: House, user: User) -> str:
    """The number that is being dialed because this operator asked for it; "" when none is."""
    attempt = await house.dialer.number_dialed(user.id)
    return "" if attempt is None else attempt.number


async def load_missed_calls(house: House, user: User, limit: int) -> list[MissedCall]:
    agent = house.desk.agent(user.id)
    since, _ = midnights(house.clock.now(), house.site.time_zone)
    return [] if agent is None else await house.desk.missed_calls(agent.queues, since, limit)


def _problem(refused: CannotDial, request: Request, house: House) -> Problem:
    if refused.until is None or refused.refusal not in AGAIN:
        return Problem(409, SENTENCES[refused.refusal], fault=refused.refusal.value)
    when = words(language_asked(request)).end(refused.until, house.clock.now(), zone_of(request))
    return Problem(409, AGAIN[refused.refusal], values={"time": when}, fault=refused.refusal.value)
