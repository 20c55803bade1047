"""What the end of a dialed call means: the lab's table of causes, and the one that looks like another."""

import pytest

from cordboard.queue.channel import AttemptOutcome
from cordboard.telephony.call import DialedCall, appeared, outcome, rang

Out = AttemptOutcome

TABLE = [  # SIP code, Q.850 cause, what it means
    ("486", 17, Out.BUSY),
    ("600", 17, Out.BUSY),
    ("404", 1, Out.INVALID),
    ("604", 1, Out.INVALID),
    ("484", 28, Out.INVALID),
    ("410", 22, Out.INVALID),
    ("480", 19, Out.NO_ANSWER),
    ("408", 18, Out.NO_ANSWER),
    ("403", 21, Out.REJECTED),
    ("603", 21, Out.REJECTED),
    ("503", 34, Out.CONGESTION),
    ("500", 38, Out.TRUNK_TROUBLE),
    ("502", 27, Out.TRUNK_TROUBLE),
    ("504", 102, Out.TRUNK_TROUBLE),
    ("488", 58, Out.TRUNK_TROUBLE),
]


def dialed(timeout_s: float = 30.0) -> DialedCall:
    return appeared(DialedCall("attempt", timeout_s), 1000.0)


@pytest.mark.parametrize(("sip", "cause", "expected"), TABLE)
def test_the_table_of_causes(sip: str, cause: int, expected: AttemptOutcome) -> None:
    assert outcome(rang(dialed()), cause, sip, 1003.0) is expected
    assert outcome(rang(dialed()), cause, "", 1003.0) is expected
    assert outcome(rang(dialed()), cause, f"SIP {sip} Whatever", 1003.0) is expected


@pytest.mark.parametrize("sip", ["401", "407"])
def test_who_asks_who_we_are_is_no_customer(sip: str) -> None:
    assert outcome(dialed(), 21, sip, 1000.2) is Out.TRUNK_TROUBLE


def test_our_ring_timeout_is_no_answer_only_when_it_rang() -> None:
    assert outcome(rang(dialed(20)), 19, "480", 1020.0) is Out.NO_ANSWER
    assert outcome(dialed(20), 19, "480", 1020.0) is Out.TRUNK_TROUBLE
    # The carrier's own quick 480 is an answer of the far side.
    assert outcome(dialed(20), 19, "480", 1002.0) is Out.NO_ANSWER


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        (DialedCall("a", 20, 1.0, answered=True), Out.PERSON),
        (DialedCall("a", 20, 1.0, answered=True, abandoned=True), Out.ABANDONED),
        (DialedCall("a", 20, 1.0, cancelled=True), Out.CANCELLED),
    ],
)
def test_what_we_know_better_than_the_cause(call: DialedCall, expected: AttemptOutcome) -> None:
    assert outcome(call, 16, "", 30.0) is expected


def test_an_unheard_of_cause_is_unknown() -> None:
    assert outcome(dialed(), 127, "", None) is Out.UNKNOWN
    assert outcome(dialed(), 0, "nonsense", None) is Out.UNKNOWN
