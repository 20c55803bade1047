"""Chats as the pages' scripts read them, and what is said when something is not taken."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

from pydantic import BaseModel, Field

from ..queue.channel import WireDown
from ..queue.channels.conversation import Author, ChatRefused, Message, Notice, Refusal
from ..queue.channels.views import first_name
from .house import House
from .problem import Problem

CLIENT_ID = Field(min_length=8, max_length=64, pattern=r"^[\w-]+$")
ANSWERS = {
    Refusal.EMPTY: (422, "the message is empty"),
    Refusal.TOO_LONG: (413, "a message has at most 4,000 letters; split it into several"),
    Refusal.TOO_FAST: (429, "you write faster than we can read; the message will go a little later"),
    Refusal.TOO_MANY_NEW: (429, "too many chats were begun from your network; try again in a minute"),
    Refusal.TOO_MANY_OPEN: (429, "too many chats are open from your network; try again later"),
    Refusal.OVER: (409, "this chat has ended"),
    Refusal.NO_CALL: (409, "a call back cannot be kept for you now; wait on, please"),
    Refusal.NO_CHAT: (404, "there is no such chat"),
}


class TextBody(BaseModel):
    """`client_id` is the page's own name for the message: sent again with the same one, it is the same message."""

    client_id: str = CLIENT_ID
    text: str


class ReadBody(BaseModel):
    seq: int = Field(ge=0, le=2**31 - 1)


class MessageOut(BaseModel):
    """`name` is the agent's. A line of the house itself has a `notice` and no text. `client_id` is told to the writer only."""

    seq: int
    author: Author
    text: str
    at: datetime
    name: str
    client_id: str | None
    notice: Notice | None


def message_out(house: House, message: Message, reader: Author, *, full_name: bool = False) -> MessageOut:
    """The message for that side of the talk; visitors are told the agent's first name only."""
    agent = house.desk.agent(message.agent_id or "")
    name = "" if agent is None else agent.name if full_name else first_name(agent.name)
    if message.author is Author.SYSTEM:
        name = name or message.text
    return MessageOut(
        seq=message.seq,
        author=message.author,
        text="" if message.author is Author.SYSTEM else message.text,
        at=message.at,
        name=name,
        client_id=message.client_id if message.author is reader else None,
        notice=message.notice,
    )


@asynccontextmanager
async def answering() -> AsyncIterator[None]:
    """The chat room's refusals as answers."""
    try:
        yield
    except ChatRefused as refused:
        status, detail = ANSWERS[refused.reason]
        headers = {"Retry-After": str(refused.retry_after_s)} if refused.retry_after_s else None
        raise Problem(status, detail, headers=headers) from refused
    except WireDown as down:
        raise Problem(503, "something broke on our side; try again", headers={"Retry-After": "2"}) from down
