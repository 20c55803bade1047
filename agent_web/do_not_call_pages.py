"""The page of those who must not be called, and of the days on which nobody is. The API for programs is do_not_call_api.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from ..access.permission import Permission
from ..access.user import User
from ..dialer.do_not_call import Entry, Kind
from .house import House, HouseDep
from .i18n import phone
from .pages import render
from .security import require

LISTED = 50
_MOMENT = timedelta(microseconds=1)

router = APIRouter(include_in_schema=False)
Viewer = Annotated[User, Depends(require(Permission.CAMPAIGN_VIEW))]
Search = Annotated[str, Query(alias="search", max_length=100)]
Page = Annotated[int, Query(ge=1, le=100_000)]


@dataclass(frozen=True, slots=True)
class EntryLine:
    """A row of the list: `shown` is the number, its beginning or the customer's name; `where` a campaign's name, "" for all. `last_day`: at
    the site; None is for good."""

    id: str
    kind: str
    shown: str
    where: str
    reason: str
    who: str
    at: datetime
    last_day: date | None
    is_over: bool


@router.get("/do-not-call")
async def do_not_call_page(
    request: Request, house: HouseDep, user: Viewer, search: Search = "", page: Page = 1
) -> HTMLResponse:
    """The whole page."""
    return render(request, "do_not_call.html", user=user, **await _context(house, user, search, page))


@router.get("/do-not-call/parts")
async def do_not_call_parts(
    request: Request, house: HouseDep, user: Viewer, search: Search = "", page: Page = 1
) -> HTMLResponse:
    """Its parts, after a change or a search."""
    return render(request, "do_not_call_parts.html", user=user, **await _context(house, user, search, page))


async def _context(house: House, user: User, search: str, page: int) -> dict[str, Any]:
    entries, total = await house.dialer.do_not_call.page(search, LISTED, LISTED * (page - 1))
    campaigns = {campaign.id: campaign.name for campaign in await house.dialer.campaigns()}
    now = house.clock.now()
    return {
        "entries": await _lines(house, entries, campaigns),
        "total": total,
        "search": search,
        "page": page,
        "pages": max(1, -(-total // LISTED)),
        "campaigns": campaigns,
        "holidays": await house.dialer.holidays.since(now.date() - timedelta(days=1)),
        "may_steer": user.can(Permission.CAMPAIGN_STEER),
        "now": now,
    }


async def _lines(house: House, entries: Sequence[Entry], campaigns: dict[str, str]) -> list[EntryLine]:
    zone = ZoneInfo(house.site.time_zone)
    names = {one.id: one.name for one in await house.access.users()}
    customers = await house.shop.customers_by_id({one.value for one in entries if one.kind is Kind.CUSTOMER})

    def shown(entry: Entry) -> str:
        match entry.kind:
            case Kind.NUMBER:
                return phone(entry.value)
            case Kind.PREFIX:
                return f"{entry.value}…"
            case Kind.CUSTOMER:
                return customers[entry.value].name if entry.value in customers else entry.value

    return [
        EntryLine(
            entry.id,
            entry.kind.value,
            shown(entry),
            campaigns.get(entry.campaign_id, ""),
            entry.reason,
            names.get(entry.by, ""),
            entry.at,
            None if entry.until is None else (entry.until - _MOMENT).astimezone(zone).date(),
            entry.until is not None and entry.until <= house.clock.now(),
        )
        for entry in entries
    ]
