"""A campaign's page: start, pause, the weights that order its leads, who turned what. The API for programs is campaign_api.py."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from ..access.permission import Permission
from ..access.user import User
from ..dialer.campaign import Campaign, DialMode, settings
from ..dialer.lead import DIALABLE_STATES, WAITING_STATES
from ..dialer.priority import Weights
from ..dialer.steering import Counters, HeldBack, Reason, ScoredLead, UnknownCampaign
from ..reports.wallboard import crew
from .board_data import campaign_cards
from .campaign_changes import save_lines
from .campaign_charts import filled, hour_bars
from .campaign_choices import MODES, OVER_WINDOW
from .campaign_search import found_leads, known_why
from .campaign_settings import settings_context
from .campaign_view import (
    HOLDS,
    OUTCOMES,
    REASONS,
    TERM_COLORS,
    LeadLine,
    clock_text,
    knob_values,
    knobs_of,
    lead_lines,
    signed,
    term_label,
    typed,
)
from .campaign_weights import WeightsChange, turned_weights
from .campaign_why_view import FoundLine, WhyPanel, found_lines, why_panel
from .house import House, HouseDep
from .i18n import Words, words
from .other_leads import others_of
from .pacing_view import PacingPanel, pacing_panel
from .pages import language_of, render
from .problem import Problem
from .security import require
from .setup_words import queue_label
from .trunk_view import trunk_lines
from .what_if_context import what_if_context

LISTED = 25
LOGGED, LOOKED_BACK = 12, 300
GROUPS = 8
LOOKED_AHEAD = 200

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


@dataclass(frozen=True, slots=True)
class Looking:
    """What the reader of the page looks at: a draft of the weights (JSON of WeightsChange), one lead, what he searched for."""

    draft: Annotated[str, Query(max_length=2000)] = ""
    lead: Annotated[str, Query(max_length=36)] = ""
    q: Annotated[str, Query(max_length=100)] = ""

    def address(self, campaign_id: str) -> str:
        """Where the live parts of the page are."""
        given = {name: value for name, value in asdict(self).items() if value}
        return f"/campaigns/{campaign_id}/parts" + (f"?{urlencode(given)}" if given else "")


Looks = Annotated[Looking, Depends()]


@router.get("/campaigns/{campaign_id}")
async def campaign_page(
    campaign_id: str, request: Request, house: HouseDep, user: Viewer, looking: Looks
) -> HTMLResponse:
    """The whole page of one campaign."""
    context = await _context(request, house, user, campaign_id, looking)
    numbers = dict.fromkeys(number for trunk in house.dialer.trunks.states() for number in trunk.trunk.caller_ids)
    forms = settings_context(context["campaign"], words(language_of(request, user)), list(numbers))
    return render(request, "campaign.html", user=user, **context, **forms)


@router.get("/campaigns/{campaign_id}/parts")
async def campaign_parts(
    campaign_id: str, request: Request, house: HouseDep, user: Viewer, looking: Looks
) -> HTMLResponse:
    """Its live parts."""
    context = await _context(request, house, user, campaign_id, looking)
    return render(request, "campaign_parts.html", user=user, **context)


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
        "may_dial": user.can(Permission.CAMPAIGN_STEER),
    }


async def _context(request: Request, house: House, user: User, campaign_id: str, looking: Looking) -> dict[str, Any]:
    campaign = await known_campaign(house, campaign_id)
    speech = words(language_of(request, user))
    weights = _drafted(campaign.weights, looking.draft)
    counters = await house.dialer.counters(campaign_id)
    held = await house.dialer.held_back(campaign_id)
    leads = await house.dialer.next_leads(campaign_id, LISTED, weights)
    on_line = crew(agent for agent in house.desk.agents() if campaign.queue in agent.queues).on_line
    return {
        "campaign": campaign,
        "parts": looking.address(campaign_id),
        "q": looking.q,
        "state": campaign.state.value,
        "queue_name": queue_label(house.desk.setup, campaign.queue, words(language_of(request, user))),
        "on_line": on_line,
        "lines": counters.in_flight / on_line if on_line else None,
        "mode": MODES[campaign.mode],
        "opens": clock_text(campaign.hours.opens_min),
        "closes": clock_text(campaign.hours.closes_min),
        "may_dial": user.can(Permission.CAMPAIGN_STEER),
        **_knobs(campaign, weights, speech),
        "now": house.clock.now(),
        **_list(leads, held, counters),
        "leads": await lines_of(house, leads),
        **(await _moves(house, campaign, weights, leads)),
        **(await _figures(house, campaign, counters)),
        "pacing": await _pacing(house, campaign, speech),
        **(await what_if_context(house, campaign, on_line, speech)),
        "why": await _why(house, campaign_id, looking.lead) if looking.lead else None,
        "found": await _found(house, campaign_id, looking.q) if looking.q else None,
        **await _log(request, house, user, campaign),
    }


def _drafted(present: Weights, draft: str) -> Weights:
    """Raises Problem 422 for a draft that cannot be read."""
    if not draft:
        return present
    try:
        return turned_weights(present, WeightsChange.model_validate_json(draft))
    except ValueError as error:
        raise Problem(422, "these weights cannot be read") from error


def _knobs(campaign: Campaign, weights: Weights, speech: Words) -> dict[str, Any]:
    knobs = knobs_of(campaign, weights)
    present, shown = knob_values(campaign.weights, knobs), knob_values(weights, knobs)
    return {
        "knobs": knobs,
        "weights": shown,
        "draft": weights != campaign.weights,
        "changed": {name for name, value in shown.items() if value != present[name]},
        "knob_label": lambda knob: knob.label if knob.plain else speech.say(knob.label),
        "term_label": lambda name: term_label(name, campaign, speech),
        "term_color": TERM_COLORS,
    }


async def _moves(house: House, campaign: Campaign, weights: Weights, leads: Sequence[ScoredLead]) -> dict[str, Any]:
    """By a draft: how many places each lead of the list would rise."""
    if weights == campaign.weights:
        return {"moved": {}, "shifted": 0}
    present = await house.dialer.next_leads(campaign.id, LOOKED_AHEAD)
    ranks = {one.lead.id: rank for rank, one in enumerate(present)}
    moved = {one.lead.id: ranks.get(one.lead.id, len(present)) - rank for rank, one in enumerate(leads)}
    return {"moved": moved, "shifted": sum(1 for places in moved.values() if places)}


async def _why(house: House, campaign_id: str, lead_id: str) -> WhyPanel:
    why = await known_why(house, campaign_id, lead_id)
    lead = why.lead
    customer = await house.shop.customer(lead.customer_id) if lead.customer_id else None
    order = await house.shop.order(lead.order_id) if lead.order_id else None
    return why_panel(why, customer, order, await others_of(house, lead))


async def _found(house: House, campaign_id: str, text: str) -> list[FoundLine]:
    leads = await found_leads(house, campaign_id, text)
    customers = await house.shop.customers_by_id({lead.customer_id for lead in leads if lead.customer_id})
    orders = await house.shop.orders_by_id({lead.order_id for lead in leads if lead.order_id})
    return found_lines(leads, customers, orders)


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
    }


async def _figures(house: House, campaign: Campaign, counters: Counters) -> dict[str, Any]:
    counted = [(icon, text, counters.by_outcome.get(kind, 0)) for kind, icon, text in OUTCOMES]
    day, week, limit = await house.dialer.day(campaign.id), await house.dialer.week(campaign.id), campaign.cap.limit
    await house.dialer.cap.load()
    standing = house.dialer.cap.standing(campaign, await house.dialer.campaigns())
    return {
        "counters": counters,
        "cap": limit,
        "standing": standing,
        "filled": filled(standing.rate if standing else None, limit),
        "over_window": OVER_WINDOW[campaign.cap.window],
        "machines": house.dialer.cap.estimate(campaign.id),
        "week": week,
        "leads_all": sum(counters.leads.values()),
        "day": day,
        "bars": hour_bars(day.hours),
        "site_zone": house.site.time_zone,
        "trunk_until": house.dialer.trunk_holds_until(),
        "trunks": trunk_lines(house.dialer.trunks.states(), house.clock.now()),
        "outcomes": [line for line in counted if line[2]],
    }


async def _pacing(house: House, campaign: Campaign, speech: Words) -> PacingPanel | None:
    if campaign.mode is not DialMode.PREDICTIVE:
        return None
    pacer, watch = house.dialer.pacer(campaign.id), house.dialer.pace_watch(campaign.id)
    standing = house.dialer.cap.standing(campaign, await house.dialer.campaigns())
    return pacing_panel(pacer, watch, standing, house.clock.monotonic(), speech)


async def _log(request: Request, house: House, user: User, campaign: Campaign) -> dict[str, Any]:
    speech = words(language_of(request, user))
    names = {one.id: one.name for one in await house.access.users()}
    changes = await house.dialer.changes(campaign.id, LOOKED_BACK)
    return {
        "saves": save_lines(changes, settings(campaign), names, speech)[:LOGGED],
        "signed": lambda value: signed(value, speech),
        "plain": lambda value: typed(value, speech),
    }
