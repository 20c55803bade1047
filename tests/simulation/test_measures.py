"""Percentiles are times that were really measured; those of a histogram are as fine as its buckets."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from cordboard.simulation.measures import Spread, between, histograms, next_after, percentile, sample, spread, spread_of

TIMES = st.lists(st.floats(0, 1000), min_size=1)


@pytest.mark.parametrize(("share", "wanted"), [(0.0, 1.0), (0.5, 2.0), (0.75, 3.0), (0.99, 4.0), (1.0, 4.0)])
def test_nearest_rank(share: float, wanted: float) -> None:
    assert percentile([1.0, 2.0, 3.0, 4.0], share) == wanted


@given(TIMES)
def test_a_percentile_is_one_of_the_times_and_never_falls(times: list[float]) -> None:
    one = spread(times)
    assert one.p50 in times
    assert one.p99 in times
    assert one.worst == max(times)
    assert one.p50 is not None
    assert one.p99 is not None
    assert one.p50 <= one.p99 <= max(times)


def test_of_nothing_there_is_no_figure() -> None:
    assert spread([]) == Spread(0, None, None, None)
    assert spread_of({}) == Spread(0, None, None, None)
    assert spread_of({0.1: 0.0, float("inf"): 0.0}) == Spread(0, None, None, None)


def test_the_next_instant() -> None:
    assert next_after([1.0, 2.0], 1.5) == 2.0
    assert next_after([1.0, 2.0], 2.0) == 2.0
    assert next_after([1.0, 2.0], 2.1) is None


def test_a_real_exposition_is_read_and_two_readings_make_a_difference() -> None:
    registry = CollectorRegistry()
    took = Histogram("took_seconds", "x", ["kind"], registry=registry, buckets=(0.1, 1.0))
    took.labels("a").observe(0.05)
    before = histograms(generate_latest(registry).decode())
    for seconds in (0.05, 0.5, 0.5, 0.5):
        took.labels("a").observe(seconds)
    took.labels("b").observe(5.0)
    text = generate_latest(registry).decode()
    gone = between(before["took_seconds"], histograms(text)["took_seconds"])
    assert gone == {0.1: 1.0, 1.0: 4.0, float("inf"): 5.0}
    assert sample(text, "took_seconds_count", '{kind="a"}') == 5.0
    assert sample(text, "nowhere") == 0.0


def test_within_a_bucket_times_are_spread_evenly() -> None:
    one = spread_of({0.1: 0.0, 0.2: 100.0, float("inf"): 100.0})
    assert one.p50 == pytest.approx(0.15)
    assert one.p99 == pytest.approx(0.199)
    assert one.worst == 0.2


def test_of_the_open_bucket_only_the_beginning_is_known() -> None:
    assert spread_of({0.1: 0.0, float("inf"): 10.0}).p50 == 0.1
