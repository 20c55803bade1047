"""What the operator does with a call beyond answering it: the pause of its recording, a third in the talk."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field, model_validator

from ..dialer.by_hand import CannotDial
from ..queue.channel import ChannelKind
from ..shop.order import OrderRefused
from .desk_api import Operator, asked, own_contact
from .desk_dial_api import BARRED, REFUSALS, written_number
from .house import HouseDep
from .problem import Problem, problems

router = APIRouter(prefix="/api/v1/desk/contacts", tags=["desk"], responses=problems(401, 403, 404, 409, 422))
park_router = APIRouter(prefix="/api/v1/desk/parked", tags=["desk"], responses=problems(401, 403, 409))
NOT_MASKED = "the recording could not be paused: do not ask for the card yet"


class ThirdAsked(BaseModel):
    """An operator of ours who is free, whoever is free in a queue, or a number outside: one of them. `blind`: he gets the customer as
    soon as he answers."""

    agent: str | None = Field(None, max_length=40, examples=["7b0c6f7e-54f0-4f0e-8a7a-8a6d3c1b2f10"])
    number: str | None = Field(None, max_length=40, examples=["+74951234567"])
    queue: str | None = Field(None, max_length=40, examples=["claims"])
    blind: bool = False

    @model_validator(mode="after")
    def _one_of_them(self) -> "ThirdAsked":
        if sum(one is not None for one in (self.agent, self.number, self.queue)) != 1:
            raise ValueError("name an operator, a queue or a number")
        return self


class Parties(BaseModel):
    """Who hears music. Only one of the two: a consultation, or swapped; nobody: a conference."""

    customer_held: bool = Field(examples=[False])
    third_held: bool = Field(examples=[False])


class ParkedShown(BaseModel):
    """A customer who hears music until somebody fetches him. `until`: when he comes back to the operator who parked him by himself."""

    contact_id: str = Field(examples=["5d1f0c5e-5a2e-4d2f-9a0e-6d3b3c0f4b1d"])
    number: str = Field(examples=["+74951234567"])
    queue: str = Field(examples=["orders"])
    parked_by: str = Field(examples=["7b0c6f7e-54f0-4f0e-8a7a-8a6d3c1b2f10"])
    until: datetime = Field(examples=["2026-11-29T10:15:00Z"])


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
    number = "" if asks.number is None else await _number(house, asks.number)
    if asks.queue is not None and asks.queue not in house.desk.setup.queues:
        raise Problem(422, "there is no such queue", errors=[OrderRefused("queue", "there is no such queue")])
    async with asked("nobody could be called there: he is not free, or does not answer to us"):
        await house.desk.thirds.call(
            user.id, contact_id, agent=asks.agent, number=number, queue=asks.queue or "", blind=asks.blind
        )


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


@router.post("/{contact_id}/park", status_code=204)
async def park(contact_id: str, house: HouseDep, user: Operator) -> None:
    """The customer hears music and waits for nobody; the operator's hands are free. Whom nobody fetches comes back to him."""
    own_contact(house, user, contact_id)
    async with asked("only a talk of two can be parked"):
        await house.desk.parking.park(user.id, contact_id)


@park_router.get("")
async def parked(house: HouseDep, user: Operator) -> list[ParkedShown]:
    """Whom this operator may fetch: his own, and those of his queues, the longest parked first."""
    return [
        ParkedShown(
            contact_id=one.id,
            number=one.address,
            queue=one.queue,
            parked_by=str(one.parked_by),
            until=one.not_before or house.clock.now(),
        )
        for one in house.desk.parking.of(user.id)
    ]


@park_router.post("/{contact_id}/fetch", status_code=204)
async def fetch(contact_id: str, house: HouseDep, user: Operator) -> None:
    """Take a parked customer: the operator's telephone answers by itself. His hands must be free."""
    if all(one.id != contact_id for one in house.desk.parking.of(user.id)):
        raise Problem(409, "this customer is not parked any more")
    async with asked("your hands are not free for this customer"):
        await house.desk.parking.fetch(user.id, contact_id)


async def _number(house: HouseDep, text: str) -> str:
    """In E.164, and one that the site may call (telephony/rules.py), today and so often."""
    number = written_number(text)
    if not house.site.may_dial(number):
        raise Problem(422, BARRED, errors=[OrderRefused("number", BARRED)])
    try:
        await house.dialer.third_may_be_dialed(number)
    except CannotDial as refused:
        raise Problem(409, REFUSALS[refused.refusal], fault=refused.refusal.value) from refused
    return number
