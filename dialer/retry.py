"""When a lead is tried again, by how its last attempt or talk ended. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..queue.channel import AttemptOutcome


@dataclass(frozen=True, slots=True)
class RetryRule:
    """After this outcome: again in `delay_s`, unless `max_attempts` (0 = never again, None = no limit) were made.

    `counts`: whether the outcome uses up an attempt; our own trouble does not. `growth`: each further attempt waits so many times
    longer than the one before, up to LONGEST_DELAY_S.
    """

    delay_s: int
    max_attempts: int | None
    counts: bool = True
    growth: float = 1.0

    def wait_s(self, attempts: int) -> float:
        """How long the lead rests after its attempt of this number (s)."""
        if self.growth == 1.0:
            return self.delay_s
        steps = min(max(0, attempts - 1), MOST_STEPS)
        return min(self.delay_s * self.growth**steps, max(LONGEST_DELAY_S, float(self.delay_s)))


LONGEST_DELAY_S = 7 * 86_400.0
MOST_STEPS = 60

RetryRules = Mapping[AttemptOutcome, RetryRule]
ResultRules = Mapping[str, RetryRule]
"""By the code of a result that does not close its lead (queue/disposition.py)."""
NO_RESULT_RULES: ResultRules = {}
NO_KEY = "no_key"
DEFAULT_RESULT_RULES: ResultRules = {
    "no_talk": RetryRule(3_600, 4),
    "no_disposition": RetryRule(3_600, 4),
    NO_KEY: RetryRule(3_600, 2),
}

DEFAULT_RETRY_RULES: RetryRules = {
    AttemptOutcome.PERSON: RetryRule(900, 4),  # answered, yet we never heard of it: as good as unknown
    AttemptOutcome.MACHINE: RetryRule(14_400, 3),
    AttemptOutcome.TONE: RetryRule(86_400, 2),  # a fax, a dead number: rarely ever a person
    AttemptOutcome.BUSY: RetryRule(300, 6),
    AttemptOutcome.NO_ANSWER: RetryRule(3_600, 4),
    AttemptOutcome.INVALID: RetryRule(0, 0),
    AttemptOutcome.REJECTED: RetryRule(7_200, 2),
    AttemptOutcome.CONGESTION: RetryRule(60, None, counts=False),
    AttemptOutcome.TRUNK_TROUBLE: RetryRule(60, None, counts=False),
    AttemptOutcome.CANCELLED: RetryRule(60, None, counts=False),
    AttemptOutcome.ABANDONED: RetryRule(60, 4),
    AttemptOutcome.UNKNOWN: RetryRule(900, 4),
}
