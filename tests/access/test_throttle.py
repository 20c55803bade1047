"""How often one may try: pure."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from cordboard.access.throttle import PER_ACCOUNT, WINDOW, wait_s
from tests.fakes.hours import NOON


def test_below_the_limit_there_is_no_wait() -> None:
    assert wait_s([NOON] * (PER_ACCOUNT - 1), PER_ACCOUNT, NOON) == 0


def test_at_the_limit_one_waits_until_the_oldest_is_forgotten() -> None:
    tries = [NOON - timedelta(seconds=second) for second in (100, 80, 60, 40, 20)]
    assert wait_s(tries, 5, NOON) == 200


def test_old_tries_are_forgotten() -> None:
    assert wait_s([NOON - WINDOW] * 50, PER_ACCOUNT, NOON) == 0


@given(st.lists(st.integers(0, 900), max_size=40), st.integers(1, 10))
def test_after_the_wait_one_may_try(ages: list[int], limit: int) -> None:
    tries = [NOON - timedelta(seconds=age) for age in ages]
    wait = wait_s(tries, limit, NOON)
    assert 0 <= wait <= WINDOW.total_seconds()
    assert wait_s(tries, limit, NOON + timedelta(seconds=wait)) == 0
    if wait:
        assert wait_s(tries, limit, NOON + timedelta(seconds=wait - 1)) > 0
