"""The wallboard: what the tiles and the queue table show now, folded from contacts and agents. Pure.

Every figure comes with its target and with its standing beside that target. Formulas: queue/metrics.py.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ..queue.agent import Agent, AgentState
from ..queue.contact import Contact
from ..queue.metrics import NO_SERVICE, Service, service, waited_s, waits
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
    served: Service
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
    contacts: Sequence[Contact],
    ended_today: Mapping[str, Service],
    agents: Sequence[Agent],
    promises: Promises,
    now: datetime,
    targets: Targets,
) -> Wallboard:
    """The board as of `now`. `contacts`: those that are open; `ended_today`: what the others of the day add up to, by queue."""
    mine, hands = defaultdict[str, list[Contact]](list), defaultdict[str, list[Agent]](list)
    for contact in contacts:
        mine[contact.queue].append(contact)
    for agent in agents:
        for queue in agent.queues:
            hands[queue].append(agent)
    lines = tuple(
        _line(name, mine[name], ended_today.get(name, NO_SERVICE), hands[name], now, targets)
        for name in sorted({*mine, *hands, *ended_today})
    )
    served = sum((line.served for line in lines), NO_SERVICE)
    waiting = sum(line.waiting for line in lines)
    longest = max((line.longest_s for line in lines if line.longest_s is not None), default=0.0)
    return Wallboard(
        level=at_least(served.level.value, targets.service_level),
        waiting=at_most(waiting, targets.waiting),
        longest_s=at_most(longest, targets.longest_wait_s),
        abandoned=at_most(served.abandonment.value, targets.abandonment),
        overdue=at_most(promises.overdue, targets.overdue),
        promised_today=promises.today,
        crew=crew(agents),
        queues=lines,
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
    queue: str, contacts: Sequence[Contact], ended: Service, agents: Sequence[Agent], now: datetime, targets: Targets
) -> QueueLine:
    served, hands = ended + service(contacts, targets.answer_within_s, now), crew(agents)
    waits_s = [waited_s(contact, now) for contact in contacts if waits(contact)]
    longest = max(waits_s, default=None)
    level = at_least(served.level.value, targets.service_level)
    standing = _queue_standing(len(waits_s), longest, hands, level.standing, targets)
    return QueueLine(queue, len(waits_s), longest, level, served, hands, standing)


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
