"""The setup of the queues, as a supervisor sets it: queues with their rules, skills, pause codes, and who serves what. Pure.

Nothing here decides: routing.py, overflow.py and hours.py read it. setup_check.py says what is wrong with one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from .capacity import Capacity
from .channel import ChannelKind
from .skill import Need, Relaxing, Skills

TARGET_WAITS_S: Mapping[ChannelKind, float] = {
    ChannelKind.VOICE: 20.0,
    ChannelKind.CHAT: 40.0,
    ChannelKind.SMS: 600.0,
    ChannelKind.MESSENGER: 300.0,
    ChannelKind.EMAIL: 14_400.0,
}
MAX_TARGET_S = 86_400.0
MAX_LIFT_S = 300.0


class Strategy(StrEnum):
    """Which of the agents that could take a contact is chosen."""

    LONGEST_IDLE = "longest_idle"
    FEWEST_CONTACTS = "fewest_contacts"
    BEST_SKILL = "best_skill"


class Lift(StrEnum):
    """Why a contact goes before others that came with it."""

    VIP = "vip"
    DEAR_ORDER = "dear_order"
    CLAIM = "claim"
    PROMISED = "promised"


class OverflowWhen(StrEnum):
    """`after_s` goes with WAIT and EXPECTED_WAIT."""

    WAIT = "wait"
    EXPECTED_WAIT = "expected_wait"
    NO_AGENTS = "no_agents"
    CLOSED = "closed"
    FULL = "full"


class OverflowAction(StrEnum):
    """OTHER_QUEUE moves the contact with its age; CALLBACK offers to keep the place; MESSAGE, VOICEMAIL and BOOK end the waiting."""

    OTHER_QUEUE = "other_queue"
    CALLBACK = "callback"
    MESSAGE = "message"
    VOICEMAIL = "voicemail"
    BOOK = "book"


@dataclass(frozen=True, slots=True)
class OverflowRule:
    when: OverflowWhen
    action: OverflowAction
    after_s: float = 0.0
    target: str | None = None


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """By weekday, Monday first: (opens, closes) in minutes since midnight, None for a closed day. Holidays are closed. IANA zone."""

    time_zone: str
    week: tuple[tuple[int, int] | None, ...] = (None,) * 7
    holidays: frozenset[date] = frozenset()


@dataclass(frozen=True, slots=True)
class QueueRules:
    """One queue. Times in s. `hours` None: always open. `max_waiting` None: no limit.

    `target_s` is the wait promised a channel (TARGET_WAITS_S where it is silent); `weight` divides it, `lift_s` is taken off it.
    A returning customer waits up to `sticky_s` for the agent he talked with in the last `sticky_days`, while that one is at work.
    `dispositions`: the branches and dispositions its contacts may be closed with, all where it names none; where one is required, the end
    of the wrap-up time closes nothing.
    """

    code: str
    name_ru: str
    name_en: str
    strategy: Strategy = Strategy.LONGEST_IDLE
    target_s: Mapping[ChannelKind, float] = field(default_factory=dict)
    weight: float = 1.0
    lift_s: float = 0.0
    needs: tuple[Need, ...] = ()
    relaxing: Relaxing = Relaxing()
    sticky_s: float = 0.0
    sticky_days: float = 7.0
    overflow: tuple[OverflowRule, ...] = ()
    max_waiting: int | None = None
    hours: OpeningHours | None = None
    ring_s: int | None = None
    wrap_up_s: float | None = None
    announce_every_s: float = 0.0
    keep_place: bool = False
    dialed: tuple[str, ...] = ()
    dispositions: tuple[str, ...] = ()
    disposition_required: bool = False

    def target(self, kind: ChannelKind) -> float:
        """The wait that is promised on that channel (s)."""
        return self.target_s.get(kind, TARGET_WAITS_S[kind])


@dataclass(frozen=True, slots=True)
class Skill:
    code: str
    name_ru: str
    name_en: str


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a contact ended as it did, below a disposition (`under`): a site's own words."""

    code: str
    name_ru: str
    name_en: str
    under: str


@dataclass(frozen=True, slots=True)
class PauseCode:
    """`limit_s`: how long one such pause may last (s) before the supervisor and the agent are told, `day_limit_s`: all of a day together;
    None: no limit."""

    code: str
    name_ru: str
    name_en: str
    limit_s: int | None = None
    day_limit_s: int | None = None


@dataclass(frozen=True, slots=True)
class Seat:
    """What one agent serves, and how. `capacity` None: the house's."""

    agent_id: str
    queues: frozenset[str] = frozenset()
    skills: Skills = field(default_factory=dict)
    capacity: Capacity | None = None


LIFTS_S: Mapping[Lift, float] = {Lift.VIP: 60.0, Lift.DEAR_ORDER: 30.0, Lift.CLAIM: 45.0, Lift.PROMISED: 120.0}


@dataclass(frozen=True, slots=True)
class QueueSetup:
    """The whole of it. `lifts_s` is how far each reason moves a contact forward (s), MAX_LIFT_S together at most."""

    queues: Mapping[str, QueueRules] = field(default_factory=dict)
    skills: Mapping[str, Skill] = field(default_factory=dict)
    pause_codes: Mapping[str, PauseCode] = field(default_factory=dict)
    reasons: Mapping[str, Reason] = field(default_factory=dict)
    seats: Mapping[str, Seat] = field(default_factory=dict)
    capacity: Capacity = field(default_factory=Capacity)
    lifts_s: Mapping[Lift, float] = field(default_factory=lambda: dict(LIFTS_S))
    dear_order: int = 2_000_000

    def rules(self, code: str) -> QueueRules:
        """The rules of a queue; one that is not set up has the defaults."""
        return self.queues.get(code) or QueueRules(code, code, code)

    def named(self, code: str, usual: str) -> str:
        """The queue of that code; where there is none such the usual one, and the first when that is gone too."""
        return next((each for each in (code, usual) if each in self.queues), next(iter(self.queues), usual))

    def behind(self, number: str, usual: str) -> str:
        """The queue whose customers dial this number, with or without a plus; the usual one when no queue has it."""
        wanted = number.lstrip("+")
        for rules in self.queues.values():
            if wanted in (each.lstrip("+") for each in rules.dialed):
                return rules.code
        return self.named(usual, usual)

    @property
    def numbers(self) -> tuple[str, ...]:
        """Every number that leads to a queue of its own, digits only, each once."""
        return tuple(dict.fromkeys(each.lstrip("+") for rules in self.queues.values() for each in rules.dialed))

    def capacity_of(self, agent_id: str) -> Capacity:
        seat = self.seats.get(agent_id)
        return self.capacity if seat is None or seat.capacity is None else seat.capacity
