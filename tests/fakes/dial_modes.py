"""Campaigns of the modes without an operator reserved, in a DialHouse."""

from cordboard.dialer.abandonment import Counts
from cordboard.dialer.campaign import Campaign, Setting
from cordboard.dialer.lead import Lead
from tests.fakes.dial_house import DialHouse

POWER: dict[str, Setting] = {"mode": "power", "power.ratio": 2.0}
NOTICE: dict[str, Setting] = {"mode": "agentless", "notice.text_ru": "Заказ {order_number} принят."}


async def power(house: DialHouse, *agents: str, served: int = 400, knobs: dict[str, Setting] | None = None) -> Campaign:
    """A power campaign that has served so many persons today."""
    campaign = await house.open(*agents, knobs=POWER | (knobs or {}))
    if served:
        await house.answered_by(served, campaign)
    return campaign


async def orders(house: DialHouse, many: int) -> list[Lead]:
    return [await house.lead_of(await house.order(number, 1000 * (many - number))) for number in range(many)]


def counts(house: DialHouse, campaign: Campaign) -> Counts:
    standing = house.dialer.cap.standing(campaign, ())
    assert standing is not None
    return standing.counts
