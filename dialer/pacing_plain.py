"""The pacers that forecast nothing. Pure."""

import math

from .pacing_budget import Budget
from .pacing_terms import Abandoned, CallEnded, Decision, Outcome, PacingEvent, PacingInfo, Snapshot


class Progressive:
    """One call for one idle operator: nobody answers to nobody, unless operators leave."""

    def reset(self, info: PacingInfo) -> None:
        """Nothing is remembered."""

    def observe(self, event: PacingEvent) -> None:
        """Nothing is learned."""

    def decide(self, snapshot: Snapshot) -> Decision:
        return Decision(max(0, min(_safe(snapshot), snapshot.max_new)))


class Power:
    """`ratio` calls for one idle operator, as far as the bound on abandonment has room for it."""

    def __init__(self, ratio: float = 2.0) -> None:
        self._ratio = ratio
        self._budget = Budget(PacingInfo(0.03, 2.0, 25.0, 15.0, False, 0.0, None))

    def reset(self, info: PacingInfo) -> None:
        # The end of the window is not looked at: what was not yet answered is not counted on.
        self._budget = Budget(
            PacingInfo(
                info.abandonment_limit,
                info.grace_s,
                info.ring_timeout_s,
                info.min_ring_s,
                info.machine_detection,
                info.false_positive_rate,
                None,
            )
        )

    def observe(self, event: PacingEvent) -> None:
        match event:
            case CallEnded(t, Outcome.PERSON):
                self._budget.person(t)
            case Abandoned(t):
                self._budget.lost(t)

    def decide(self, snapshot: Snapshot) -> Decision:
        safe = _safe(snapshot)
        room = math.floor(max(0.0, self._budget.room(snapshot.t, 0, 1.0, 1.0)))
        free = max(0, snapshot.idle - snapshot.waiting)
        wanted = max(safe, math.floor(self._ratio * free) - len(snapshot.in_flight))
        return Decision(max(0, min(wanted, safe + room, snapshot.max_new)))


def _safe(snapshot: Snapshot) -> int:
    """So many calls more, and each still has an idle operator."""
    return snapshot.idle - snapshot.waiting - len(snapshot.in_flight)
