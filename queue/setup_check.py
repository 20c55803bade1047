"""What is wrong with a setup of the queues: what is refused stands here, what is only warned of in setup_advice.py. Pure."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from zoneinfo import ZoneInfo

from .capacity import Capacity
from .channel import ChannelKind
from .disposition import DISPOSITIONS
from .disposition_tree import MAX_PATH, nodes, path_of
from .setup import (
    MAX_LIFT_S,
    MAX_TARGET_S,
    OpeningHours,
    OverflowAction,
    OverflowWhen,
    PauseCode,
    QueueRules,
    QueueSetup,
    Reason,
    Seat,
    Skill,
)
from .setup_advice import advice, crew_of, takes_calls
from .setup_edit import HOUSE, Noun
from .setup_finding import Fault, Finding, Severity, refused
from .skill import LEVELS

MAX_NAME = 60
MAX_HELD = 25
DAY_S = 86_400.0
BOUNDS: Mapping[str, tuple[float, float]] = {
    "weight": (0.1, 10.0),
    "lift_s": (0.0, MAX_LIFT_S),
    "sticky_s": (0.0, 3_600.0),
    "sticky_days": (0.0, 365.0),
    "max_waiting": (1, 10_000),
    "ring_s": (5, 120),
    "wrap_up_s": (0.0, 3_600.0),
    "announce_every_s": (0.0, 3_600.0),
}
"""Of the fields of a queue, both ends allowed; None is allowed where the field may be None."""
STEP_S = (0.0, DAY_S)
AFTER_S = (1.0, DAY_S)
PAUSE_S = (1, 86_400)
_CODE = re.compile(r"[a-z][a-z0-9_-]{0,38}")
_NUMBER = re.compile(r"\+?[0-9]{2,18}")
_TIMED = (OverflowWhen.WAIT, OverflowWhen.EXPECTED_WAIT)
_CALLING = (OverflowAction.CALLBACK, OverflowAction.VOICEMAIL, OverflowAction.BOOK)


def check(setup: QueueSetup, agents: Mapping[str, bool]) -> list[Finding]:
    """All that is wrong, the refused first. `agents`: the operators there are, and whether each still works here."""
    return [*_refusals(setup, agents), *advice(setup, agents)]


def refusals(findings: Iterable[Finding]) -> list[Finding]:
    return [finding for finding in findings if finding.severity is Severity.REFUSE]


def _refusals(setup: QueueSetup, agents: Mapping[str, bool]) -> Iterator[Finding]:
    if not setup.queues:
        yield refused(Noun.QUEUE, "", "", Fault.LAST_QUEUE)
    for rules in setup.queues.values():
        yield from _queue(rules, setup, agents)
    yield from _circles(setup)
    yield from _numbers(setup)
    for skill in setup.skills.values():
        yield from _named(Noun.SKILL, skill)
    for pause in setup.pause_codes.values():
        yield from _named(Noun.PAUSE_CODE, pause)
        yield from _within(Noun.PAUSE_CODE, pause.code, "limit_s", pause.limit_s, PAUSE_S)
        yield from _within(Noun.PAUSE_CODE, pause.code, "day_limit_s", pause.day_limit_s, PAUSE_S)
    for reason in setup.reasons.values():
        yield from _reason(reason)
    for seat in setup.seats.values():
        yield from _seat(seat, setup, agents)
    yield from _capacity(Noun.CAPACITY, HOUSE, "", setup.capacity)
    for lift, seconds in setup.lifts_s.items():
        yield from _within(Noun.LIFTS, HOUSE, f"lifts_s.{lift}", seconds, (0.0, MAX_LIFT_S))
    yield from _within(Noun.LIFTS, HOUSE, "dear_order", setup.dear_order, (0, 10**12))


def _queue(rules: QueueRules, setup: QueueSetup, agents: Mapping[str, bool]) -> Iterator[Finding]:
    yield from _named(Noun.QUEUE, rules)
    for name, bounds in BOUNDS.items():
        yield from _within(Noun.QUEUE, rules.code, name, getattr(rules, name), bounds)
    for kind, seconds in rules.target_s.items():
        yield from _within(Noun.QUEUE, rules.code, f"target_s.{kind}", seconds, (1.0, MAX_TARGET_S))
    yield from _needs(rules, setup)
    yield from _overflow(rules, setup)
    for i, node in enumerate(rules.dispositions):
        if node not in nodes():
            yield refused(Noun.QUEUE, rules.code, f"dispositions[{i}]", Fault.UNKNOWN_DISPOSITION, code=node)
    if rules.hours is not None:
        yield from _hours(rules.code, rules.hours)
    if not rules.dialed and not takes_calls(crew_of(rules.code, setup, agents), setup):
        calling = [f"overflow[{i}].action" for i, rule in enumerate(rules.overflow) if rule.action in _CALLING]
        for where in [*calling, *(["keep_place"] if rules.keep_place else [])]:
            yield refused(Noun.QUEUE, rules.code, where, Fault.NOBODY_CALLS)


def _needs(rules: QueueRules, setup: QueueSetup) -> Iterator[Finding]:
    yield from _within(Noun.QUEUE, rules.code, "relaxing.step_s", rules.relaxing.step_s, STEP_S)
    if not 0 <= rules.relaxing.floor <= LEVELS[-1]:
        yield _bounds(Noun.QUEUE, rules.code, "relaxing.floor", (0, LEVELS[-1]))
    seen: set[str] = set()
    for i, need in enumerate(rules.needs):
        if need.skill not in setup.skills:
            yield refused(Noun.QUEUE, rules.code, f"needs[{i}].skill", Fault.UNKNOWN_SKILL, skill=need.skill)
        if need.skill in seen:
            yield refused(Noun.QUEUE, rules.code, f"needs[{i}].skill", Fault.DUPLICATE_NEED, skill=need.skill)
        seen.add(need.skill)
        if need.level not in LEVELS:
            yield refused(Noun.QUEUE, rules.code, f"needs[{i}].level", Fault.BAD_LEVEL)
    lowest = min((need.level for need in rules.needs), default=LEVELS[-1])
    if rules.relaxing.step_s > 0 and rules.relaxing.floor > lowest:
        yield refused(Noun.QUEUE, rules.code, "relaxing.floor", Fault.FLOOR_ABOVE_LEVEL, level=lowest)


def _overflow(rules: QueueRules, setup: QueueSetup) -> Iterator[Finding]:
    for i, rule in enumerate(rules.overflow):
        where = f"overflow[{i}]"
        if rule.when in _TIMED:
            yield from _within(Noun.QUEUE, rules.code, f"{where}.after_s", rule.after_s, AFTER_S)
        if rule.action is not OverflowAction.OTHER_QUEUE:
            continue
        if not rule.target:
            yield refused(Noun.QUEUE, rules.code, f"{where}.target", Fault.NO_TARGET)
        elif rule.target == rules.code:
            yield refused(Noun.QUEUE, rules.code, f"{where}.target", Fault.TO_ITSELF)
        elif rule.target not in setup.queues:
            yield refused(Noun.QUEUE, rules.code, f"{where}.target", Fault.UNKNOWN_QUEUE, queue=rule.target)


def _circles(setup: QueueSetup) -> Iterator[Finding]:
    """Every rule that leads to a queue from which contacts can come back; to itself is told already."""
    leads_to = {
        code: {rule.target for rule in rules.overflow if rule.action is OverflowAction.OTHER_QUEUE and rule.target}
        for code, rules in setup.queues.items()
    }
    for code, rules in setup.queues.items():
        for i, rule in enumerate(rules.overflow):
            if rule.action is not OverflowAction.OTHER_QUEUE or not rule.target or rule.target == code:
                continue
            if code in _reached(rule.target, leads_to):
                where = f"overflow[{i}].target"
                yield refused(Noun.QUEUE, code, where, Fault.IN_A_CIRCLE, queue=rule.target)


def _reached(start: str, leads_to: Mapping[str, set[str]]) -> set[str]:
    found: set[str] = set()
    ahead = {start}
    while ahead:
        found |= ahead
        ahead = {target for code in ahead for target in leads_to.get(code, ())} - found
    return found


def _numbers(setup: QueueSetup) -> Iterator[Finding]:
    of_number: defaultdict[str, list[str]] = defaultdict(list)
    for rules in setup.queues.values():
        for i, number in enumerate(rules.dialed):
            if not _NUMBER.fullmatch(number):
                yield refused(Noun.QUEUE, rules.code, f"dialed[{i}]", Fault.BAD_NUMBER, number=number)
            digits = number.removeprefix("+")
            if digits in of_number:
                other = of_number[digits][0]
                yield refused(
                    Noun.QUEUE, rules.code, f"dialed[{i}]", Fault.DUPLICATE_NUMBER, number=number, queue=other
                )
            of_number[digits].append(rules.code)


def _hours(code: str, hours: OpeningHours) -> Iterator[Finding]:
    if not is_zone(hours.time_zone):
        yield refused(Noun.QUEUE, code, "hours.time_zone", Fault.UNKNOWN_ZONE, zone=hours.time_zone[:40])
    if len(hours.week) != 7:
        yield refused(Noun.QUEUE, code, "hours.week", Fault.BAD_WEEK)
    for i, day in enumerate(hours.week):
        if day is not None and not 0 <= day[0] < day[1] <= 24 * 60:
            yield refused(Noun.QUEUE, code, f"hours.week[{i}]", Fault.OPENS_AFTER_CLOSES)


def _reason(reason: Reason) -> Iterator[Finding]:
    yield from _named(Noun.REASON, reason)
    if all(one.code != reason.under for one in DISPOSITIONS):
        yield refused(Noun.REASON, reason.code, "under", Fault.UNKNOWN_DISPOSITION, code=reason.under)
    if len(path_of(reason)) > MAX_PATH:
        yield refused(Noun.REASON, reason.code, "code", Fault.PATH_LONG, most=MAX_PATH - len(reason.under) - 1)


def _seat(seat: Seat, setup: QueueSetup, agents: Mapping[str, bool]) -> Iterator[Finding]:
    if seat.agent_id not in agents:
        yield refused(Noun.SEAT, seat.agent_id, "", Fault.UNKNOWN_AGENT)
    for code in sorted(seat.queues - setup.queues.keys()):
        yield refused(Noun.SEAT, seat.agent_id, "queues", Fault.UNKNOWN_QUEUE, queue=code)
    for skill, level in seat.skills.items():
        if skill not in setup.skills:
            yield refused(Noun.SEAT, seat.agent_id, f"skills.{skill}", Fault.UNKNOWN_SKILL, skill=skill)
        if level not in LEVELS:
            yield refused(Noun.SEAT, seat.agent_id, f"skills.{skill}", Fault.BAD_LEVEL)
    if seat.capacity is not None:
        yield from _capacity(Noun.SEAT, seat.agent_id, "capacity.", seat.capacity)


def _capacity(noun: Noun, key: str, path: str, capacity: Capacity) -> Iterator[Finding]:
    for kind in ChannelKind:
        yield from _within(noun, key, f"{path}limits.{kind}", capacity.limit(kind), (0, MAX_HELD))


def _named(noun: Noun, named: QueueRules | Skill | PauseCode | Reason) -> Iterator[Finding]:
    if not _CODE.fullmatch(named.code):
        yield refused(noun, named.code, "code", Fault.BAD_CODE)
    for name in ("name_ru", "name_en"):
        text: str = getattr(named, name)
        if not text.strip():
            yield refused(noun, named.code, name, Fault.NAME_EMPTY)
        if len(text) > MAX_NAME:
            yield refused(noun, named.code, name, Fault.NAME_LONG, most=MAX_NAME)


def _within(noun: Noun, key: str, field: str, value: float | None, bounds: tuple[float, float]) -> Iterator[Finding]:
    if value is not None and not bounds[0] <= value <= bounds[1]:  # so that no "not a number" gets through
        yield _bounds(noun, key, field, bounds)


def _bounds(noun: Noun, key: str, field: str, bounds: tuple[float, float]) -> Finding:
    return refused(noun, key, field, Fault.OUT_OF_BOUNDS, low=bounds[0], high=bounds[1])


def is_zone(name: str) -> bool:
    """Whether this machine knows a time zone by that name."""
    try:
        ZoneInfo(name)
    except (KeyError, OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
        return False
    return bool(name)
