"""The fence before Asterisk: an engine that may not lead any more sends nothing. Pure."""

from dataclasses import dataclass
from typing import Protocol


class Fence(Protocol):
    """Whether this engine may still speak to Asterisk; asked directly before each action is written. Its epoch stands in the ActionID."""

    @property
    def epoch(self) -> int: ...

    def holds(self) -> bool: ...


@dataclass(frozen=True, slots=True)
class Unfenced:
    """For a tool, and for tests: nobody else can lead."""

    epoch: int = 0

    def holds(self) -> bool:
        return True
