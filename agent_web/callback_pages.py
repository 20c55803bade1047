"""The public page on which a customer books a call, and the one behind his link where he moves or cancels it. Plain forms: every button
works without scripts, and every answer to a booking looks the same, whether the number was known or not."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ..dialer.booking import NAME_LENGTH, Booking, BookingFault, BookingRefused, BookingSource, shown_state
from ..dialer.bookings import Bookings, Wish
from ..shop.phone import BadPhone, is_zone, mask_phone, to_e164
from .callback_view import (
    CHOOSE_TIME,
    FAULTS,
    NAME_TOO_LONG,
    PHONE_FAULTS,
    SOON,
    STATES,
    STATUS_OF,
    Times,
    city,
    day_choices,
    slot_choices,
    zone_choices,
)
from .house import House, HouseDep
from .i18n import is_language, words
from .i18n import zone as zone_info
from .pages import LANGUAGE_COOKIE, language_of, render, zone_of
from .problem import Problem
from .security import public

router = APIRouter(include_in_schema=False, dependencies=[Depends(public)])

YEAR_S = 31_536_000
Token = Annotated[str, Path(max_length=100)]
Typed = Annotated[str, Form(max_length=100_000)]


@dataclass(frozen=True, slots=True)
class Filled:
    """What the visitor has typed and chosen so far. `slot` is an instant, or `soon`; `show` the day he wants to see."""

    phone: str = ""
    name: str = ""
    zone: str = ""
    slot: str = ""
    day: str = ""
    show: str = ""

    @property
    def starts_at(self) -> datetime | None:
        """The chosen instant; None for "as soon as possible". Raises BookingRefused for what is no time of ours."""
        if self.slot == SOON:
            return None
        try:
            instant = datetime.fromisoformat(self.slot)
        except ValueError as error:
            raise BookingRefused(BookingFault.NO_SLOT) from error
        if instant.tzinfo is None:
            raise BookingRefused(BookingFault.NO_SLOT)
        return instant.astimezone(UTC)


def filled(
    phone: Typed = "", name: Typed = "", zone: Typed = "", slot: Typed = "", day: Typed = "", show: Typed = ""
) -> Filled:
    return Filled(phone[:40], name, zone, slot[:40], day[:10], show[:10])


def queue_named(request: Request) -> str:
    """The queue in the address; "" where it names none."""
    return str(request.path_params.get("queue", ""))[:40]


Queue = Annotated[str, Depends(queue_named)]
Form_ = Annotated[Filled, Depends(filled)]
At = Annotated[str, Query(max_length=40)]


@router.get("/callback")
@router.get("/callback/{queue}")
async def callback_page(request: Request, house: HouseDep, queue: Queue, day: At = "", zone: At = "") -> HTMLResponse:
    """The empty form. `day` and `zone` choose what is shown, as its script asks for."""
    return await _form(request, house, queue, Filled(day=day, zone=zone))


@router.post("/callback")
@router.post("/callback/{queue}")
async def book(request: Request, house: HouseDep, form: Form_, queue: Queue) -> Response:
    """Book, and go on to the booking's own page; or the form again, with another day or with what is wrong."""
    if form.show:
        return await _form(request, house, queue, form)
    known = await _own_booking(request, house, form)
    if known is not None:  # his own browser: he may be told, and asked whether to move it
        return _to(request, house, request.cookies[_cookie(house)], f"?again=1&at={quote(form.slot, safe='')}")
    try:
        _bookings(house).number(form.phone)  # what is wrong is said from above to below
        if len(form.name.strip()) > NAME_LENGTH:
            return await _form(request, house, queue, form, NAME_TOO_LONG)
        if not form.slot:
            return await _form(request, house, queue, form, CHOOSE_TIME)
        wish = Wish(
            phone=form.phone,
            queue=_queue(house, queue),
            source=BookingSource.PAGE,
            starts_at=form.starts_at,
            name=form.name,
            zone=_zone(request, form),
            language=language_of(request),
            address=request.client.host if request.client else "",
        )
        booked = await _bookings(house).book(wish)
    except BookingRefused as refused:
        return await _form(request, house, queue, form, FAULTS[refused.fault], refused.fault)
    return _to(request, house, booked.token)


@router.get("/callback/b/{token}")
async def booking_page(
    token: Token,
    request: Request,
    house: HouseDep,
    day: At = "",
    at: At = "",
    move: bool = False,
    again: bool = False,
) -> HTMLResponse:
    """What was booked. With `move` the times to move it to; `again`: its holder tried to book a second one, `at` that time."""
    booking = await _by_token(house, token)
    choosing = Filled(slot=at, day=day or _day_of(at, booking.zone))
    return await _booked(request, house, token, booking, choosing, moving=move or again, again=again)


@router.post("/callback/b/{token}/move")
async def move_booking(token: Token, request: Request, house: HouseDep, form: Form_) -> Response:
    """To the chosen time; or the page again, with another day or with what is wrong."""
    booking = await _by_token(house, token)
    if form.show:
        return await _booked(request, house, token, booking, form, moving=True)
    try:
        _bookings(house).knock(request.client.host if request.client else "")
        if not form.slot:
            return await _booked(request, house, token, booking, form, moving=True, problem=CHOOSE_TIME)
        await _bookings(house).move(booking.id, form.starts_at)
    except BookingRefused as refused:
        return await _booked(request, house, token, booking, form, moving=True, fault=refused.fault)
    return _to(request, house, token)


@router.post("/callback/b/{token}/cancel")
async def cancel_booking(token: Token, request: Request, house: HouseDep) -> Response:
    """No call is wanted any more."""
    booking = await _by_token(house, token)
    try:
        _bookings(house).knock(request.client.host if request.client else "")
        await _bookings(house).cancel(booking.id)
    except BookingRefused as refused:
        return await _booked(request, house, token, booking, Filled(), fault=refused.fault)
    return _to(request, house, token)


def _bookings(house: House) -> Bookings:
    if house.bookings is None or not house.site.callback_page:
        raise Problem(404, "there is nothing here")
    return house.bookings


def _queue(house: House, code: str) -> str:
    """The queue that the address names; without a name the first there is."""
    queues = house.desk.setup.queues
    if code and code not in queues:
        raise Problem(404, "there is nothing here")
    return code or house.site.callback_queue or next(iter(queues), "")


async def _by_token(house: House, token: str) -> Booking:
    """A link that is wrong and one that never was are the same to who tries it."""
    booking = await _bookings(house).by_token(token)
    if booking is None:
        raise Problem(404, "this link leads to no booked call; check it, or book a call again")
    return booking


async def _own_booking(request: Request, house: House, form: Filled) -> Booking | None:
    """The open booking of the typed number, if it was made in this very browser."""
    token = request.cookies.get(_cookie(house), "")
    booking = await _bookings(house).by_token(token)
    try:
        same = booking is not None and to_e164(form.phone) == booking.phone
    except BadPhone:
        return None
    is_open = booking is not None and booking.is_open and shown_state(booking, house.clock.now()) == booking.state
    return booking if same and is_open else None


def _cookie(house: House) -> str:
    return "__Host-cb-callback" if house.site.secure else "cb-callback"


def _to(request: Request, house: House, token: str, query: str = "") -> RedirectResponse:
    answer = RedirectResponse(f"/callback/b/{token}{query}", 303)
    secure = house.site.secure
    answer.set_cookie(_cookie(house), token, path="/", secure=secure, httponly=True, samesite="lax", max_age=YEAR_S)
    return answer


def _zone(request: Request, form: Filled) -> str:
    """The zone that was chosen, else the browser's own; "" while neither is known."""
    told = form.zone or zone_of(request).replace("%2F", "/")
    return told if told != "UTC" and len(told) <= 40 and is_zone(told) else ""


def _day_of(at: str, zone: str) -> str:
    try:
        return datetime.fromisoformat(at).astimezone(zone_info(zone)).date().isoformat()
    except ValueError:
        return ""


async def _times(request: Request, house: House, queue: str, zone: str, form: Filled, chosen: str) -> Times:
    """What can be chosen on the day that is asked for; at first the first day with a free half hour.

    `chosen` is what stands chosen when the visitor has not chosen yet.
    """
    bookings, speech, now = _bookings(house), words(language_of(request)), house.clock.now()
    today = now.astimezone(zone_info(zone)).date()
    last = today + timedelta(days=bookings.rules.days_ahead)
    try:
        days = [min(max(date.fromisoformat(form.show or form.day), today), last)]
    except ValueError:
        days = [today + timedelta(days=number) for number in range(bookings.rules.days_ahead + 1)]
    slots, day = await bookings.offers(zone, days[0], queue), days[0]
    for day in days:
        slots = await bookings.offers(zone, day, queue)
        if any(slot.free for slot in slots):
            break
    else:
        day = days[0]
    soon = await bookings.soon(queue, zone)
    chosen = form.slot or chosen
    return Times(
        zone=zone,
        now=now,
        day=day,
        days=day_choices(today, day, bookings.rules.days_ahead, speech),
        slots=slot_choices(slots, zone, chosen, speech),
        soon_min=soon,
        chosen=chosen,
    )


async def _form(
    request: Request,
    house: House,
    queue: str,
    form: Filled,
    problem: str = "",
    fault: BookingFault | None = None,
) -> HTMLResponse:
    code, language = _queue(house, queue), language_of(request)
    zone = _zone(request, form) or house.site.time_zone
    is_open = await _bookings(house).is_open(code)
    return _page(
        request,
        "callback.html",
        status=_status(problem, fault),
        shop_name=house.site.shop_name,
        here=f"/callback/{queue}" if queue else "/callback",
        queue=queue,
        is_open=is_open,
        form=form,
        problem=problem,
        wrong="phone" if fault in PHONE_FAULTS else "name" if problem == NAME_TOO_LONG else "",
        times=await _times(request, house, code, zone, form, SOON),
        zones=zone_choices(_bookings(house).rules.countries, zone, house.clock.now(), language),
        city=city(zone, language),
    )


async def _booked(
    request: Request,
    house: House,
    token: str,
    booking: Booking,
    form: Filled,
    *,
    moving: bool = False,
    again: bool = False,
    problem: str = "",
    fault: BookingFault | None = None,
) -> HTMLResponse:
    now = house.clock.now()
    state = shown_state(booking, now)
    can = booking.is_open and state is booking.state
    told = FAULTS[fault] if fault else problem
    context: dict[str, Any] = {"times": None}
    if moving and can:
        context["times"] = await _times(request, house, booking.queue, booking.zone, form, "")
    return _page(
        request,
        "callback_booked.html",
        status=_status(told, fault),
        shop_name=house.site.shop_name,
        here=f"/callback/b/{token}",
        token=token,
        booking=booking,
        phone_shown=mask_phone(booking.phone),
        state=STATES[state],
        can=can,
        again=again and can,
        problem=told,
        city=city(booking.zone, language_of(request)),
        now=now,
        **context,
    )


def _status(problem: str, fault: BookingFault | None) -> int:
    if not problem:
        return 200
    return 422 if fault is None else STATUS_OF.get(fault, 422)


def _page(request: Request, name: str, **context: Any) -> HTMLResponse:
    """No search engine keeps it; a language chosen in the address is kept for the pages that follow."""
    page = render(request, name, **context)
    page.headers["X-Robots-Tag"] = "noindex"
    chosen = request.query_params.get("lang")
    if is_language(chosen):
        page.set_cookie(LANGUAGE_COOKIE, str(chosen), path="/", max_age=YEAR_S, samesite="lax")
    return page
