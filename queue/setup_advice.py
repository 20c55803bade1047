"""What a setup of the queues may be and should not: queues without hands, needs that nobody meets, rules that never act. Pure."""

from collections.abc import Collection, Iterator, Mapping

from .channel import ChannelKind
from .setup import OverflowAction, OverflowRule, OverflowWhen, QueueRules, QueueSetup, Seat
from .setup_edit import Noun
from .setup_finding import Fault, Finding, warned
from .skill import Need, lacking, needs_after

FOREVER_S = 86_400.0 * 7


def advice(setup: QueueSetup, agents: Mapping[str, bool]) -> Iterator[Finding]:
    for rules in setup.queues.values():
        crew = crew_of(rules.code, setup, agents)
        yield from _hands(rules, crew, setup)
        yield from _unmet(rules, crew)
        for i, rule in enumerate(rules.overflow):
            if not _can_apply(rule, rules, i):
                yield warned(Noun.QUEUE, rules.code, f"overflow[{i}].when", Fault.NEVER_APPLIES)
        if rules.hours is not None and not any(rules.hours.week):
            yield warned(Noun.QUEUE, rules.code, "hours.week", Fault.NEVER_OPEN)


def crew_of(queue: str, setup: QueueSetup, agents: Mapping[str, bool]) -> list[Seat]:
    """The seats of those who serve a queue and still work here."""
    return [seat for seat in setup.seats.values() if queue in seat.queues and agents.get(seat.agent_id, False)]


def takes_calls(crew: Collection[Seat], setup: QueueSetup) -> bool:
    """Whether there may be calls with this crew; one that has nobody yet may still get a telephonist."""
    return not crew or any(setup.capacity_of(seat.agent_id).limit(ChannelKind.VOICE) > 0 for seat in crew)


def _hands(rules: QueueRules, crew: Collection[Seat], setup: QueueSetup) -> Iterator[Finding]:
    if not crew:
        yield warned(Noun.QUEUE, rules.code, "", Fault.NO_OPERATORS)
    elif not any(setup.capacity_of(seat.agent_id).limit(kind) > 0 for seat in crew for kind in ChannelKind):
        yield warned(Noun.QUEUE, rules.code, "", Fault.NO_CAPACITY)
    elif rules.dialed and not takes_calls(crew, setup):
        yield warned(Noun.QUEUE, rules.code, "dialed", Fault.NO_CALLS_TAKEN)


def _unmet(rules: QueueRules, crew: Collection[Seat]) -> Iterator[Finding]:
    """What nobody of the crew can do; and whether waiting mends it."""
    if not crew or not rules.needs or _met(rules.needs, crew):
        return
    if not _met(needs_after(rules.needs, FOREVER_S, rules.relaxing), crew):
        yield warned(Noun.QUEUE, rules.code, "needs", Fault.NEVER_MET)
    for i, need in enumerate(rules.needs):
        if not _met((need,), crew):
            where = f"needs[{i}].level"
            yield warned(Noun.QUEUE, rules.code, where, Fault.SKILL_MISSING, skill=need.skill, level=need.level)


def _met(needs: tuple[Need, ...], crew: Collection[Seat]) -> bool:
    """Whether one of them meets all."""
    return any(not lacking(seat.skills, needs) for seat in crew)


def _can_apply(rule: OverflowRule, rules: QueueRules, at: int) -> bool:
    """Whether there is a contact for which this rule is the first to act."""
    if rule.when is OverflowWhen.CLOSED and rules.hours is None:
        return False
    if rule.when is OverflowWhen.FULL and rules.max_waiting is None:
        return False
    return not any(_forestalls(other, rule, i < at) for i, other in enumerate(rules.overflow) if i != at)


def _forestalls(other: OverflowRule, rule: OverflowRule, is_before: bool) -> bool:
    """Whether `other` has always acted by the time `rule` could. A callback is only offered: who declines it waits on."""
    if other.when is not rule.when or other.action is OverflowAction.CALLBACK:
        return False
    if rule.when is OverflowWhen.WAIT:  # time runs through both
        return other.after_s < rule.after_s or (is_before and other.after_s == rule.after_s)
    return is_before and (rule.when is not OverflowWhen.EXPECTED_WAIT or other.after_s <= rule.after_s)
