"""What a pacer is told and what it answers: the contract of pacing.py. Times in s, on one steady clock that the caller chose. Pure."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
CallId: TypeAlias = Hashable


class Outcome(StrEnum):
    """How a call ended, for the one who placed it."""

    PERSON = "person"
    MACHINE = "machine"
    BUSY = "busy"
    INVALID = "invalid"
    NO_ANSWER = "no_answer"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class PacingInfo:
    """What holds for the whole window: at most `abandonment_limit` of the persons who answer wait longer than `grace_s` for an operator.

    `min_ring_s`: no call that has begun to ring is withdrawn earlier. `false_positive_rate`: the share of persons whom machine detection
    takes for machines; they count as abandoned. `window_end_s`: when the counting, or the work, ends; None where nobody knows.
    """

    abandonment_limit: float
    grace_s: float
    ring_timeout_s: float
    min_ring_s: float
    machine_detection: bool
    false_positive_rate: float
    window_end_s: float | None


@dataclass(frozen=True, slots=True)
class InFlight:
    """A call nobody has been connected to. `since_ring_s` is None while it is set up; `since_pickup_s` counts under machine detection;
    `answer_probability`: that a person answers, as it stood before the call was placed."""

    id: CallId
    since_dial_s: float
    since_ring_s: float | None
    since_pickup_s: float | None
    answer_probability: float | None


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The floor at `t`: operators by what they do, persons who answered and wait, calls in flight, the chances of the next leads in their
    order, and the most that may be placed now. `departures`: when how many operators will leave, as far as it was announced."""

    t: float
    idle: int
    talking: int
    wrap_up: int
    paused: int
    waiting: int
    talk_elapsed_s: Floats
    wrap_up_elapsed_s: Floats
    idle_elapsed_s: Floats
    in_flight: tuple[InFlight, ...]
    departures: tuple[tuple[float, int], ...]
    upcoming_answer_probability: Floats
    max_new: int


@dataclass(frozen=True, slots=True)
class Decision:
    """How many calls to place, and which to withdraw."""

    place: int
    cancel: tuple[CallId, ...] = ()


@dataclass(frozen=True, slots=True)
class CallEnded:
    """A call is no longer in flight. A person who answered is told with PERSON as he answers (after detection, where there is one)."""

    t: float
    outcome: Outcome
    age_s: float


@dataclass(frozen=True, slots=True)
class Connected:
    """A person met an operator."""

    t: float


@dataclass(frozen=True, slots=True)
class Abandoned:
    """A person answered and met nobody in time."""

    t: float


@dataclass(frozen=True, slots=True)
class TalkEnded:
    t: float
    duration_s: float


@dataclass(frozen=True, slots=True)
class WrapUpEnded:
    t: float
    duration_s: float


PacingEvent: TypeAlias = CallEnded | Connected | Abandoned | TalkEnded | WrapUpEnded


class Pacer(Protocol):
    """Knows nothing but what it is told here."""

    def reset(self, info: PacingInfo) -> None:
        """A window begins; all that was learned before is forgotten."""
        ...

    def observe(self, event: PacingEvent) -> None: ...

    def decide(self, snapshot: Snapshot) -> Decision:
        """What to do now; asked each second and after every event."""
        ...


MakePacer: TypeAlias = Callable[[], Pacer]
