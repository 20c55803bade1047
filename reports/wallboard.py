"""The wallboard: what the tiles and the queue table show now, folded from contacts and agents. Pure.

Every figure comes with its target and with its standing beside that target. Formulas: queue/metrics.py.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ..queue.agent import Agent, AgentState
from ..queue.contact import Contact
from ..queue.metrics import Share, abandonment, service_level, waited_s, waits
from ..queue.routing import order_key

_EPSILON = 1e-9  # shares are binary fractions
_NEAR_ABOVE = 1.5  # up to one and a half of an upper limit is a warning, beyond it an alarm
_NEAR_BELOW = 0.1  # up to a tenth below a lower limit is a warning


class Standing(StrEnum):
    """How a figure stands beside its target; `unknown` while there is nothing to measure."""

    GOOD = "good"
    NEAR = "near"
    BAD = "bad"
    UNKNOWN = "unknown"


class QueueStanding(StrEnum):
    """What a queue needs to be told about, the worst first."""

    NOBODY = "nobody"
    TOO_LONG = "too_long"
    BELOW = "below"
    NEAR = "near"
    GOOD = "good"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Targets:
    """What the site wants; shares from 0 to 1, seconds."""

    service_level: float = 0.8
    answer_within_s: float = 20.0
    waiting: int = 5
    longest_wait_s: float = 90.0
    abandonment: float = 0.05
    overdue: int = 0


@dataclass(frozen=True, slots=True)
class Figure:
    value: float | None
    target: float
    standing: Standing


@dataclass(frozen=True, slots=True)
class Promises:
    """Calls promised to customers: how many by the end of the day, how many of them are past their hour."""

    today: int = 0
    overdue: int = 0


@dataclass(frozen=True, slots=True)
class Crew:
    """How many agents are in which state; `on_line` is everybody who has begun a shift and not paused it."""

    on_line: int
    ready: int
    talking: int
    wrap_up: int
    paused: int
    not_responding: int
    logged_out: int


@dataclass(frozen=True, slots=True)
class QueueLine:
    queue: str
    waiting: int
    longest_s: float | None
    level: Figure
    abandoned: Share
    crew: Crew
    standing: QueueStanding


@dataclass(frozen=True, slots=True)
class Wallboard:
    level: Figure
    waiting: Figure
    longest_s: Figure
    abandoned: Figure
    overdue: Figure
    promised_today: int
    crew: Crew
    queues: tuple[QueueLine, ...]


def wallboard(
    open_contacts: Sequence[Contact],
    ended_today: Sequence[Contact],
    agents: Sequence[Agent],
    promises: Promises,
    now: datetime,
    targets: Targets,
) -> Wallboard:
    """The board as of `now`. A contact that ended between the two reads may stand in both lists: it is counted once, as ended."""
    ended = {contact.id for contact in ended_today}
    contacts = [*ended_today, *(contact for contact in open_contacts if contact.id not in ended)]
    names = {contact.queue for contact in contacts} | {queue for agent in agents for queue in agent.queues}
    waiting = waiting_now(contacts)
    longest = max((waited_s(contact, now) for contact in waiting), default=0.0)
    return Wallboard(
        level=at_least(service_level(contacts, targets.answer_within_s, now).value, targets.service_level),
        waiting=at_most(len(waiting), targets.waiting),
        longest_s=at_most(longest, targets.longest_wait_s),
        abandoned=at_most(abandonment(contacts).value, targets.abandonment),
        overdue=at_most(promises.overdue, targets.overdue),
        promised_today=promises.today,
        crew=crew(agents),
        queues=tuple(_line(name, contacts, agents, now, targets) for name in sorted(names)),
    )


def waiting_now(contacts: Iterable[Contact]) -> list[Contact]:
    """Customers who wait for an agent, calls and texts in the one order in which they are served."""
    return sorted((contact for contact in contacts if waits(contact)), key=order_key)


def crew(agents: Iterable[Agent]) -> Crew:
    """The agents counted by their states; a reserved one is about to talk, and counts as on line only."""
    states = [agent.state for agent in agents]
    off = (AgentState.LOGGED_OUT, AgentState.PAUSED, AgentState.NOT_RESPONDING)
    return Crew(
        on_line=sum(state not in off for state in states),
        ready=states.count(AgentState.READY),
        talking=states.count(AgentState.BUSY),
        wrap_up=states.count(AgentState.WRAP_UP),
        paused=states.count(AgentState.PAUSED),
        not_responding=states.count(AgentState.NOT_RESPONDING),
        logged_out=states.count(AgentState.LOGGED_OUT),
    )


def at_least(value: float | None, target: float) -> Figure:
    """A figure that should reach its target."""
    if value is None:
        return Figure(None, target, Standing.UNKNOWN)
    if value >= target:
        return Figure(value, target, Standing.GOOD)
    return Figure(value, target, Standing.NEAR if target - value <= target * _NEAR_BELOW + _EPSILON else Standing.BAD)


def at_most(value: float | None, target: float) -> Figure:
    """A figure that should stay under its target."""
    if value is None:
        return Figure(None, target, Standing.UNKNOWN)
    if value <= target:
        return Figure(value, target, Standing.GOOD)
    return Figure(value, target, Standing.NEAR if value <= target * _NEAR_ABOVE else Standing.BAD)


def _line(
    queue: str, contacts: Sequence[Contact], agents: Sequence[Agent], now: datetime, targets: Targets
) -> QueueLine:
    mine = [contact for contact in contacts if contact.queue == queue]
    hands = crew(agent for agent in agents if queue in agent.queues)
    waiting = waiting_now(mine)
    longest = max((waited_s(contact, now) for contact in waiting), default=None)
    level = at_least(service_level(mine, targets.answer_within_s, now).value, targets.service_level)
    standing = _queue_standing(len(waiting), longest, hands, level.standing, targets)
    return QueueLine(queue, len(waiting), longest, level, abandonment(mine), hands, standing)


def _queue_standing(
    waiting: int, longest_s: float | None, hands: Crew, level: Standing, targets: Targets
) -> QueueStanding:
    if waiting and not hands.on_line:
        return QueueStanding.NOBODY
    if longest_s is not None and longest_s > targets.longest_wait_s:
        return QueueStanding.TOO_LONG
    by_level = {
        Standing.BAD: QueueStanding.BELOW,
        Standing.NEAR: QueueStanding.NEAR,
        Standing.GOOD: QueueStanding.GOOD,
        Standing.UNKNOWN: QueueStanding.QUIET,
    }
    return by_level[level]
