"""Orders for the shop's own system and for the desk: post, read, change, undo. Products, to choose from."""

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from ..access.permission import Permission
from ..access.user import User
from ..shop.message import ORDER
from ..shop.order import Order, OrderChanged, OrderClosed, OrderStatus
from ..shop.pricing import PriceRight
from ..shop.store import OrderClashes, UnknownOrder
from .house import House, HouseDep
from .order_schemas import Instant, OrderChange, OrderIn, OrderOut, ProductOut, Text, Undo, order_out, product_out
from .problem import Problem, problems
from .security import require

router = APIRouter(prefix="/api/v1", tags=["orders"])

OrderId = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,36}$")]
Poster = Annotated[User, Depends(require(Permission.ORDERS_POST))]
Editor = Annotated[User, Depends(require(Permission.SHOP_EDIT))]
VIEWERS = [Depends(require(Permission.SHOP_VIEW))]
Limit = Annotated[int, Query(ge=1, le=200)]


@router.post(
    "/orders",
    status_code=201,
    responses={
        200: {"model": OrderOut, "description": "known already: repeated or updated"},
        **problems(401, 403, 409, 413, 422),
    },
)
async def post_order(body: OrderIn, answer: Response, house: HouseDep, user: Poster) -> OrderOut:
    """Take an order. It is all taken or, with an error, none of it.

    Idempotent by `external_id`: the same body again answers 200 with the order as it stands now and changes nothing, even when an
    operator has changed it since. Another body for a known `external_id` is an update while the order is open: lines, delivery,
    payment and comment become the posted ones (also over an operator's change; it is recorded and can be undone), status and number
    stay. When the order is shipped, delivered or cancelled such an update is refused with 409.

    A confirmed order whose lines, sum, address or slot such an update changes is `changed`: its customer is asked once more. With
    `basket` it is not ordered yet; post it again when he touches it, and without `basket` when he orders it.
    """
    try:
        order, created = await house.shop.put_order(body.posted(), user.id)
    except OrderClosed as closed:
        raise Problem(409, "the order can no longer be changed", errors=[closed]) from closed
    answer.status_code = 201 if created else 200
    answer.headers["Location"] = f"/api/v1/orders/{order.id}"
    return await _shown(house, order)


@router.get("/orders", dependencies=VIEWERS, responses=problems(401, 403, 422))
async def list_orders(
    house: HouseDep,
    status: Annotated[list[OrderStatus] | None, Query(description="any of these")] = None,
    external_id: Annotated[Text | None, Query(max_length=100)] = None,
    before: Annotated[Instant | None, Query(description="`placed_at` of the last order already seen")] = None,
    limit: Limit = 50,
) -> list[OrderOut]:
    """Newest first."""
    if external_id is not None:
        found = await house.shop.order_by_external_id(external_id)
        return [] if found is None or (status and found.status not in status) else [order_out(found)]
    return [order_out(order) for order in await house.shop.orders(status or (), limit, before)]


@router.get("/orders/{order_id}", dependencies=VIEWERS, responses=problems(401, 403, 404, 422))
async def read_order(order_id: OrderId, house: HouseDep) -> OrderOut:
    """One order, by our id."""
    order = await house.shop.order(order_id)
    if order is None:
        raise Problem(404, "there is no such order")
    return await _shown(house, order)


@router.patch("/orders/{order_id}", responses=problems(401, 403, 404, 409, 422))
async def change_order(order_id: OrderId, body: OrderChange, house: HouseDep, user: Editor) -> OrderOut:
    """Change an order by the shop's rules. 409 when somebody changed it since the version you saw, or when it has left the shop; with
    `merge` the first only for what you both changed, told in `conflicts`.

    A courier who could not hand a shipped order over is told as its status `delivery_problem`, and once that is solved as `shipped`,
    `delivered` or `cancelled`; an operator who agreed another delivery makes it `confirmed`.
    """
    try:
        order = await house.shop.edit_order(
            order_id, body.edit(), user.id, body.version, right=price_right(house, user), merge=body.merge
        )
    except UnknownOrder as unknown:
        raise Problem(404, "there is no such order") from unknown
    except (OrderChanged, OrderClosed) as conflict:
        raise _conflict(conflict) from conflict
    return await _shown(house, order)


@router.post("/orders/{order_id}/undo", responses=problems(401, 403, 404, 409, 422))
async def undo_change(order_id: OrderId, body: Undo, house: HouseDep, user: Editor) -> OrderOut:
    """Take back the latest change of an order. The undoing is a change itself, so undoing that does it again."""
    try:
        if body.change_id not in [change.id for change in await house.shop.changes_of(order_id)]:
            raise UnknownOrder(body.change_id)
        order = await house.shop.undo_edit(body.change_id, user.id)
    except UnknownOrder as unknown:
        raise Problem(404, "there is no such change of this order") from unknown
    except (OrderChanged, OrderClosed) as conflict:
        raise _conflict(conflict) from conflict
    return await _shown(house, order)


@router.get("/products", dependencies=VIEWERS, tags=["products"], responses=problems(401, 403, 422))
async def list_products(
    house: HouseDep, search: Annotated[str, Query(max_length=100)] = "", limit: Limit = 50
) -> list[ProductOut]:
    """Products whose article or name, in either language, holds every word of `search`."""
    return [product_out(product) for product in await house.shop.products(search, limit)]


def _conflict(conflict: OrderChanged | OrderClosed) -> Problem:
    if isinstance(conflict, OrderClosed):
        return Problem(409, "the order can no longer be changed", errors=[conflict])
    told: dict[str, Any] = {"current_version": conflict.current.version}
    if isinstance(conflict, OrderClashes):
        told["conflicts"] = [asdict(clash) for clash in conflict.clashes]
    return Problem(409, "somebody else changed the order meanwhile", **told)


def price_right(house: House, user: User) -> PriceRight:
    """What this person may do to prices."""
    most = house.site.most_off_percent if user.can(Permission.SHOP_DISCOUNT) else 0
    return PriceRight(user.can(Permission.SHOP_PRICE), most)


async def _shown(house: House, order: Order) -> OrderOut:
    latest = next(iter(await house.shop.changes_of(order.id)), None)
    change_id = latest.id if latest is not None and latest.version == order.version else None
    box = house.shop.outbox
    return order_out(order, change_id, None if box is None else await box.standing(ORDER, order.id))


@router.post("/orders/{order_id}/post", status_code=204, responses=problems(401, 403, 404, 422))
async def post_again(order_id: OrderId, house: HouseDep, _user: Editor) -> None:
    """What waits for the shop's own system is tried now, not at its next turn."""
    if await house.shop.order(order_id) is None:
        raise Problem(404, "there is no such order")
    if house.shop.outbox is not None and house.post is not None:
        await house.shop.outbox.try_now(ORDER, order_id)
        house.post.wake()
