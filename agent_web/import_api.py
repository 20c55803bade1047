"""Lists of leads for programs and for the pages' scripts: a CSV file in, how to read it, load, cancel, undo, and its errors row by row."""

import csv
import io
from collections.abc import Awaitable
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from ..access.permission import Permission
from ..access.user import User
from ..dialer.csv_form import MAX_COLUMNS, FileRefused, Form, Kind
from ..dialer.imports import MAX_FILE, FileTooLarge, Imports
from ..dialer.lead_import import ImportRefused, ImportState, LeadImport
from .campaign_pages import known_campaign
from .house import House, HouseDep
from .problem import Problem, language_asked, problems
from .problem_texts import say
from .security import require

router = APIRouter(prefix="/api/v1/campaigns/{campaign_id}/imports", tags=["lists of leads"])
Loader = Annotated[User, Depends(require(Permission.LEADS_POST))]
ImportId = Annotated[str, Path(pattern=r"^[0-9A-Za-z-]{1,36}$")]
SHOWN_ERRORS = 100_000


class FormBody(BaseModel):
    """How the file is read: one kind and one name a column; a `field` is kept under its column's name."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "encoding": "cp1251",
                    "delimiter": ";",
                    "has_header": True,
                    "columns": ["phone", "name", "order_total", "field"],
                    "names": ["Телефон", "Имя", "Сумма", "Город"],
                }
            ]
        },
    )
    encoding: str
    delimiter: Annotated[str, Field(min_length=1, max_length=1)]
    has_header: bool
    columns: Annotated[list[Kind], Field(min_length=1, max_length=MAX_COLUMNS)]
    names: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=40)]], Field(min_length=1, max_length=MAX_COLUMNS)
    ]

    def form(self) -> Form:
        return Form(self.encoding, self.delimiter, self.has_header, tuple(self.columns), tuple(self.names))


class StartBody(BaseModel):
    """`skip_bad`: leave bad rows out; else a list with bad rows waits for a decision, and nothing of it is loaded."""

    model_config = ConfigDict(extra="forbid")
    form: FormBody
    skip_bad: bool = False


class ImportOut(BaseModel):
    """`size` and `checked_to` in bytes of the file. `rows` = `good` + `bad` once all are read; `made` + `known` of `good` are loaded."""

    id: str
    campaign_id: str
    file_name: str
    created_at: datetime
    state: ImportState
    form: FormBody | None
    size: int
    checked_to: int
    rows: int
    good: int
    bad: int
    made: int
    known: int
    skip_bad: bool
    reason: str | None


@router.post(
    "",
    status_code=201,
    responses=problems(401, 403, 404, 413, 422),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "text/csv": {
                    "schema": {"type": "string", "format": "binary"},
                    "example": "Телефон;Имя;Сумма заказа\n+7 912 345-67-89;Анна Иванова;1500,50\n",
                }
            },
        }
    },
)
async def post_list(
    campaign_id: str,
    request: Request,
    house: HouseDep,
    user: Loader,
    file_name: Annotated[str, Query(max_length=200)] = "list.csv",
    load: Annotated[bool, Query(description="read it as proposed and load it, without asking")] = False,
    skip_bad: Annotated[bool, Query(description="with `load`: leave bad rows out")] = False,
) -> ImportOut:
    """Take a CSV file in (the body itself, up to 512 MB) and propose how to read it.

    Encoding, delimiter and columns are found out; `/start` reads it all, by the proposal or a better form. Nothing is loaded before every
    row was read; then the good rows become leads in the background, and `GET` tells how far it is.
    """
    campaign = await known_campaign(house, campaign_id)
    imports = imports_of(house)
    try:
        one = await imports.receive(campaign.id, user.id, _plain(file_name), request.stream())
    except FileTooLarge as large:
        raise Problem(413, f"the file is larger than {MAX_FILE // 1024 // 1024} MB") from large
    except FileRefused as refused:
        raise Problem(422, str(refused)) from refused
    await house.access.audit(user.id, "leads.list", one.id, {"campaign": campaign.id, "size": one.size})
    if load and one.form is not None:
        return await _turned(house, imports.start(one.id, one.form, skip_bad=skip_bad))
    return _out(house, one)


@router.get("", responses=problems(401, 403, 404))
async def list_imports(campaign_id: str, house: HouseDep, _user: Loader) -> list[ImportOut]:
    """The last twenty of the campaign, the newest first."""
    campaign = await known_campaign(house, campaign_id)
    return [_out(house, one) for one in await imports_of(house).of_campaign(campaign.id)]


@router.get("/{import_id}", responses=problems(401, 403, 404, 422))
async def read_import(campaign_id: str, import_id: ImportId, house: HouseDep, _user: Loader) -> ImportOut:
    """How far it is."""
    return _out(house, await known_import(house, campaign_id, import_id))


@router.post("/{import_id}/start", responses=problems(401, 403, 404, 409, 422))
async def start_import(
    campaign_id: str, import_id: ImportId, body: StartBody, house: HouseDep, user: Loader
) -> ImportOut:
    """Read every row by this form; without a bad one, or with `skip_bad`, its leads are loaded at once."""
    one = await known_import(house, campaign_id, import_id)
    await house.access.audit(user.id, "leads.load", one.id, {"campaign": campaign_id})
    return await _turned(house, imports_of(house).start(one.id, body.form.form(), skip_bad=body.skip_bad))


@router.post("/{import_id}/accept", responses=problems(401, 403, 404, 409, 422))
async def accept_import(campaign_id: str, import_id: ImportId, house: HouseDep, user: Loader) -> ImportOut:
    """Load the good rows of a list that has bad ones."""
    one = await known_import(house, campaign_id, import_id)
    await house.access.audit(user.id, "leads.load", one.id, {"campaign": campaign_id})
    return await _turned(house, imports_of(house).accept(one.id))


@router.post("/{import_id}/stop", responses=problems(401, 403, 404, 409, 422))
async def stop_import(campaign_id: str, import_id: ImportId, house: HouseDep, user: Loader) -> ImportOut:
    """Cancel it, or undo it: all its leads are taken back. 409 when somebody of a loaded list was called already."""
    one = await known_import(house, campaign_id, import_id)
    await house.access.audit(user.id, "leads.take_back", one.id, {"campaign": campaign_id})
    return await _turned(house, imports_of(house).stop(one.id))


@router.get("/{import_id}/errors.csv", responses=problems(401, 403, 404, 422), response_class=Response)
async def import_errors(
    campaign_id: str, import_id: ImportId, request: Request, house: HouseDep, _user: Loader
) -> Response:
    """What is wrong, row by row (up to 100,000 rows): number, column, reason. The rows' own values are not repeated."""
    one = await known_import(house, campaign_id, import_id)
    language = language_asked(request)
    file = io.StringIO()
    table = csv.writer(file, delimiter=";")
    table.writerow(["row", "column", "reason"] if language == "en" else ["строка", "колонка", "причина"])
    for error in await imports_of(house).errors(one.id, SHOWN_ERRORS):
        table.writerow([error.row, _no_formula(error.column), say(language, error.reason)])
    headers = {"Content-Disposition": f'attachment; filename="errors-{one.id[:8]}.csv"'}
    return Response("\ufeff" + file.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)


def imports_of(house: House) -> Imports:
    """Raises Problem where this house takes no lists."""
    if house.imports is None:
        raise Problem(404, "there is no such list of leads")
    return house.imports


async def known_import(house: House, campaign_id: str, import_id: str) -> LeadImport:
    """The import of this campaign. Raises Problem 404."""
    campaign = await known_campaign(house, campaign_id)
    one = await imports_of(house).find(import_id)
    if one is None or one.campaign_id != campaign.id:
        raise Problem(404, "there is no such list of leads")
    return one


async def _turned(house: House, turn: Awaitable[LeadImport | None]) -> ImportOut:
    try:
        one = await turn
    except FileRefused as refused:
        raise Problem(422, str(refused)) from refused
    except ImportRefused as refused:
        raise Problem(409, str(refused)) from refused
    if one is None:
        raise Problem(404, "there is no such list of leads")
    return _out(house, one)


def _plain(name: str) -> str:
    return "".join(letter for letter in name if letter.isprintable()).strip() or "list.csv"


def _no_formula(text: str) -> str:
    """A spreadsheet shows it as it is, whatever the file's header was."""
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") else text


def _out(house: House, one: LeadImport) -> ImportOut:
    form = one.form
    shown = None
    if form is not None:
        shown = FormBody(
            encoding=form.encoding,
            delimiter=form.delimiter,
            has_header=form.has_header,
            columns=list(form.columns),
            names=list(form.names),
        )
    return ImportOut(
        id=one.id,
        campaign_id=one.campaign_id,
        file_name=one.file_name,
        created_at=one.created_at,
        state=one.state,
        form=shown,
        size=one.size,
        checked_to=imports_of(house).read_to(one),
        rows=one.rows,
        good=one.good,
        bad=one.bad,
        made=one.made,
        known=one.known,
        skip_bad=one.skip_bad,
        reason=one.reason,
    )
