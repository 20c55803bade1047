"""When outbound yields to inbound, beyond letting every caller who waits go first: by a rule that the supervisor sets. Pure."""

from dataclasses import dataclass

from .knobs import BlendKnobs

ANSWER_WITHIN_S = 20.0
"""The wait (s) that the service level counts by."""
LOOKS_BACK_S = 1800.0
"""How far (s) it looks back: what was bad in the morning is no reason at noon."""


@dataclass(frozen=True, slots=True)
class QueueNow:
    """Of the campaign's queue: its service level lately (a share; None when nobody called), the longest expected wait (s) of those who
    wait (None when nobody does, or nobody can tell)."""

    level: float | None = None
    expected_s: float | None = None


def yields(knobs: BlendKnobs, queue: QueueNow) -> bool:
    """Whether the campaign dials nobody but those who were promised a call."""
    low = queue.level is not None and queue.level < knobs.service_level_floor
    long = knobs.expected_wait_s > 0 and queue.expected_s is not None and queue.expected_s > knobs.expected_wait_s
    return low or long
