"""The page on which a visitor of the shop writes to its operators."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from .chat_api import Room
from .house import HouseDep
from .pages import render
from .security import public

router = APIRouter(include_in_schema=False, dependencies=[Depends(public)])


@router.get("/chat")
async def chat_page(
    request: Request, house: HouseDep, _room: Room, queue: Annotated[str, Query(max_length=40)] = ""
) -> HTMLResponse:
    """The same for everybody: what is a visitor's own, the script asks for."""
    return render(request, "chat.html", shop_name=house.site.shop_name, queue=queue)
