"""Booked calls for the shop's own site and programs: what is free, book, read, move, cancel. Customers' own page is callback_pages.py."""

from datetime import date, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from ..access.permission import Permission
from ..access.user import User
from ..dialer.booking import NAME_LENGTH, Booking, BookingFault, BookingRefused, BookingSource, BookingState
from ..dialer.bookings import Bookings, Wish
from ..shop.phone import is_zone
from .house import House, HouseDep
from .i18n import Language
from .order_schemas import Instant
from .problem import Problem, problems
from .security import require

router = APIRouter(prefix="/api/v1/callbacks", tags=["callbacks"])
Booker = Annotated[User, Depends(require(Permission.CALLBACK_BOOK))]
BookingId = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,36}$")]
QueueCode = Annotated[str, Field(max_length=40)]

REASONS = {
    BookingFault.BAD_PHONE: (422, "this is not a phone number"),
    BookingFault.DESTINATION: (422, "this site calls no such numbers"),
    BookingFault.PAST: (422, "this time is past, or too near"),
    BookingFault.HOURS: (422, "at that time the customer may not be called"),
    BookingFault.TOO_FAR: (422, "no calls are booked so far ahead"),
    BookingFault.NO_SLOT: (422, "a call is booked at the beginning of a slot; ask for the slots of that day"),
    BookingFault.TAKEN: (409, "this slot is full; ask for the slots of that day"),
    BookingFault.NOT_SOON: (409, "nobody can call right now; name a time"),
    BookingFault.CLOSED: (409, "no calls can be booked for this queue at the moment"),
    BookingFault.ALREADY: (409, "this number has a call booked already; move that one"),
    BookingFault.TOO_MANY: (429, "too many calls were booked from your network; try again later"),
    BookingFault.NUMBER_TOO_OFTEN: (429, "too many calls were booked for this number in a day"),
    BookingFault.OVER: (409, "this call was made or cancelled already"),
    BookingFault.IN_CALL: (409, "this customer is being called right now"),
    BookingFault.UNKNOWN: (404, "there is no such booked call"),
}


class CallbackIn(BaseModel):
    """`starts_at` is the beginning of a slot, with its zone; null asks for "as soon as possible"."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "phone": "+7 912 345-67-89",
                    "name": "Анна Иванова",
                    "starts_at": "2026-11-30T15:00:00+05:00",
                    "zone": "Asia/Yekaterinburg",
                    "language": "ru",
                },
                {"phone": "8 (912) 345-67-89", "starts_at": None},
            ]
        },
    )
    phone: Annotated[str, Field(min_length=1, max_length=40)]
    name: Annotated[str, Field(max_length=NAME_LENGTH)] = ""
    starts_at: Instant | None = None
    zone: Annotated[str, Field(max_length=40)] | None = None
    queue: QueueCode = ""
    language: Language = "ru"

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, name: str | None) -> str | None:
        if name is not None and not is_zone(name):
            raise ValueError("not a time zone, such as Europe/Moscow")
        return name


class CallbackMove(BaseModel):
    """`starts_at`: the new slot; null moves it to "as soon as possible"."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"starts_at": "2026-11-30T16:30:00+05:00"}]}
    )
    starts_at: Instant | None


class CallbackOut(BaseModel):
    """Instants are UTC; `zone` is the customer's. `missed_at`: when a window of it ended without a call."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "6f0c3f5e-3a0d-4f0e-9f53-4b6f5a1c8a11",
                    "phone": "+79123456789",
                    "name": "Анна Иванова",
                    "queue": "orders",
                    "zone": "Asia/Yekaterinburg",
                    "starts_at": "2026-11-30T10:00:00Z",
                    "ends_at": "2026-11-30T10:30:00Z",
                    "state": "booked",
                    "source": "api",
                    "missed_at": None,
                }
            ]
        }
    )
    id: str
    phone: str
    name: str
    queue: str
    zone: str
    starts_at: datetime
    ends_at: datetime
    state: BookingState
    source: BookingSource
    missed_at: datetime | None


class CallbackMade(CallbackOut):
    """`link` is the customer's own: with it he moves or cancels without an account. It is told this once only."""

    link: str


class SlotOut(BaseModel):
    starts_at: datetime
    ends_at: datetime
    free: int


@router.get("/slots", responses=problems(401, 403, 404, 422))
async def list_slots(
    house: HouseDep,
    _user: Booker,
    day: Annotated[date, Query(description="the day on the customer's wall")],
    zone: Annotated[str, Query(max_length=40, description="the customer's zone; the site's own without it")] = "",
    queue: Annotated[str, Query(max_length=40)] = "",
) -> list[SlotOut]:
    """The half hours of that day in which a call can be promised; a full one has `free` 0."""
    if zone and not is_zone(zone):
        raise Problem(422, "some fields are wrong")
    slots = await _bookings(house).offers(zone or house.site.time_zone, day, queue_code(house, queue))
    return [SlotOut(starts_at=one.window.starts_at, ends_at=one.window.ends_at, free=one.free) for one in slots]


@router.post("", status_code=201, responses=problems(401, 403, 404, 409, 413, 422, 429))
async def book_callback(body: CallbackIn, answer: Response, house: HouseDep, user: Booker) -> CallbackMade:
    """Promise a call. 409 when the slot is full or the number has a call booked already; nothing is booked then."""
    wish = Wish(
        phone=body.phone,
        queue=queue_code(house, body.queue),
        source=BookingSource.API,
        starts_at=body.starts_at,
        name=body.name,
        zone=body.zone,
        language=body.language,
    )
    try:
        booked = await _bookings(house).book(wish)
    except BookingRefused as refused:
        raise problem_of(refused) from refused
    await house.access.audit(user.id, "callback.book", booked.booking.id, {})
    answer.headers["Location"] = f"/api/v1/callbacks/{booked.booking.id}"
    return CallbackMade(**_shown(booked.booking).model_dump(), link=f"/callback/b/{booked.token}")


@router.get("/{booking_id}", responses=problems(401, 403, 404, 422))
async def read_callback(booking_id: BookingId, house: HouseDep, _user: Booker) -> CallbackOut:
    """One booked call, by our id."""
    booking = await _bookings(house).booking(booking_id)
    if booking is None:
        raise Problem(*REASONS[BookingFault.UNKNOWN])
    return _shown(booking)


@router.patch("/{booking_id}", responses=problems(401, 403, 404, 409, 422))
async def move_callback(booking_id: BookingId, body: CallbackMove, house: HouseDep, user: Booker) -> CallbackOut:
    """To another slot, of whatever day. Who moved it, from when to when, is kept in the audit."""
    known = await _bookings(house).booking(booking_id)
    try:
        booking = await _bookings(house).move(booking_id, body.starts_at)
    except BookingRefused as refused:
        raise problem_of(refused) from refused
    moved = {"from": known.window.starts_at.isoformat()} if known else {}
    await house.access.audit(
        user.id, "callback.move", booking_id, {**moved, "to": booking.window.starts_at.isoformat()}
    )
    return _shown(booking)


@router.delete("/{booking_id}", responses=problems(401, 403, 404, 409, 422))
async def cancel_callback(booking_id: BookingId, house: HouseDep, user: Booker) -> CallbackOut:
    """Nobody is called. Cancelled once more it stays cancelled."""
    try:
        booking = await _bookings(house).cancel(booking_id)
    except BookingRefused as refused:
        raise problem_of(refused) from refused
    await house.access.audit(user.id, "callback.cancel", booking_id, {})
    return _shown(booking)


def problem_of(refused: BookingRefused) -> Problem:
    """The refusal as programs read it; `booking` names the open one where that may be known."""
    status, detail = REASONS[refused.fault]
    if refused.existing is None:
        return Problem(status, detail, fault=refused.fault.value)
    return Problem(status, detail, fault=refused.fault.value, booking=refused.existing.id)


def queue_code(house: House, code: str) -> str:
    """The queue of that code; the site's usual one for "". Raises Problem 404."""
    queues = house.desk.setup.queues
    if code and code not in queues:
        raise Problem(404, "there is no such queue")
    return code or house.site.callback_queue or next(iter(queues), "")


def _bookings(house: House) -> Bookings:
    if house.bookings is None:
        raise Problem(404, "there is nothing here")
    return house.bookings


def _shown(booking: Booking) -> CallbackOut:
    return CallbackOut(
        id=booking.id,
        phone=booking.phone,
        name=booking.name,
        queue=booking.queue,
        zone=booking.zone,
        starts_at=booking.window.starts_at,
        ends_at=booking.window.ends_at,
        state=booking.state,
        source=booking.source,
        missed_at=booking.missed_at,
    )
