"""The page of the trunks: what each carries now, and what a supervisor sets of it. The API for programs is trunk_api.py."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse

from ..access.permission import Permission
from ..access.user import User
from ..dialer.trunk import LEAST_RATE, MOST_CHANNELS, MOST_RATE
from .campaign_view import typed
from .house import House, HouseDep
from .i18n import words
from .pages import language_of, render
from .security import require
from .trunk_view import trunk_changes, trunk_lines

LOGGED = 20

router = APIRouter(include_in_schema=False)
Viewer = Annotated[User, Depends(require(Permission.CAMPAIGN_VIEW))]


@router.get("/trunks")
async def trunks_page(request: Request, house: HouseDep, user: Viewer) -> HTMLResponse:
    """The whole page."""
    return render(request, "trunks.html", user=user, **await _context(request, house, user))


@router.get("/trunks/parts")
async def trunks_parts(request: Request, house: HouseDep, user: Viewer) -> HTMLResponse:
    """Its live parts."""
    return render(request, "trunks_parts.html", user=user, **await _context(request, house, user))


async def _context(request: Request, house: House, user: User) -> dict[str, Any]:
    now, speech = house.clock.now(), words(language_of(request, user))
    await house.dialer.trunks.load()
    states = house.dialer.trunks.states()
    names = {one.id: one.name for one in await house.access.users()}
    return {
        "trunks": trunk_lines(states, now),
        "changes": trunk_changes(await house.dialer.trunks.changes(LOGGED), states, names, speech),
        "may_steer": user.can(Permission.CAMPAIGN_STEER),
        "typed": lambda value: typed(value, speech),
        "most_channels": MOST_CHANNELS,
        "least_rate": LEAST_RATE,
        "most_rate": MOST_RATE,
        "now": now,
    }
