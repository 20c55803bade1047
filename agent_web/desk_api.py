"""What the operator's page asks of the desk. Errors are problem+json; their sentences are shown to the operator as they are."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, model_validator

from ..access.permission import Permission
from ..access.user import User
from ..queue.agent import Task, TaskPhase
from ..queue.channel import ChannelKind
from ..queue.contact import Contact
from ..queue.desk import NotAllowedNow, UnknownAgent
from ..queue.disposition import Disposition, disposition
from ..queue.disposition_tree import Refusal, label_of, refusal
from ..shop.order import OrderChanged, OrderEdit, OrderRefused, OrderStatus
from .desk_pauses import pause_code, quick_pause
from .desk_view import move_of_result
from .house import House, HouseDep
from .problem import FieldError, Problem, problems
from .script_data import script_is_done
from .security import require

EXTEND_S = 30
GONE = "this contact is not with you any more"
NOT_CHOSEN = {
    Refusal.UNKNOWN: "there is no such result",
    Refusal.ELSEWHERE: "this result is not for contacts of this queue",
    Refusal.NO_REASON: "say why: choose a reason below this result",
}

router = APIRouter(prefix="/api/v1/desk", tags=["desk"], responses=problems(401, 403, 404, 409, 422))
Operator = Annotated[User, Depends(require(Permission.DESK_WORK))]


class StateAsked(BaseModel):
    """`pause_code` goes with `paused`, one of those that the house has set up. During a contact the wish is kept for when it is over."""

    state: Literal["ready", "paused", "logged_out"]
    pause_code: str | None = Field(None, max_length=40)


class TaskShown(BaseModel):
    """A contact in hand, or a call that is being dialed (without `contact_id`). `until`: when the phase ends by itself."""

    contact_id: str | None
    kind: ChannelKind
    phase: TaskPhase
    since: datetime
    until: datetime | None
    contact_state: str | None


class StateShown(BaseModel):
    """`state`, `contact_id`, `contact_state` and `wrap_up_until` are of the foremost of the `tasks`."""

    state: str
    since: datetime
    pause_code: str | None
    next_state: str | None
    contact_id: str | None
    contact_state: str | None
    wrap_up_until: datetime | None
    page_open: bool
    device_up: bool
    tasks: list[TaskShown]


class Softphone(BaseModel):
    """How this operator's browser registers. Without `websocket` there is no phone here: the operator has one on the desk."""

    uri: str
    user: str
    password: str
    websocket: str
    processing: bool


class Transfer(BaseModel):
    """Into a queue or to an operator: one of them."""

    queue: str | None = Field(None, max_length=40)
    agent: str | None = Field(None, max_length=40)

    @model_validator(mode="after")
    def _one_of_them(self) -> "Transfer":
        if (self.queue is None) == (self.agent is None):
            raise ValueError("name a queue or an operator")
        return self


class Result(BaseModel):
    """`code`: of the queue's tree (`GET .../dispositions`). `callback_at` goes with results that promise a call."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"code": "confirmed", "note": "позвонить в домофон"},
                {"code": "cancelled.too_dear"},
                {"code": "postponed", "callback_at": "2026-11-30T15:00:00Z"},
            ]
        }
    )

    code: str = Field(max_length=40)
    note: str = Field("", max_length=2000)
    callback_at: AwareDatetime | None = None


@asynccontextmanager
async def asked(refusal: str) -> AsyncIterator[None]:
    """The desk's own refusals are for the log; the operator reads a sentence of ours."""
    try:
        yield
    except UnknownAgent:
        raise Problem(404, "you have no seat in the queue; ask the supervisor") from None
    except NotAllowedNow as reason:
        raise Problem(409, refusal) from reason


@router.get("/state")
async def state(house: HouseDep, user: Operator) -> StateShown:
    agent = house.desk.agent(user.id)
    if agent is None:
        raise Problem(404, "you have no seat in the queue; ask the supervisor")
    task = agent.foreground
    contact = house.desk.contact(agent.contact_id) if agent.contact_id else None
    return StateShown(
        state=agent.state,
        since=agent.since,
        pause_code=agent.pause_code,
        next_state=agent.next_state,
        contact_id=agent.contact_id,
        contact_state=None if contact is None else contact.state,
        wrap_up_until=None if task is None or task.phase is not TaskPhase.WRAP_UP else task.until,
        page_open=agent.page_open,
        device_up=agent.device_up,
        tasks=[_task(house, each) for each in agent.tasks],
    )


def _task(house: House, task: Task) -> TaskShown:
    contact = house.desk.contact(task.contact_id or "")
    return TaskShown(
        contact_id=task.contact_id,
        kind=task.kind,
        phase=task.phase,
        since=task.since,
        until=task.until,
        contact_state=None if contact is None else contact.state,
    )


@router.get("/softphone")
async def softphone(house: HouseDep, user: Operator) -> Softphone:
    """The secret is this operator's own, and goes to no one else; the answer is never stored."""
    url = "" if user.device_uri else house.site.websocket_url
    host = urlsplit(url).hostname or "localhost"
    return Softphone(
        uri=f"sip:{user.sip_name}@{host}",
        user=user.sip_name,
        password=user.sip_secret if url else "",
        websocket=url,
        processing=house.site.sound_processing,
    )


@router.post("/state")
async def change_state(wish: StateAsked, house: HouseDep, user: Operator) -> StateShown:
    setup = house.desk.setup
    if wish.state == "paused" and wish.pause_code is not None and pause_code(setup, wish.pause_code) is None:
        raise Problem(422, "there is no such pause here; choose another")
    async with asked("this status cannot be chosen right now"):
        if wish.state == "ready":
            await house.site.look_at_phone(
                user.id
            )  # its news may come later than this wish, and a text would go before a call
            await house.desk.ready(user.id)
        elif wish.state == "paused":
            await house.desk.pause(user.id, wish.pause_code or quick_pause(setup))
        else:
            await house.desk.log_out(user.id)
    return await state(house, user)


@router.post("/contacts/{contact_id}/accept", status_code=204)
async def accept(contact_id: str, house: HouseDep, user: Operator) -> None:
    """Take an offered chat or another text. A call is answered in the telephone."""
    if own_contact(house, user, contact_id).kind is ChannelKind.VOICE:
        raise Problem(422, "a call is answered in the telephone")
    async with asked(GONE):
        await house.desk.accept(user.id, contact_id)


@router.post("/contacts/{contact_id}/decline", status_code=204)
async def decline(contact_id: str, house: HouseDep, user: Operator) -> None:
    async with asked(GONE):
        await house.desk.decline(user.id, contact_id)


@router.post("/contacts/{contact_id}/hangup", status_code=204)
async def hang_up(contact_id: str, house: HouseDep, user: Operator) -> None:
    async with asked(GONE):
        await house.desk.hang_up(user.id, contact_id)


@router.post("/contacts/{contact_id}/rejoin", status_code=204)
async def rejoin(contact_id: str, house: HouseDep, user: Operator) -> None:
    """The page hears nothing of its call any more: the leg is let go, the customer is told, and both are joined again."""
    own_contact(house, user, contact_id)
    async with asked("there is no talk that could go on"):
        await house.desk.rejoin(user.id, contact_id)


@router.post("/contacts/{contact_id}/transfer", status_code=204)
async def transfer(contact_id: str, goes: Transfer, house: HouseDep, user: Operator) -> None:
    """Pass the customer on, by voice or text: he waits there with his age, 30 s for the named operator alone."""
    own_contact(house, user, contact_id)
    async with asked("this contact cannot be passed on there now"):
        await house.desk.transfer(user.id, contact_id, queue=goes.queue, agent=goes.agent)


@router.post("/contacts/{contact_id}/extend", status_code=204)
async def extend(contact_id: str, house: HouseDep, user: Operator) -> None:
    """Half a minute more for the result."""
    own_contact(house, user, contact_id)
    async with asked("the time for the result is over"):
        await house.desk.extend_wrap_up(user.id, contact_id, EXTEND_S)


@router.post("/contacts/{contact_id}/disposition", status_code=204)
async def dispose(contact_id: str, result: Result, house: HouseDep, user: Operator) -> None:
    """Close the contact with a result. A result that settles the order (confirmed, postponed, cancelled) is written into it as well.

    Where the talk's script demands steps that are not done it is refused (409, `fault` script); a call that was agreed in the script
    needs no `callback_at`. What the queue's tree does not hold is refused (422)."""
    contact = own_contact(house, user, contact_id)
    chosen = _chosen(house, contact, result.code)
    await script_is_done(house, user, contact, chosen)
    callback_at = result.callback_at or (contact.callback_at if chosen.wants_callback else None)
    if chosen.wants_callback and (callback_at is None or callback_at <= house.clock.now()):
        late = "choose a time that is still to come"
        raise Problem(422, late, errors=[OrderRefused("callback_at", late)])
    async with asked("the result is already written, or its time is over"):
        await house.desk.dispose(user.id, contact_id, result.code, result.note.strip(), callback_at)
    if contact.order_id is not None:
        await _settle(house, user, contact.order_id, chosen, result)


def _chosen(house: House, contact: Contact, code: str) -> Disposition:
    """What the code means in the contact's queue. Raises Problem 422."""
    refused, chosen = refusal(house.desk.setup, contact.queue, code), disposition(code)
    if refused is None and chosen is not None:
        return chosen
    why = NOT_CHOSEN[refused or Refusal.UNKNOWN]
    raise Problem(422, why, errors=[FieldError(field="code", reason=why)], fault=(refused or Refusal.UNKNOWN).value)


async def _settle(house: House, user: User, order_id: str, chosen: Disposition, result: Result) -> None:
    """Bring the order to where the result says it is; somebody else's later change stands."""
    order = await house.shop.order(order_id)
    status = None if order is None else move_of_result(chosen.code, order)
    if order is None or status is None:
        return
    reason = result.note.strip() or label_of(house.desk.setup, result.code, "ru")
    edit = OrderEdit(status=status, cancel_reason=reason if status is OrderStatus.CANCELLED else None)
    try:
        await house.shop.edit_order(order.id, edit, user.id, order.version)
    except (OrderRefused, OrderChanged):
        return


def own_contact(house: House, user: User, contact_id: str) -> Contact:
    """The open contact that is with this operator."""
    contact = house.desk.contact(contact_id)
    if contact is None or contact.agent_id != user.id:
        raise Problem(409, GONE)
    return contact
