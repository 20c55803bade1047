"""Which calls to place now, with and without an operator reserved for each. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ..queue.agent import Agent
from .lead import Lead
from .reserving import Places, Power, as_wanted, covered


@dataclass(frozen=True, slots=True)
class Lines:
    """A campaign's calls without a reserved operator: how many ring, how many more the bound allows, lines an operator; and the free
    operators that are `kept` for those that ring. `wanted`: the calls that its pacer asks for, where it has one (predictive)."""

    queue: str
    ratio: float
    ringing: int
    room: int
    kept: int = 0
    wanted: int | None = None

    @property
    def spare(self) -> bool:
        """Whether the kept operators, or the pacer, could do with another line."""
        if self.wanted is not None:
            return self.room > 0 and self.wanted > 0
        return self.room > 0 and self.ringing + 1 <= self.ratio * self.kept


Planned = tuple[Lead, Agent | None]


def keep(free: Sequence[Agent], power: Mapping[str, Lines]) -> tuple[list[Agent], dict[str, Lines]]:
    """The free operators whom no ringing call needs, and the campaigns with how many are kept for theirs: the longest idle, one for
    as many lines as the campaign gives an operator."""
    left = list(free)
    kept: dict[str, Lines] = {}
    for campaign_id, lines in power.items():
        able = [agent for agent in left if lines.queue in agent.queues][: covered(lines.ringing, lines.ratio)]
        left = [agent for agent in left if agent not in able]
        kept[campaign_id] = replace(lines, kept=len(able))
    return left, kept


def plan(pairs: Sequence[tuple[Lead, Agent]], ranked: Sequence[Lead], power: Mapping[str, Lines]) -> list[Planned]:
    """The calls in the order of `ranked`. A campaign that is not in `power` gets its pairs as they are.

    In a power campaign the pairs say how many operators it has; a promised callback keeps its own all the same, for whom we promised
    to call must not answer to nobody.
    """
    rank = {lead.id: place for place, lead in enumerate(ranked)}
    planned: list[Planned] = [pair for pair in pairs if pair[0].campaign_id not in power or pair[0].is_callback]
    for campaign_id, lines in power.items():
        own = [pair for pair in pairs if pair[0].campaign_id == campaign_id and not pair[0].is_callback]
        planned += _of_power(own, [lead for lead in ranked if lead.campaign_id == campaign_id], lines, planned)
    return sorted(planned, key=lambda call: rank.get(call[0].id, len(rank)))


def _of_power(
    own: Sequence[tuple[Lead, Agent]], ranked: Sequence[Lead], lines: Lines, planned: Sequence[Planned]
) -> list[Planned]:
    idle = len(own) + lines.kept
    if lines.wanted is None:
        decision = Power(lines.ratio).decide(Places(0.0, idle, 0, len(ranked), lines.ringing, lines.room))
    else:
        decision = as_wanted(lines.wanted, lines.room, len(own))
    calls: list[Planned] = list(own[: decision.reserved])
    taken = {lead.phone for lead, _agent in (*planned, *calls)}
    for lead in ranked:
        if decision.place <= sum(agent is None for _lead, agent in calls):
            break
        if not lead.is_callback and lead.phone not in taken:
            taken.add(lead.phone)
            calls.append((lead, None))
    return calls
