"""Who is parked, as the desks of his queue show it."""

from dataclasses import dataclass

from ..queue.agent import Agent
from .house import House


@dataclass(frozen=True, slots=True)
class ParkedRow:
    """`left_s`: until he comes back by himself to the one who parked him (s)."""

    id: str
    who: str
    number: str
    by: str
    own: bool
    left_s: int


async def parked_shown(house: House, agent: Agent) -> list[ParkedRow]:
    """Whom this operator may fetch, the longest parked first."""
    parked = house.desk.parking.of(agent.id)
    names = await house.shop.names_of({one.customer_id for one in parked if one.customer_id})
    rows = []
    for one in parked:
        keeper, now = house.desk.agent(one.parked_by or ""), house.clock.now()
        left = max(0, round(((one.not_before or now) - now).total_seconds()))
        who, by = names.get(one.customer_id or "") or one.name, keeper.name if keeper else ""
        rows.append(ParkedRow(one.id, who, one.address, by, one.parked_by == agent.id, left))
    return rows
