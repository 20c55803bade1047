"""Between what a share of wrong verdicts lies."""

from math import comb

import pytest

from cordboard.dialer.machine_estimate import Share


@pytest.mark.parametrize(
    ("wrong", "heard", "low", "high"),
    [(0, 100, 0.0, 0.0370), (5, 100, 0.0215, 0.1118), (50, 100, 0.4038, 0.5962), (100, 100, 0.9630, 1.0)],
)
def test_the_interval_is_wilson_s(wrong: int, heard: int, low: float, high: float) -> None:
    share = Share(wrong, heard)
    assert share.share == wrong / heard
    assert [share.low, share.high] == pytest.approx([low, high], abs=1e-4)


def test_nobody_heard_says_nothing() -> None:
    assert (Share(0, 0).share, Share(0, 0).low, Share(0, 0).high) == (None, 0.0, 1.0)


@pytest.mark.parametrize(("wrong", "heard"), [(-1, 5), (6, 5), (1, 0)])
def test_more_wrong_than_heard_is_refused(wrong: int, heard: int) -> None:
    with pytest.raises(ValueError, match="wrong"):
        Share(wrong, heard)


@pytest.mark.parametrize("true", [0.005, 0.02, 0.1, 0.3])
def test_it_holds_the_truth_about_as_often_as_it_says(true: float) -> None:
    heard = 200
    chance = [comb(heard, n) * true**n * (1 - true) ** (heard - n) for n in range(heard + 1)]
    held = sum(p for n, p in enumerate(chance) if Share(n, heard).low <= true <= Share(n, heard).high)
    assert held > 0.91
