"""What detection said of an answered call, what people say who heard it, and how often it errs by them. Pure.

Two ask different things. Listeners hear a random sample of the calls that were ended as machines': of those who were persons the share and
its interval are known. Operators hear whoever was brought to them: by them one knows how many machines passed.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from .abandonment import Cap
from .machine_estimate import Share

MACHINE = "machine"


class Answerer(StrEnum):
    """Who had answered, as somebody says who heard it."""

    PERSON = "person"
    MACHINE = "machine"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class ScreenedCall:
    """`heard` (person, machine, tone, silence, not_sure) with its `certainty` (0 to 1), `heard_s` after the pick-up, at operating `point`.

    `drawn`: it is of the random sample that is offered for listening. `sound`: where its screened part is kept, under the data folder; None
    where it is not. `by_listener`, `by_agent`: what they say, with who and when.
    """

    attempt_id: str
    campaign_id: str
    at: datetime
    heard: str
    certainty: float
    heard_s: float
    why: str
    point: str
    drawn: bool = False
    sound: str | None = None
    by_listener: Answerer | None = None
    listener_id: str | None = None
    listened_at: datetime | None = None
    by_agent: Answerer | None = None
    agent_id: str | None = None
    told_at: datetime | None = None

    @property
    def label(self) -> Answerer | None:
        """The last word on it: a listener may hear it twice, an operator cannot. None where nobody knows."""
        known = (self.by_listener, self.by_agent)
        return next((each for each in known if each not in (None, Answerer.UNCLEAR)), None)


@dataclass(frozen=True, slots=True)
class MachineEstimate:
    """`false`: persons among the drawn verdicts "machine" that were listened to; `waiting` were drawn and not listened to yet.
    `passed`: machines among the calls of which operators said who it was."""

    false: Share = Share(0, 0)
    waiting: int = 0
    passed: Share = Share(0, 0)


def with_estimate(cap: Cap, estimate: MachineEstimate | None) -> Cap:
    """The bound as it is kept: the share of persons among machines that listening found, or the one set by hand where that is greater."""
    heard = estimate.false.share if estimate is not None else None
    return cap if heard is None or heard <= cap.false_machine else replace(cap, false_machine=heard)
