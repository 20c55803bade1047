"""VICIdial's rule of pacing, written anew from its description (shared/facts/dialer.md 1a), to measure ours against. No bench itself."""

from collections import deque
from statistics import fmean

from cordboard.dialer.pacing import Abandoned, CallEnded, Decision, Outcome, PacingEvent, PacingInfo, Snapshot

DIAL_EVERY_S, SAMPLE_EVERY_S, LEVEL_EVERY_S, DROPS_EVERY_S = 2.5, 1.0, 15.0, 60.0
SAMPLES = 15
MANY_CALLS_A_MINUTE, MANY_CALLS_A_DAY = 20, 50


class Vicidial:
    """Adaptive dialing with a hard limit. `highest` is its cap on lines for an agent, `target` the agents it wants to wait (less than 0:
    customers)."""

    def __init__(self, highest: float = 3.0, target: float = 0.0) -> None:
        self._highest, self._target = highest, target
        self._limit = 0.03
        self._begin()

    def reset(self, info: PacingInfo) -> None:
        self._limit = info.abandonment_limit
        self._begin()

    def _begin(self) -> None:
        self._level = 1.0
        self._waiting: deque[int] = deque(maxlen=SAMPLES)
        self._agents: deque[int] = deque(maxlen=SAMPLES)
        self._dialed_at = self._sampled_at = self._levelled_at = self._counted_at = float("-inf")
        self._calls = self._answers = self._drops = 0
        self._before = (0, 0)
        self._minute = (0, 0)
        self._share = 0.0

    def observe(self, event: PacingEvent) -> None:
        match event:
            case CallEnded(_, outcome):
                self._calls += 1
                self._answers += outcome is Outcome.PERSON
            case Abandoned():
                self._drops += 1

    def decide(self, snapshot: Snapshot) -> Decision:
        t = snapshot.t
        if t - self._sampled_at >= SAMPLE_EVERY_S:
            self._sampled_at = t
            self._waiting.append(snapshot.idle - snapshot.waiting)
            self._agents.append(snapshot.idle + snapshot.talking + snapshot.wrap_up + snapshot.paused)
        if t - self._counted_at >= DROPS_EVERY_S:
            self._counted_at = t
            self._minute = (self._calls - self._before[0], self._drops - self._before[1])
            self._before = (self._calls, self._drops)
            self._share = self._drops / self._answers if self._answers else 0.0
        if t - self._levelled_at >= LEVEL_EVERY_S:
            self._levelled_at = t
            self._adapt()
        if t - self._dialed_at < DIAL_EVERY_S:
            return Decision(0)
        self._dialed_at = t
        agents = snapshot.idle + snapshot.talking
        lines = len(snapshot.in_flight) + snapshot.talking + snapshot.waiting
        return Decision(max(0, min(round(self._level * agents) - lines, snapshot.max_new)))

    def _adapt(self) -> None:
        agents = fmean(self._agents)
        share = (fmean(self._waiting) + self._target) / agents if agents else 0.0
        self._level = min(self._highest, max(1.0, self._level * (1.0 + share)))
        calls, drops = self._minute
        if calls > MANY_CALLS_A_MINUTE and drops > calls / 2:
            self._level = max(1.0, self._level / 2)
        if self._calls > MANY_CALLS_A_DAY and self._share > self._limit:
            self._level = 1.0
