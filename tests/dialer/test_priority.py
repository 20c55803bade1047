from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.dialer.lead import Lead, LeadState
from cordboard.dialer.priority import MAX_ORDER_TOTAL, WEIGHT_LIMIT, Weights, order_key, score

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
weight = st.floats(-WEIGHT_LIMIT, WEIGHT_LIMIT, allow_nan=False)
weightings = st.builds(Weights, weight, weight, weight)


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
)


def test_points_are_in_the_units_that_the_weights_are_named_in() -> None:
    points = score(a_lead("a", total=12_500_00, age_h=3, attempts=2), Weights(2.0, -1.5, -5.0), NOW)
    assert points.terms == {"order_sum": 25.0, "age": -4.5, "attempts": -10.0}
    assert points.total == 10.5


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
    per_kopeck, per_second, per_attempt = weights.exact()
    epoch_s = int(lead.placed_at.timestamp())
    parts = (per_kopeck * lead.order_total, per_second * epoch_s, per_attempt * lead.attempts)
    assert sum(abs(part) for part in parts) < 2**63


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 1000.5, -2000.0])
def test_a_weight_that_is_no_weight_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="age: a weight is a number"):
        Weights(age=bad)
