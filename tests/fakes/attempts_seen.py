"""What an attempt came to, as a judge of the bound sees it."""

from collections.abc import Sequence

from cordboard.dialer.lead import Attempt
from cordboard.queue.channel import AttemptOutcome


def is_machine(one: Attempt) -> bool:
    return one.outcome is AttemptOutcome.MACHINE


def is_decided(one: Attempt) -> bool:
    return one.ended_at is not None or one.connected_at is not None


def in_flight(attempts: Sequence[Attempt]) -> list[Attempt]:
    """Those without a reserved operator that nobody can say yet what they come to."""
    return [one for one in attempts if one.is_unreserved and not is_decided(one)]


def left_alone(one: Attempt) -> bool:
    """Who answered and had no operator within 2 s, or was told of as abandoned."""
    waited_s = (one.connected_at - one.answered_at).total_seconds() if one.connected_at and one.answered_at else None
    unmet = waited_s is None and one.is_unreserved
    return one.outcome is AttemptOutcome.ABANDONED or unmet or (waited_s is not None and waited_s > 2)
