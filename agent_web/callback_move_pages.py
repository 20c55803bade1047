"""The supervisor's page on which one promised call is moved to another day: half hours of the customer's wall, who moved it before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse

from ..dialer.booking import BookingRefused
from ..dialer.booking_slots import Slot
from .callback_api import problem_of
from .callback_view import day_choices
from .callbacks_pages import LeadId, Short, Steerer, bookings_of, choice_of
from .house import House, HouseDep
from .i18n import words
from .i18n import zone as zone_info
from .pages import language_of, render

MOVES_SHOWN = 10

router = APIRouter(prefix="/callbacks", include_in_schema=False)


@dataclass(frozen=True, slots=True)
class Moved:
    """One move by hand. `before` is not known of those that were made before it was kept."""

    at: datetime
    who: str
    before: datetime | None
    after: datetime


@router.get("/{lead_id}/move")
async def move_page(
    lead_id: LeadId,
    request: Request,
    house: HouseDep,
    user: Steerer,
    day: Short = "",
    queue: Annotated[str, Query(max_length=40)] = "",
) -> HTMLResponse:
    """Days and half hours; the first day that is shown is the call's own."""
    bookings = bookings_of(house)
    try:
        owed, campaign = await bookings.promised(lead_id)
    except BookingRefused as refused:
        raise problem_of(refused) from refused
    lead, speech = owed.lead, words(language_of(request, user))
    there, now = zone_info(lead.zone), house.clock.now()
    today = now.astimezone(there).date()
    due = lead.due_at or now
    chosen = _day(day, due.astimezone(there).date(), today, bookings.rules.days_ahead)
    customer = await house.shop.customer(lead.customer_id) if lead.customer_id else None
    slots = await bookings.offers(lead.zone, chosen, campaign.queue)
    page: dict[str, Any] = {
        "lead_id": lead_id,
        "who": (owed.booking.name if owed.booking else "") or (customer.name if customer else ""),
        "phone": lead.phone,
        "due": due,
        "there": lead.zone,
        "zone": house.site.time_zone,
        "day": chosen.isoformat(),
        "queue": queue,
        "days": day_choices(today, chosen, bookings.rules.days_ahead, speech),
        "slots": _others(slots, due),
        "moves": await _moves(house, lead_id, owed.booking.id if owed.booking else ""),
        "back": f"/callbacks?{choice_of(due.astimezone(zone_info(house.site.time_zone)).date().isoformat(), queue)}",
    }
    return render(request, "callback_move.html", user=user, **page)


def _others(slots: Sequence[Slot], due: datetime) -> list[Slot]:
    """Where it stands it need not be moved to."""
    return [slot for slot in slots if not slot.window.starts_at <= due < slot.window.ends_at]


def _day(text: str, its_own: date, today: date, ahead: int) -> date:
    """The day that is asked for, else the call's own, within the days for which calls are promised."""
    try:
        wanted = date.fromisoformat(text)
    except ValueError:
        wanted = its_own
    return min(max(wanted, today), today + timedelta(days=ahead))


async def _moves(house: House, *subjects: str) -> list[Moved]:
    """On this page and by API, the newest first."""
    rows = [
        row
        for subject in subjects
        for row in await house.access.audit_rows(limit=MOVES_SHOWN, action="callback.move", subject=subject)
    ]
    rows.sort(key=lambda row: row.at, reverse=True)
    names = {user.id: user.name for user in await house.access.users()}
    found = []
    for row in rows[:MOVES_SHOWN]:
        before = row.detail.get("from")
        found.append(
            Moved(
                at=row.at,
                who=names.get(row.actor_id or "", ""),
                before=datetime.fromisoformat(before) if before else None,
                after=datetime.fromisoformat(row.detail["to"]),
            )
        )
    return found
