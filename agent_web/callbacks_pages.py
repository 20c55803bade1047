"""The supervisor's list of promised calls: who is called when, what each half hour takes; moved, cancelled and adjusted by hand."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse

from ..access.permission import Permission
from ..access.user import User
from ..dialer.booking import Booking, BookingRefused, BookingSource, BookingState, Window
from ..dialer.booking_store import Owed
from ..dialer.bookings import Bookings
from ..shop.customer import Customer
from .callback_api import problem_of, queue_code
from .callback_view import day_choices
from .house import House, HouseDep
from .i18n import N_, words
from .i18n import zone as zone_info
from .pages import language_of, render
from .problem import Problem
from .security import require
from .setup_words import queue_label

MOST_PLACES = 500

router = APIRouter(prefix="/callbacks", include_in_schema=False)
Viewer = Annotated[User, Depends(require(Permission.CAMPAIGN_VIEW))]
Steerer = Annotated[User, Depends(require(Permission.CAMPAIGN_STEER))]
Short = Annotated[str, Query(max_length=40)]
Typed = Annotated[str, Form(max_length=40)]
LeadId = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,36}$")]

SOURCES = {
    BookingSource.PAGE: N_("страница"),
    BookingSource.PHONE: N_("по телефону"),
    BookingSource.OPERATOR: N_("оператор"),
    BookingSource.API: N_("сайт магазина"),
}
LOST = N_("обрыв связи")
STATES = {
    BookingState.BOOKED: ("clock", N_("записан")),
    BookingState.MOVED: ("clock", N_("перенесён")),
    BookingState.DIALED: ("phone-out", N_("уже звонили")),
    BookingState.DONE: ("check", N_("закончен")),
    BookingState.CANCELLED: ("x", N_("отменён")),
    BookingState.MISSED: ("alert", N_("не успели в срок")),
}
SPARE = ("snooze", N_("запасной: на номер уже есть звонок"))


@dataclass(frozen=True, slots=True)
class Line:
    """One promised call. `until` is None for an operator's promise without a window; `lead_id` None when nobody is owed it now."""

    lead_id: str | None
    who: str
    phone: str
    starts_at: datetime
    until: datetime | None
    zone: str
    source: str
    icon: str
    state: str
    late: bool
    agent: str


@router.get("")
async def callbacks_page(
    request: Request, house: HouseDep, user: Viewer, day: Short = "", queue: Short = ""
) -> HTMLResponse:
    """The whole page."""
    return render(request, "callbacks.html", user=user, **await _context(request, house, user, day, queue))


@router.get("/parts")
async def callbacks_parts(
    request: Request, house: HouseDep, user: Viewer, day: Short = "", queue: Short = ""
) -> HTMLResponse:
    """Its live parts."""
    return render(request, "callbacks_parts.html", user=user, **await _context(request, house, user, day, queue))


@router.post("/{lead_id}/move")
async def move_by_hand(
    lead_id: LeadId, house: HouseDep, user: Steerer, starts_at: Typed = "", back: Typed = "", queue: Typed = ""
) -> RedirectResponse:
    """To another half hour, of whatever day, even beyond what it takes. It is kept who did it."""
    instant = _instant(starts_at)
    try:
        owed, _campaign = await bookings_of(house).promised(lead_id)
        await bookings_of(house).move_lead(lead_id, instant)
    except BookingRefused as refused:
        raise problem_of(refused) from refused
    before = {"from": owed.lead.due_at.isoformat()} if owed.lead.due_at else {}
    await house.access.audit(user.id, "callback.move", lead_id, {**before, "to": instant.isoformat()})
    return _back(back, queue)


@router.post("/{lead_id}/cancel")
async def cancel_by_hand(
    lead_id: LeadId, house: HouseDep, user: Steerer, back: Typed = "", queue: Typed = ""
) -> RedirectResponse:
    """Nobody is called."""
    try:
        await bookings_of(house).cancel_lead(lead_id)
    except BookingRefused as refused:
        raise problem_of(refused) from refused
    await house.access.audit(user.id, "callback.cancel", lead_id, {})
    return _back(back, queue)


@router.post("/places")
async def set_places(
    house: HouseDep, user: Steerer, starts_at: Typed = "", places: Typed = "", queue: Typed = "", back: Typed = ""
) -> RedirectResponse:
    """How many calls a half hour takes; nothing typed: as reckoned."""
    code, wanted = queue_code(house, queue), places.strip()
    if wanted and not (wanted.isascii() and wanted.isdigit() and int(wanted) <= MOST_PLACES):
        raise Problem(422, "a half hour takes from 0 to 500 calls")
    instant = _instant(starts_at)
    await bookings_of(house).set_places(code, instant, int(wanted) if wanted else None)
    await house.access.audit(user.id, "callback.places", code, {"at": instant.isoformat(), "places": wanted})
    return _back(back, queue)


async def _context(request: Request, house: House, user: User, day: str, queue: str) -> dict[str, Any]:
    bookings, code, now = bookings_of(house), queue_code(house, queue), house.clock.now()
    home, speech = zone_info(house.site.time_zone), words(language_of(request, user))
    today = now.astimezone(home).date()
    chosen = _day(day, today, bookings.rules.days_ahead)
    since, until = (
        datetime.combine(each, time(), home).astimezone(UTC) for each in (chosen, chosen + timedelta(days=1))
    )
    owed = [one for one in await bookings.owed(code, until) if chosen == today or (one.lead.due_at or since) >= since]
    customers = await house.shop.customers_by_id({one.lead.customer_id for one in owed if one.lead.customer_id})
    names = {agent.id: agent.name for agent in house.desk.agents()}
    slots = await bookings.agenda(code, since, until)
    return {
        "zone": house.site.time_zone,
        "now": now,
        "day": chosen.isoformat(),
        "queue": queue,
        "queue_name": queue_label(house.desk.setup, code, speech),
        "queues": [(each, queue_label(house.desk.setup, each, speech)) for each in house.desk.setup.queues],
        "code": code,
        "days": day_choices(today, chosen, bookings.rules.days_ahead, speech),
        "owed": [_owed_line(one, customers, names, now) for one in owed],
        "others": [_other_line(one) for one in await bookings.others(code, since, until)],
        "slots": [slot for slot in slots if slot.window.ends_at > now and (slot.places or slot.taken)],
        "targets": [slot for slot in slots if slot.window.starts_at > now],
        "is_open": await bookings.is_open(code),
        "may_dial": user.can(Permission.CAMPAIGN_STEER),
        "parts": f"/callbacks/parts?{choice_of(chosen.isoformat(), queue)}",
    }


def _owed_line(one: Owed, customers: Mapping[str, Customer], names: Mapping[str, str], now: datetime) -> Line:
    lead, booking = one.lead, one.booking
    customer = customers.get(lead.customer_id or "")
    if booking is not None:
        icon, state = STATES[booking.state]
        source, window = SOURCES[booking.source], booking.window
    else:
        icon, state = STATES[BookingState.DIALED if lead.attempts else BookingState.BOOKED]
        source = SOURCES[BookingSource.OPERATOR] if lead.agent_id or lead.disposition else LOST
        window = Window(lead.due_at or now, lead.due_by or lead.due_at or now)
    return Line(
        lead_id=lead.id,
        who=(booking.name if booking else "") or (customer.name if customer else ""),
        phone=lead.phone,
        starts_at=window.starts_at,
        until=window.ends_at if booking or lead.due_by else None,
        zone=lead.zone,
        source=source,
        icon=icon,
        state=state,
        late=lead.due_by is not None and lead.due_by <= now and lead.attempts == 0,
        agent=names.get(lead.agent_id or "", ""),
    )


def _other_line(booking: Booking) -> Line:
    icon, state = SPARE if booking.is_open else STATES[booking.state]
    return Line(
        lead_id=None,
        who=booking.name,
        phone=booking.phone,
        starts_at=booking.window.starts_at,
        until=booking.window.ends_at,
        zone=booking.zone,
        source=SOURCES[booking.source],
        icon=icon,
        state=state,
        late=False,
        agent="",
    )


def _day(text: str, today: date, ahead: int) -> date:
    """The day that is asked for; today for what is none."""
    try:
        return min(max(date.fromisoformat(text), today), today + timedelta(days=ahead))
    except ValueError:
        return today


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise Problem(422, "some fields are wrong") from error
    if instant.tzinfo is None:
        raise Problem(422, "some fields are wrong")
    return instant.astimezone(UTC)


def _back(day: str, queue: str) -> RedirectResponse:
    return RedirectResponse(f"/callbacks?{choice_of(day, queue)}", 303)


def choice_of(day: str, queue: str) -> str:
    """The query of the page that shows this day of this queue."""
    return urlencode({"day": day} | ({"queue": queue} if queue else {}))


def bookings_of(house: House) -> Bookings:
    if house.bookings is None:
        raise Problem(404, "there is nothing here")
    return house.bookings
