"""The operator's desk: one shell that is never loaded again, and its panes as fragments."""

from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from ..access.permission import Permission
from ..access.user import User
from ..queue.agent import Agent, Stance
from ..queue.contact import Contact
from ..shop.customer import Customer, choose_customer
from .desk_view import DeskView, Phase, Record, desk_view
from .house import House, HouseDep
from .i18n import N_, words, zone
from .live import figures
from .pages import language_of, render
from .problem import Problem
from .security import require

PANES = ("bar", "list", "main", "context", "dialogs")
CALLBACK_DAYS = 7

KEYS = (
    ("Alt A", N_("Ответить")),
    ("Alt M", N_("Микрофон")),
    ("Alt H", N_("Удержать, вернуть")),
    ("Alt E", N_("Завершить звонок")),
    ("Alt W", N_("Итог: готово")),
    ("Alt R", N_("На линию или статус")),
    ("Alt O", N_("Добавить товар")),
    ("Alt N", N_("Заметка")),
    ("?", N_("Этот список")),
)

_TITLES = {
    Phase.LOGGED_OUT: N_("Не на смене"),
    Phase.READY: N_("На линии"),
    Phase.DIALING: N_("Набираем клиента"),
    Phase.RINGING: N_("Звонит %(name)s"),
    Phase.TALKING: N_("Разговор: %(name)s"),
    Phase.HELD: N_("Удержание: %(name)s"),
    Phase.WRAP_UP: N_("Итог разговора"),
    Phase.NOT_RESPONDING: N_("Вы не ответили на звонок"),
    Phase.PAUSED: N_("Перерыв"),
}

router = APIRouter(include_in_schema=False)
Operator = Annotated[User, Depends(require(Permission.DESK_WORK))]


@router.get("/desk")
async def desk(request: Request, house: HouseDep, user: Operator) -> HTMLResponse:
    return render(request, "desk.html", **await _context(request, house, user))


@router.get("/desk/panes")
async def desk_panes(request: Request, house: HouseDep, user: Operator) -> HTMLResponse:
    """All panes at once, each in its <template>."""
    return render(request, "desk_panes.html", panes=PANES, **await _context(request, house, user))


@router.get("/desk/{pane}")
async def desk_pane(pane: str, request: Request, house: HouseDep, user: Operator) -> HTMLResponse:
    if pane not in PANES:
        raise Problem(404, "there is nothing here")
    return render(request, "desk_panes.html", panes=(pane,), **await _context(request, house, user))


async def load_view(house: House, user: User, language: str) -> DeskView:
    """The desk of this operator now."""
    agent = house.desk.agent(user.id) or Agent(user.id, user.name, user.sip_name, Stance.LOGGED_OUT, house.clock.now())
    contact = house.desk.contact(agent.contact_id) if agent.contact_id else None
    record = Record() if contact is None else await load_record(house, contact)
    # A search by article finds the few products of this order, not the whole shop's.
    articles = {item.article for order in record.orders for item in order.items}
    products = {
        product.article: product for product in await house.shop.products(limit=10_000) if product.article in articles
    }
    now = house.clock.now()
    queue = figures(house.desk.contacts(), now)
    return desk_view(agent, contact, record, products, language, (queue["waiting"], queue["longest_s"]), now)


async def load_record(house: House, contact: Contact) -> Record:
    """What is known of the people behind a contact: the chosen customer, or the likeliest one on the number."""
    candidates = await house.shop.customers_by_phone(contact.address) if contact.address else []
    customer: Customer | None = None
    if contact.customer_id is not None:
        customer = await house.shop.customer(contact.customer_id)
    customer = customer or choose_customer(candidates, contact.name)
    if customer is None:
        return Record(candidates=tuple(candidates))
    if all(one.id != customer.id for one in candidates):
        candidates = [customer, *candidates]
    return Record(
        customer,
        tuple(candidates),
        tuple(await house.shop.orders_of(customer.id)),
        tuple(await house.shop.timeline(customer.id)),
        tuple(await house.desk.contacts_of(customer.id)),
    )


async def _context(request: Request, house: House, user: User) -> dict[str, Any]:
    language = language_of(request, user)
    view = await load_view(house, user, language)
    speech = words(language)
    name = view.name or (view.contact.address if view.contact else "")
    title = (
        speech.say(_TITLES[view.phase], name=name) if "%" in _TITLES[view.phase] else speech.say(_TITLES[view.phase])
    )
    today = view.now.astimezone(zone(view.zone)).date()
    return {
        "view": view,
        "user": user,
        "title": title,
        "keys": [(chord, speech.say(does)) for chord, does in KEYS],
        "days": [today + timedelta(days=ahead) for ahead in range(CALLBACK_DAYS)],
    }
