"""A customer's card: read, change, take back. Versioned as orders are: two people at one card do not undo each other's work."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, ConfigDict, Field

from ..access.permission import Permission
from ..access.user import User
from ..shop.customer import Customer
from ..shop.customer_change import MOST_PHONES, CustomerChanged, CustomerEdit
from ..shop.customer_store import UnknownCustomer
from ..shop.order import OrderRefused
from .house import House, HouseDep
from .order_schemas import Phone, Text, Undo
from .problem import Problem, problems
from .security import require

router = APIRouter(prefix="/api/v1/customers", tags=["customers"])

CustomerId = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,36}$")]
Editor = Annotated[User, Depends(require(Permission.SHOP_EDIT))]
VIEWERS = [Depends(require(Permission.SHOP_VIEW))]


class CustomerChange(BaseModel):
    """What is left out stays. `version` is the one you saw; `phones` is the whole new list, the first is the one to dial."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"version": 1, "name": "Анна Иванова", "email": "anna@example.com"},
                {"version": 2, "phones": ["+7 912 345-67-89", "+7 343 222-33-44"], "city": "Екатеринбург"},
            ]
        },
    )

    version: Annotated[int, Field(ge=1)]
    name: Annotated[Text, Field(max_length=200)] | None = None
    phones: Annotated[list[Phone], Field(max_length=MOST_PHONES)] | None = None
    email: Annotated[Text, Field(max_length=254)] | None = None
    city: Annotated[Text, Field(max_length=100)] | None = None
    time_zone: Annotated[Text, Field(max_length=64)] | None = None
    language: Literal["ru", "en"] | None = None
    note: Annotated[Text, Field(max_length=2000, description="shown first to whoever talks to them")] | None = None

    def edit(self) -> CustomerEdit:
        values = self.model_dump(exclude={"version", "phones"})
        return CustomerEdit(phones=None if self.phones is None else tuple(self.phones), **values)


class CustomerOut(BaseModel):
    """`change_id` names the latest change, to undo it."""

    id: str
    external_id: str | None
    name: str
    phones: list[str]
    email: str
    city: str
    time_zone: str
    language: str
    segment: str
    note: str
    since: datetime
    version: int
    change_id: str | None = None


@router.get("/{customer_id}", dependencies=VIEWERS, responses=problems(401, 403, 404, 422))
async def read_customer(customer_id: CustomerId, house: HouseDep) -> CustomerOut:
    """One customer's card."""
    customer = await house.shop.customer(customer_id)
    if customer is None:
        raise Problem(404, "there is no such customer")
    return await _shown(house, customer)


@router.patch("/{customer_id}", responses=problems(401, 403, 404, 409, 422))
async def change_customer(customer_id: CustomerId, body: CustomerChange, house: HouseDep, user: Editor) -> CustomerOut:
    """Change a card. When somebody changed it since the version you saw, what he left alone is changed still; what you both changed is
    told with 409, field by field, and nothing is changed."""
    try:
        customer = await house.shop.book.edit(customer_id, body.edit(), user.id, body.version)
    except UnknownCustomer as unknown:
        raise Problem(404, "there is no such customer") from unknown
    except OrderRefused as refused:
        raise Problem(422, "the customer's card was refused", errors=[refused]) from refused
    except CustomerChanged as conflict:
        raise _conflict(conflict) from conflict
    return await _shown(house, customer)


@router.post("/{customer_id}/undo", responses=problems(401, 403, 404, 409, 422))
async def undo_change(customer_id: CustomerId, body: Undo, house: HouseDep, user: Editor) -> CustomerOut:
    """Take back the latest change of a card. The undoing is a change itself."""
    try:
        if body.change_id not in [change.id for change in await house.shop.book.changes_of(customer_id)]:
            raise UnknownCustomer(body.change_id)
        customer = await house.shop.book.undo(body.change_id, user.id)
    except UnknownCustomer as unknown:
        raise Problem(404, "there is no such change of this customer") from unknown
    except CustomerChanged as conflict:
        raise _conflict(conflict) from conflict
    return await _shown(house, customer)


def _conflict(conflict: CustomerChanged) -> Problem:
    detail = "somebody else changed the customer's card meanwhile"
    errors = [OrderRefused(name, detail) for name in conflict.fields]  # a FieldError is said in one language only
    return Problem(409, detail, errors=errors, current_version=conflict.current.version)


async def _shown(house: House, customer: Customer) -> CustomerOut:
    latest = next(iter(await house.shop.book.changes_of(customer.id, 1)), None)
    change_id = latest.id if latest is not None and latest.version == customer.version else None
    names = CustomerOut.model_fields.keys() - {"change_id", "phones"}
    values = {name: getattr(customer, name) for name in names}
    return CustomerOut(phones=list(customer.phones), change_id=change_id, **values)
