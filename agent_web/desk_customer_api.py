"""Who is talking: the desk's questions about the customer behind a contact."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field, field_validator

from ..access.permission import Permission
from ..access.user import User
from ..queue.channel import ChannelKind
from ..queue.contact import Contact
from ..shop.customer import choose_customer as likeliest
from ..shop.phone import BadPhone, to_e164
from .desk_api import GONE, asked, own_contact
from .house import House, HouseDep
from .problem import Problem, problems
from .security import require

router = APIRouter(prefix="/api/v1/desk", tags=["desk"], responses=problems(401, 403, 404, 409, 422))
Operator = Annotated[User, Depends(require(Permission.DESK_WORK))]


class Newcomer(BaseModel):
    """`phone` is for a contact that came without a number."""

    name: str = Field(min_length=1, max_length=200)
    phone: str = Field("", max_length=40)
    city: str = Field("", max_length=100)
    language: Literal["ru", "en"] = "ru"

    @field_validator("name", "city")
    @classmethod
    def _trim(cls, text: str) -> str:
        if text != "" and not text.strip():
            raise ValueError("must not be empty")
        return text.strip()


class CustomerChosen(BaseModel):
    """Somebody known (`customer_id`, with the order the talk is about), whoever has this number of an order or of a telephone (`number`),
    or a `newcomer`, who gets the number of this call."""

    customer_id: str | None = None
    order_id: str | None = None
    number: str | None = Field(None, min_length=1, max_length=40)
    newcomer: Newcomer | None = None


class Note(BaseModel):
    customer_id: str
    text: str = Field(min_length=1, max_length=2000)


class CustomerShown(BaseModel):
    customer_id: str


@router.post("/contacts/{contact_id}/customer")
async def choose_customer(contact_id: str, chosen: CustomerChosen, house: HouseDep, user: Operator) -> CustomerShown:
    """Say who is talking, and about which order."""
    contact = own_contact(house, user, contact_id)
    if chosen.newcomer is not None:
        someone = chosen.newcomer
        customer = await house.shop.add_customer(
            someone.name, _phones(contact, someone), city=someone.city, language=someone.language
        )
        customer_id, order_id = customer.id, None
    elif chosen.number is not None:
        customer_id, order_id = await _found(house, contact, chosen.number)
    else:
        customer_id, order_id = await _known(house, chosen)
    async with asked(GONE):
        await house.desk.choose_customer(contact_id, customer_id, order_id)
    return CustomerShown(customer_id=customer_id)


def _phones(contact: Contact, someone: Newcomer) -> list[str]:
    """The newcomer's numbers. A card without any is for those who write; a caller who hides his number says one."""
    if contact.address and contact.kind is ChannelKind.VOICE:
        return [contact.address]
    if not someone.phone.strip():
        if contact.kind is ChannelKind.VOICE:
            raise Problem(422, "a hidden number cannot become a customer's card")
        return []
    return [_e164(someone.phone)]


def _e164(text: str) -> str:
    try:
        return to_e164(text.strip())
    except BadPhone:
        raise Problem(422, "this is not a phone number; correct it or leave it empty") from None


async def _found(house: House, contact: Contact, number: str) -> tuple[str, str | None]:
    """Whose order has this number, or whose telephone it is."""
    order = await house.shop.order_by_number(number.strip().lstrip("№#").strip())
    if order is not None:
        return order.customer_id, order.id
    try:
        people = await house.shop.customers_by_phone(to_e164(number.strip()))
    except BadPhone:
        people = []
    customer = likeliest(people, contact.name)
    if customer is None:
        raise Problem(404, "nobody has such an order or telephone")
    order = await house.shop.open_order_of(customer.id)
    return customer.id, None if order is None else order.id


async def _known(house: House, chosen: CustomerChosen) -> tuple[str, str | None]:
    """The ids of the chosen customer and order, checked; without an order, the customer's open one."""
    customer = await house.shop.customer(chosen.customer_id or "")
    if customer is None:
        raise Problem(404, "there is no such customer")
    if chosen.order_id is None:
        order = await house.shop.open_order_of(customer.id)
    else:
        order = await house.shop.order(chosen.order_id)
        if order is None or order.customer_id != customer.id:
            raise Problem(404, "there is no such order")
    return customer.id, None if order is None else order.id


@router.post("/notes", status_code=204)
async def add_note(note: Note, house: HouseDep, user: Operator) -> None:
    if await house.shop.customer(note.customer_id) is None:
        raise Problem(404, "there is no such customer")
    await house.shop.add_note(note.customer_id, note.text.strip(), user.id)
