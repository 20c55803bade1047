"""What the supervisor's pages read from the house: one reading gives all parts of a page the same instant."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from ..access.permission import Permission
from ..access.user import User
from ..dialer.campaign import Campaign, CampaignState
from ..dialer.lead import DIALABLE_STATES, WAITING_STATES
from ..queue.contact import Contact
from ..queue.metrics import Share, dialer_abandonment
from ..reports.wallboard import Promises, Targets, Wallboard, waiting_now, wallboard
from ..shop.order import Order
from .board_view import AgentLine, ContactLine, agent_lines, contact_line
from .house import House

TARGETS = Targets()
ABANDON_CAP = 0.03
SHOWN_WAITING = 8


@dataclass(frozen=True, slots=True)
class CampaignCard:
    """A campaign on the board; figures of the site's day, `ready` of the `waiting` leads may be dialed now."""

    id: str
    name: str
    running: bool
    ready: int
    waiting: int
    attempts: int
    answered: int
    abandoned: Share


@dataclass(frozen=True, slots=True)
class Board:
    """All that the board shows. `campaigns` is None for those who may not see them, `agents` for those who have just seen them."""

    board: Wallboard
    agents: list[AgentLine] | None
    waiting: list[ContactLine]
    waiting_count: int
    campaigns: list[CampaignCard] | None


def midnights(now: datetime, zone: str) -> tuple[datetime, datetime]:
    """The beginning and the end of the site's day."""
    home = ZoneInfo(zone)
    today = now.astimezone(home).date()
    return datetime.combine(today, time(), home), datetime.combine(today + timedelta(days=1), time(), home)


async def read_board(house: House, user: User, *, agents: bool = True) -> Board:
    now = house.clock.now()
    begin, end = midnights(now, house.site.time_zone)
    ended = await house.desk.closed_since(begin)
    contacts, everybody = house.desk.contacts(), house.desk.agents()
    campaigns = await house.dialer.campaigns()
    promises = await _promises(house, campaigns, now, end)
    orders, names = await people_of(house, contacts)
    holders = {agent.id: agent.name for agent in everybody}
    lines = {contact.id: contact_line(contact, orders, names, now, holders) for contact in contacts}
    waiting = [lines[contact.id] for contact in waiting_now(contacts)]
    return Board(
        board=wallboard(contacts, ended, everybody, promises, now, TARGETS),
        agents=agent_lines(everybody, contacts, ended, lines, now, house.desk.setup) if agents else None,
        waiting=waiting[:SHOWN_WAITING],
        waiting_count=len(waiting),
        campaigns=await campaign_cards(house) if user.can(Permission.CAMPAIGN_VIEW) else None,
    )


async def robot_state(house: House) -> bool | None:
    """Whether the demo's robot colleague works; None where there is none."""
    return await house.site.robot.is_on() if house.site.demo and house.site.robot is not None else None


async def people_of(house: House, contacts: Iterable[Contact]) -> tuple[dict[str, Order], dict[str, str]]:
    """The orders and the customers' names that these contacts are about, by their ids."""
    orders: dict[str, Order] = {}
    names: dict[str, str] = {}
    for contact in contacts:
        if contact.order_id and (order := await house.shop.order(contact.order_id)):
            orders[order.id] = order
        if contact.customer_id and (customer := await house.shop.customer(contact.customer_id)):
            names[customer.id] = customer.name
    return orders, names


async def _promises(house: House, campaigns: Iterable[Campaign], now: datetime, end: datetime) -> Promises:
    due = [at for campaign in campaigns for at in await house.dialer.promised(campaign.id, end)]
    # The dialer looks once a second, and a call that is a minute late is not yet a broken promise.
    return Promises(today=len(due), overdue=sum(at < now - timedelta(minutes=1) for at in due))


async def campaign_cards(house: House) -> list[CampaignCard]:
    return [await _card(house, campaign) for campaign in await house.dialer.campaigns()]


async def _card(house: House, campaign: Campaign) -> CampaignCard:
    counters = await house.dialer.counters(campaign.id)
    return CampaignCard(
        id=campaign.id,
        name=campaign.name,
        running=campaign.state is CampaignState.RUNNING,
        ready=sum(counters.leads.get(state, 0) for state in DIALABLE_STATES),
        waiting=sum(counters.leads.get(state, 0) for state in WAITING_STATES),
        attempts=counters.attempts,
        answered=counters.answered,
        abandoned=dialer_abandonment(counters.by_outcome),
    )
