"""Which free agent gets which lead. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from ..queue.agent import Agent, AgentState
from .lead import Lead

PERSONAL_S = 60


def pairs(
    leads: Sequence[Lead], queue_of: Mapping[str, str], free: Sequence[Agent], agents: Iterable[Agent], now: datetime
) -> list[tuple[Lead, Agent]]:
    """Pair the leads, best first, with the free agents, longest idle first. No agent and no number is taken twice.

    A personal callback is its agent's for its own minute (`PERSONAL_S`), if he is here at all; then it is anyone's, because the customer
    was promised a time before he was promised a voice. `queue_of` names each campaign's queue.
    """
    personal = any(lead.is_callback and lead.agent_id for lead in leads)
    here = {agent.id for agent in agents if agent.state is not AgentState.LOGGED_OUT} if personal else set()
    left = {agent.id: agent for agent in free}
    taken: set[str] = set()
    made: dict[str, Agent] = {}

    def take(lead: Lead, agent: Agent) -> None:
        del left[agent.id]
        taken.add(lead.phone)
        made[lead.id] = agent

    for lead in leads:
        own = left.get(lead.agent_id or "")
        if own and lead.is_callback and lead.phone not in taken and queue_of[lead.campaign_id] in own.queues:
            take(lead, own)
    for lead in leads:
        if lead.id in made or lead.phone in taken or is_for_other(lead, here, now):
            continue
        able = next((agent for agent in left.values() if queue_of[lead.campaign_id] in agent.queues), None)
        if able:
            take(lead, able)
    return [(lead, made[lead.id]) for lead in leads if lead.id in made]


def is_for_other(lead: Lead, here: set[str], now: datetime) -> bool:
    """Whether the lead still waits for its own agent, who is here but not free."""
    if not lead.is_callback or lead.agent_id not in here or lead.due_at is None:
        return False
    return now < lead.due_at + timedelta(seconds=PERSONAL_S)
