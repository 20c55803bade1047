"""Whom a table of operators shows: who belongs to the house, who needs attention, and the first of those that are asked for. Pure.

Texts here are msgids; the templates say them in the reader's language.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ..queue.agent import Agent, AgentState, Stance
from ..queue.pauses import Allowance
from .i18n import N_

LONG_TALK_S = 600.0
NO_LIMIT = Allowance()

# pill and words of each state
STATE_PILL = {
    AgentState.READY: ("ready", N_("На линии")),
    AgentState.RESERVED: ("ringing", N_("Звонят")),
    AgentState.BUSY: ("talking", N_("Разговор")),
    AgentState.WRAP_UP: ("wrap", N_("Итог")),
    AgentState.NOT_RESPONDING: ("noresp", N_("Не отвечает")),
    AgentState.PAUSED: ("break", N_("Перерыв")),
    AgentState.LOGGED_OUT: ("offline", N_("Не в сети")),
}


class Asked(StrEnum):
    """Whom the supervisor wants to see."""

    ALL = ""
    TALKING = "talking"
    ATTENTION = "attention"


@dataclass(frozen=True, slots=True)
class Pick:
    """`agents`: those to be shown, by name, of the `matching`; of all (`everybody`), `attention` need it."""

    agents: tuple[Agent, ...]
    matching: int
    everybody: int
    attention: int


def pick(
    agents: Iterable[Agent],
    asked: Asked,
    name: str,
    most: int,
    now: datetime,
    allowed: Mapping[str, Allowance],
    weak: Collection[str] = (),
) -> Pick:
    """The first `most` of those that are asked for and whose name holds `name` (in any case of letters). `weak`: whose sound is bad."""
    everybody, wanted = of_the_house(agents), name.casefold()
    needy = {agent.id for agent in everybody if alert_of(agent, now, allowed.get(agent.id, NO_LIMIT), weak)}
    match asked:
        case Asked.ALL:
            of_kind = everybody
        case Asked.TALKING:
            of_kind = [agent for agent in everybody if agent.state is AgentState.BUSY]
        case Asked.ATTENTION:
            of_kind = [agent for agent in everybody if agent.id in needy]
    matching = [agent for agent in of_kind if wanted in agent.name.casefold()]
    return Pick(tuple(shown_agents(matching, most)), len(matching), len(everybody), len(needy))


def of_the_house(agents: Iterable[Agent]) -> list[Agent]:
    """Without those who serve no queue and are not there: they have left."""
    return [one for one in agents if one.queues or one.state is not AgentState.LOGGED_OUT]


def shown_agents(agents: Sequence[Agent], most: int) -> list[Agent]:
    """By name, `most` at most; who is not there gives way. The order never follows the states: nothing jumps under the pointer."""
    first = sorted(agents, key=lambda one: (one.state is AgentState.LOGGED_OUT, one.name, one.id))[:most]
    return sorted(first, key=lambda one: (one.name, one.id))


def since_s(agent: Agent, now: datetime) -> int:
    """How long (s) he has been in his state."""
    return max(0, int((now - agent.since).total_seconds()))


def alert_of(agent: Agent, now: datetime, allowed: Allowance = NO_LIMIT, weak: Collection[str] = ()) -> str:
    """Why a supervisor should look at him; '' for no reason. `allowed`: what his pause may take, while he is at one. `weak`: the ids of
    those whose sound is bad."""
    if agent.state is AgentState.PAUSED and allowed.whole_s is not None and since_s(agent, now) > allowed.whole_s:
        return N_("перерывы за день дольше предела") if allowed.of_day else N_("перерыв дольше предела")
    if agent.stance is Stance.NOT_RESPONDING:
        return N_("пропустил звонок")
    if agent.state is AgentState.READY and not agent.reachable:
        return N_("телефон не на связи") if agent.page_open else N_("страница закрыта")
    if agent.id in weak and agent.state is AgentState.BUSY:
        return N_("плохой звук, его сеть")
    if agent.state is AgentState.BUSY and since_s(agent, now) > LONG_TALK_S:
        return N_("дольше обычного")
    return ""
