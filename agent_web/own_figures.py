"""An operator's own day: what he has done of it, for himself and for programs."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, ConfigDict

from ..access.permission import Permission
from ..access.user import User
from ..queue.channel import ChannelKind
from ..queue.disposition_tree import label_of
from ..queue.metrics import occupancy
from .board_data import midnights
from .house import House, HouseDep
from .i18n import words
from .pages import language_of, render
from .problem import problems
from .security import require
from .setup_words import CHANNELS

router = APIRouter()
Operator = Annotated[User, Depends(require(Permission.DESK_WORK))]


class OwnFigures(BaseModel):
    """Of the site's day, `since` its midnight. `by_channel`: contacts that you have talked in and that are over. `talk_s` (hold in it) and
    `wrap_up_s` of the closed ones, in s; `aht_s` = (talk + wrap-up) / closed; `occupancy` = (reserved + busy + wrap-up time) / (the same +
    ready time). What has no value yet is null. `dispositions`: how often you chose each."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "since": "2026-11-29T00:00:00+03:00",
                    "contacts": 31,
                    "by_channel": {"voice": 25, "chat": 6},
                    "talk_s": 5240.0,
                    "wrap_up_s": 930.0,
                    "aht_s": 199.0,
                    "occupancy": 0.81,
                    "dispositions": {"confirmed": 19, "cancelled.too_dear": 3, "consulted": 9},
                }
            ]
        }
    )

    since: datetime
    contacts: int
    by_channel: dict[ChannelKind, int]
    talk_s: float
    wrap_up_s: float
    aht_s: float | None
    occupancy: float | None
    dispositions: dict[str, int]


@router.get("/api/v1/desk/figures", tags=["desk"], responses=problems(401, 403))
async def own_figures(house: HouseDep, user: Operator) -> OwnFigures:
    """Your own day so far."""
    return await _figures(house, user)


@router.get("/desk/figures", include_in_schema=False)
async def own_figures_shown(request: Request, house: HouseDep, user: Operator) -> HTMLResponse:
    """The same in words, for the desk's dialog."""
    figures, language = await _figures(house, user), language_of(request, user)
    chosen = sorted(figures.dispositions.items(), key=lambda one: (-one[1], one[0]))
    return render(
        request,
        "desk_figures.html",
        user=user,
        figures=figures,
        channels=[(*CHANNELS[kind], count) for kind, count in figures.by_channel.items()],
        dispositions=[(label_of(house.desk.setup, code, language) or code, count) for code, count in chosen],
        speech=words(language),
    )


async def _figures(house: House, user: User) -> OwnFigures:
    now = house.clock.now()
    since, _ = midnights(now, house.site.time_zone)
    moments = await house.desk.moments(
        user.id, since
    )  # waits until all of it is written down, and the day has heard of it
    day = await house.today.own(user.id, since)
    return OwnFigures(
        since=since,
        contacts=day.contacts,
        by_channel=dict(day.by_channel),
        talk_s=day.talk_s,
        wrap_up_s=day.wrap_up_s,
        aht_s=day.aht_s,
        occupancy=occupancy(moments, now).value,
        dispositions=dict(day.dispositions),
    )
