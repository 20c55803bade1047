"""Loading a list of leads: choose a file, see its first rows and correct the columns, watch it go in, undo it. The API is import_api.py."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from ..access.permission import Permission
from ..access.user import User
from ..dialer.csv_form import DELIMITERS, ENCODINGS, FileRefused
from ..dialer.imports import MAX_FILE
from ..dialer.lead_import import AT_WORK, OVER, ImportState, LeadImport
from .campaign_pages import known_campaign
from .house import House, HouseDep
from .import_api import ImportId, imports_of, known_import
from .import_view import COLUMNS, DELIMITER_NAMES, ENCODING_NAMES, STATES, share
from .pages import language_of, render
from .problem import Problem
from .problem_texts import say
from .security import require

ROWS = 6
ERRORS = 20

router = APIRouter(include_in_schema=False)
Loader = Annotated[User, Depends(require(Permission.LEADS_POST))]


@router.get("/campaigns/{campaign_id}/import")
async def import_page(campaign_id: str, request: Request, house: HouseDep, user: Loader) -> HTMLResponse:
    """A file to choose, and the lists that came before."""
    campaign = await known_campaign(house, campaign_id)
    lists = await imports_of(house).of_campaign(campaign.id)
    return render(
        request,
        "import.html",
        user=user,
        campaign=campaign,
        lists=lists,
        states=STATES,
        most_mb=MAX_FILE // 1024 // 1024,
        now=house.clock.now(),
    )


@router.get("/campaigns/{campaign_id}/import/{import_id}")
async def one_page(
    campaign_id: str,
    import_id: ImportId,
    request: Request,
    house: HouseDep,
    user: Loader,
    encoding: Annotated[str | None, Query(max_length=20)] = None,
    delimiter: Annotated[str | None, Query(max_length=1)] = None,
) -> HTMLResponse:
    """One list: how it would be read while that is to be decided, how far it is after that."""
    one = await known_import(house, campaign_id, import_id)
    context = await _context(request, house, user, one)
    if one.state in (ImportState.RECEIVED, ImportState.CHECKED):
        context |= await _preview(house, one, encoding, delimiter)
    return render(request, "import_one.html", user=user, **context)


@router.get("/campaigns/{campaign_id}/import/{import_id}/parts")
async def one_parts(
    campaign_id: str, import_id: ImportId, request: Request, house: HouseDep, user: Loader
) -> HTMLResponse:
    """Its live part."""
    one = await known_import(house, campaign_id, import_id)
    return render(request, "import_state.html", user=user, **await _context(request, house, user, one))


async def _context(request: Request, house: House, user: User, one: LeadImport) -> dict[str, Any]:
    language = language_of(request, user)
    errors = await imports_of(house).errors(one.id, ERRORS) if one.bad else []
    return {
        "campaign": await known_campaign(house, one.campaign_id),
        "one": one,
        "state": STATES[one.state],
        "busy": one.state in AT_WORK,
        "over": one.state in OVER,
        "share": share(one, imports_of(house).read_to(one)),
        "errors": [(error.row, error.column, say(language, error.reason)) for error in errors],
        "reason": say(language, one.reason) if one.reason else "",
        "form": None,
    }


async def _preview(house: House, one: LeadImport, encoding: str | None, delimiter: str | None) -> dict[str, Any]:
    if (encoding and encoding not in ENCODINGS) or (delimiter and delimiter not in DELIMITERS):
        raise Problem(422, "no such encoding")
    try:
        form, rows = await imports_of(house).preview(one, encoding, delimiter)
    except FileRefused as refused:
        raise Problem(422, str(refused)) from refused
    width = len(form.columns)
    body = rows[1 if form.has_header else 0 :][:ROWS]
    return {
        "form": form,
        "rows": [(row + [""] * width)[:width] for row in body],
        "kinds": COLUMNS,
        "encodings": ENCODING_NAMES,
        "delimiters": DELIMITER_NAMES,
    }
