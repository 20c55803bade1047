"""A clock in the test's hand."""

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)


class HandClock:
    """Stands still until `move` is called."""

    def __init__(self, start: datetime = NOON) -> None:
        self._now = start
        self._elapsed = 0.0

    def now(self) -> datetime:
        return self._now

    def monotonic(self) -> float:
        return self._elapsed

    def move(self, **duration: float) -> None:
        """`move(minutes=5)`."""
        step = timedelta(**duration)
        self._now += step
        self._elapsed += step.total_seconds()
