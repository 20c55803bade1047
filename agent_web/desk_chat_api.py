"""The operator's side of web chat: only the chats that are with him, read and written."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, Field

from ..access.permission import Permission
from ..access.user import User
from ..queue.channels.conversation import Author
from ..queue.channels.views import AgentView
from ..queue.contact import Contact
from .chat_api import Room
from .chat_words import MessageOut, ReadBody, TextBody, answering, message_out
from .house import HouseDep
from .problem import Problem, problems
from .security import require

PAGE = 500  # messages in one answer

router = APIRouter(
    prefix="/api/v1/desk/chats",
    tags=["desk"],
    dependencies=[Depends(require(Permission.DESK_WORK))],  # before anything is said of chats
    responses=problems(401, 403, 404, 409, 413, 422, 503),
)
Operator = Annotated[User, Depends(require(Permission.DESK_WORK))]


class Talk(BaseModel):
    """`messages` are those above the number that was asked for, at most 500; `draft` is what this operator has begun to write."""

    name: str
    language: str
    state: AgentView
    messages: list[MessageOut]
    draft: str


class DraftBody(BaseModel):
    text: str = Field(max_length=8000)


async def own_chat(contact_id: str, house: HouseDep, user: Operator) -> Contact:
    """The contact, open or ended, that is or was last with this operator."""
    contact = await house.desk.find_contact(contact_id)
    if contact is None or contact.agent_id != user.id:
        raise Problem(409, "this chat is not with you any more")
    return contact


Own = Annotated[Contact, Depends(own_chat)]


@router.get("/{contact_id}/messages")
async def messages(
    house: HouseDep, user: Operator, room: Room, contact: Own, after: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0
) -> Talk:
    """The talk with this visitor, with whomever he talked before."""
    async with answering():
        chat = await room.agents.chat_of(contact)
        found = await room.agents.messages(contact, after, PAGE)
        view = await room.agents.view(contact)
    shown = [message_out(house, message, Author.AGENT, full_name=True) for message in found]
    draft = chat.draft if chat.draft_by == user.id else ""
    return Talk(name=chat.name, language=chat.language, state=view, messages=shown, draft=draft)


@router.post("/{contact_id}/messages")
async def say(body: TextBody, house: HouseDep, user: Operator, room: Room, contact_id: str) -> MessageOut:
    """Kept when this answers; sent again, it is the same message, even after the talk has ended."""
    contact = await house.desk.find_contact(contact_id)
    if contact is None:
        raise Problem(409, "this chat is not with you any more")
    async with answering():
        said = await room.agents.say(contact, user.id, body.client_id, body.text)
    return message_out(house, said, Author.AGENT, full_name=True)


@router.post("/{contact_id}/typing", status_code=204)
async def typing(room: Room, contact: Own) -> None:
    async with answering():
        await room.agents.types(contact)


@router.post("/{contact_id}/read", status_code=204)
async def read(body: ReadBody, room: Room, contact: Own) -> None:
    async with answering():
        await room.agents.read(contact, body.seq)


@router.put("/{contact_id}/draft", status_code=204)
async def keep_draft(body: DraftBody, user: Operator, room: Room, contact: Own) -> None:
    """What is being written, for when the page is loaded again."""
    async with answering():
        await room.agents.keep_draft(contact, user.id, body.text)
