"""The bound on calls that are taken back before they ring, trunk by trunk."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.dialer.pacing import Predictive
from cordboard.dialer.pacing_memory import faded
from cordboard.dialer.simulate import World, simulate
from cordboard.dialer.withdrawals import COUNTED_S, FREE, Withdrawals


@given(
    steps=st.lists(st.tuples(st.floats(0, 200), st.sampled_from(["first", "second"]), st.booleans()), max_size=300),
    share=st.sampled_from([0.0, 0.1, 0.6, 1.0]),
)
def test_no_hour_sees_more_than_its_share(steps: list[tuple[float, str, bool]], share: float) -> None:
    book, t = Withdrawals(), 0.0
    begun: list[tuple[float, str]] = []
    gone: list[tuple[float, str]] = []
    for span_s, trunk, withdraws in steps:
        t += span_s
        if withdraws and book.room(trunk, share, t):
            book.withdrew(trunk, t)
            gone.append((t, trunk))
            hour = [at for at, name in begun if name == trunk and at >= t - COUNTED_S]
            taken = [at for at, name in gone if name == trunk and at >= t - COUNTED_S]
            assert len(taken) <= FREE + share * len(hour)
            assert share > 0.0
        else:
            book.began(trunk, t)
            begun.append((t, trunk))


def test_after_an_hour_it_is_forgotten() -> None:
    book = Withdrawals()
    for _ in range(FREE):
        book.withdrew("first", 0.0)
    assert book.room("first", 0.5, 1.0) == 0
    assert book.room("second", 0.5, 1.0) == FREE
    assert book.room("first", 0.5, COUNTED_S + 1.0) == FREE


def test_what_was_learned_counts_less_as_it_grows_old() -> None:
    assert faded(0.0) == faded(600.0) == 1.0
    assert 1.0 > faded(3_600.0) > faded(6 * 3_600.0) > faded(1e9) == 0.1


def test_a_pacer_goes_on_where_another_stopped() -> None:
    first = Predictive()
    simulate(first, World(((0.0, 6),), 900.0), 1)
    second = Predictive()
    second.recall(first.memory(), 0.0)
    assert second.memory() == first.memory()
    assert second.beliefs.answer() == first.beliefs.answer()
    old = Predictive()
    old.recall(first.memory(), 86_400.0)
    assert old.beliefs.answer().mean == pytest.approx(first.beliefs.answer().mean)
    assert old.beliefs.answer().error > 2 * first.beliefs.answer().error


@pytest.mark.parametrize(
    "kept",
    [
        {},
        {"beliefs": 7, "price": "dear"},
        {"beliefs": {"delay": {"answers": [1.0], "failures": [], "dialed": []}, "rate": None}, "price": [float("nan")]},
        {"beliefs": {"rate": {"fast": [0, 0], "slow": [0, 0], "highest": [1]}, "talk": {"ends": "x"}}, "price": [-1]},
        {"beliefs": {"rate": {"fast": [1e400, 1], "slow": [1, 1], "highest": [1]}, "set_up": [1, 0], "resolved": [1]}},
    ],
)
def test_what_does_not_fit_is_passed_over(kept: dict[str, object]) -> None:
    pacer, fresh = Predictive(), Predictive()
    pacer.recall(kept, 0.0)
    assert pacer.memory() == fresh.memory()
