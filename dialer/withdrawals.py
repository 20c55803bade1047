"""How many calls a trunk sees taken back before they ring: of those begun without an operator in the last hour, a share. Pure."""

from collections import deque
from dataclasses import dataclass, field

COUNTED_S = 3_600.0
FREE = 20
"""So many an hour may be taken back in any case: a share of few calls says nothing."""


@dataclass(slots=True)
class _Line:
    begun: deque[float] = field(default_factory=deque)
    withdrawn: deque[float] = field(default_factory=deque)


class Withdrawals:
    """Times in s, on one steady clock."""

    def __init__(self) -> None:
        self._lines: dict[str, _Line] = {}

    def began(self, trunk: str, t: float) -> None:
        self._of(trunk, t).begun.append(t)

    def withdrew(self, trunk: str, t: float) -> None:
        self._of(trunk, t).withdrawn.append(t)

    def room(self, trunk: str, share: float, t: float) -> int:
        """How many more may be taken back now; with a share of 0 none, ever."""
        line = self._of(trunk, t)
        return max(0, FREE + int(share * len(line.begun)) - len(line.withdrawn)) if share > 0.0 else 0

    def _of(self, trunk: str, t: float) -> _Line:
        line = self._lines.setdefault(trunk, _Line())
        for times in (line.begun, line.withdrawn):
            while times and times[0] < t - COUNTED_S:
                times.popleft()
        return line
