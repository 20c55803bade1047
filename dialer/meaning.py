"""What an attempt that is over, or whose customer met an operator, means for the bound on abandonment. Pure."""

from ..queue.channel import AttemptOutcome
from .abandonment import Verdict, verdict
from .lead import Attempt


def means(attempt: Attempt) -> Verdict | None:
    """What a decided attempt means for the bound."""
    return verdict(
        machine=attempt.outcome is AttemptOutcome.MACHINE,
        answered_at=attempt.answered_at,
        connected_at=attempt.connected_at,
        abandoned=attempt.outcome is AttemptOutcome.ABANDONED,
        reserved=not attempt.is_unreserved,
        told=attempt.is_notice,
    )
