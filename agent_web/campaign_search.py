"""One lead of a campaign: finding it as people name it, and why it is not being dialed."""

from ..dialer.lead import Lead
from ..dialer.steering import UnknownCampaign
from ..dialer.why import Why
from ..queue.agent import AgentState
from ..shop.phone import BadPhone, to_e164
from .house import House
from .problem import Problem

MOST_FOUND = 20
NAMESAKES = 50
SHORTEST_NAME = 2


async def found_leads(house: House, campaign_id: str, text: str) -> list[Lead]:
    """By telephone number, by the order's number, by the customer's name or a part of it; at most `MOST_FOUND`, the newest first."""
    typed = text.strip().removeprefix("№").strip()
    if not typed:
        return []
    order = await house.shop.order_by_number(typed)
    phones = {typed_number(typed)} - {""}
    if len(typed) >= SHORTEST_NAME:
        phones |= await house.shop.phones_by_name(typed, NAMESAKES)
    return await house.dialer.find(campaign_id, phones, [order.id] if order else [], MOST_FOUND)


def typed_number(text: str) -> str:
    """As a lead holds it; one with a plus that no plan knows as it is; '' when it is no number."""
    try:
        return to_e164(text)
    except BadPhone:
        return "".join(text.split()) if text.startswith("+") else ""


async def known_why(house: House, campaign_id: str, lead_id: str) -> Why:
    """Raises Problem 404."""
    here = {agent.id for agent in house.desk.agents() if agent.state is not AgentState.LOGGED_OUT}
    try:
        return await house.dialer.why(campaign_id, lead_id, here)
    except UnknownCampaign as unknown:
        raise Problem(404, "there is no such lead of this campaign") from unknown
