"""Virtual persons: the same seed draws the same day, and the drawn figures are near what was asked for."""

from random import Random
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.simulation.habits import Habits, Stretch
from cordboard.simulation.person import Fate, arrivals, called, callers, talk_s


def test_the_same_seed_draws_the_same_persons() -> None:
    day = [Stretch(2.0, 30.0)]
    assert callers(Random(7), Habits(), day) == callers(Random(7), Habits(), day)
    assert callers(Random(7), Habits(), day) != callers(Random(8), Habits(), day)


@given(st.integers(0, 1000), st.lists(st.tuples(st.floats(0, 5), st.floats(0, 20)), max_size=4))
def test_arrivals_come_in_order_and_within_the_stretches(seed: int, stretches: list[tuple[float, float]]) -> None:
    instants = arrivals(Random(seed), [Stretch(*one) for one in stretches])
    assert instants == sorted(instants)
    assert all(0 <= at < sum(seconds for _, seconds in stretches) for at in instants)


def test_as_many_come_as_were_asked_for_and_twice_as_many_in_the_second_stretch() -> None:
    instants = arrivals(Random(1), [Stretch(10.0, 100.0), Stretch(20.0, 100.0)])
    first = sum(at < 100.0 for at in instants)
    assert first == pytest.approx(1000, rel=0.1)
    assert len(instants) - first == pytest.approx(2000, rel=0.1)


def test_nobody_calls_at_a_rate_of_nothing() -> None:
    assert arrivals(Random(1), [Stretch(0.0, 100.0)]) == []


def test_talks_are_as_long_as_wanted_on_average_and_never_shorter_than_a_second() -> None:
    talks = [talk_s(Random(seed), 30.0) for seed in range(2000)]
    assert mean(talks) == pytest.approx(30.0, rel=0.1)
    assert min(talk_s(Random(seed), 0.01) for seed in range(100)) == 1.0


def test_numbers_and_names_tell_callers_apart() -> None:
    persons = callers(Random(3), Habits(), [Stretch(5.0, 20.0)])
    assert len({person.number for person in persons}) == len(persons)


def test_a_phone_that_nobody_takes_is_none_and_the_rings_come_round() -> None:
    silent = callers(Random(3), Habits(unanswered=1.0), [Stretch(5.0, 2.0)])
    assert {person.ring_s(ring) for person in silent for ring in range(9)} == {None}
    person = callers(Random(3), Habits(unanswered=0.0), [Stretch(5.0, 2.0)])[0]
    assert person.ring_s(0) == person.ring_s(len(person.rings))


@pytest.mark.parametrize(
    ("answers", "busy", "fate"), [(1.0, 0.0, Fate.ANSWERS), (0, 1, Fate.BUSY), (0, 0, Fate.NO_ANSWER)]
)
def test_the_fate_of_a_call_that_we_place(answers: float, busy: float, fate: Fate) -> None:
    assert called(Random(1), Habits(), answers, busy).fate is fate
