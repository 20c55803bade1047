"""A carrier's prices that a test can reckon in its head."""

from dataclasses import dataclass


@dataclass(frozen=True)
class KopeckASecond:
    """Every second costs a kopeck; one number may be barred."""

    seconds_a_day: float | None = None
    kopecks_a_day: int | None = None
    barred: str = ""

    def may_dial(self, number: str) -> bool:
        return number != self.barred

    def cost(self, number: str, seconds: float) -> int:
        return round(seconds)
