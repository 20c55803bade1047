"""Recordings for those who look after quality: the list, the player, the sound itself, and its waveform."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, Response
from pydantic import BaseModel

from ..access.permission import Permission
from ..access.user import User
from ..quality.recording import Recording
from ..quality.store import DOWNLOADED, LISTENED
from .house import House, HouseDep
from .i18n import zone
from .pages import render
from .problem import Problem, problems
from .quality_view import LENGTHS, PAGE, STATE_WORDS, Shown, asked
from .security import require

router = APIRouter()
Lister = Annotated[User, Depends(require(Permission.RECORDING_LIST))]
Listener = Annotated[User, Depends(require(Permission.RECORDING_LISTEN))]

_SOUND: dict[int | str, dict[str, Any]] = {
    200: {"content": {"audio/ogg": {}}},
    206: {"description": "a part, by Range"},
    416: {"description": "no such part"},
}


@router.get("/quality", response_class=HTMLResponse, include_in_schema=False)
async def recordings(request: Request, house: HouseDep, user: Lister) -> Response:
    """The list, newest first, narrowed by its filters; `before` is the last recording of the page before."""
    wish, zone_name = asked(request.query_params), house.site.time_zone
    order = await house.shop.order_by_number(wish.order) if wish.order else None
    found = await house.recordings.list(
        limit=PAGE + 1,
        before=request.query_params.get("before") or None,
        wanted=wish.wanted(order, zone(zone_name)),
    )
    return render(
        request,
        "quality.html",
        user=user,
        may_listen=house.screened is not None and user.can(Permission.RECORDING_LISTEN),
        rows=await _shown(house, found[:PAGE]),
        more=found[PAGE - 1].id if len(found) > PAGE else None,
        asked=wish,
        agents=[one for one in await house.access.users() if one.can(Permission.DESK_WORK)],
        states=STATE_WORDS,
        lengths=LENGTHS,
        zone=zone_name,
        now=house.clock.now(),
    )


@router.get("/quality/{recording_id}", response_class=HTMLResponse, include_in_schema=False)
async def player(request: Request, house: HouseDep, user: Lister, recording_id: str) -> Response:
    """One recording with its player. Each opening of the page is a view of its own: see `sound`."""
    recording = await _recording(house, recording_id)
    wish, zone_name = asked(request.query_params), house.site.time_zone
    order = await house.shop.order_by_number(wish.order) if wish.order else None
    following = await house.recordings.list(limit=1, before=recording.id, wanted=wish.wanted(order, zone(zone_name)))
    (shown,) = await _shown(house, (recording,))
    return render(
        request,
        "quality_player.html",
        user=user,
        shown=shown,
        kept=house.recordings.file_of(recording) is not None,
        may_listen=user.can(Permission.RECORDING_LISTEN),
        view=house.recordings.new_view(),
        following=following[0].id if following else None,
        asked=wish,
        heard=await _heard(house, recording),
        zone=zone_name,
        now=house.clock.now(),
    )


# HEAD is a route of its own: one route with both would put the same operation id twice into the schema
@router.head("/recordings/{recording_id}.ogg", include_in_schema=False)
@router.get("/recordings/{recording_id}.ogg", response_class=FileResponse, responses=_SOUND | problems(401, 403, 404))
async def sound(
    request: Request,
    house: HouseDep,
    user: Listener,
    recording_id: str,
    view: Annotated[str, Query(max_length=64)] = "",
    download: bool = False,
) -> FileResponse:
    """The sound, whole or in parts. Who fetches it stands in the audit trail before the first byte leaves.

    Parts that one opened page (`view`) fetches within an hour are one listening; a download is always one.
    """
    recording = await _recording(house, recording_id)
    file = house.recordings.file_of(recording)
    if file is None:
        raise Problem(404, "the sound of this recording is not there")
    if request.method == "GET":
        action = DOWNLOADED if download else LISTENED
        await house.recordings.listened(recording.id, user.id, "" if download else view, action)
    (shown,) = await _shown(house, (recording,))
    return FileResponse(
        file,
        media_type="audio/ogg",
        filename=shown.file_name(zone(house.site.time_zone)),
        content_disposition_type="attachment" if download else "inline",
        headers={"ETag": f'"{recording.sha256}"', "Cache-Control": "private, no-store"},
    )


class Peaks(BaseModel):
    """The loudest sample of each of equally long parts, 0..255, from the start to the end."""

    seconds: float
    operator: list[int]
    customer: list[int]


@router.get("/api/v1/recordings/{recording_id}/peaks", responses=problems(401, 403, 404), tags=["recordings"])
async def peaks(house: HouseDep, _user: Lister, recording_id: str) -> Peaks:
    """What a waveform is drawn from; empty rows where nothing is kept."""
    recording = await _recording(house, recording_id)
    columns = await house.recordings.peaks(recording_id) or b""
    half = len(columns) // 2
    return Peaks(seconds=recording.seconds, operator=list(columns[:half]), customer=list(columns[half:]))


async def _recording(house: House, recording_id: str) -> Recording:
    found = await house.recordings.recording(recording_id)
    if found is None:
        raise Problem(404, "there is no such recording")
    return found


async def _shown(house: House, found: tuple[Recording, ...]) -> list[Shown]:
    """With the names of those they link to; each is looked up once."""
    users = {user.id: user for user in await house.access.users()}
    customers = {one: await house.shop.customer(one) for one in {row.customer_id for row in found} if one}
    orders = {one: await house.shop.order(one) for one in {row.order_id for row in found} if one}
    return [
        Shown(
            row,
            agent=users.get(row.agent_id or ""),
            customer=customers.get(row.customer_id or ""),
            order=orders.get(row.order_id or ""),
        )
        for row in found
    ]


async def _heard(house: House, recording: Recording) -> list[tuple[str, str, object]]:
    """Who fetched the sound lately: (name, action, instant), newest first."""
    names = {user.id: user.name for user in await house.access.users()}
    rows = await house.access.audit_rows(limit=10, subject=recording.id)
    return [
        (names.get(row.actor_id or "", "—"), row.action, row.at) for row in rows if row.action in (LISTENED, DOWNLOADED)
    ]
