"""What the operator does with a call beyond answering it: the pause of its recording, a third in the talk."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator

from ..queue.channel import ChannelKind
from ..shop.order import OrderRefused
from ..shop.phone import BadPhone, to_e164
from .desk_api import Operator, asked, own_contact
from .house import HouseDep
from .problem import Problem, problems

router = APIRouter(prefix="/api/v1/desk/contacts", tags=["desk"], responses=problems(401, 403, 404, 409, 422))
NOT_MASKED = "the recording could not be paused: do not ask for the card yet"


BARRED = "this number may not be called from here"


class ThirdAsked(BaseModel):
    """An operator of ours who is free, or a number outside: one of them. `blind`: he gets the customer as soon as he answers."""

    agent: str | None = Field(None, max_length=40, examples=["7b0c6f7e-54f0-4f0e-8a7a-8a6d3c1b2f10"])
    number: str | None = Field(None, max_length=40, examples=["+74951234567"])
    blind: bool = False

    @model_validator(mode="after")
    def _one_of_them(self) -> "ThirdAsked":
        if (self.agent is None) == (self.number is None):
            raise ValueError("name an operator or a number")
        return self


class Parties(BaseModel):
    """Who hears music. Only one of the two: a consultation, or swapped; nobody: a conference."""

    customer_held: bool = Field(examples=[False])
    third_held: bool = Field(examples=[False])


class RecordingPause(BaseModel):
    """`paused`: what is said from now on is not recorded. `until`: when it will be again by itself."""

    until: datetime = Field(examples=["2026-11-29T10:15:00Z"])


@router.post("/{contact_id}/recording/pause")
async def pause_recording(contact_id: str, house: HouseDep, user: Operator) -> RecordingPause:
    """Before a card's number is said. An answer without error means that the recording is silent now; the time line stays, and is marked.
    Again makes it longer. The end of this piece of talk (a transfer, a broken leg) ends it too."""
    if own_contact(house, user, contact_id).kind is not ChannelKind.VOICE:
        raise Problem(422, "only a call has a recording")
    async with asked(NOT_MASKED):
        return RecordingPause(until=await house.desk.pause_recording(user.id, contact_id))


@router.post("/{contact_id}/recording/resume", status_code=204)
async def resume_recording(contact_id: str, house: HouseDep, user: Operator) -> None:
    """The card is done with. Again is no harm."""
    own_contact(house, user, contact_id)
    async with asked("there is no talk to be recorded"):
        await house.desk.resume_recording(user.id, contact_id)


@router.post("/{contact_id}/third", status_code=204)
async def call_third(contact_id: str, asks: ThirdAsked, house: HouseDep, user: Operator) -> None:
    """The customer hears music while the third is called. When he does not answer the customer is with the operator again."""
    own_contact(house, user, contact_id)
    number = "" if asks.number is None else _number(house, asks.number)
    async with asked("nobody could be called there: he is not free, or does not answer to us"):
        await house.desk.thirds.call(user.id, contact_id, agent=asks.agent, number=number, blind=asks.blind)


@router.post("/{contact_id}/third/parties", status_code=204)
async def place_parties(contact_id: str, parties: Parties, house: HouseDep, user: Operator) -> None:
    """Swap, make a conference, or let one of the two hear music."""
    own_contact(house, user, contact_id)
    async with asked("nobody has answered there yet"):
        await house.desk.thirds.hold(user.id, contact_id, customer=parties.customer_held, third=parties.third_held)


@router.post("/{contact_id}/third/drop", status_code=204)
async def drop_third(contact_id: str, house: HouseDep, user: Operator) -> None:
    """Back to the customer, without the third."""
    own_contact(house, user, contact_id)
    async with asked("there is nobody else in this talk"):
        await house.desk.thirds.drop(user.id, contact_id)


@router.post("/{contact_id}/third/complete", status_code=204)
async def complete(contact_id: str, house: HouseDep, user: Operator) -> None:
    """The third gets the customer: an operator as his own contact, a number outside for good."""
    own_contact(house, user, contact_id)
    async with asked("nobody has answered there yet"):
        await house.desk.thirds.complete(user.id, contact_id)


def _number(house: HouseDep, text: str) -> str:
    """In E.164, and one that the site may call (telephony/rules.py)."""
    try:
        number = to_e164(text)
    except BadPhone:
        wrong = "this is no telephone number"
        raise Problem(422, wrong, errors=[OrderRefused("number", wrong)]) from None
    if not house.site.may_dial(number):
        raise Problem(422, BARRED, errors=[OrderRefused("number", BARRED)])
    return number
