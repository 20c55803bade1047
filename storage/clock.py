"""Time as an argument: the wall clock in UTC for what people read, the monotonic clock (s) for what we measure."""

import logging
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol

DRIFT_S = 1.0  # wall and steady clock apart by more than this is a jump
PULL = 0.005  # a smaller difference is made good by running this much faster or slower

log = logging.getLogger(__name__)


class Clock(Protocol):
    """Two clocks: `now` is a time of day, `monotonic` measures. Neither goes back."""

    def now(self) -> datetime:
        """The present instant, an aware datetime in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; only differences mean anything."""
        ...


@dataclass
class SteadyTime:
    """A time of day that never jumps, made of readings of a wall clock (s since 1970) and of a monotonic one (s).

    It runs with the monotonic clock. A small drift of the wall is followed slowly; a jump is not followed but kept in
    `jumped_s`: how far the wall stands ahead of us (s, negative: behind), 0.0 while the two agree.
    """

    wall: float
    steady: float
    jumped_s: float = field(default=0.0, init=False)

    def __post_init__(self) -> None:
        self._offset = self.wall - self.steady

    def read(self, wall: float, steady: float) -> float:
        """The time of day (s since 1970) at these two readings; each call's `steady` is not before the last one's."""
        elapsed, self.steady, self.wall = max(0.0, steady - self.steady), max(steady, self.steady), wall
        apart = wall - steady - self._offset
        if abs(apart) <= DRIFT_S:
            self.jumped_s = 0.0
        elif abs(apart - self.jumped_s) > DRIFT_S:
            self.jumped_s = apart
        drift = apart - self.jumped_s
        self._offset += max(-PULL * elapsed, min(PULL * elapsed, drift))
        return self.steady + self._offset


class SystemClock:
    """The machine's own clocks. `now` is steady: no timer fires early or twice when somebody sets the machine's time."""

    def __init__(self) -> None:
        self._time = SteadyTime(*_readings())

    def now(self) -> datetime:
        before = self._time.jumped_s
        now = self._time.read(*_readings())
        if self._time.jumped_s != before and self._time.jumped_s:
            log.warning("the machine's clock jumped by %+.0f s; it is not followed", self._time.jumped_s)
        return datetime.fromtimestamp(now, UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    @property
    def jumped_s(self) -> float:
        """How far the machine's clock is ahead of `now` since it jumped; 0.0 while they agree."""
        self.now()
        return self._time.jumped_s


class WallClock:
    """The machine's clock as it is, jumps and all: to compare with what others stamp by it (files, Asterisk)."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()


def _readings() -> tuple[float, float]:
    """Both clocks at one moment; read again when the machine was busy elsewhere in between, for that looks like a jump."""
    for _ in range(5):
        before, wall, after = time.monotonic(), time.time(), time.monotonic()
        if after - before < 0.01:
            break
    return wall, after
