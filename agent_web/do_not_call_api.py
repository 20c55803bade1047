"""The do-not-call list and the holidays for programs and for the script of their page: every change is written down and acts at once."""

from datetime import date, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from ..access.permission import Permission
from ..access.user import User
from ..dialer.do_not_call import EVERYWHERE, MOST_REASON, Entry, EntryRefused, Kind, end_of_day, read_lines
from ..dialer.holidays import MOST_NAME, Holiday, HolidayRefused
from ..shop.phone import mask_phone
from .campaign_pages import known_campaign
from .house import House, HouseDep
from .order_schemas import Text
from .problem import FieldError, Problem, language_asked, problems
from .problem_texts import say
from .security import require

MOST_TOLD = 20
"""Of a list's wrong lines, so many are named at once."""
router = APIRouter(prefix="/api/v1", tags=["do not call"])
Steerer = Annotated[User, Depends(require(Permission.CAMPAIGN_STEER))]
Viewer = Annotated[User, Depends(require(Permission.CAMPAIGN_VIEW))]
Reason = Annotated[Text, Field(max_length=MOST_REASON)]
CampaignId = Annotated[str | None, Field(max_length=36, description="one campaign; left out, it holds for all")]
Place = Annotated[Text, Field(max_length=40, description='a country ("RU"), a time zone ("Asia/Omsk"), or "*"')]


class EntryOut(BaseModel):
    """`value`: a number in E.164, the beginning of one, or a customer's id. `campaign_id` and `until` null: for all, and for good."""

    id: str
    kind: Kind
    value: str
    campaign_id: str | None
    reason: str
    by: str
    at: datetime
    until: datetime | None


class EntriesOut(BaseModel):
    """`total`: how many there are in all that fit the search."""

    entries: list[EntryOut]
    total: int


class NewEntry(BaseModel):
    """`last_day`: the last day, at the site, on which it holds."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"kind": "number", "value": "8 (916) 123-45-67", "reason": "asked by e-mail"},
                {"kind": "prefix", "value": "+7495", "last_day": "2027-01-31"},
            ]
        },
    )
    kind: Literal[Kind.NUMBER, Kind.PREFIX, Kind.CUSTOMER]
    value: Annotated[Text, Field(min_length=1, max_length=40)]
    campaign_id: CampaignId = None
    reason: Reason = ""
    last_day: date | None = None


class BroughtOut(BaseModel):
    """Of the lines that were brought in: new ones, and those that were in the list already."""

    added: int
    known: int


class HolidayBody(BaseModel):
    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"place": "RU", "day": "2027-01-07", "name": "Christmas"}]}
    )
    place: Place
    day: date
    name: Annotated[Text, Field(max_length=MOST_NAME)] = ""


@router.get("/do-not-call", responses=problems(401, 403, 422))
async def list_entries(
    house: HouseDep,
    _user: Viewer,
    search: Annotated[str, Query(max_length=100, description="a piece of the number or of the reason")] = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=10_000_000)] = 0,
) -> EntriesOut:
    """The newest first."""
    entries, total = await house.dialer.do_not_call.page(search, limit, offset)
    return EntriesOut(entries=[_shown(entry) for entry in entries], total=total)


@router.post("/do-not-call", status_code=201, responses=problems(401, 403, 404, 422))
async def add_entry(body: NewEntry, request: Request, house: HouseDep, user: Steerer) -> EntryOut:
    """Call this number, all that begin so, or this customer no more; no attempt begins once this has been answered. What is there
    already is kept, and holds as long as the longer of both."""
    where = await _where(house, body.campaign_id)
    if body.kind is Kind.CUSTOMER and await house.shop.customer(body.value) is None:
        raise Problem(404, "there is no such customer")
    try:
        until = None if body.last_day is None else end_of_day(body.last_day.isoformat(), house.site.time_zone)
        book = house.dialer.do_not_call
        entry, is_new = await book.add(
            body.kind, body.value, user.id, campaign_id=where, reason=body.reason, until=until
        )
    except EntryRefused as refused:
        field = "last_day" if refused.field == "until" else refused.field
        raise _wrong(request, [(field, refused.reason)]) from refused
    told = {"kind": entry.kind.value, "value": _audited(entry), "campaign": entry.campaign_id, "new": is_new}
    await house.access.audit(user.id, "do_not_call.add", entry.id, told)
    return _shown(entry)


@router.post(
    "/do-not-call/import",
    responses=problems(401, 403, 404, 413, 422),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "text/csv": {"schema": {"type": "string"}, "example": "+79161234567;asked by e-mail\n+7495*\n"}
            },
        }
    },
)
async def bring_entries(
    request: Request,
    house: HouseDep,
    user: Steerer,
    campaign_id: Annotated[str | None, Query(max_length=36)] = None,
    reason: Annotated[str, Query(max_length=MOST_REASON)] = "",
) -> BroughtOut:
    """Many at once: a number a line, if you like with a reason and a last day (2027-01-31) behind it, between commas, semicolons or tabs;
    `+7495*` is all numbers that begin so. UTF-8 or Windows-1251. All lines are taken, or none."""
    where = await _where(house, campaign_id)
    lines, errors = read_lines(_text(await request.body()), house.site.time_zone)
    if errors:
        raise _wrong(request, [(f"line {number}", why) for number, why in errors[:MOST_TOLD]])
    if not lines:
        raise Problem(422, "the list is empty")
    try:
        brought = await house.dialer.do_not_call.bring(lines, user.id, campaign_id=where, reason=reason)
    except EntryRefused as refused:
        raise _wrong(request, [(refused.field, refused.reason)]) from refused
    told = {"added": brought.added, "known": brought.known, "campaign": where}
    await house.access.audit(user.id, "do_not_call.import", "do_not_call", told)
    return BroughtOut(added=brought.added, known=brought.known)


@router.delete("/do-not-call/{entry_id}", status_code=204, responses=problems(401, 403, 404))
async def remove_entry(entry_id: str, house: HouseDep, user: Steerer) -> None:
    """Take it from the list; whom it kept may be called again."""
    entry = await house.dialer.do_not_call.remove(entry_id)
    if entry is None:
        raise Problem(404, "there is no such entry in the list")
    told = {"kind": entry.kind.value, "value": _audited(entry), "campaign": entry.campaign_id}
    await house.access.audit(user.id, "do_not_call.remove", entry.id, told)


@router.get("/holidays", responses=problems(401, 403))
async def list_holidays(house: HouseDep, _user: Viewer) -> list[HolidayBody]:
    """Those that can still be today somewhere, and those to come, the earliest first."""
    kept = await house.dialer.holidays.since(house.clock.now().date() - timedelta(days=1))
    return [HolidayBody(place=each.place, day=each.day, name=each.name) for each in kept]


@router.post("/holidays", status_code=201, responses=problems(401, 403, 422))
async def keep_holiday(body: HolidayBody, request: Request, house: HouseDep, user: Steerer) -> HolidayBody:
    """Keep this day: campaigns call on it by their hours for holidays, which is not at all unless they say otherwise."""
    try:
        await house.dialer.holidays.add([Holiday(body.place, body.day, body.name)])
    except HolidayRefused as refused:
        raise _wrong(request, [(refused.field, refused.reason)]) from refused
    told = {"day": body.day.isoformat(), "name": body.name}
    await house.access.audit(user.id, "holiday.keep", body.place, told)
    return body


@router.delete("/holidays", status_code=204, responses=problems(401, 403, 404, 422))
async def drop_holiday(place: Annotated[str, Query(max_length=40)], day: date, house: HouseDep, user: Steerer) -> None:
    """Keep this day no more."""
    if not await house.dialer.holidays.remove(place, day):
        raise Problem(404, "there is no such holiday")
    await house.access.audit(user.id, "holiday.drop", place, {"day": day.isoformat()})


async def _where(house: House, campaign_id: str | None) -> str:
    return EVERYWHERE if campaign_id is None else (await known_campaign(house, campaign_id)).id


def _wrong(request: Request, errors: list[tuple[str, str]]) -> Problem:
    language = language_asked(request)
    told = [FieldError(field=field, reason=say(language, reason)) for field, reason in errors]
    return Problem(422, "some fields are wrong", errors=told)


def _text(body: bytes) -> str:
    """As spreadsheets write it."""
    for encoding in ("utf-8-sig", "cp1251"):
        try:
            return body.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Problem(422, "the list is not a text")


def _audited(entry: Entry) -> str:
    return entry.value if entry.kind is not Kind.NUMBER else mask_phone(entry.value)


def _shown(entry: Entry) -> EntryOut:
    return EntryOut(
        id=entry.id,
        kind=entry.kind,
        value=entry.value,
        campaign_id=entry.campaign_id or None,
        reason=entry.reason,
        by=entry.by,
        at=entry.at,
        until=entry.until,
    )
