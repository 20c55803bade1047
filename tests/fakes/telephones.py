"""Telephones at the far end: what was dialed rings until a test says otherwise. The wire to them can fail in each way a wire fails."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from cordboard.queue.channel import WireDown


class Fault(StrEnum):
    NONE = "none"
    REFUSED = "refused"  # nothing leaves the house, and the wire says so
    ANSWER_LOST = "answer_lost"  # it is dialed, but we hear that it failed
    CUT = "cut"  # it is dialed, the wire breaks before it says so, and nothing can be asked
    DOWN = "down"  # nothing leaves, and nothing can be asked


@dataclass
class Telephones:
    """The dialer's Originate. `dialed` keeps every call that reached the network, `live` those that are still there; `others` are calls
    on a trunk that are not the dialer's."""

    dialed: list[tuple[str, str]] = field(default_factory=list)
    live: set[str] = field(default_factory=set)
    cancelled: list[str] = field(default_factory=list)
    ring_timeouts: list[int] = field(default_factory=list)
    variables: dict[str, Mapping[str, str]] = field(default_factory=dict)
    trunks: dict[str, str] = field(default_factory=dict)
    shown: dict[str, str] = field(default_factory=dict)
    others: dict[str, set[str]] = field(default_factory=dict)
    tries: int = 0
    fault: Fault = Fault.NONE

    async def originate(
        self,
        attempt_id: str,
        number: str,
        *,
        ring_timeout_s: int,
        caller_id: str,
        variables: Mapping[str, str],
        trunk: str,
    ) -> None:
        self.tries += 1
        if self.fault in (Fault.DOWN, Fault.REFUSED):
            raise WireDown
        self.dialed.append((attempt_id, number))
        self.ring_timeouts.append(ring_timeout_s)
        self.variables[attempt_id] = variables
        self.trunks[attempt_id], self.shown[attempt_id] = trunk, caller_id
        self.live.add(attempt_id)
        if self.fault in (Fault.ANSWER_LOST, Fault.CUT):
            raise WireDown

    async def cancel(self, attempt_id: str) -> None:
        self.cancelled.append(attempt_id)
        self.live.discard(attempt_id)

    async def equip(self, attempt_id: str, variables: Mapping[str, str]) -> None:
        if attempt_id in self.live:
            self.variables[attempt_id] = {**self.variables[attempt_id], **variables}

    async def known(self, attempt_id: str) -> bool | None:
        return None if self.fault in (Fault.DOWN, Fault.CUT) else attempt_id in self.live

    def channels_on(self, trunk: str) -> frozenset[str]:
        return frozenset(self.others.get(trunk, ())) | {each for each in self.live if self.trunks[each] == trunk}

    @property
    def numbers(self) -> list[str]:
        """The numbers in the order in which they were dialed."""
        return [number for _attempt_id, number in self.dialed]
