"""Leads for programs: given into a campaign while it runs, read, bettered and withdrawn by the giver's own keys."""

from collections import Counter
from datetime import datetime
from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Path, Response
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictFloat, StrictInt, StrictStr, model_validator

from ..access.permission import Permission
from ..access.user import User
from ..dialer.campaign import Campaign
from ..dialer.given import MAX_AT_ONCE, GivenLead
from ..dialer.lead import Edited, Lead, LeadState
from ..dialer.numbers import MAX_PHONES, FieldsRefused, FieldValue, Numbers, checked_fields, distinct
from ..dialer.phone_reading import read_phone
from ..dialer.priority import MAX_ORDER_TOTAL
from ..dialer.sources import MAX_KEY
from ..queue.channel import AttemptOutcome
from ..queue.contact import IllegalTransition
from ..shop.phone import is_zone
from .campaign_pages import known_campaign
from .house import House, HouseDep
from .order_schemas import Instant, Text
from .problem import FieldError, Problem, problems
from .security import require

router = APIRouter(prefix="/api/v1/campaigns/{campaign_id}/leads", tags=["leads"])
Giver = Annotated[User, Depends(require(Permission.LEADS_POST))]
Key = Annotated[str, Path(pattern=r"^[^/\x00-\x1f]+$", min_length=1, max_length=MAX_KEY)]


def _phone(text: str) -> str:
    return read_phone(text, "UTC")[0]


def _zone(name: str) -> str:
    if not is_zone(name):
        raise ValueError("no such time zone; use a name such as Asia/Yekaterinburg")
    return name


def _fields(fields: dict[str, FieldValue]) -> dict[str, FieldValue]:
    try:
        return checked_fields(fields)
    except FieldsRefused as refused:
        raise ValueError(f"{refused.name}: {refused.reason}" if refused.name else refused.reason) from refused


def _key(text: str) -> str:
    if "/" in text:
        raise ValueError("a slash cannot stand in it: the key is part of an address")
    return text


Phones = Annotated[
    list[Annotated[Text, Field(max_length=40), AfterValidator(_phone)]], Field(min_length=1, max_length=MAX_PHONES)
]
Zone = Annotated[Text, Field(max_length=40), AfterValidator(_zone)]
OwnFields = Annotated[dict[str, StrictStr | StrictInt | StrictFloat], AfterValidator(_fields)]
Total = Annotated[int, Field(ge=0, le=MAX_ORDER_TOTAL, strict=True, description="kopecks")]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class LeadIn(_Strict):
    """`phones` in the order in which they are tried, any usual spelling. `time_zone` is the customer's, when it is known; else each
    number tells its own. `call_at`: not before. `fields` are yours: short texts and numbers."""

    external_id: Annotated[Text, Field(min_length=1, max_length=MAX_KEY), AfterValidator(_key)]
    phones: Phones
    name: Annotated[Text, Field(max_length=200)] = ""
    time_zone: Zone | None = None
    order_total: Total = 0
    placed_at: Instant | None = None
    call_at: Instant | None = None
    fields: OwnFields = {}


class LeadsIn(_Strict):
    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "leads": [
                        {
                            "external_id": "crm-10417",
                            "phones": ["+7 912 345-67-89", "8 (343) 234-56-78"],
                            "name": "Анна Иванова",
                            "time_zone": "Asia/Yekaterinburg",
                            "order_total": 1378000,
                            "fields": {"город": "Екатеринбург", "баллы": 120},
                        },
                        {
                            "external_id": "crm-10418",
                            "phones": ["+7 495 123-45-67"],
                            "call_at": "2026-12-01T12:00:00+03:00",
                        },
                    ]
                }
            ]
        },
    )
    leads: Annotated[list[LeadIn], Field(min_length=1, max_length=MAX_AT_ONCE)]


class LeadChange(_Strict):
    """What is left out stays; `phones` and `fields` are whole, and the first of `phones` is dialed next."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"phones": ["+7 912 345-67-90"], "order_total": 990000}, {"fields": {"баллы": 150}}]
        },
    )
    phones: Phones | None = None
    time_zone: Zone | None = None
    order_total: Total | None = None
    fields: OwnFields | None = None

    @model_validator(mode="after")
    def _something(self) -> Self:
        if not self.model_fields_set & {"phones", "order_total", "fields"}:
            raise ValueError("name what is to be changed: phones, order_total or fields")
        return self


class GivenOut(BaseModel):
    """A lead as it stands. `phone` is dialed next, `due_at` is when, if a time is set; `order_total` in kopecks."""

    external_id: str
    id: str
    created: bool
    state: LeadState
    phone: str
    phones: list[str]
    order_total: int
    attempts: int
    last_outcome: AttemptOutcome | None
    disposition: str | None
    due_at: datetime | None
    fields: dict[str, FieldValue]


class LeadsOut(BaseModel):
    """`created` are new; `known` were there already and stay as they are (PATCH changes one)."""

    created: int
    known: int
    leads: list[GivenOut]


@router.post(
    "",
    status_code=201,
    responses={200: {"model": LeadsOut, "description": "all known already"}, **problems(401, 403, 404, 413, 422)},
)
async def give_leads(campaign_id: str, body: LeadsIn, answer: Response, house: HouseDep, _user: Giver) -> LeadsOut:
    """Give 1 to 1,000 leads into a campaign, running or not: all are taken, or none with an error that names every bad one.

    Idempotent by `external_id`: a key that is known in this campaign stays as it is. A key twice in one request is an error.
    """
    campaign = await known_campaign(house, campaign_id)
    _refuse_twice(body)
    leads, new = await house.dialer.given.give(campaign.id, [_given(one, house) for one in body.leads])
    house.dialer.wake()
    answer.status_code = 201 if new else 200
    shown = [_out(key, lead, created=key in new) for key, lead in leads.items()]
    return LeadsOut(created=len(new), known=len(shown) - len(new), leads=shown)


@router.get("/{external_id}", responses=problems(401, 403, 404, 422))
async def read_lead(campaign_id: str, external_id: Key, house: HouseDep, _user: Giver) -> GivenOut:
    """One lead, by the giver's key."""
    return _out(external_id, await _known(house, campaign_id, external_id))


@router.patch("/{external_id}", responses=problems(401, 403, 404, 409, 422))
async def change_lead(campaign_id: str, external_id: Key, body: LeadChange, house: HouseDep, user: Giver) -> GivenOut:
    """Better a lead. 409 while it is in a call, and when it may not be called at all."""
    lead = await _known(house, campaign_id, external_id)
    numbers = _numbers(body.phones, body.time_zone, house) if body.phones else None
    edit = Edited(numbers, body.fields, body.order_total)
    return await _told(house, user, "lead.change", external_id, lead, edit)


@router.delete("/{external_id}", responses=problems(401, 403, 404, 409, 422))
async def withdraw_lead(campaign_id: str, external_id: Key, house: HouseDep, user: Giver) -> GivenOut:
    """Withdraw a lead: it is dialed no more. Its history stays, and so does its key; a talk that goes on is not cut."""
    return await _told(house, user, "lead.withdraw", external_id, await _known(house, campaign_id, external_id), None)


async def _told(house: House, user: User, action: str, key: str, lead: Lead, edit: Edited | None) -> GivenOut:
    given = house.dialer.given
    try:
        after = await (given.withdraw(lead) if edit is None else given.edit(lead, edit))
    except IllegalTransition as illegal:
        raise Problem(409, "the lead is in a call, or may not be called") from illegal
    await house.access.audit(user.id, action, lead.id, {"external_id": key})
    house.dialer.wake()
    return _out(key, after or lead)


async def _known(house: House, campaign_id: str, external_id: str) -> Lead:
    campaign: Campaign = await known_campaign(house, campaign_id)
    lead = await house.dialer.given.find(campaign.id, external_id)
    if lead is None:
        raise Problem(404, "there is no such lead in this campaign")
    return lead


def _refuse_twice(body: LeadsIn) -> None:
    counted = Counter(lead.external_id for lead in body.leads)
    errors = [
        FieldError(field=f"leads[{place}].external_id", reason="stands in the request twice")
        for place, lead in enumerate(body.leads)
        if counted[lead.external_id] > 1
    ]
    if errors:
        raise Problem(422, "some fields are wrong", errors=errors)


def _numbers(phones: list[str], zone: str | None, house: House) -> Numbers:
    return distinct(phones, [zone or read_phone(phone, house.site.time_zone)[1] for phone in phones])


def _given(body: LeadIn, house: House) -> GivenLead:
    plain: dict[str, Any] = body.model_dump(exclude={"phones", "time_zone"})
    return GivenLead(numbers=_numbers(body.phones, body.time_zone, house), **plain)


def _out(external_id: str, lead: Lead, *, created: bool = False) -> GivenOut:
    return GivenOut(
        external_id=external_id,
        id=lead.id,
        created=created,
        state=lead.state,
        phone=lead.phone,
        phones=list(lead.numbers.phones),
        order_total=lead.order_total,
        attempts=lead.attempts,
        last_outcome=lead.last_outcome,
        disposition=lead.disposition,
        due_at=lead.due_at,
        fields=dict(lead.fields),
    )
