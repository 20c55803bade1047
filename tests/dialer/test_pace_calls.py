"""What a pacer is told of each lead's chance: beside the usual lead's, and learned of silence as soon as of answers."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from cordboard.dialer.forecast import USUAL_ANSWER
from cordboard.dialer.lead import Attempt
from cordboard.dialer.pace_calls import Pace
from cordboard.dialer.pacing import Predictive
from cordboard.dialer.pacing_plain import USUAL
from cordboard.queue.channel import AttemptOutcome

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
NEAR, FAR = ("always", "prefix:+7495"), ("always", "prefix:+7831")
RING_S = USUAL.ring_timeout_s


class Line:
    """Calls to leads of a pace, by the pace's own clock."""

    def __init__(self) -> None:
        self.pace = Pace(USUAL, Predictive())
        self.pace.next_facts = {"near": NEAR, "far": FAR}
        self.t = 0.0

    def call(self, lead: str, key: str) -> Attempt:
        attempt = Attempt(key, lead, "c", None, "+74950000001", self._now(), mode="predictive")
        self.pace.took_off(attempt)
        return attempt

    def answer(self, attempt: Attempt) -> None:
        answered = replace(attempt, answered_at=self._now(), connected_at=self._now())
        self.pace.looks_at(self.pace.flying[attempt.id], answered, self.t)

    def ring_out(self, attempt: Attempt) -> None:
        over = replace(attempt, ended_at=self._now(), outcome=AttemptOutcome.NO_ANSWER)
        self.pace.is_over(self.pace.flying.pop(attempt.id), over, self.t)

    def passes(self, seconds: float) -> None:
        self.t += seconds
        self.pace.learns(self.t)

    def _now(self) -> datetime:
        return NOON + timedelta(seconds=self.t)


def test_an_answer_teaches_no_sooner_than_the_silence_of_the_calls_beside_it() -> None:
    line = Line()
    calls = [line.call("near", str(n)) for n in range(10)]
    line.passes(5.0)
    for attempt in calls[:3]:
        line.answer(attempt)
    line.passes(RING_S - 5.5)
    assert line.pace.model.seen == 0
    line.passes(0.5)
    for attempt in calls[3:]:
        line.ring_out(attempt)
    line.passes(0.0)
    assert line.pace.model.seen == 10
    assert line.pace.model.probability(NEAR) == pytest.approx(0.3, abs=0.05)


def test_leads_that_are_all_alike_are_the_usual_ones_whatever_happened_to_the_last() -> None:
    """Else the level is told twice, by the model and by the answer rate, and each follows the other's errors."""
    line = Line()
    for n in range(20):
        line.answer(line.call("near", str(n)))
        line.passes(RING_S)
    assert line.pace.model.probability(NEAR) > 0.6
    assert line.pace.chances([NEAR]) == [pytest.approx(USUAL_ANSWER)]
    line.call("near", "next")
    assert line.pace.flying["next"].chance == pytest.approx(USUAL_ANSWER)


def test_who_answers_more_often_than_the_usual_one_is_told_as_such() -> None:
    line = Line()
    for n in range(300):
        line.ring_out(line.call("near", f"near {n}"))
        far = line.call("far", f"far {n}")
        (line.answer if n % 2 else line.ring_out)(far)
        line.passes(RING_S)
    near, far_one = line.pace.chances([NEAR, FAR])
    assert near < 0.5 * USUAL_ANSWER
    assert far_one > 1.5 * USUAL_ANSWER


def test_what_is_usual_outlives_the_engine() -> None:
    line, after = Line(), Line()
    for n in range(60):
        line.answer(line.call("far" if n % 3 else "near", str(n)))
        line.passes(RING_S)
    after.pace.model.recall(line.pace.model.memory())
    assert after.pace.chances([NEAR, FAR]) == pytest.approx(line.pace.chances([NEAR, FAR]))
    before = after.pace.chances([NEAR, FAR])
    after.pace.model.recall({"seen": [1], "weights": {}, "usual": {"dialed": -3.0, "shares": {"x": "y"}}})
    assert after.pace.chances([NEAR, FAR]) == before
