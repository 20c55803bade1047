"""The contract can tell: bare panoramisk breaks exactly the points that are listed as its defects."""

from tests.telephony.prove_ami import DEFECTS, judge


def test_bare_panoramisk_breaks_exactly_the_listed_points() -> None:
    verdicts = judge("panoramisk")
    assert {point for point, kept in verdicts.items() if not kept} == DEFECTS
    assert {point for point, kept in verdicts.items() if kept}, "a contract that nobody can keep proves nothing"
