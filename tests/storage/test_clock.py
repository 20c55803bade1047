"""A time of day that does not jump, fed with the readings of two clocks."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.storage.clock import SteadyTime, SystemClock

WALL, STEADY = 1_795_255_200.0, 500.0
HOUR = 3600.0


def steady_time() -> SteadyTime:
    return SteadyTime(WALL, STEADY)


def run(time: SteadyTime, seconds: int, wall_ahead: float = 0.0, rate: float = 1.0) -> float:
    """Read once a second; the wall runs `rate` times as fast, from `wall_ahead` on. How far we went."""
    began, now = time.steady, time.read(time.wall, time.steady)
    first, wall = now, time.wall + wall_ahead
    for second in range(1, seconds + 1):
        now = time.read(wall + second * rate, began + second)
    return now - first


def test_two_clocks_that_agree_are_read_as_they_are() -> None:
    assert steady_time().read(WALL + 90, STEADY + 90) == WALL + 90


@pytest.mark.parametrize("jump", [HOUR, -HOUR, 1.5, -1.5, 86_400 * 365.0])
def test_a_jump_is_told_and_not_followed(jump: float) -> None:
    time = steady_time()
    assert run(time, 600, wall_ahead=jump) == pytest.approx(600)
    assert time.jumped_s == pytest.approx(jump)


@pytest.mark.parametrize("jump", [HOUR, -HOUR])
def test_a_clock_that_is_set_right_again_is_well_again(jump: float) -> None:
    time = steady_time()
    run(time, 60, wall_ahead=jump)
    assert run(time, 60, wall_ahead=-jump) == pytest.approx(60)
    assert time.jumped_s == 0.0


def test_two_jumps_add_up() -> None:
    time = steady_time()
    run(time, 60, wall_ahead=HOUR)
    run(time, 60, wall_ahead=-3 * HOUR)
    assert time.jumped_s == pytest.approx(-2 * HOUR)


@pytest.mark.parametrize("step", [0.8, -0.8])
def test_a_small_step_is_made_good_slowly(step: float) -> None:
    time = steady_time()
    assert run(time, 60, wall_ahead=step) == pytest.approx(60 * (1.005 if step > 0 else 0.995))
    assert run(time, 600) + 60 * (1.005 if step > 0 else 0.995) == pytest.approx(660 + step)
    assert time.jumped_s == 0.0


@pytest.mark.parametrize("rate", [1.0002, 0.9998])
@pytest.mark.parametrize("jump", [0.0, HOUR])
def test_a_slow_drift_is_followed_for_ever_also_beside_a_jump(rate: float, jump: float) -> None:
    time = steady_time()
    run(time, 60, wall_ahead=jump)
    assert run(time, 86_400, rate=rate) == pytest.approx(86_400 * rate, abs=0.01)
    assert time.jumped_s == pytest.approx(jump)


def test_a_machine_that_slept_is_a_jump() -> None:
    """Its monotonic clock stood still, its wall clock did not."""
    time = steady_time()
    assert time.read(WALL + 8 * HOUR, STEADY) == WALL
    assert time.jumped_s == 8 * HOUR
    assert time.read(WALL + 8 * HOUR + 5, STEADY + 5) == pytest.approx(WALL + 5)


def test_a_process_that_stood_still_is_none() -> None:
    time = steady_time()
    assert time.read(WALL + 8 * HOUR, STEADY + 8 * HOUR) == WALL + 8 * HOUR
    assert time.jumped_s == 0.0


@given(st.lists(st.tuples(st.floats(0, 1e4), st.floats(-1e6, 1e6)), max_size=30))
def test_whatever_the_wall_does_time_goes_on_at_its_pace(steps: list[tuple[float, float]]) -> None:
    time, before, steady = steady_time(), WALL, STEADY
    for passed, wall in steps:
        steady += passed
        now = time.read(WALL + wall, steady)
        assert 0.995 * passed - 1e-5 <= now - before <= 1.005 * passed + 1e-5
        before = now


def test_the_machine_s_clock_is_the_time_of_day() -> None:
    clock = SystemClock()
    earlier, now, later = datetime.now(UTC), clock.now(), clock.now()
    assert abs((now - earlier).total_seconds()) < 60
    assert now <= later
    assert now.tzinfo is UTC
    assert clock.jumped_s == 0.0
