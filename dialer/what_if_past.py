"""What a campaign's past calls say: the laws of a forecast, and the figures that are held against one. Pure."""

from collections.abc import Iterable, Sequence
from statistics import fmean, quantiles
from zoneinfo import ZoneInfo

from ..queue.channel import AttemptOutcome
from .abandonment import Verdict
from .lead import Attempt
from .meaning import means
from .what_if import Learned
from .what_if_kept import Tally

FEWEST_WAITS = 10
LONGEST_LAG_S = 1.0
FAILED = frozenset({AttemptOutcome.BUSY, AttemptOutcome.INVALID, AttemptOutcome.REJECTED})
SAYS_NOTHING = frozenset(
    {AttemptOutcome.CONGESTION, AttemptOutcome.TRUNK_TROUBLE, AttemptOutcome.CANCELLED, AttemptOutcome.UNKNOWN}
)
"""Of the customer."""


def learned_of(
    attempts: Sequence[Attempt], talk_s: Sequence[float], wrap_up_s: Sequence[float], home: ZoneInfo
) -> Learned:
    """`attempts` that have ended; `home`: the site's zone."""
    by_hour = [[0, 0] for _ in range(24)]
    answer_s: list[float] = []
    failed = 0
    for each in attempts:
        if each.answered_at is None and (each.outcome is None or each.outcome in SAYS_NOTHING):
            continue
        hour = by_hour[each.intent_at.astimezone(home).hour]
        hour[0] += 1
        if each.answered_at is None:
            failed += each.outcome in FAILED
            continue
        hour[1] += 1
        answer_s.append(max(0.0, (each.answered_at - each.intent_at).total_seconds()))
    return Learned(
        tuple((calls, persons) for calls, persons in by_hour),
        tuple(answer_s),
        failed,
        tuple(talk_s),
        tuple(wrap_up_s),
        min(LONGEST_LAG_S, _lag_s(attempts)),
    )


def _lag_s(attempts: Sequence[Attempt]) -> float:
    """What the wire takes, by those who waited for nothing else: whose call had an operator reserved, or, of too few such, the quickest
    quarter of all."""
    reserved = _waits_s(each for each in attempts if each.agent_id is not None)
    if len(reserved) >= FEWEST_WAITS:
        return fmean(reserved)
    waits_s = _waits_s(attempts)
    return quantiles(waits_s, n=4)[0] if len(waits_s) >= FEWEST_WAITS else 0.0


def _waits_s(attempts: Iterable[Attempt]) -> list[float]:
    """From the answer to the operator (s), of those who met one."""
    return [
        max(0.0, (each.connected_at - each.answered_at).total_seconds())
        for each in attempts
        if each.connected_at is not None and each.answered_at is not None
    ]


def tally_of(attempts: Sequence[Attempt]) -> Tally:
    verdicts = [means(each) for each in attempts if each.ended_at is not None or each.connected_at is not None]
    waits_s = _waits_s(attempts)
    return Tally(
        placed=len(attempts),
        answered=sum(each in (Verdict.SERVED, Verdict.ABANDONED) for each in verdicts),
        lost=sum(each is Verdict.ABANDONED for each in verdicts),
        served=len(waits_s),
        wait_s=sum(waits_s),
    )
