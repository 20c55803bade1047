"""How often one lead and one number may be dialed, whatever the rules of retries say. Pure.

A call that a customer asked for is not held back: the first attempt of a promised callback goes through, and counts for those after it.
What was our own trouble (RetryRule.counts) does not count.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime, timedelta

from ..queue.channel import AttemptOutcome
from .lead import Attempt, Lead
from .reason import Reason, Wait
from .retry import RetryRules

DAY = timedelta(hours=24)
MOST = 1000
LONGEST_GAP_S = 7 * 86_400
LONGEST_PEACE_H = 7 * 24


@dataclass(frozen=True, slots=True)
class AttemptLimits:
    """Attempts of a lead in its life, of a lead and of a number (over all campaigns) in any 24 h; None is no limit.

    `gap_s`: the least time (s) between two calls to one number over all campaigns, from the end of the first. `reached_h`: so long (h) a
    customer whom another campaign has reached is not called (reached.py).
    """

    lead_total: int | None = 15
    lead_day: int | None = 6
    number_day: int | None = 6
    gap_s: int = 60
    reached_h: int = 4


def faults(limits: AttemptLimits) -> Iterable[tuple[str, str]]:
    """(knob, what is wrong with it)."""
    for name in ("lead_total", "lead_day", "number_day"):
        most = getattr(limits, name)
        if most is not None and not 1 <= most <= MOST:
            yield name, f"a limit of attempts is 1 to {MOST}, or none at all"
    if not 0 <= limits.gap_s <= LONGEST_GAP_S:
        yield "gap_s", f"the time between two calls is 0 to {LONGEST_GAP_S} s"
    if not 0 <= limits.reached_h <= LONGEST_PEACE_H:
        yield "reached_h", f"who was reached is left in peace for 0 to {LONGEST_PEACE_H} h"


@dataclass(frozen=True, slots=True)
class Past:
    """What was dialed before: `recent` attempts (at least those of the last `window`) of the lead or its number, in any order, and how
    many of the lead's ended how in its whole life (None: not over)."""

    recent: tuple[Attempt, ...] = ()
    ends: Mapping[AttemptOutcome | None, int] | None = None


def window(limits: AttemptLimits) -> timedelta:
    """How far back the limits look."""
    return max(DAY, timedelta(seconds=limits.gap_s))


def reached(
    lead: Lead, number: str, limits: AttemptLimits, past: Past, rules: RetryRules, now: datetime
) -> Wait | None:
    """The limit that forbids to dial the lead under `number` at `now`; of several the one that holds the longest."""
    if lead.is_callback and lead.attempts == 0:
        return None
    counted = [each for each in past.recent if each.outcome is None or rules[each.outcome].counts]
    total = sum(n for outcome, n in (past.ends or {}).items() if outcome is None or rules[outcome].counts)
    if limits.lead_total is not None and total >= limits.lead_total:
        return Wait(Reason.LEAD_TOTAL)
    of_number = [each for each in counted if each.number == number]
    waits = [
        _day(Reason.LEAD_DAY, limits.lead_day, [each for each in counted if each.lead_id == lead.id]),
        _day(Reason.NUMBER_DAY, limits.number_day, of_number),
        *(Wait(Reason.GAP, _over(each) + timedelta(seconds=limits.gap_s)) for each in of_number),
    ]
    open_waits = [(wait.until, wait) for wait in waits if wait is not None and wait.until and wait.until > now]
    return max(open_waits, key=lambda pair: pair[0])[1] if open_waits else None


def _day(reason: Reason, most: int | None, attempts: list[Attempt]) -> Wait | None:
    """Until so many of them are more than 24 h past that one more may be made."""
    if most is None or len(attempts) < most:
        return None
    newest = sorted((each.intent_at for each in attempts), reverse=True)
    return Wait(reason, newest[most - 1] + DAY)


def _over(attempt: Attempt) -> datetime:
    return attempt.ended_at or attempt.intent_at


KNOBS = tuple(field.name for field in fields(AttemptLimits))
