"""What the order card shows beyond the order itself: the editor's rights, and what is on its way to the shop and to the customer."""

from dataclasses import replace

from ..access.user import User
from ..queue.agent import Agent
from ..queue.contact import Contact
from ..shop.asking import Way
from ..shop.message import ORDER
from .api_orders import price_right
from .desk_view import DeskView, Record, desk_view
from .house import House


async def older_view(house: House, language: str, agent: Agent, contact: Contact, record: Record) -> DeskView:
    """A view of a page of history alone."""
    products = await house.shop.products_of({item.article for order in record.orders for item in order.items})
    return desk_view(agent, contact, record, products, language, (0, 0), house.clock.now())


async def with_card(house: House, user: User, view: DeskView, own_zone: str | None) -> DeskView:
    """The same desk, its card filled."""
    if view.card is None:
        return view
    order_id, right, box = view.card.order.id, price_right(house, user), house.shop.outbox
    asking = None if house.askings is None else await house.askings.latest_of(order_id)
    letter = None
    if house.askings is not None and asking is not None:
        letter = await house.askings.outbox.standing(asking.way, asking.id)
    return replace(
        view,
        own_zone=own_zone,
        may_price=right.any_price or right.most_off_percent > 0,
        post=None if box is None else await box.standing(ORDER, order_id),
        asking=asking,
        letter=letter,
        ways=tuple(way.value for way in Way if house.post is not None and way in house.post.ways),
    )
