"""What a campaign's past calls say: the laws of a forecast, and the figures that are held against one. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from ..queue.channel import AttemptOutcome
from .abandonment import Verdict
from .forecast import USUAL_SET_UP_S
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
    answered: list[Attempt] = []
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
        answered.append(each)
    return Learned(
        by_hour=tuple((calls, persons) for calls, persons in by_hour),
        answer_s=tuple(_gone_s(each.intent_at, each.answered_at) for each in answered),
        ring_s=tuple(_ring_s(each) for each in answered),
        set_up_s=tuple(_gone_s(each.intent_at, each.rang_at) for each in attempts if each.rang_at is not None),
        failed=failed,
        talk_s=tuple(talk_s),
        wrap_up_s=tuple(wrap_up_s),
        lags_s=_lags_s(attempts),
    )


def _gone_s(since: datetime, until: datetime | None) -> float:
    return 0.0 if until is None else max(0.0, (until - since).total_seconds())


def _ring_s(attempt: Attempt) -> float:
    """From the first ring to the answer; of calls from before rings were kept, with the usual set-up."""
    if attempt.rang_at is not None:
        return _gone_s(attempt.rang_at, attempt.answered_at)
    return max(0.0, _gone_s(attempt.intent_at, attempt.answered_at) - USUAL_SET_UP_S)


def _lags_s(attempts: Sequence[Attempt]) -> tuple[float, ...]:
    """What the wire takes, by those who waited for nothing else: whose call had an operator reserved, or, of too few such, the quicker
    half of all: their mean is near the first quartile."""
    reserved = _waits_s(each for each in attempts if each.agent_id is not None)
    waits_s = sorted(_waits_s(attempts))
    found = reserved if len(reserved) >= FEWEST_WAITS else waits_s[: len(waits_s) // 2]
    return tuple(min(LONGEST_LAG_S, each) for each in found) if len(waits_s) >= FEWEST_WAITS else ()


def _waits_s(attempts: Iterable[Attempt]) -> list[float]:
    """From the answer to the operator (s), of those who met one."""
    return [
        _gone_s(each.answered_at, each.connected_at)
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
