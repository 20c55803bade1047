"""The supervisor's board: figures beside their targets, queues, who is in what state, and sending an agent to another."""

import asyncio
from enum import StrEnum
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from ..access.permission import Permission
from ..access.user import User
from ..queue.agent import Agent, AgentState
from ..queue.desk import NotAllowedNow, UnknownAgent
from .board_data import ABANDON_CAP, TARGETS, read_board, robot_state
from .board_view import QUEUE_PILL, TILE_CLASS
from .house import House, HouseDep
from .i18n import words
from .pages import language_of, render
from .problem import Problem, problems
from .security import require
from .setup_words import pause_label, queue_label

BIG = 250
OWN_PAUSE = "supervisor"
"""The house's own pause: the supervisor sends to it, no operator chooses it."""

router = APIRouter()
Viewer = Annotated[User, Depends(require(Permission.QUEUE_VIEW))]
Steerer = Annotated[User, Depends(require(Permission.QUEUE_STEER))]


@router.get("/board", include_in_schema=False)
async def board_page(request: Request, house: HouseDep, user: Viewer) -> HTMLResponse:
    """The whole page."""
    return await _painted(request, house, user, "board.html", whole=True)


@router.get("/board/parts", include_in_schema=False)
async def board_parts(
    request: Request, house: HouseDep, user: Viewer, without: Literal["agents"] | None = None
) -> HTMLResponse:
    """Its live parts, fetched again on the `board` event; a page with many operators leaves their table out most of the time."""
    return await _painted(request, house, user, "board_parts.html", whole=without is None)


async def _painted(request: Request, house: House, user: User, template: str, *, whole: bool) -> HTMLResponse:
    """A big table is painted beside the event loop: it takes the better part of a second."""
    context = await _context(request, house, user, whole=whole)
    paint = partial(render, request, template, user=user, **context)
    return await asyncio.to_thread(paint) if len(context["agents"] or ()) > BIG else paint()


async def _context(request: Request, house: House, user: User, *, whole: bool) -> dict[str, Any]:
    read = await read_board(house, user, agents=whole)
    speech = words(language_of(request, user))
    return {
        "board": read.board,
        "agents": read.agents,
        "waiting": read.waiting,
        "waiting_count": read.waiting_count,
        "campaigns": read.campaigns,
        "targets": TARGETS,
        "cap": ABANDON_CAP,
        "tile_class": TILE_CLASS,
        "queue_pill": QUEUE_PILL,
        "queue_name": lambda code: queue_label(house.desk.setup, code, speech),
        "pause_name": lambda code: pause_label(code, house.desk.setup, speech),
        "robot_on": await robot_state(house) if user.can(Permission.QUEUE_STEER) else None,
        "may_steer": user.can(Permission.QUEUE_STEER),
        "may_dial": user.can(Permission.CAMPAIGN_STEER),
        "may_hire": user.can(Permission.USERS_ADMIN),
    }


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
