"""How long an agent has been at a pause of one kind since the day began. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from .agent import Agent, AgentState
from .setup import PauseCode


@dataclass(frozen=True, slots=True)
class PauseMoment:
    """From `at` on the agent was in this state. `code`: the pause that he chose then; None: he chose none."""

    at: datetime
    agent_id: str
    state: AgentState
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a pause may still take. `whole_s`: the most that this one may last (s); None: no limit. `today_s`: the pauses of its kind before
    this one; `of_day`: whether it is the day's limit that bounds it."""

    whole_s: int | None = None
    today_s: int = 0
    of_day: bool = False


def earlier_s(moments: Iterable[PauseMoment], code: str, now_since: datetime) -> float:
    """Seconds at that pause before the one that began at `now_since`; of one agent, in order of time. What is chosen in mid-talk begins
    when the hands are free."""
    total, chosen, began = 0.0, "", None
    for moment in moments:
        if moment.at >= now_since:
            break
        if began is not None and (moment.state is not AgentState.PAUSED or moment.code is not None):
            total, began = total + (moment.at - began).total_seconds(), None
        chosen = moment.code or chosen
        if moment.state is AgentState.PAUSED and chosen == code and began is None:
            began = moment.at
    return total if began is None else total + (now_since - began).total_seconds()


def allowance(pause: PauseCode | None, earlier: float, before_today_s: float = 0.0) -> Allowance:
    """The nearer of both limits. `before_today_s`: how much of this pause lies before the day (s), and does not count for it."""
    if pause is None:
        return Allowance()
    today = int(earlier)
    left = None if pause.day_limit_s is None else max(0, pause.day_limit_s - today) + int(before_today_s)
    if left is None or (pause.limit_s is not None and pause.limit_s <= left):
        return Allowance(pause.limit_s, today)
    return Allowance(left, today, of_day=True)


def wants_a_day(agent: Agent, pause: PauseCode | None) -> bool:
    """Whether what he had before today matters: he is at a pause that has a limit a day."""
    return agent.state is AgentState.PAUSED and pause is not None and pause.day_limit_s is not None
