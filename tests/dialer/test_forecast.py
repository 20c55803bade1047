"""What is learned of answers, talks and leads: it comes to the truth, says how sure it is, and begins with something sensible."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import exp
from random import Random

import numpy as np
import pytest

from cordboard.dialer.exposure import CALM, CALM_RISE, HOSTILITY, Exposure
from cordboard.dialer.forecast import HORIZONS_S, AnswerDelay, AnswerRate, Durations, Freed
from cordboard.dialer.lead import Lead
from cordboard.dialer.lead_forecast import AnswerModel, features
from cordboard.dialer.pacing_law import FreeOperators, harm_and_gain

NOON = datetime(2026, 11, 28, 12, tzinfo=UTC)
LEAD = Lead("1", "c", "order:1", "+74950000001", "Europe/Moscow", NOON - timedelta(hours=2), NOON)
NONE = np.zeros((0, len(HORIZONS_S)))


def after(probability: float, calls: int, rate: AnswerRate, seed: int = 1) -> AnswerRate:
    """One call a second, each decided at once."""
    chance = Random(seed)
    for _ in range(calls):
        if chance.random() < probability:
            rate.answered()
        rate.passes(1.0, 1.0, 10)
    return rate


@pytest.mark.parametrize("probability", [0.05, 0.15, 0.3, 0.6])
def test_the_answer_rate_is_learned_with_its_error(probability: float) -> None:
    rate = after(probability, 1_500, AnswerRate())
    estimate = rate.estimate()
    assert estimate.mean == pytest.approx(probability, abs=4 * estimate.error + 0.01)
    assert estimate.error < AnswerRate().estimate().error / 2


def test_a_jump_is_seen_within_a_few_answers() -> None:
    rate = after(0.95, 25, after(0.05, 800, AnswerRate()))
    assert rate.mean > 0.6
    assert rate.highest > 0.5


def test_calls_that_are_still_out_do_not_count_as_unanswered() -> None:
    rate = AnswerRate()
    before = rate.mean
    for _ in range(100):
        rate.passes(1.0, 0.0, 50)
    assert rate.mean == before


def test_the_delay_of_answers_is_learned() -> None:
    delay = AnswerDelay(25.0)
    for _ in range(2_000):
        delay.answered(8.5)
    delay.settle()
    assert float(delay.by(np.array([8.0]))[0]) < 0.1
    assert float(delay.by(np.array([9.0]))[0]) > 0.9


def test_a_call_that_has_rung_for_long_is_unlikely_to_be_answered() -> None:
    delay = AnswerDelay(25.0)
    chances = delay.residual(np.array([1.0, 14.0, 27.0]), np.full(3, 0.3))[:, -1]
    assert chances[0] == pytest.approx(0.3, abs=0.05)
    assert chances[2] < chances[1]


def test_durations_come_to_the_truth_and_count_those_still_at_it() -> None:
    durations = Durations(150.0)
    chance = Random(1)
    for _ in range(3_000):
        durations.ended(chance.expovariate(1 / 60))
    assert durations.mean().mean == pytest.approx(60, rel=0.1)
    lasts = durations.survival(np.zeros(0))
    assert float(lasts[60]) == pytest.approx(exp(-1), abs=0.05)
    many_still_at_it = durations.survival(np.full(3_000, 60.0))
    assert float(many_still_at_it[60]) > float(lasts[60])


def test_who_talked_for_long_is_likelier_free_soon_with_wrap_up_and_grace() -> None:
    seconds = np.arange(1_242)
    talk = np.where(seconds < 100, 1.0, 0.0)  # each talk lasts 100 s
    wrap_up = np.where(seconds < 10, 1.0, 0.0)
    chances = Freed(talk, wrap_up, 2.0).chances(np.array([0.0, 95.0]), np.array([0.0, 9.0]))
    at = {horizon: place for place, horizon in enumerate(HORIZONS_S)}
    assert chances[0].max() == 0.0
    assert chances[1][at[10.0]] == 0.0
    assert chances[1][at[18.0]] == 1.0
    assert chances[2][at[10.0]] == 1.0
    assert chances[3][at[1.0]] == 1.0


def law(spare: int, freed: float, busy: int, answered: float, calls: int) -> FreeOperators:
    wide = len(HORIZONS_S)
    return FreeOperators(
        np.full(wide, spare, dtype=np.int64),
        np.full((busy, wide), freed),
        np.full((calls, wide), answered),
        np.full((64, wide), 0.3),
    )


def test_the_law_counts_as_a_table_of_chances_does() -> None:
    # One idle, one busy who is free with 1/2, one call that is answered with 1/4: nobody is left with 1/2 x 1/4.
    assert law(1, 0.5, 1, 0.25, 1).none_free() == pytest.approx(np.full(len(HORIZONS_S), 0.125))
    assert law(1, 0.5, 1, 0.25, 1).none_free(without=np.full(len(HORIZONS_S), 0.25)) == pytest.approx(0.0, abs=1e-9)
    assert law(0, 0.0, 0, 0.0, 0).none_free() == pytest.approx(1.0)
    assert law(1, 0.0, 0, 0.0, 0).none_free(1) == pytest.approx(0.3)


def test_large_floors_by_the_normal_law_are_near_the_exact_one() -> None:
    exact, normal = law(4, 0.2, 39, 0.3, 40), law(4, 0.2, 40, 0.3, 41)
    assert exact.none_free() == pytest.approx(normal.none_free(), abs=0.03)
    assert exact.none_free(10) == pytest.approx(normal.none_free(10), abs=0.03)


def test_harm_rises_and_gain_falls_with_each_call() -> None:
    when = np.full(len(HORIZONS_S), 1 / len(HORIZONS_S))
    scores = [harm_and_gain(law(3, 0.1, 5, 0.3, 4).none_free(more), when) for more in range(8)]
    assert scores == sorted(scores, key=lambda score: (score[0], -score[1]))


def test_a_hostile_world_is_feared_more_where_little_is_known_and_where_it_jumped() -> None:
    fears = Exposure().fears
    for side in (0, 1):
        assert fears(0, 0.0, 0.3)[side] > fears(50, 0.0, 0.3)[side] > fears(1_000, 0.3, 0.3)[side]
        assert fears(1_000, 0.9, 0.1)[side] > 10
    assert fears(1_000, 0.3, 0.3)[1] == pytest.approx(HOSTILITY)


def test_what_can_still_be_made_good_for_is_feared_less_but_never_that_it_cannot_rise() -> None:
    often, seldom = (Exposure().fears(1_000, answer, answer) for answer in (0.3, 0.05))
    assert often == pytest.approx((CALM, HOSTILITY))
    assert seldom == pytest.approx((1.0 + CALM_RISE / 0.05, HOSTILITY))


def test_no_more_can_be_lost_than_ring() -> None:
    wide = len(HORIZONS_S)
    assert Exposure().of(np.full((9, wide), 1.0), NONE, 4, 8.0) == 5.0
    assert Exposure().of(NONE, NONE, 4, 8.0) == -4.0
    assert Exposure().of(np.full((9, wide), 0.01), np.full((40, wide), 0.9), 0, 2.0) < 0.0


def test_a_lead_shows_its_own_hour() -> None:
    assert "hour:7" in features(LEAD, NOON)  # 15:00 in Moscow
    assert "hour:11" in features(replace(LEAD, zone="Asia/Vladivostok"), NOON)
    assert {"weekend", "tries:0", "last:none", "age:4"} <= set(features(LEAD, NOON))


def test_the_model_learns_which_leads_answer() -> None:
    model, chance = AnswerModel(), Random(1)
    morning, evening = features(LEAD, NOON.replace(hour=6)), features(LEAD, NOON.replace(hour=16))
    assert model.probability(morning) == model.probability(evening) == pytest.approx(0.3, abs=0.06)
    for _ in range(400):
        model.learn(morning, chance.random() < 0.1)
        model.learn(evening, chance.random() < 0.6)
    assert model.probability(morning) == pytest.approx(0.1, abs=0.06)
    assert model.probability(evening) == pytest.approx(0.6, abs=0.09)
    assert model.seen == 800


def test_weights_grow_certain_and_never_wild() -> None:
    model = AnswerModel()
    for _ in range(3_000):
        model.learn(features(LEAD, NOON), True)
    mean, error = model.certainty()["hour:7"]
    assert 0 < error < 1
    assert abs(mean) < 30
    assert 0.95 < model.probability(features(LEAD, NOON)) <= 1.0
