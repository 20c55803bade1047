"""The pacers that forecast nothing. Pure.

They are beside the modes of the same names (reserving.py) because they are asked something else: here an operator is counted and not
reserved, the room is a pacer's own budget and not the campaign's bound, and the decision is one number; there operators are reserved by
name for a part of the calls. What they share is a subtraction.
"""

import math
from dataclasses import replace

from .pacing_budget import Budget
from .pacing_terms import Abandoned, CallEnded, Decision, Outcome, PacingEvent, PacingInfo, Snapshot

USUAL = PacingInfo(0.03, 2.0, 25.0, 15.0, False, 0.0, None)
SET_UP_S = 10.0
"""A call may be set up for so long before it rings."""


def safe(snapshot: Snapshot, ring_timeout_s: float) -> int:
    """So many calls more, and each still has an idle operator, who has not said that he leaves before it could be answered."""
    soon = snapshot.t + ring_timeout_s + SET_UP_S
    leaving = sum(max(0, many) for when, many in snapshot.departures if snapshot.t <= when <= soon)
    return max(0, snapshot.idle - leaving) - snapshot.waiting - len(snapshot.in_flight)


class Progressive:
    """One call for one idle operator: nobody answers to nobody, unless operators leave who did not say so."""

    def __init__(self) -> None:
        self._ring_timeout_s = USUAL.ring_timeout_s

    def reset(self, info: PacingInfo) -> None:
        self._ring_timeout_s = info.ring_timeout_s

    def observe(self, event: PacingEvent) -> None:
        """Nothing is learned."""

    def decide(self, snapshot: Snapshot) -> Decision:
        return Decision(max(0, min(safe(snapshot, self._ring_timeout_s), snapshot.max_new)))


class Power:
    """`ratio` calls for one idle operator, as far as the bound on abandonment has room for it."""

    def __init__(self, ratio: float = 2.0) -> None:
        self._ratio = ratio
        self.reset(USUAL)

    def reset(self, info: PacingInfo) -> None:
        self._ring_timeout_s = info.ring_timeout_s
        # The end of the window is not looked at: what was not yet answered is not counted on.
        self._budget = Budget(replace(info, window_end_s=None))

    def observe(self, event: PacingEvent) -> None:
        match event:
            case CallEnded(t, Outcome.PERSON):
                self._budget.person(t)
            case Abandoned(t):
                self._budget.lost(t)

    def decide(self, snapshot: Snapshot) -> Decision:
        most_safe = safe(snapshot, self._ring_timeout_s)
        room = math.floor(max(0.0, self._budget.room(snapshot.t, 0, 1.0, 1.0)))
        free = max(0, most_safe + len(snapshot.in_flight))
        wanted = max(most_safe, math.floor(self._ratio * free) - len(snapshot.in_flight))
        return Decision(max(0, min(wanted, most_safe + room, snapshot.max_new)))
