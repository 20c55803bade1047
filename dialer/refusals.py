"""A trunk that refuses every call is not many customers who refuse. Pure.

A refusal is SIP 403, whatever was heard before it (carriers say so for an account without money, too often with a spoken text); and
603, 607 or 480 before the first ring. A customer who presses his red key was rung. 404 speaks of the number; 401 and 407 are always
about us (telephony/call.py).

The trunk is suspected after RUN refusals in a row of different numbers: of a usual list not one call in five is refused unrung, so
that a sound trunk shows such a row once in 400,000 calls (0.2 ** 8). Refusals come at once and answers after many seconds: while
several calls are in the air the row counts only if it is SHARE times as long as there are calls that nobody has answered yet. One
answer, busy tone or unanswered ring ends the row.

From then on a refusal is the trunk's trouble and not an attempt, the row's attempts are given back to their leads, and single calls
feel the way (pacing.Brake). A number that is refused again in the same row is refused by its own doing: else a trunk whose next leads
are all unreachable would never be free again.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from ..queue.channel import AttemptOutcome
from .pacing import NO_WORD, TROUBLE

RUN = 8
SHARE = 4
REMEMBERED = 500
FORBIDDEN, UNAVAILABLE = "403", "480"


@dataclass(frozen=True, slots=True)
class LastEnd:
    """How a trunk's call to `number` ended, as the wire says: `cause` is Q.850, `tech_cause` the SIP code; `rang`: whether the far side
    gave a sign of life before."""

    outcome: AttemptOutcome
    at: datetime
    cause: int | None = None
    tech_cause: str | None = None
    number: str = ""
    rang: bool = True

    @property
    def is_refusal(self) -> bool:
        """Whether the carrier may have said no, and not the customer."""
        code = self.tech_cause or ""
        if self.outcome is AttemptOutcome.REJECTED:
            return not self.rang or FORBIDDEN in code
        return self.outcome is AttemptOutcome.NO_ANSWER and not self.rang and UNAVAILABLE in code


@dataclass(frozen=True, slots=True)
class Row:
    """The refusals since the last other word: (attempt, number), the oldest first. `suspected`: the trunk is, since they were enough."""

    refused: tuple[tuple[str, str], ...] = ()
    suspected: bool = False

    @property
    def numbers(self) -> frozenset[str]:
        return frozenset(number for _attempt_id, number in self.refused)

    def after(self, attempt_id: str, end: LastEnd, unanswered: int) -> "Row":
        """`unanswered`: the other calls of the trunk that nobody has answered yet."""
        if end.is_refusal:
            row = replace(self, refused=(*self.refused, (attempt_id, end.number))[-REMEMBERED:])
            return replace(row, suspected=self.suspected or row._is_enough(unanswered))
        return self if end.outcome in TROUBLE | NO_WORD else Row()

    def _is_enough(self, unanswered: int) -> bool:
        return len(self.numbers) >= RUN and len(self.refused) >= SHARE * unanswered


@dataclass(frozen=True, slots=True)
class Judgement:
    """What an end is written down as, and the attempts that were judged too early: they were the trunk's trouble too."""

    outcome: AttemptOutcome
    give_back: tuple[str, ...] = ()


def judge(row: Row, attempt_id: str, end: LastEnd, unanswered: int) -> Judgement:
    """`row`: as it was before this end."""
    after = row.after(attempt_id, end, unanswered)
    if not end.is_refusal or not after.suspected:
        return Judgement(end.outcome)
    if not row.suspected:
        return Judgement(AttemptOutcome.TRUNK_TROUBLE, tuple(earlier for earlier, _number in row.refused))
    return Judgement(end.outcome if end.number in row.numbers else AttemptOutcome.TRUNK_TROUBLE)
