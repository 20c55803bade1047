"""The supervisor's board: figures beside their targets, queues, who is in what state, and sending an agent to another."""

from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from ..access.permission import Permission
from ..access.user import User
from ..queue.agent import Agent, AgentState
from ..queue.desk import NotAllowedNow, UnknownAgent
from .agents_shown import Asked
from .board_data import SHOWN_AGENTS, read_board, robot_state
from .board_view import QUEUE_PILL, TILE_CLASS
from .house import House, HouseDep
from .i18n import words
from .messages_api import MessageShown, messages_sent
from .pages import language_of, render
from .problem import Problem, problems
from .security import require
from .setup_words import pause_label, queue_label
from .waivers_shown import waivers_shown

OWN_PAUSE = "supervisor"
"""The house's own pause: the supervisor sends to it, no operator chooses it."""

SAID_SHOWN = 5

router = APIRouter()
Viewer = Annotated[User, Depends(require(Permission.QUEUE_VIEW))]
Steerer = Annotated[User, Depends(require(Permission.QUEUE_STEER))]
Name = Annotated[str, Query(max_length=100)]


@router.get("/board", include_in_schema=False)
async def board_page(request: Request, house: HouseDep, user: Viewer) -> HTMLResponse:
    """The whole page."""
    return render(request, "board.html", user=user, **await _context(request, house, user))


@router.get("/board/parts", include_in_schema=False)
async def board_parts(
    request: Request, house: HouseDep, user: Viewer, show: Asked = Asked.ALL, name: Name = ""
) -> HTMLResponse:
    """Its live parts, fetched again on the `board` event. `show` and `name`: of which operators."""
    return render(request, "board_parts.html", user=user, **await _context(request, house, user, show, name))


async def _context(
    request: Request, house: House, user: User, show: Asked = Asked.ALL, name: str = ""
) -> dict[str, Any]:
    read = await read_board(house, user, show, name.strip())
    speech = words(language_of(request, user))
    return {
        "board": read.board,
        "picked": read.picked,
        "agents": read.agents,
        "show": show,
        "most": SHOWN_AGENTS,
        "waiting": read.waiting,
        "messages": await messages_sent(house, SAID_SHOWN),
        "agent_name": lambda message: _name_of(house, message),
        "queue_choices": [(code, queue_label(house.desk.setup, code, speech)) for code in house.desk.setup.queues],
        "waivers": await waivers_shown(house, language_of(request, user)),
        "waiting_count": read.waiting_count,
        "campaigns": read.campaigns,
        "targets": house.site.targets,
        "tile_class": TILE_CLASS,
        "queue_pill": QUEUE_PILL,
        "queue_name": lambda code: queue_label(house.desk.setup, code, speech),
        "pause_name": lambda code: pause_label(code, house.desk.setup, speech),
        "robot_on": await robot_state(house) if user.can(Permission.QUEUE_STEER) else None,
        "may_steer": user.can(Permission.QUEUE_STEER),
        "may_dial": user.can(Permission.CAMPAIGN_STEER),
        "may_hire": user.can(Permission.USERS_ADMIN),
    }


def _name_of(house: House, message: MessageShown) -> str:
    """Who was to read a message that was for one operator, while he has not."""
    agent = house.desk.agent(message.waiting[0]) if message.waiting else None
    return "" if agent is None else agent.name


class SentState(StrEnum):
    """What a supervisor may make of an agent."""

    READY = "ready"
    PAUSED = "paused"
    LOGGED_OUT = "logged_out"


class StateOrder(BaseModel):
    """`pause_code` says what kind of pause, of those that are set up; without one it is the supervisor's own decision."""

    state: SentState
    pause_code: str | None = Field(default=None, max_length=40, pattern=r"^[a-z0-9_]+$")


class AgentStateBody(BaseModel):
    state: AgentState
    pause_code: str | None
    next_state: AgentState | None


class StateDone(BaseModel):
    """`at_once` is false when the agent is with a contact: the new state then follows it."""

    before: AgentStateBody
    after: AgentStateBody
    at_once: bool


@router.post("/api/v1/agents/{agent_id}/state", tags=["agents"], responses=problems(403, 404, 409, 422))
async def send_agent(agent_id: str, order: StateOrder, house: HouseDep, user: Steerer) -> StateDone:
    """Send an agent to a state: at once when the hands are free, after the contact otherwise."""
    before = house.desk.agent(agent_id)
    if before is None:
        raise Problem(404, "there is no such agent")
    code = _pause_code(order)
    if code not in (None, OWN_PAUSE) and code not in house.desk.setup.pause_codes:
        raise Problem(422, "there is no such pause here; choose another")
    try:
        await house.desk.force(agent_id, AgentState(order.state.value), code)
    except UnknownAgent as unknown:
        raise Problem(404, "there is no such agent") from unknown
    except NotAllowedNow as refusal:
        raise Problem(409, "the agent cannot be sent there now") from refusal
    after = house.desk.agent(agent_id) or before
    await house.access.audit(
        user.id,
        "agent.state",
        agent_id,
        {"from": before.state.value, "to": order.state.value, "pause_code": code},
    )
    return StateDone(before=_body(before), after=_body(after), at_once=after.state.value == order.state.value)


def _pause_code(order: StateOrder) -> str | None:
    return (order.pause_code or OWN_PAUSE) if order.state is SentState.PAUSED else None


def _body(agent: Agent) -> AgentStateBody:
    return AgentStateBody(state=agent.state, pause_code=agent.pause_code, next_state=agent.next_state)
