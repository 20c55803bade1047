"""How often a machine's verdict is wrong, by those that somebody listened to: a share and between what it lies. Pure."""

from dataclasses import dataclass
from math import sqrt

SURE = 1.959964  # 95 % between both ends


@dataclass(frozen=True, slots=True)
class Share:
    """`wrong` of `heard`; `low` to `high` holds the true share in 95 of 100 cases (Wilson). Without any heard it is anything."""

    wrong: int
    heard: int

    def __post_init__(self) -> None:
        if not 0 <= self.wrong <= self.heard:
            raise ValueError("no more are wrong than were heard")

    @property
    def share(self) -> float | None:
        return self.wrong / self.heard if self.heard else None

    @property
    def low(self) -> float:
        return max(0.0, self._middle - self._half) if self.wrong else 0.0

    @property
    def high(self) -> float:
        return min(1.0, self._middle + self._half) if self.wrong < self.heard else 1.0

    @property
    def _middle(self) -> float:
        return (self.wrong + SURE**2 / 2) / (self.heard + SURE**2)

    @property
    def _half(self) -> float:
        spread = self.wrong * (self.heard - self.wrong) / self.heard + SURE**2 / 4
        return SURE * sqrt(spread) / (self.heard + SURE**2)
