"""The public page on which a customer confirms or corrects his order, behind the link he was sent; and the desk's way to send one.

Plain forms: every button works without scripts. Nothing of the customer's is shown that is not in his order.
"""

from dataclasses import replace
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from ..access.permission import Permission
from ..access.user import User
from ..shop.asking import Answer, Asking, CannotAnswer, Reply, Way, Why, check_open
from ..shop.asking_store import Askings
from ..shop.customer import Customer
from ..shop.customer_change import is_address
from ..shop.order import EDITABLE, Order
from ..shop.phone import BadPhone, to_e164
from .api_orders import OrderId
from .asking_view import TROUBLE, message_of
from .house import House, HouseDep
from .i18n import Language
from .order_schemas import PostOut, Text, post_out
from .pages import language_of, render
from .problem import Problem, problems
from .security import public, require

router = APIRouter()
Editor = Annotated[User, Depends(require(Permission.SHOP_EDIT))]
Token = Annotated[str, Path(max_length=100)]
Typed = Annotated[str, Form(max_length=100_000)]
PUBLIC = [Depends(public)]
_STATUS = {Why.UNKNOWN: 404, Why.EXPIRED: 410, Why.ANSWERED: 409, Why.CLOSED: 409, Why.CHANGED: 409}


class AskIn(BaseModel):
    """Where to: the customer's own address, when none is given."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"way": "email"}, {"way": "sms", "address": "+7 912 345-67-89"}]},
    )

    way: Way
    address: Annotated[Text, Field(max_length=254)] | None = None


class AskingOut(BaseModel):
    """`post`: how the letter stands."""

    id: str
    way: Way
    address: str
    answer: Answer | None
    post: PostOut


@router.post(
    "/api/v1/orders/{order_id}/confirmation",
    status_code=201,
    tags=["orders"],
    responses=problems(401, 403, 404, 409, 422),
)
async def ask(order_id: OrderId, body: AskIn, request: Request, house: HouseDep, user: Editor) -> AskingOut:
    """Send the customer a link by which he confirms or corrects this order himself. It lives three days and is answered once."""
    askings, order = _askings(house), await house.shop.order(order_id)
    customer = None if order is None else await house.shop.customer(order.customer_id)
    if order is None or customer is None:
        raise Problem(404, "there is no such order")
    if order.status not in EDITABLE:
        raise Problem(409, "the order can no longer be changed")
    if house.post is None or body.way not in house.post.ways:
        raise Problem(409, "this site sends no such messages: an administrator sets mail_url or sms_url")
    address = _address(body, customer)
    base = (house.site.public_url or str(request.base_url)).rstrip("/")
    language: Language = "en" if customer.language == "en" else "ru"
    shop = house.site.shop_name
    asking = await askings.ask(
        order,
        body.way,
        address,
        language,
        user.id,
        lambda token: message_of(order, body.way, address, f"{base}/order/{token}?lang={language}", shop, language),
    )
    house.post.wake()
    standing = await askings.outbox.standing(asking.way, asking.id)
    return AskingOut(id=asking.id, way=asking.way, address=address, answer=None, post=post_out(standing))


def _address(body: AskIn, customer: Customer) -> str:
    if body.way is Way.EMAIL:
        address = (body.address or customer.email).strip()
        if not is_address(address):
            raise Problem(422, "this is no e-mail address; write it on the customer's card")
        return address
    try:
        return to_e164(body.address) if body.address else customer.phones[0]
    except (BadPhone, IndexError) as bad:
        raise Problem(422, "this is not a phone number") from bad


@router.get("/order/{token}", include_in_schema=False, dependencies=PUBLIC)
async def order_page(token: Token, request: Request, house: HouseDep) -> HTMLResponse:
    try:
        asking, order = await _askings(house).opened(token)
        check_open(asking, order, house.clock.now())
    except CannotAnswer as cannot:
        return await _page(request, house, token, cannot.why)
    return await _page(request, house, token)


@router.post("/order/{token}", include_in_schema=False, dependencies=PUBLIC)
async def answer(
    token: Token,
    request: Request,
    house: HouseDep,
    version: Annotated[int, Form(ge=1, le=2**31)],
    address: Typed = "",
    slot: Typed = "",
    comment: Typed = "",
    remark: Typed = "",
    what: Annotated[str, Form(max_length=20)] = "confirm",
) -> Response:
    """His yes, with the delivery as it stands in the form, or what is wrong."""
    reply = Reply(version, address, slot, comment, remark)
    try:
        if what == "remark":
            await _askings(house).remark(token, remark)
        else:
            await _askings(house).confirm(token, reply)
    except CannotAnswer as cannot:
        return await _page(request, house, token, cannot.why, reply, what)
    return RedirectResponse(f"/order/{token}?lang={language_of(request)}", 303)


async def _page(
    request: Request, house: House, token: str, why: Why | None = None, reply: Reply | None = None, what: str = ""
) -> HTMLResponse:
    """The order as it stands, with what the customer typed; or why there is nothing to answer."""
    asking: Asking | None = None
    order: Order | None = None
    try:
        asking, order = await _askings(house).opened(token)
    except CannotAnswer as cannot:
        why = cannot.why
    answered = asking is not None and asking.answer is not None and reply is None
    if answered:
        why = None
    can = order is not None and asking is not None and asking.is_open(house.clock.now()) and order.status in EDITABLE
    shown = order
    if order is not None and reply is not None:  # what he typed stays, whatever is wrong with it
        shown = replace(
            order,
            delivery_address=reply.delivery_address[:500],
            delivery_slot=reply.delivery_slot[:100],
            courier_comment=reply.courier_comment[:1000],
        )
    return render(
        request,
        "order_asking.html",
        status=_STATUS.get(why, 422) if why is not None else 200,
        shop_name=house.site.shop_name,
        here=f"/order/{token}",
        languages=("ru", "en"),
        token=token,
        order=shown,
        version=order.version if order is not None else 1,
        asking=asking,
        answered=answered,
        can=can,
        remark=(reply.remark if reply is not None else "")[:1000],
        what=what,
        problem=None if why is None else TROUBLE[why],
    )


def _askings(house: House) -> Askings:
    if house.askings is None:
        raise Problem(404, "there is nothing here")
    return house.askings
