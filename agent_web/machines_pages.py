"""The random sample of calls that were ended as machines', for those who listen: play, say who it was, on to the next."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from ..access.permission import Permission
from ..access.user import User
from .house import HouseDep
from .machines_api import SAMPLE, books
from .pages import render
from .security import require

router = APIRouter(include_in_schema=False)
Listener = Annotated[User, Depends(require(Permission.RECORDING_LISTEN))]


@router.get("/quality/machines", response_class=HTMLResponse)
async def sample_page(
    request: Request, house: HouseDep, user: Listener, campaign: Annotated[str, Query(max_length=36)] = ""
) -> HTMLResponse:
    """Whom nobody heard first. Without a campaign: those of all."""
    campaigns = await house.dialer.campaigns()
    await house.dialer.cap.load()
    calls = await books(house).sample(SAMPLE, campaign or None)
    return render(
        request,
        "machines.html",
        user=user,
        calls=calls,
        campaign=campaign,
        names={each.id: each.name for each in campaigns},
        shares=[(each, house.dialer.cap.estimate(each.id)) for each in campaigns if campaign in ("", each.id)],
        zone=house.site.time_zone,
        now=house.clock.now(),
    )
