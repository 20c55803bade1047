"""The make-believe day of bench/simulated_day.py: who works when, who comes when, and how long everything takes. Times in s."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from math import log
from random import Random

from cordboard.queue.agent import Agent, Stance
from cordboard.queue.channel import Arrival, ChannelKind, Direction
from cordboard.queue.deadlines import DeskRules
from cordboard.queue.setup import Lift, QueueRules, QueueSetup, Strategy
from cordboard.queue.skill import Need, Relaxing

MIDNIGHT = datetime(2026, 6, 1, tzinfo=UTC)
HOUR_S = 3_600.0
DAY_S = 24 * HOUR_S

QUEUES = tuple(f"queue{number}" for number in range(12))
SKILLS = tuple(f"skill{number}" for number in range(12))
RULES = DeskRules(ring_s=15)
SETUP = QueueSetup(
    {
        name: QueueRules(
            name,
            "",
            "",
            strategy=tuple(Strategy)[number % 3],
            weight=2.0 if number == 0 else 1.0,
            needs=(Need(SKILLS[number], 3),) if number % 3 else (),
            relaxing=Relaxing(15.0, 0),
        )
        for number, name in enumerate(QUEUES)
    }
)

SHIFT_S = 8 * HOUR_S
SHIFTS = {0: 0.04, 7: 0.2, 8: 0.16, 9: 0.16, 10: 0.1, 12: 0.12, 13: 0.1, 14: 0.08, 16: 0.04}
"""Which part of the operators begins at which hour."""

BREAKS = ((2 * HOUR_S, 900.0), (4 * HOUR_S, 1_800.0), (6 * HOUR_S, 900.0))
"""(after the shift's begin, lasting)."""

MIX = {ChannelKind.VOICE: 0.6, ChannelKind.CHAT: 0.3, ChannelKind.EMAIL: 0.1}
TALK_S = {ChannelKind.VOICE: 240.0, ChannelKind.CHAT: 420.0, ChannelKind.EMAIL: 300.0}
WRAP_UP_S = {ChannelKind.VOICE: 30.0, ChannelKind.CHAT: 15.0, ChannelKind.EMAIL: 5.0}
PATIENCE_S = {ChannelKind.VOICE: 180.0, ChannelKind.CHAT: 300.0}
ANSWER_S = {ChannelKind.VOICE: 4.0, ChannelKind.CHAT: 6.0, ChannelKind.EMAIL: 6.0}
NO_ANSWER = 0.02
LIFTED = {Lift.VIP.value: 0.03, Lift.CLAIM.value: 0.05}
SPREAD = 0.6
"""The standard deviation of a duration's logarithm."""

_LOAD = (0.6,) * 8 + (0.7, 0.85, 1.0, 1.0, 0.95, 0.95, 1.0, 0.9, 0.85, 0.85, 0.8, 0.75, 0.7, 0.7, 0.6, 0.6)
"""By hour: the work that comes in, in parts of what the operators at work then can do at the peak's pace."""

PEAK_PACE = 1.08
"""Work at the peak, in operators' hours an operator's hour. Two chats at once are one pair of hands, so occupancy is less."""


def people(operators: int, chance: Random) -> Iterator[Agent]:
    """Operators with three queues and five skills each, among them those of their queues; logged out."""
    for number in range(operators):
        queues = chance.sample(QUEUES, 3)
        own = [SKILLS[QUEUES.index(queue)] for queue in queues]
        others = chance.sample([skill for skill in SKILLS if skill not in own], 2)
        skills = {skill: chance.randint(1, 5) for skill in (*own, *others)}
        name = f"agent{number:05}"
        yield Agent(
            name,
            name,
            name,
            Stance.LOGGED_OUT,
            MIDNIGHT,
            page_open=True,
            device_up=True,
            queues=frozenset(queues),
            skills=skills,
        )


def shifts(operators: int) -> list[float]:
    """When each operator's shift begins: seconds since midnight, spread over half an hour."""
    begins: list[float] = []
    for hour, part in SHIFTS.items():
        many = round(operators * part)
        begins += [hour * HOUR_S + 1_800.0 * index / many for index in range(many)]
    return (begins + [9 * HOUR_S] * operators)[:operators]


def at_work(begins: list[float], hour: int) -> float:
    """Operators at work in that hour, pauses taken off."""
    paused = sum(length for _, length in BREAKS) / SHIFT_S
    middle = (hour + 0.5) * HOUR_S
    return (1 - paused) * sum(begin <= middle < begin + SHIFT_S for begin in begins)


def arrivals(begins: list[float], chance: Random) -> Iterator[tuple[datetime, Arrival]]:
    """Everybody who comes that day, in order of time."""
    work_s = sum(part * (TALK_S[kind] + WRAP_UP_S[kind] + ANSWER_S[kind]) for kind, part in MIX.items())
    number = 0
    for hour, load in enumerate(_LOAD):
        a_second = PEAK_PACE * load * at_work(begins, hour) / work_s
        at_s = hour * HOUR_S
        while a_second and (at_s := at_s + chance.expovariate(a_second)) < (hour + 1) * HOUR_S:
            number += 1
            yield MIDNIGHT + timedelta(seconds=at_s), _arrival(number, chance)


def _arrival(number: int, chance: Random) -> Arrival:
    (kind,) = chance.choices(tuple(MIX), tuple(MIX.values()))
    lifts = tuple(lift for lift, part in LIFTED.items() if chance.random() < part)
    return Arrival(kind, Direction.INBOUND, chance.choice(QUEUES), f"wire{number:07}", lifts=lifts)


def lasting(mean_s: float, chance: Random) -> timedelta:
    """A lognormal time with that mean."""
    return timedelta(seconds=chance.lognormvariate(log(mean_s) - SPREAD**2 / 2, SPREAD))
