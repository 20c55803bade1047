"""The machine's clock jumps: nobody is dialed until somebody has looked, or it has come back."""

import pytest

from cordboard.dialer.clock_watch import ClockWatch


@pytest.mark.parametrize("apart_s", [0.0, 0.4, -59.0])
def test_a_small_difference_is_no_doubt(apart_s: float) -> None:
    assert not ClockWatch().look(apart_s, 0).doubts


@pytest.mark.parametrize("apart_s", [3600.0, -3600.0, 61.0])
def test_a_jump_is_a_doubt_that_does_not_pass_by_itself(apart_s: float) -> None:
    watch = ClockWatch()
    for at in range(0, 10_000, 100):
        watch = watch.look(apart_s, at)
        assert watch.doubts


def test_a_clock_that_has_come_back_is_believed_after_a_minute() -> None:
    watch = ClockWatch().look(3600, 0).look(0, 100)
    assert watch.doubts
    assert watch.look(0, 159).doubts
    assert not watch.look(0, 159).look(0, 160).doubts


def test_a_clock_that_comes_and_goes_is_not_believed() -> None:
    watch = ClockWatch().look(3600, 0).look(0, 10).look(3600, 40).look(0, 50)
    assert watch.look(0, 100).doubts
    assert not watch.look(0, 100).look(0, 110).doubts


def test_somebody_looked_and_a_further_jump_is_a_new_doubt() -> None:
    watch = ClockWatch().look(3600, 0).checked()
    assert not watch.look(3600, 1).look(3600.5, 500).doubts
    assert watch.look(3600, 1).look(7200, 2).doubts
    assert watch.look(3600, 1).look(0, 2).look(3600, 3).doubts  # it was put right, and jumped again
