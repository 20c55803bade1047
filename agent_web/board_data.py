"""What the supervisor's pages read from the house: one reading gives all parts of a page the same instant."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from ..access.permission import Permission
from ..access.user import User
from ..dialer.campaign import Campaign, CampaignState
from ..dialer.lead import DIALABLE_STATES, WAITING_STATES
from ..queue.contact import Contact
from ..reports.wallboard import Promises, Wallboard, waiting_now, wallboard
from .agents_shown import Asked, Pick, pick
from .board_view import AgentLine, ContactLine, agent_lines, contact_line
from .house import House

SHOWN_WAITING, SHOWN_AGENTS = 8, 100


@dataclass(frozen=True, slots=True)
class CampaignCard:
    """A campaign on the board; figures of the site's day, `ready` of the `waiting` leads may be dialed now.

    `lost`: today's rate of abandonment, counted as the bound counts it, against the campaign's own `cap`.
    """

    id: str
    name: str
    running: bool
    draining: bool
    ready: int
    waiting: int
    attempts: int
    answered: int
    lost: float | None
    cap: float


@dataclass(frozen=True, slots=True)
class Board:
    """All that the board shows. `agents` are the lines of those picked; `campaigns` is None for those who may not see them."""

    board: Wallboard
    picked: Pick
    agents: list[AgentLine]
    waiting: list[ContactLine]
    waiting_count: int
    campaigns: list[CampaignCard] | None


def midnights(now: datetime, zone: str) -> tuple[datetime, datetime]:
    """The beginning and the end of the site's day."""
    home = ZoneInfo(zone)
    today = now.astimezone(home).date()
    return datetime.combine(today, time(), home), datetime.combine(today + timedelta(days=1), time(), home)


async def read_board(house: House, user: User, asked: Asked, name: str) -> Board:
    """`asked` and `name`: which agents."""
    now, setup = house.clock.now(), house.desk.setup
    begin, end = midnights(now, house.site.time_zone)
    promises = await _promises(house, await house.dialer.campaigns(), now, end)
    day = await house.today.since(begin)
    contacts, everybody = house.desk.contacts(), house.desk.agents()
    allowed, weak = await house.pauses_today.allowances(everybody, setup, begin), house.page_reports.weak(now)
    picked, waiting = pick(everybody, asked, name, SHOWN_AGENTS, now, allowed, weak), waiting_now(contacts)
    shown = _shown(contacts, picked, waiting[:SHOWN_WAITING])
    orders, names = await people_of(house, shown.values())
    holders = {agent.id: agent.name for agent in everybody}
    lines = {contact.id: contact_line(contact, orders, names, now, holders) for contact in shown.values()}
    return Board(
        board=wallboard(contacts, day.service, everybody, promises, now, house.site.targets),
        picked=picked,
        agents=agent_lines(picked.agents, shown, lines, day.served, now, allowed, weak),
        waiting=[lines[contact.id] for contact in waiting[:SHOWN_WAITING]],
        waiting_count=len(waiting),
        campaigns=await campaign_cards(house) if user.can(Permission.CAMPAIGN_VIEW) else None,
    )


def _shown(contacts: Iterable[Contact], picked: Pick, waiting: Iterable[Contact]) -> dict[str, Contact]:
    """The contacts that stand on the board, by id: only of those is it read up what they are about."""
    in_hands = {task.contact_id for agent in picked.agents for task in agent.tasks}
    return {one.id: one for one in (*(one for one in contacts if one.id in in_hands), *waiting)}


async def robot_state(house: House) -> bool | None:
    """Whether the demo's robot colleague works; None where there is none."""
    return await house.site.robot.is_on() if house.site.demo and house.site.robot is not None else None


async def people_of(house: House, contacts: Collection[Contact]) -> tuple[dict[str, str], dict[str, str]]:
    """The numbers of the orders and the names of the customers that these contacts are about, by their ids."""
    return (
        await house.shop.numbers_of({contact.order_id for contact in contacts if contact.order_id}),
        await house.shop.names_of({contact.customer_id for contact in contacts if contact.customer_id}),
    )


async def _promises(house: House, campaigns: Iterable[Campaign], now: datetime, end: datetime) -> Promises:
    due = [at for campaign in campaigns for at in await house.dialer.promised(campaign.id, end)]
    # The dialer looks once a second, and a call that is a minute late is not yet a broken promise.
    return Promises(today=len(due), overdue=sum(at < now - timedelta(minutes=1) for at in due))


async def campaign_cards(house: House) -> list[CampaignCard]:
    await house.dialer.cap.load()
    campaigns = await house.dialer.campaigns()
    return [await _card(house, campaign, campaigns) for campaign in campaigns]


async def _card(house: House, campaign: Campaign, campaigns: list[Campaign]) -> CampaignCard:
    counters = await house.dialer.counters(campaign.id)
    standing = house.dialer.cap.standing(campaign, campaigns)
    return CampaignCard(
        id=campaign.id,
        name=campaign.name,
        running=campaign.state is CampaignState.RUNNING,
        draining=campaign.state is CampaignState.DRAINING,
        ready=sum(counters.leads.get(state, 0) for state in DIALABLE_STATES),
        waiting=sum(counters.leads.get(state, 0) for state in WAITING_STATES),
        attempts=counters.attempts,
        answered=counters.answered,
        lost=standing.today_rate if standing else None,
        cap=campaign.cap.limit,
    )
