"""Who waits and why, who is where and since when; live. Sending an operator to a state is board_pages.send_agent."""

from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse

from ..access.permission import Permission
from ..access.user import User
from ..queue.desk import UnknownAgent
from .agents_shown import of_the_house, shown_agents
from .board_data import people_of
from .house import House, HouseDep
from .i18n import words
from .pages import language_of, render
from .security import require
from .setup_words import name_of
from .waiting_view import called, in_order, waiting_lines, where_lines
from .why_view import Names, contact_pane, operator_pane

MOST_SHOWN = 200
"""Rows of either table: more is no overview, and each is drawn anew every second."""

router = APIRouter(prefix="/queues/waiting", include_in_schema=False)
Viewer = Annotated[User, Depends(require(Permission.QUEUE_VIEW))]
Picked = Annotated[str | None, Query(max_length=64)]


@router.get("")
async def waiting_page(
    request: Request, house: HouseDep, user: Viewer, contact: Picked = None, agent: Picked = None
) -> HTMLResponse:
    """The whole page. `contact` or `agent`: of whom to say why."""
    return render(request, "waiting.html", user=user, **await _context(request, house, user, contact, agent))


@router.get("/parts")
async def waiting_parts(
    request: Request, house: HouseDep, user: Viewer, contact: Picked = None, agent: Picked = None
) -> HTMLResponse:
    """Its live parts, fetched again on the `board` event."""
    return render(request, "waiting_parts.html", user=user, **await _context(request, house, user, contact, agent))


async def _context(
    request: Request, house: House, user: User, contact_id: str | None, agent_id: str | None
) -> dict[str, Any]:
    desk, now = house.desk, house.clock.now()
    speech, setup = words(language_of(request, user)), desk.setup
    contacts = {contact.id: contact for contact in desk.contacts()}
    waiting, there = in_order(contacts.values()), of_the_house(desk.agents())
    agents = shown_agents(there, MOST_SHOWN)
    in_hand = [contacts[task.contact_id] for one in agents for task in one.tasks if task.contact_id in contacts]
    _orders, customers = await people_of(house, [*waiting[:MOST_SHOWN], *in_hand])
    people = {agent.id: agent.name for agent in desk.agents()}
    by_name = {contact.id: called(contact, customers, speech) for contact in contacts.values()}
    names = Names(people, by_name, setup, speech)
    why, whose = desk.why_contact(contact_id or ""), None
    try:
        whose = desk.why_agent(agent_id) if agent_id and why is None else None
    except UnknownAgent:
        whose = None
    choice = {"contact": contact_id} if contact_id else {"agent": agent_id} if agent_id else {}
    return {
        "waiting": waiting_lines(waiting[:MOST_SHOWN], setup, people, customers, now, speech),
        "waiting_count": len(waiting),
        "where": where_lines(agents, contacts, setup, customers, now, speech),
        "where_count": len(there),
        "pauses": [(code, name_of(pause, speech)) for code, pause in sorted(setup.pause_codes.items())],
        "may_steer": user.can(Permission.QUEUE_STEER),
        "picked": contact_id or agent_id or "",
        "gone": bool(choice) and why is None and whose is None,
        "why": contact_pane(why, names, now) if why is not None else None,
        "operator": operator_pane(whose, contacts, names) if whose is not None else None,
        "parts": "/queues/waiting/parts" + (f"?{urlencode(choice)}" if choice else ""),
        "zone": house.site.time_zone,
    }
