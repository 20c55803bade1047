"""The operator's desk: one shell that is never loaded again, and its panes as fragments."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import AwareDatetime

from ..access.permission import Permission
from ..access.user import User
from ..dialer.machine_labels import ScreenedCall
from ..quality.recording import RecordingFilter
from ..queue.agent import Agent, Stance
from ..queue.channel import ChannelKind
from ..queue.contact import Contact
from ..queue.disposition_tree import is_required, label_of, tree_of
from ..queue.pauses import Allowance
from ..shop.customer import Customer, choose_customer
from .board_data import midnights, people_of
from .desk_card import older_view, with_card
from .desk_dial_api import ToDial, card_view, leads_shown
from .desk_drafts_api import drafts_of
from .desk_hands import Hand, Phase, colleagues, hands, in_front
from .desk_keys_api import keys_shown
from .desk_number_api import missed_calls_shown, own_call
from .desk_parked import parked_shown
from .desk_pauses import pause_code, pause_codes, quick_pause
from .desk_results_api import BRANCHES
from .desk_view import DeskView, Record, desk_view
from .house import House, HouseDep
from .i18n import N_, Language, words, zone
from .live import figures
from .messages_api import messages_to
from .other_leads import other_leads
from .pages import language_of, render, zone_of
from .problem import Problem
from .script_data import script_shown
from .security import require
from .setup_words import CHANNELS, name_of, queue_label

PANES = ("bar", "messages", "list", "main", "context", "dialogs")
CALLBACK_DAYS = 7
USUAL_TIME = "15:00"
MOST_MISSED = 6
MOST_COLLEAGUES = 20
MOST_WANTED = 20
ORDERS_SHOWN = 30
HISTORY_PAGE = 40
RECORDINGS_LOOKED_AT = 200

_TITLES = {
    Phase.LOGGED_OUT: N_("Не на смене"),
    Phase.READY: N_("На линии"),
    Phase.DIALING: N_("Набираем клиента"),
    Phase.RINGING: N_("Звонит %(name)s"),
    Phase.TALKING: N_("Разговор: %(name)s"),
    Phase.HELD: N_("Удержание: %(name)s"),
    Phase.WRAP_UP: N_("Итог разговора"),
    Phase.NOT_RESPONDING: N_("Вы не ответили вовремя"),
    Phase.PAUSED: N_("Перерыв"),
}
_TEXT_TITLES = {
    Phase.RINGING: N_("Пишет %(name)s"),
    Phase.TALKING: N_("Чат: %(name)s"),
    Phase.HELD: N_("Чат: %(name)s"),
    Phase.WRAP_UP: N_("Итог чата"),
}
_VISITOR = N_("Посетитель сайта")
WHY_MISSED = {
    "no_answer": N_("не ответили"),
    "declined": N_("отклонили"),
    "unreachable": N_("связи с вами не было"),
}


@dataclass(frozen=True, slots=True)
class Missed:
    """An offer that was not taken. `why` is a msgid."""

    at: datetime
    icon: str
    who: str
    address: str
    why: str


router = APIRouter(include_in_schema=False)
Operator = Annotated[User, Depends(require(Permission.DESK_WORK))]
Wanted = Annotated[
    list[str] | None,
    Query(alias="contact", max_length=MOST_WANTED, description="whom the page wants in the middle, the dearest first"),
]


@router.get("/desk")
async def desk(request: Request, house: HouseDep, user: Operator, wanted: Wanted = None) -> HTMLResponse:
    return render(request, "desk.html", **await _context(request, house, user, wanted))


@router.get("/desk/panes")
async def desk_panes(request: Request, house: HouseDep, user: Operator, wanted: Wanted = None) -> HTMLResponse:
    """All panes at once, each in its <template>."""
    return render(request, "desk_panes.html", panes=PANES, **await _context(request, house, user, wanted))


@router.get("/desk/colleagues")
async def desk_colleagues(
    request: Request, house: HouseDep, user: Operator, contact: str, name: Annotated[str, Query(max_length=100)] = ""
) -> HTMLResponse:
    """Whom this contact may be passed to, the first of those whose name holds `name`."""
    passed_on = house.desk.contact(contact)
    if passed_on is None or passed_on.agent_id != user.id:
        raise Problem(404, "there is nothing here")
    found = colleagues(house.desk.agents(), passed_on, name)
    return render(
        request,
        "desk_colleagues.html",
        colleagues=found[:MOST_COLLEAGUES],
        more=max(0, len(found) - MOST_COLLEAGUES),
        asked=name,
        user=user,
    )


@router.get("/desk/history")
async def desk_history(
    request: Request, house: HouseDep, user: Operator, contact: str, before: AwareDatetime
) -> HTMLResponse:
    """More of the history of whoever is behind a contact that this operator has in hand."""
    agent, about = house.desk.agent(user.id), house.desk.contact(contact)
    if agent is None or about is None or agent.task(about.id) is None:
        raise Problem(404, "there is nothing here")
    language = language_of(request, user)
    view = await older_view(house, language, agent, about, await load_record(house, about, before))
    return render(
        request, "desk_order_history.html", user=user, contact=contact, **await _past(house, user, view, language)
    )


@router.get("/desk/{pane}")
async def desk_pane(
    pane: str, request: Request, house: HouseDep, user: Operator, wanted: Wanted = None
) -> HTMLResponse:
    if pane not in PANES:
        raise Problem(404, "there is nothing here")
    return render(request, "desk_panes.html", panes=(pane,), **await _context(request, house, user, wanted))


async def load_view(house: House, user: User, language: str, wanted: Sequence[str] = ()) -> DeskView:
    """The desk of this operator now, with the first of the `wanted` contacts in the middle that he has in hand."""
    agent = house.desk.agent(user.id) or Agent(user.id, user.name, user.sip_name, Stance.LOGGED_OUT, house.clock.now())
    contact = house.desk.contact(in_front(agent, wanted) or "")
    record = Record() if contact is None else await load_record(house, contact)
    products = await house.shop.products_of({item.article for order in record.orders for item in order.items})
    held = await load_hands(house, agent, contact)
    now = house.clock.now()
    queue = figures(house.desk.waiting(), now)
    view = desk_view(agent, contact, record, products, language, (queue["waiting"], queue["longest_s"]), now, held)
    if contact is None or view.phase is not Phase.WRAP_UP:
        return view
    setup = house.desk.setup
    return replace(view, results=tree_of(setup, contact.queue), result_required=is_required(setup, contact.queue))


async def screened_call(house: House, contact: Contact | None) -> ScreenedCall | None:
    """What detection said of this call of ours; None where it was not screened."""
    if house.screened is None or contact is None or contact.attempt_id is None:
        return None
    return await house.screened.call(contact.attempt_id)


async def load_hands(house: House, agent: Agent, shown: Contact | None) -> tuple[Hand, ...]:
    numbers, names = await people_of(house, house.desk.contacts_with(agent.id))

    def unread(contact: Contact) -> int:
        return house.chat.agents.unread(contact) if house.chat is not None else 0

    def asked_at(contact: Contact) -> datetime | None:
        return house.chat.agents.asked_at(contact) if house.chat is not None else None

    def target_of(contact: Contact) -> float:
        return house.desk.setup.rules(contact.queue).target(contact.kind)

    shown_id = None if shown is None else shown.id
    return hands(agent, house.desk.contact, names, numbers, unread, shown_id, house.clock.now(), target_of, asked_at)


async def load_missed(house: House, user: User) -> list[Missed]:
    """Today's offers that this operator did not take, newest first."""
    since, _ = midnights(house.clock.now(), house.site.time_zone)
    missed = []
    for offer in (await house.desk.missed_offers(user.id, since))[:MOST_MISSED]:
        contact = await house.desk.find_contact(offer.contact_id)
        if contact is None:
            continue
        customer = await house.shop.customer(contact.customer_id) if contact.customer_id else None
        who = customer.name if customer is not None else contact.name
        icon, _ = CHANNELS[contact.kind]
        missed.append(Missed(offer.at, icon, who, contact.address, WHY_MISSED.get(offer.reason, "")))
    return missed


async def load_record(house: House, contact: Contact, before: datetime | None = None) -> Record:
    """What is known of the people behind a contact: the chosen customer, or the likeliest one on the number. A page of their history,
    the newest or what is older than `before`."""
    candidates = await house.shop.customers_by_phone(contact.address) if contact.address else []
    customer: Customer | None = None
    if contact.customer_id is not None:
        customer = await house.shop.customer(contact.customer_id)
    customer = customer or choose_customer(candidates, contact.name)
    numbers = {contact.address} - {""} if contact.kind is ChannelKind.VOICE else set[str]()
    if customer is None:
        leads = await other_leads(house, None, numbers, contact.lead_id, only_open=True)
        return Record(candidates=tuple(candidates), leads=leads)
    if all(one.id != customer.id for one in candidates):
        candidates = [customer, *candidates]
    return Record(
        customer,
        tuple(candidates),
        tuple(await house.shop.orders_in_front(customer.id, contact.order_id, ORDERS_SHOWN)),
        tuple(await house.shop.timeline(customer.id, HISTORY_PAGE, before)),
        tuple(await house.desk.contacts_of(customer.id, HISTORY_PAGE, before)),
        await other_leads(house, customer.id, numbers | {*customer.phones}, contact.lead_id, only_open=True),
        await house.shop.orders_sum(customer.id),
    )


def _third_name(house: House, view: DeskView) -> str:
    """The operator or the number who is in the talk beside the customer."""
    third = view.third
    if third is None:
        return ""
    agent = house.desk.agent(third.agent_id or "")
    return third.number if agent is None else agent.name


async def _context(request: Request, house: House, user: User, wanted: Sequence[str] | None) -> dict[str, Any]:
    language = language_of(request, user)
    view = await load_view(house, user, language, wanted or ())
    view = await with_card(house, user, view, zone_of(request))
    past = await _past(house, user, view, language)
    view = replace(past["view"], screened=await screened_call(house, view.contact))
    past["view"] = view
    speech, setup = words(language), house.desk.setup
    script = await script_shown(house, view, user, speech)
    if script is not None and script.result:
        view = replace(view, suggested=script.result)
    name = view.name or (view.contact.address if view.contact else "") or speech.say(_VISITOR)
    text = _TITLES[view.phase] if view.is_call else _TEXT_TITLES.get(view.phase, _TITLES[view.phase])
    title = speech.say(text, name=name) if "%" in text else speech.say(text)
    today = view.now.astimezone(zone(view.zone)).date()
    agreed = None if script is None or script.agreed_at is None else script.agreed_at.astimezone(zone(script.zone))
    since, _ = midnights(view.now, house.site.time_zone)
    allowances = await house.pauses_today.allowances([view.agent], setup, since)
    allowed = allowances.get(view.agent.id, Allowance())
    keys = keys_shown(user, speech)
    on_pause = pause_code(setup, view.agent.pause_code)
    return past | {
        "view": view,
        "branches": BRANCHES,
        "messages": await messages_to(house, user),
        "drafts": await drafts_of(house, view.contact.id if view.contact else None),
        "may_waive": user.can(Permission.QUEUE_STEER),
        "script": script,
        "third_name": _third_name(house, view),
        "user": user,
        "title": title,
        "keys": keys,
        "chords": {key.command: key.shown for key in keys},
        "agreed_day": agreed.date() if agreed else None,
        "agreed_time": f"{agreed:%H:%M}" if agreed else USUAL_TIME,
        "days": [today + timedelta(days=ahead) for ahead in range(CALLBACK_DAYS)],
        "pauses": [(code.code, name_of(code, speech)) for code in pause_codes(setup)],
        "pause_name": name_of(on_pause, speech) if on_pause else speech.say("Перерыв"),
        "pause_limit_s": allowed.whole_s,
        "pause_today_s": allowed.today_s if allowed.of_day else 0,
        "quick_pause": quick_pause(setup),
        "queue_name": queue_label(setup, view.contact.queue, speech) if view.contact else "",
        "queues": [(code, queue_label(setup, code, speech)) for code in setup.queues],
        "parked": await parked_shown(house, view.agent),
        "preview": await card_view(house, user.id) if view.contact is None else None,
        "to_dial": await _to_dial(house, user) if view.phase is Phase.READY else [],
        "missed": await load_missed(house, user) if view.contact is None else [],
        "missed_calls": await missed_calls_shown(house, user) if view.phase is Phase.READY else [],
        "last_number": await house.dialer.last_number(user.id),
        "own_call": await own_call(house, user) if view.phase is Phase.DIALING else "",
        "has_chat": house.chat is not None,
    }


async def _past(house: House, user: User, view: DeskView, language: Language) -> dict[str, Any]:
    """What a page of history is worded with: the view cut to one page, where the next begins, and the recordings he may listen to."""
    older = view.history[HISTORY_PAGE - 1].at if len(view.history) >= HISTORY_PAGE else None
    recordings: dict[str, str] = {}
    if view.customer is not None and user.can(Permission.RECORDING_LISTEN):
        wanted = RecordingFilter(customer_id=view.customer.id)
        recordings = {
            one.contact_id: one.id for one in await house.recordings.list(RECORDINGS_LOOKED_AT, wanted=wanted)
        }
    return {
        "view": replace(view, history=view.history[:HISTORY_PAGE]),
        "older": older,
        "recordings": recordings,
        "result_name": lambda code: label_of(house.desk.setup, code, language),
        "channels": {kind.value: (icon, words(language).say(label)) for kind, (icon, label) in CHANNELS.items()},
    }


async def _to_dial(house: House, user: User) -> list[ToDial]:
    """Whom this operator may call by hand."""
    return await leads_shown(house, await house.dialer.leads_to_dial(user.id))
