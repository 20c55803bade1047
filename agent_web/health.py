"""For machines: is the house well (/healthz), its figures (/metrics), and how to talk to it (/api/openapi.json)."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel

from ..access.permission import Permission
from ..access.user import User
from .house import HouseDep
from .security import RequireUnlessLocal, public

router = APIRouter(tags=["health"])


class Health(BaseModel):
    """`parts` names each part of the house with its state; `status` is `ok` when all of them are."""

    status: str
    parts: dict[str, Any]


@router.get(
    "/healthz",
    dependencies=[Depends(public)],
    response_model=Health,
    responses={503: {"model": Health, "description": "degraded"}},
)
async def healthz(house: HouseDep) -> JSONResponse:
    """200 while every part works, 503 when one does not. Open to all: it tells states, no names and no numbers."""
    health = await house.site.health()
    return JSONResponse(health, 200 if health["status"] == "ok" else 503)


@router.get("/metrics", response_class=Response, responses={200: {"content": {"text/plain": {}}}})
def metrics(
    house: HouseDep, _asker: Annotated[User | None, Depends(RequireUnlessLocal(Permission.METRICS_VIEW))]
) -> Response:
    """Prometheus text. Figures tell how a business is doing, so from another machine this needs a key with `metrics.view`; a
    Prometheus on this machine needs none, unless its request came through a proxy (then everybody looks local)."""
    return Response(generate_latest(house.metrics), media_type=CONTENT_TYPE_LATEST)


@router.get("/api/openapi.json", dependencies=[Depends(public)], include_in_schema=False)
def openapi(request: Request) -> JSONResponse:
    """The API's description. Open to all: it is the same for every installation and holds no data."""
    return JSONResponse(request.app.openapi())
