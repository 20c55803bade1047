"""A dialed call, from its Originate to its end, and what that end means. Pure.

The table of causes is the one measured in the lab with a SIP carrier returning each code (Q.850 cause, SIP code).
"""

from dataclasses import dataclass, replace

from ..queue.channel import AttemptOutcome

_BY_SIP = {
    "486": AttemptOutcome.BUSY,
    "600": AttemptOutcome.BUSY,
    "404": AttemptOutcome.INVALID,
    "604": AttemptOutcome.INVALID,
    "484": AttemptOutcome.INVALID,
    "410": AttemptOutcome.INVALID,
    "401": AttemptOutcome.TRUNK_TROUBLE,  # no customer asks who we are
    "407": AttemptOutcome.TRUNK_TROUBLE,
    "403": AttemptOutcome.REJECTED,
    "603": AttemptOutcome.REJECTED,
    "607": AttemptOutcome.REJECTED,
    "503": AttemptOutcome.CONGESTION,
    "408": AttemptOutcome.NO_ANSWER,
    "480": AttemptOutcome.NO_ANSWER,
    "487": AttemptOutcome.NO_ANSWER,
    "488": AttemptOutcome.TRUNK_TROUBLE,
    "500": AttemptOutcome.TRUNK_TROUBLE,
    "502": AttemptOutcome.TRUNK_TROUBLE,
    "504": AttemptOutcome.TRUNK_TROUBLE,
}
_BY_CAUSE = {
    17: AttemptOutcome.BUSY,
    1: AttemptOutcome.INVALID,
    22: AttemptOutcome.INVALID,
    28: AttemptOutcome.INVALID,
    21: AttemptOutcome.REJECTED,
    34: AttemptOutcome.CONGESTION,
    42: AttemptOutcome.CONGESTION,
    18: AttemptOutcome.NO_ANSWER,
    19: AttemptOutcome.NO_ANSWER,
    27: AttemptOutcome.TRUNK_TROUBLE,
    38: AttemptOutcome.TRUNK_TROUBLE,
    58: AttemptOutcome.TRUNK_TROUBLE,
    102: AttemptOutcome.TRUNK_TROUBLE,
}
_LAST_SECOND = 1.0


@dataclass(frozen=True, slots=True)
class DialedCall:
    """`began_at` is Asterisk's time (epoch s) when the channel appeared, None before; `rang` when the far side gave any sign of life.
    `screening`: it was picked up, and who it is, is heard; `heard`: it was no person. `charged`: the number (E.164) whose talk, since
    `answered_at` (Asterisk's epoch s), goes on the day's account by itself; "" when whoever dialed keeps that account."""

    attempt_id: str
    ring_timeout_s: float
    began_at: float | None = None
    rang: bool = False
    answered: bool = False
    abandoned: bool = False
    cancelled: bool = False
    screening: bool = False
    heard: AttemptOutcome | None = None
    charged: str = ""
    answered_at: float | None = None


def appeared(call: DialedCall, at: float | None) -> DialedCall:
    return replace(call, began_at=at)


def talked_s(call: DialedCall, until: float | None) -> float:
    """How long a call that is to be charged was talked (s), 0 when that is not known."""
    if not call.charged or call.answered_at is None or until is None:
        return 0.0
    return max(0.0, until - call.answered_at)


def rang(call: DialedCall) -> DialedCall:
    return replace(call, rang=True)


def outcome(call: DialedCall, cause: int, tech_cause: str, at: float | None) -> AttemptOutcome:
    """How the call ended. Our own ring timeout looks like the callee's 480; without one sign of life from the far side before
    it, nobody's telephone rang: that is the trunk's trouble, not "no answer"."""
    if call.abandoned:
        return AttemptOutcome.ABANDONED
    if call.heard is not None:
        return call.heard
    if call.answered:
        return AttemptOutcome.PERSON
    if call.screening:  # he left before we knew who he was: nobody of us has met him
        return AttemptOutcome.ABANDONED
    if call.cancelled:
        return AttemptOutcome.CANCELLED
    found = _BY_SIP.get(_sip_code(tech_cause)) or _BY_CAUSE.get(cause, AttemptOutcome.UNKNOWN)
    if found is AttemptOutcome.NO_ANSWER and not call.rang and _timed_out(call, at):
        return AttemptOutcome.TRUNK_TROUBLE
    return found


def _timed_out(call: DialedCall, at: float | None) -> bool:
    if call.began_at is None or at is None:
        return False
    return at - call.began_at >= call.ring_timeout_s - _LAST_SECOND


def _sip_code(tech_cause: str) -> str:
    """The number in what chan_pjsip says: "486", or "SIP 486 Busy Here"."""
    digits = "".join(part for part in tech_cause.replace("SIP", " ").split()[:1])
    return digits if digits.isdigit() else ""
