"""The visitor's side of web chat, open to all. Who he is, only a random token in a cookie says, which is sent to these addresses alone."""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

from ..access.password import new_secret
from ..queue.channels.chat import ChatRoom
from ..queue.channels.conversation import Author, Chat, ChatRefused, Refusal
from ..queue.channels.views import VisitorView
from ..queue.channels.visitor_door import Opening
from ..shop.phone import BadPhone, to_e164
from .chat_words import MessageOut, ReadBody, TextBody, answering, message_out
from .house import House, HouseDep
from .problem import Problem, problems
from .security import public

PATH = "/api/v1/chat"
TOKEN_LIFE = timedelta(days=1)
PAGE = 500  # messages in one answer

router = APIRouter(
    prefix=PATH, tags=["chat"], dependencies=[Depends(public)], responses=problems(404, 409, 413, 422, 429, 503)
)


class StartBody(TextBody):
    """The first message, and what the visitor says of himself. `queue` is a queue's code; an unknown one is the usual queue."""

    name: str = Field("", max_length=1000)
    queue: str = Field("", max_length=40)
    language: Literal["ru", "en"] = "ru"


class CallBody(BaseModel):
    phone: str = Field(max_length=40)


class News(BaseModel):
    """`messages` are those above the number that was asked for, at most 500 of them; `state.last_seq` says whether there are more."""

    state: VisitorView
    messages: list[MessageOut]


class Said(BaseModel):
    state: VisitorView
    message: MessageOut


async def room_of(house: HouseDep) -> ChatRoom:
    if house.chat is None:
        raise Problem(404, "there is nothing here")
    return house.chat


Room = Annotated[ChatRoom, Depends(room_of)]


def cookie_of(house: House) -> str:
    return "__Secure-cb-chat" if house.site.secure else "cb-chat"


async def token_of(request: Request, house: HouseDep) -> str | None:
    """The visitor's token, if it is one of ours by its look."""
    token = request.cookies.get(cookie_of(house), "")
    return token if re.fullmatch(r"[\w-]{43}", token, re.ASCII) else None


Token = Annotated[str | None, Depends(token_of)]


async def chat_of(token: Token, room: Room) -> Chat:
    """The chat of this visitor: the open one, else his last."""
    async with answering():
        chat = await room.visitors.chat_of(token) if token is not None else None
        if chat is None:
            raise ChatRefused(Refusal.NO_CHAT)
    room.visitors.heard(chat)
    return chat


MyChat = Annotated[Chat, Depends(chat_of)]


@router.get("")
async def state(response: Response, house: HouseDep, room: Room, token: Token) -> VisitorView:
    """How things stand for this visitor; one who is new gets his token here."""
    if token is None:
        life = int(TOKEN_LIFE.total_seconds())
        secure = house.site.secure
        response.set_cookie(
            cookie_of(house), new_secret(), max_age=life, path=PATH, secure=secure, httponly=True, samesite="lax"
        )
        return VisitorView()
    async with answering():
        return room.visitors.view(await room.visitors.chat_of(token))


@router.post("/start")
async def start(body: StartBody, request: Request, house: HouseDep, room: Room, token: Token) -> Said:
    """Begin a chat with its first message. Sent again, it is the same chat and the same message."""
    if token is None:
        raise Problem(400, "your browser does not keep cookies for this page; allow them and try again")
    address = request.client.host if request.client else ""
    opening = Opening(address, body.name, body.language, body.queue, body.client_id, body.text)
    async with answering():
        chat, said = await room.visitors.start(token, opening)
    return Said(state=room.visitors.view(chat), message=message_out(house, said, Author.VISITOR))


@router.get("/messages")
async def messages(
    house: HouseDep,
    room: Room,
    chat: MyChat,
    after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    of: Annotated[str, Query(max_length=64)] = "",
) -> News:
    """The messages above number `after` of the chat `of`; when that is not the visitor's chat any more, all of the one that is."""
    async with answering():
        found = await room.visitors.messages(chat, after if of in ("", chat.id) else 0, PAGE)
    shown = [message_out(house, message, Author.VISITOR) for message in found]
    return News(state=room.visitors.view(chat), messages=shown)


@router.post("/messages")
async def say(body: TextBody, house: HouseDep, room: Room, chat: MyChat) -> Said:
    """Kept when this answers. A message that is sent again, because the answer was lost, is answered as the first time."""
    async with answering():
        said = await room.visitors.say(chat, body.client_id, body.text)
    return Said(state=room.visitors.view(chat), message=message_out(house, said, Author.VISITOR))


@router.post("/typing", status_code=204)
async def typing(room: Room, chat: MyChat) -> None:
    room.visitors.types(chat)


@router.post("/read", status_code=204)
async def read(body: ReadBody, room: Room, chat: MyChat) -> None:
    async with answering():
        await room.visitors.read(chat, body.seq)


@router.post("/callback", status_code=204)
async def call_me(body: CallBody, room: Room, chat: MyChat) -> None:
    """Leave a number and go: the place in the queue is kept, and the number is called when its turn comes."""
    try:
        number = to_e164(body.phone)
    except BadPhone:
        raise Problem(422, "this does not look like a phone number") from None
    async with answering():
        await room.visitors.call_me(chat, number)


@router.post("/end", status_code=204)
async def end(room: Room, chat: MyChat) -> None:
    """The visitor has said goodbye; the operator hears of it at once."""
    async with answering():
        await room.visitors.end(chat)


@router.get("/stream")
async def stream(house: HouseDep, room: Room, chat: MyChat) -> StreamingResponse:
    """The news of this visitor's open chat: `state` whenever it changed, `ping`. While it is open the visitor is there."""
    if not chat.is_open:
        raise Problem(409, "this chat has ended")

    async def events() -> AsyncIterator[bytes]:
        room.visitors.page_opened(chat)
        try:
            async with aclosing(
                house.live.guest_stream(chat.id, "state", lambda: room.visitors.view(chat).news())
            ) as news:
                async for chunk in news:
                    yield chunk
        finally:
            room.visitors.page_closed(chat)

    return StreamingResponse(events(), media_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
