"""Nine of ten like the runs lie within the band; figures that cannot be less than nothing are told as such."""

import numpy as np
import pytest

from cordboard.dialer.spread import FEWEST, NINE_OF_TEN, band


@pytest.mark.parametrize("many", [FEWEST, 10, 20, 40])
def test_nine_of_ten_that_come_next_lie_within_however_few_it_is_made_of(many: int) -> None:
    draws = np.random.default_rng(5).normal(50.0, 4.0, (4000, many + 1))
    bands = [band(row[:-1].tolist()) for row in draws]
    held = np.mean([each.low <= row[-1] <= each.high for each, row in zip(bands, draws, strict=True)])
    assert held == pytest.approx(0.9, abs=0.02)


def test_what_the_runs_alone_would_say_holds_fewer() -> None:
    """Why it is not the tenth and ninetieth of a hundred."""
    draws = np.random.default_rng(5).normal(50.0, 4.0, (4000, 11))
    low, high = np.percentile(draws[:, :-1], [10, 90], axis=1)
    assert np.mean((low <= draws[:, -1]) & (draws[:, -1] <= high)) < 0.75


def test_a_share_stays_between_nothing_and_all() -> None:
    assert band([0.0, 0.0, 0.0, 0.03], 1.0).low == 0.0
    assert band([1.0, 1.0, 0.9], 1.0).high == 1.0
    same = band([0.0] * 10, 1.0)
    assert (same.low, same.middle, same.high) == (0.0, 0.0, 0.0)


def test_of_two_runs_nothing_is_said() -> None:
    with pytest.raises(ValueError, match="too few"):
        band([0.5, 0.6])


def test_the_table_falls_to_the_normal_law() -> None:
    assert list(NINE_OF_TEN) == sorted(NINE_OF_TEN, reverse=True)
    assert 1.645 < NINE_OF_TEN[-1] < 1.75
