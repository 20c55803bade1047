"""A campaign's page: start, pause, the weights that order its leads, who turned what. The API for programs is campaign_api.py."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ..access.permission import Permission
from ..access.user import User
from ..dialer.campaign import Campaign, CampaignState, settings
from ..dialer.lead import DIALABLE_STATES, WAITING_STATES
from ..dialer.steering import Counters, HeldBack, Reason, ScoredLead, UnknownCampaign
from ..queue.metrics import dialer_abandonment
from ..reports.wallboard import crew
from .board_data import ABANDON_CAP, campaign_cards
from .campaign_view import (
    HOLDS,
    KNOBS,
    OUTCOMES,
    REASONS,
    TERMS,
    LeadLine,
    change_lines,
    clock_text,
    lead_lines,
    signed,
    typed,
)
from .house import House, HouseDep
from .i18n import words
from .pages import language_of, render
from .problem import Problem
from .security import require
from .setup_words import queue_label

LISTED = 25
LOGGED = 12
GROUPS = 8

router = APIRouter(include_in_schema=False)
Viewer = Annotated[User, Depends(require(Permission.CAMPAIGN_VIEW))]


@router.get("/campaigns")
async def campaigns_page(request: Request, house: HouseDep, user: Viewer) -> Response:
    """All campaigns; a house with one goes straight to it."""
    found = await house.dialer.campaigns()
    if len(found) == 1:
        return RedirectResponse(f"/campaigns/{found[0].id}", 303)
    return render(request, "campaigns.html", user=user, **await _cards(house, user))


@router.get("/campaigns/parts")
async def campaigns_parts(request: Request, house: HouseDep, user: Viewer) -> HTMLResponse:
    """The live part of that list."""
    return render(request, "board_campaigns.html", user=user, **await _cards(house, user))


@router.get("/campaigns/{campaign_id}")
async def campaign_page(campaign_id: str, request: Request, house: HouseDep, user: Viewer) -> HTMLResponse:
    """The whole page of one campaign."""
    return render(request, "campaign.html", user=user, **await _context(request, house, user, campaign_id))


@router.get("/campaigns/{campaign_id}/parts")
async def campaign_parts(campaign_id: str, request: Request, house: HouseDep, user: Viewer) -> HTMLResponse:
    """Its live parts."""
    return render(request, "campaign_parts.html", user=user, **await _context(request, house, user, campaign_id))


async def known_campaign(house: House, campaign_id: str) -> Campaign:
    """The campaign. Raises Problem 404."""
    try:
        return await house.dialer.campaign(campaign_id)
    except UnknownCampaign as unknown:
        raise Problem(404, "there is no such campaign") from unknown


async def lines_of(house: House, leads: Sequence[ScoredLead]) -> list[LeadLine]:
    """The leads with what the shop knows of their customers and orders."""
    customers = await house.shop.customers_by_id({one.lead.customer_id for one in leads if one.lead.customer_id})
    orders = await house.shop.orders_by_id({one.lead.order_id for one in leads if one.lead.order_id})
    return lead_lines(leads, customers, orders, house.clock.now())


async def _cards(house: House, user: User) -> dict[str, Any]:
    return {
        "campaigns": await campaign_cards(house),
        "cap": ABANDON_CAP,
        "may_dial": user.can(Permission.CAMPAIGN_STEER),
    }


async def _context(request: Request, house: House, user: User, campaign_id: str) -> dict[str, Any]:
    campaign = await known_campaign(house, campaign_id)
    counters = await house.dialer.counters(campaign_id)
    held = await house.dialer.held_back(campaign_id)
    leads = await house.dialer.next_leads(campaign_id, LISTED)
    return {
        "campaign": campaign,
        "running": campaign.state is CampaignState.RUNNING,
        "queue_name": queue_label(house.desk.setup, campaign.queue, words(language_of(request, user))),
        "on_line": crew(agent for agent in house.desk.agents() if campaign.queue in agent.queues).on_line,
        "opens": clock_text(campaign.hours.opens_min),
        "closes": clock_text(campaign.hours.closes_min),
        "may_dial": user.can(Permission.CAMPAIGN_STEER),
        "knobs": KNOBS,
        "weights": asdict(campaign.weights),
        "now": house.clock.now(),
        **_list(leads, held, counters),
        "leads": await lines_of(house, leads),
        **_figures(counters),
        **await _log(request, house, user, campaign),
    }


def _list(leads: Sequence[ScoredLead], held: Sequence[HeldBack], counters: Counters) -> dict[str, Any]:
    """How many stand in the list, how many of them may be dialed, and what keeps the others."""
    asleep = sum(group.count for group in held if group.reason is Reason.HOURS)
    hold = next((one.wait.reason for one in leads if one.wait and one.wait.reason in HOLDS), None)
    return {
        "ready": sum(counters.leads.get(state, 0) for state in DIALABLE_STATES) - asleep,
        "listed": sum(counters.leads.get(state, 0) for state in WAITING_STATES),
        "hold": REASONS[hold] if hold else None,
        "held": held[:GROUPS],
        "reasons": REASONS,
        "term_name": TERMS,
    }


def _figures(counters: Counters) -> dict[str, Any]:
    counted = [(icon, text, counters.by_outcome.get(kind, 0)) for kind, icon, text in OUTCOMES]
    return {
        "counters": counters,
        "abandoned": dialer_abandonment(counters.by_outcome),
        "cap": ABANDON_CAP,
        "outcomes": [line for line in counted if line[2]],
    }


async def _log(request: Request, house: House, user: User, campaign: Campaign) -> dict[str, Any]:
    speech = words(language_of(request, user))
    names = {one.id: one.name for one in await house.access.users()}
    changes = await house.dialer.changes(campaign.id, LOGGED)
    return {
        "changes": change_lines(changes, settings(campaign), names, speech),
        "signed": lambda value: signed(value, speech),
        "plain": lambda value: typed(value, speech),
    }
