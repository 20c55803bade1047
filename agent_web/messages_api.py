"""A supervisor's word to operators: sent, shown on their desks without taking the focus, and seen by each."""

from datetime import datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ..access.permission import Permission
from ..access.user import User
from ..queue.agent import Stance
from ..queue.messages_store import TEXT_LENGTH, DeskMessage, MessageStore
from .house import House, HouseDep
from .order_schemas import Text
from .problem import Problem, problems
from .security import require

SHOWN_FOR = timedelta(hours=24)
"""What nobody has seen for so long says nothing any more."""

router = APIRouter(prefix="/api/v1", tags=["messages"], responses=problems(401, 403, 404, 409, 422))
Operator = Annotated[User, Depends(require(Permission.DESK_WORK))]
Supervisor = Annotated[User, Depends(require(Permission.QUEUE_STEER))]


class MessageBody(BaseModel):
    """To one operator (`agent`), or to those who serve a queue and are on their shift (`queue`): one of them."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"queue": "orders", "text": "С 15:00 доставка в Казань только самовывозом"},
                {"agent": "8b0c…", "text": "Зайдите ко мне после разговора"},
            ]
        },
    )

    text: Text = Field(min_length=1, max_length=TEXT_LENGTH)
    agent: str | None = Field(None, max_length=36)
    queue: str | None = Field(None, max_length=40)

    @model_validator(mode="after")
    def _one_of_them(self) -> "MessageBody":
        if (self.queue is None) == (self.agent is None):
            raise ValueError("name a queue or an operator")
        return self


class MessageSent(BaseModel):
    id: str
    to: int


class MessageShown(BaseModel):
    """`to`: how many operators it was for, `seen`: how many have seen it; `waiting`: the ids of the others."""

    id: str
    sent_at: datetime
    sender: str
    queue: str | None
    text: str
    to: int
    seen: int
    waiting: list[str]


class MessageToMe(BaseModel):
    id: str
    sent_at: datetime
    sender: str
    text: str


@router.post("/messages", status_code=201)
async def send_message(body: MessageBody, house: HouseDep, user: Supervisor) -> MessageSent:
    """Say something to operators. 404 for one whom there is not, 409 where nobody of the queue is on his shift."""
    text = body.text.strip()
    if not text:
        raise Problem(422, "write something first")
    to = _addressees(house, body)
    message = await _messages(house).send(user.id, to, text, body.queue)
    await house.access.audit(user.id, "message.send", message.id, {"to": len(to), "queue": body.queue})
    for agent_id in to:
        house.live.tell_user(agent_id, "resync", {}, "resync")
    house.live.change_board()
    return MessageSent(id=message.id, to=len(to))


@router.get("/messages")
async def list_messages(house: HouseDep, _user: Supervisor) -> list[MessageShown]:
    """The last twenty, the newest first, and who has seen them."""
    return await messages_sent(house)


@router.get("/desk/messages")
async def my_messages(house: HouseDep, user: Operator) -> list[MessageToMe]:
    """What you were told and have not seen yet, the oldest first."""
    return await messages_to(house, user)


@router.post("/desk/messages/{message_id}/seen", status_code=204)
async def see_message(message_id: str, house: HouseDep, user: Operator) -> None:
    """You have read it; again is no harm."""
    if not await _messages(house).see(user.id, message_id):
        raise Problem(404, "there is nothing here")
    house.live.change_board()


async def messages_to(house: House, user: User) -> list[MessageToMe]:
    """For the desk; none in a house without messages."""
    if house.messages is None:
        return []
    unseen = await house.messages.unseen(user.id, house.clock.now() - SHOWN_FOR)
    names = await _names(house, unseen)
    return [
        MessageToMe(id=one.id, sent_at=one.sent_at, sender=names.get(one.sender_id, ""), text=one.text)
        for one in unseen
    ]


async def messages_sent(house: House, limit: int = 20) -> list[MessageShown]:
    """For the board."""
    if house.messages is None:
        return []
    sent = await house.messages.sent(limit)
    names = await _names(house, [one.message for one in sent])
    return [
        MessageShown(
            id=one.message.id,
            sent_at=one.message.sent_at,
            sender=names.get(one.message.sender_id, ""),
            queue=one.message.queue,
            text=one.message.text,
            to=len(one.seen),
            seen=sum(at is not None for at in one.seen.values()),
            waiting=[agent_id for agent_id, at in one.seen.items() if at is None],
        )
        for one in sent
    ]


def _addressees(house: House, body: MessageBody) -> list[str]:
    if body.agent is not None:
        if house.desk.agent(body.agent) is None:
            raise Problem(404, "there is no such agent")
        return [body.agent]
    if body.queue not in house.desk.setup.queues:
        raise Problem(404, "there is no such queue")
    to = [one.id for one in house.desk.agents() if body.queue in one.queues and one.stance is not Stance.LOGGED_OUT]
    if not to:
        raise Problem(409, "nobody of this queue is on his shift")
    return to


async def _names(house: House, messages: list[DeskMessage]) -> dict[str, str]:
    senders = {one.sender_id for one in messages}
    found = [await house.access.user(sender_id) for sender_id in sorted(senders)]
    return {user.id: user.name for user in found if user is not None}


def _messages(house: House) -> MessageStore:
    if house.messages is None:
        raise Problem(404, "there is nothing here")
    return house.messages
