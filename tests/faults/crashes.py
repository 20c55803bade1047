"""A crash at every failpoint of every flow, and kills at random moments."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from cordboard.storage.failpoint import VARIABLE

from .faultlab import FaultLab
from .flows import FLOWS

_JOURNAL = ("journal_before_commit", "journal_after_commit")
_TALK = (*_JOURNAL, "before_offer", "after_offer")
_RESULT = ("before_follow_up", "before_lead_told", "after_lead_told", "recording_linked", "after_follow_up")
_TAKE = ("recording_before_encode", "recording_encoded", "recording_entered")
_DIALED = ("after_reserve", "after_intent_commit", "after_originate_sent", "after_originate_answer")
_ORDER = ("order_before_commit", "order_committed", "lead_made")
_ENDED = ("before_attempt_end", "after_attempt_end")
_ANSWER = ("before_answer_kept", "after_answer_kept", "operator_met")

FLOW_POINTS: Mapping[str, Sequence[str]] = {
    "call_in": (*_TALK, "before_agent_hangs_up", "after_agent_hangs_up", *_RESULT, *_TAKE),
    "caller_abandons": (*_JOURNAL, *_RESULT),
    "ring_no_answer": (*_TALK, *_RESULT, *_TAKE),
    "declined": (*_TALK, "before_withdraw", "after_withdraw", *_RESULT, *_TAKE),
    "order_answered": (*_ORDER, *_DIALED, *_ANSWER, *_TALK, *_ENDED, *_RESULT, *_TAKE),
    "order_busy": (*_ORDER, *_DIALED, *_ENDED, *_JOURNAL),
    "order_no_answer": (*_ORDER, *_DIALED, *_ENDED, *_JOURNAL),
    "callback": (*_TALK, *_DIALED, *_ANSWER, *_ENDED, *_RESULT, *_TAKE),
    "chat": (
        *_TALK,
        "message_before_commit",
        "message_committed",
        "before_hang_up",
        "after_hang_up",
        *_RESULT,
    ),
    "transfer": (*_TALK, "before_return", "after_return", *_RESULT, *_TAKE),
    "message": (*_ORDER, *_DIALED, "key_heard", "key_settled", *_ENDED),
    "a_full_batch": (*_DIALED, "key_heard", *_ENDED),
    "card": ("card_shown", "card_taken_up", *_ORDER, *_DIALED, *_ANSWER),
    "a_list": ("list_staged", "list_before_commit", "list_poured", "list_taken_back"),
}
"""What each flow passes when nothing goes wrong; `python -m tests.faults.bench --trace` says whether that is still so."""

OUT_OF_THE_WAY: Mapping[str, str] = {
    "booking_confirmed": "a spoken dialog needs an ear for what it says: tests/live/test_booked_by_phone.py dies there",
    "booking_made": "as booking_confirmed",
    "abandoned_heard": "only when a person answers while the engine stands still (fault F25)",
}
"""Failpoints that no flow passes, and why."""


@dataclass(frozen=True, slots=True)
class Crash:
    """The engine dies in `flow` at the `at_pass`th pass of `point`. The journal may be passed less often: then nothing dies."""

    flow: str
    point: str
    at_pass: int = 1

    @property
    def failpoints(self) -> str:
        return f"{self.point}=kill@{self.at_pass}"

    def __str__(self) -> str:
        return f"{self.flow}-{self.point}" + (f"-{self.at_pass}" if self.at_pass > 1 else "")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a fault. `recovery_s`: from the death, or the fault, until the house served again; None when nothing had died."""

    name: str
    recovery_s: float | None
    trouble: tuple[str, ...]


JOURNAL_PASSES = (1, 2, 3, 4)
BATCH_PASSES = (1, 4)


def every_crash() -> list[Crash]:
    """The journal is passed at every move: there the first few passes count as points of their own. So does the middle of a batch."""
    return [
        Crash(flow, point, at_pass)
        for flow, points in FLOW_POINTS.items()
        for point in points
        for at_pass in _passes(flow, point)
    ]


def _passes(flow: str, point: str) -> Sequence[int]:
    if point in _JOURNAL:
        return JOURNAL_PASSES
    return BATCH_PASSES if flow == "a_full_batch" and point in _DIALED + _ENDED else (1,)


def some_crashes(seed: str, count: int) -> list[Crash]:
    return Random(seed).sample(every_crash(), count)


async def survive(lab: FaultLab, crash: Crash) -> Outcome:
    """Arm, run the flow through the crash, come to rest, look. Never raises for what the house did wrong: that is the outcome."""
    await lab.arm(crash.failpoints)
    trouble: list[str] = []
    recovery: float | None = None
    try:
        recovery = await lab.through_a_death(FLOWS[crash.flow])
        if recovery is None and crash.at_pass == 1:
            trouble.append(f"{VARIABLE}={crash.failpoints!r} was not reached in {crash.flow}")
        await lab.rest()
    except Exception as error:  # whatever it is, the next one is to be tried
        trouble.append(f"{type(error).__name__}: {error}")
        await lab.recover()
    trouble += await lab.new_violations()
    return Outcome(str(crash), recovery, tuple(trouble))


async def kill_at_random(lab: FaultLab, seed: str, number: int) -> Outcome:
    """A flow by chance, and kill -9 after a moment by chance."""
    chance = Random(f"{seed}/{number}")
    flow, after_s = chance.choice(sorted(FLOWS)), chance.uniform(0.05, 6.0)
    name = f"kill {number} of seed {seed}: {flow} after {after_s:.2f} s"
    begun = time.monotonic()
    trouble: list[str] = []
    recovery: float | None = None
    try:
        recovery = await lab.through_a_death(FLOWS[flow], kill_after_s=after_s)
        await lab.rest()
    except Exception as error:  # whatever it is, the next one is to be tried
        trouble.append(f"{type(error).__name__} after {time.monotonic() - begun:.0f} s: {error}")
        await lab.recover()
    trouble += await lab.new_violations()
    return Outcome(name, recovery, tuple(trouble))
