from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.dialer.bad_knob import BadKnob
from cordboard.dialer.lead import Lead, LeadState
from cordboard.dialer.priority import MAX_ORDER_TOTAL, MAX_OWN, NEAR_S, NUMBERS, WEIGHT_LIMIT, Weights, order_key, score

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
weight = st.floats(-WEIGHT_LIMIT, WEIGHT_LIMIT, allow_nan=False)
weightings = st.builds(Weights, *(weight for _name in NUMBERS), st.just((("vip", 5.5),)))


def a_lead(name: str, total: int = 0, age_h: float = 0.0, attempts: int = 0, **more: object) -> Lead:
    placed_at = NOW - timedelta(hours=age_h)
    lead = Lead(name, "campaign", name, "+74950000001", "UTC", placed_at, NOW, order_total=total, attempts=attempts)
    return replace(lead, **more)  # type: ignore[arg-type]


leads = st.builds(
    a_lead,
    st.uuids().map(str),
    st.integers(0, MAX_ORDER_TOTAL),
    st.floats(-24, 24 * 365),
    st.integers(0, 50),
    segment=st.sampled_from(["", "vip"]),
    own_1=st.integers(-MAX_OWN, MAX_OWN),
    own_2=st.integers(-MAX_OWN, MAX_OWN),
    own_3=st.integers(-MAX_OWN, MAX_OWN),
)


def test_points_are_in_the_units_that_the_weights_are_named_in() -> None:
    points = score(a_lead("a", total=12_500_00, age_h=3, attempts=2), Weights(2.0, -1.5, -5.0), NOW)
    assert {name: value for name, value in points.terms.items() if value} == {
        "order_sum": 25.0,
        "age": -4.5,
        "attempts": -10.0,
    }
    assert points.total == 10.5


def points_of(name: str, lead: Lead, weights: Weights, *, in_h: float = 0.0) -> float:
    return score(lead, weights, NOW + timedelta(hours=in_h)).terms[name]


def test_a_promised_time_counts_more_the_nearer_it_is_and_no_more_once_it_has_come() -> None:
    weights, lead = Weights(promised=2.0), a_lead("a", promised_at=NOW + timedelta(hours=30))
    grown = [points_of("promised", lead, weights, in_h=hours) for hours in (0, 6, 7, 18, 30, 31, 300)]
    assert grown == [0.0, 0.0, 2.0, 24.0, 48.0, 48.0, 48.0]
    assert points_of("promised", a_lead("none"), weights) == 0.0


def test_goods_kept_for_a_while_count_more_until_then_and_as_the_knob_says_afterwards() -> None:
    weights, lead = Weights(reservation=3.0, expired=-7.5), a_lead("a", reserved_until=NOW + timedelta(hours=2))
    grown = [points_of("reservation", lead, weights, in_h=hours) for hours in (-30, 0, 1, 2, 50)]
    assert grown == [0.0, 66.0, 69.0, -7.5, -7.5]
    assert points_of("reservation", a_lead("none"), weights) == 0.0


def test_a_segment_has_the_points_of_its_name() -> None:
    weights = Weights(segments=(("vip", 20.0), ("opt", -3.0), ("plain", 0.0)))
    assert weights.segments == (("opt", -3.0), ("vip", 20.0))
    found = [points_of("segment", a_lead("a", segment=name), weights) for name in ("vip", "opt", "plain", "", "new")]
    assert found == [20.0, -3.0, 0.0, 0.0, 0.0]


def test_own_fields_count_by_the_unit() -> None:
    lead = a_lead("a", own_1=2_500, own_2=-1_000, own_3=1)
    terms = score(lead, Weights(own_1=2.0, own_2=3.0, own_3=1.0), NOW).terms
    assert [terms["own_1"], terms["own_2"], terms["own_3"]] == [5.0, -3.0, 0.001]


def test_by_default_the_dearest_and_the_freshest_go_first() -> None:
    dear, cheap, old = a_lead("dear", 9_000_00), a_lead("cheap", 1_000_00), a_lead("old", 9_000_00, age_h=5)
    assert sorted([cheap, old, dear], key=lambda lead: order_key(lead, Weights(), NOW)) == [dear, old, cheap]


def test_a_weight_of_the_other_sign_lifts_the_oldest() -> None:
    new, old = a_lead("new"), a_lead("old", age_h=5)
    assert order_key(old, Weights(age=1.0), NOW) < order_key(new, Weights(age=1.0), NOW)


@given(weightings, leads)
def test_a_callback_that_is_due_beats_any_order(weights: Weights, other: Lead) -> None:
    due = a_lead("due", state=LeadState.DUE, is_callback=True, due_at=NOW)
    assert order_key(due, weights, NOW) < order_key(other, weights, NOW)


def test_among_callbacks_the_longest_due_goes_first_and_one_to_come_waits_by_its_points() -> None:
    first = a_lead("first", is_callback=True, due_at=NOW - timedelta(minutes=2))
    second = a_lead("second", 10**9, is_callback=True, due_at=NOW - timedelta(minutes=1))
    later = a_lead("later", 0, is_callback=True, due_at=NOW + timedelta(minutes=1))
    dear = a_lead("dear", 1_000_00)
    ranked = sorted([later, dear, second, first], key=lambda lead: order_key(lead, Weights(), NOW))
    assert [lead.id for lead in ranked] == ["first", "second", "dear", "later"]


def test_equal_points_are_parted_by_placing_and_then_by_id() -> None:
    zero = Weights(0, 0, 0)
    older, a, b = a_lead("z", age_h=1), a_lead("a"), a_lead("b")
    for mixed in permutations([b, older, a]):
        assert sorted(mixed, key=lambda lead: order_key(lead, zero, NOW)) == [older, a, b]


@given(st.lists(leads, max_size=12, unique_by=lambda lead: lead.id), weightings, st.randoms(use_true_random=False))
def test_the_order_is_that_of_the_exact_sums_however_the_leads_come(
    found: list[Lead], weights: Weights, chance: Random
) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)
    ranked = sorted(shuffled, key=lambda lead: order_key(lead, weights, NOW))
    assert ranked == sorted(found, key=lambda lead: order_key(lead, weights, NOW))
    units = [score(lead, weights, NOW).units for lead in ranked]
    assert units == sorted(units, reverse=True)


@given(leads, leads, weightings, st.integers(0, 10**7))
def test_time_alone_never_changes_the_order_of_two_orders(
    one: Lead, other: Lead, weights: Weights, later_s: int
) -> None:
    later = NOW + timedelta(seconds=later_s)
    now = order_key(one, weights, NOW) < order_key(other, weights, NOW)
    assert now == (order_key(one, weights, later) < order_key(other, weights, later))


@given(leads, weightings)
def test_the_sums_stay_inside_64_bits(lead: Lead, weights: Weights) -> None:
    exact, epoch_s = weights.exact(), int(lead.placed_at.timestamp())
    timed = [NEAR_S * exact.near_promise, NEAR_S * exact.near_expiry, exact.expired, *exact.segments.values()]
    own = [weight * value for weight, value in zip(exact.own, (lead.own_1, lead.own_2, lead.own_3), strict=True)]
    fixed = [exact.per_kopeck * lead.order_total, exact.per_second * epoch_s, exact.per_attempt * lead.attempts]
    assert sum(abs(part) for part in (*timed, *own, *fixed)) < 2**63


@given(weightings)
def test_no_weight_loses_anything_on_its_way_to_whole_units(weights: Weights) -> None:
    lead = a_lead("a", 1_000_00, 1, 1, promised_at=NOW, reserved_until=NOW, own_1=1000, own_2=1000, own_3=1000)
    terms = score(replace(lead, segment="vip"), weights, NOW).terms
    expected = {name: getattr(weights, name) for name in ("order_sum", "age", "attempts", "own_1", "own_2", "own_3")}
    expected |= {"promised": 24 * weights.promised, "reservation": weights.expired, "segment": 5.5}
    assert terms == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1000.5, -2000.0])
def test_a_weight_that_is_no_weight_is_refused(bad: float) -> None:
    with pytest.raises(BadKnob, match="a weight is a number") as refused:
        Weights(age=bad)
    assert refused.value.knob == "weights.age"
