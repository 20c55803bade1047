"""The page on which a visitor of the shop writes to its operators, and the one that shows what was left when none could answer."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from ..access.permission import Permission
from ..access.user import User
from .chat_api import Room
from .chat_words import answering
from .house import HouseDep
from .pages import render
from .security import public, require

router = APIRouter(include_in_schema=False)
Viewer = Annotated[User, Depends(require(Permission.QUEUE_VIEW))]


@router.get("/chat", dependencies=[Depends(public)])
async def chat_page(
    request: Request, house: HouseDep, _room: Room, queue: Annotated[str, Query(max_length=40)] = ""
) -> HTMLResponse:
    """The same for everybody: what is a visitor's own, the script asks for."""
    return render(request, "chat.html", shop_name=house.site.shop_name, queue=queue)


@router.get("/chats/left")
async def left_page(request: Request, house: HouseDep, user: Viewer, room: Room) -> HTMLResponse:
    """Somebody waits for an answer to each of these."""
    async with answering():
        left = await room.left_messages()
    return render(request, "chats_left.html", user=user, left=left, setup=house.desk.setup, now=house.clock.now())
