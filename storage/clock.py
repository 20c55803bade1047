"""Time as an argument: the wall clock in UTC for what people read, the monotonic clock (s) for what we measure."""

from datetime import UTC, datetime
from time import monotonic
from typing import Protocol


class Clock(Protocol):
    """Two clocks: `now` may jump with the machine's settings, `monotonic` never does."""

    def now(self) -> datetime:
        """The present instant, an aware datetime in UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary start; only differences mean anything."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return monotonic()
