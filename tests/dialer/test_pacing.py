"""Pacers: the contract, the bound whatever the world does, and no call withdrawn that rings too short."""

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cordboard.dialer.pacing import (
    PACERS,
    Abandoned,
    CallEnded,
    Connected,
    Decision,
    InFlight,
    Outcome,
    Pacer,
    PacingInfo,
    Predictive,
    Snapshot,
    TalkEnded,
    WrapUpEnded,
)
from cordboard.dialer.pacing_budget import Budget
from cordboard.dialer.pacing_predictive import Basis
from cordboard.dialer.simulate import Detection, World, simulate, steady

INFO = PacingInfo(0.03, 2.0, 25.0, 15.0, False, 0.0, None)
NONE = np.zeros(0)
EMPTY = Snapshot(0.0, 0, 0, 0, 0, 0, NONE, NONE, NONE, (), (), NONE, 1000)
NAMES = sorted(PACERS)


def idle(many: int, t: float = 0.0, **rest: object) -> Snapshot:
    return replace(EMPTY, t=t, idle=many, idle_elapsed_s=np.full(many, t), **rest)  # type: ignore[arg-type]


def busy(many: int, t: float) -> Snapshot:
    return replace(EMPTY, t=t, talking=many, talk_elapsed_s=np.linspace(0.0, 200.0, many))


def ready(name: str, info: PacingInfo = INFO) -> Pacer:
    pacer = PACERS[name]()
    pacer.reset(info)
    return pacer


def experienced(name: str, answered: int = 2_000, info: PacingInfo = INFO) -> Pacer:
    """It saw so many persons of three calls each, and nobody was abandoned."""
    pacer = ready(name, info)
    for at in range(answered):
        t = float(at)
        pacer.observe(CallEnded(t, Outcome.NO_ANSWER, 25.0))
        pacer.observe(CallEnded(t, Outcome.BUSY, 4.0))
        pacer.observe(CallEnded(t, Outcome.PERSON, 14.0))
        pacer.observe(Connected(t))
        pacer.observe(TalkEnded(t, 150.0))
        pacer.observe(WrapUpEnded(t, 25.0))
    return pacer


def worked() -> Predictive:
    """It paced six operators for twenty minutes, and may abandon many."""
    pacer = Predictive()
    simulate(pacer, World(((0.0, 6),), 1_200.0, limit=0.2, tells_end=False, seen_dials=0), 1)
    return pacer


def ringing(many: int, rung_s: float | None = 5.0) -> tuple[InFlight, ...]:
    since_dial_s = 3.0 + (rung_s or 0.0)
    return tuple(InFlight(at, since_dial_s, rung_s, None, None) for at in range(many))


def test_the_contract_names_its_pacers() -> None:
    assert NAMES == ["power", "predictive", "predictive-no-cancel", "progressive"]


@pytest.mark.parametrize("name", NAMES)
def test_who_knows_nothing_is_progressive_at_most(name: str) -> None:
    assert ready(name).decide(idle(4)) == Decision(4)
    assert ready(name).decide(idle(4, in_flight=ringing(3))) == Decision(1)
    assert ready(name).decide(idle(4, waiting=2)) == Decision(2)
    assert ready(name).decide(idle(4, max_new=1)) == Decision(1)
    assert ready(name).decide(EMPTY).place == 0


def test_it_says_what_a_decision_rests_on() -> None:
    pacer = Predictive()
    pacer.reset(INFO)
    pacer.decide(idle(3))
    assert pacer.basis is Basis.LEARNING
    known = worked()
    assert known.decide(idle(2, 1_300.0)).place > 2
    before = known.basis
    for _ in range(60):  # there is nothing left to spend
        known.observe(Abandoned(1_300.0))
    assert known.decide(idle(2, 1_301.0)).place == 2
    assert (before, known.basis) == (Basis.FORECAST, Basis.BOUND)


def test_power_places_its_ratio_where_the_bound_has_room() -> None:
    assert experienced("power").decide(idle(4, 2_001.0)).place == 8
    assert experienced("power", answered=40).decide(idle(4, 41.0)).place == 5


@pytest.mark.parametrize("name", NAMES)
def test_a_limit_of_nothing_is_progressive(name: str) -> None:
    pacer = experienced(name, 200, replace(INFO, abandonment_limit=0.0))
    assert pacer.decide(idle(5, 201.0)).place == 5


def test_likelier_leads_need_fewer_calls() -> None:
    def placed(probability: float) -> int:
        return worked().decide(idle(2, 1_300.0, upcoming_answer_probability=np.full(64, probability))).place

    assert placed(0.9) < placed(0.3) < placed(0.1)


def test_too_many_are_withdrawn_before_they_ring_and_never_too_early() -> None:
    for rung_s, may_go in ((None, True), (0.0, False), (14.9, False), (15.0, True)):
        crowd = replace(busy(20, 2_001.0), in_flight=ringing(40, rung_s))
        assert bool(experienced("predictive").decide(crowd).cancel) is may_go
        assert experienced("predictive-no-cancel").decide(crowd).cancel == ()


def test_who_is_picked_up_is_never_withdrawn() -> None:
    crowd = tuple(replace(call, since_pickup_s=1.0) for call in ringing(40, 20.0))
    assert experienced("predictive").decide(replace(busy(20, 2_001.0), in_flight=crowd)).cancel == ()


def test_withdrawals_have_a_bound() -> None:
    pacer = Predictive(most_withdrawn=0.001)
    pacer.reset(INFO)
    for at in range(100):
        pacer.observe(CallEnded(float(at), Outcome.PERSON, 14.0))
    gone = 0
    for turn in range(20):
        calls = tuple(replace(call, id=(turn, call.id)) for call in ringing(40, None))
        gone += len(pacer.decide(replace(busy(20, 101.0 + turn), in_flight=calls)).cancel)
    assert gone == 20


@pytest.mark.parametrize("name", NAMES)
def test_all_operators_leave_at_once(name: str) -> None:
    """What has not rung is withdrawn, what rings rings on."""
    pacer = experienced(name)
    assert pacer.decide(idle(300, 2_001.0)).place >= 300
    decision = pacer.decide(replace(EMPTY, t=2_002.0, in_flight=ringing(300, None)))
    assert decision.place == 0
    assert len(decision.cancel) == (300 if name == "predictive" else 0)
    rings = replace(EMPTY, t=2_003.0, in_flight=ringing(300, 3.0))
    assert pacer.decide(rings) == Decision(0)


@pytest.mark.parametrize("name", NAMES)
def test_a_clock_that_stands_or_jumps(name: str) -> None:
    pacer = experienced(name)
    for t in (2_001.0, 2_001.0, 2_001.0, 1.0, 1.0, 1e9, 2_001.0, -5.0):
        assert 0 <= pacer.decide(idle(3, t, in_flight=ringing(9))).place <= 6


@pytest.mark.parametrize("name", NAMES)
def test_ten_thousand_calls_in_flight(name: str) -> None:
    crowd = replace(busy(300, 2_001.0), in_flight=ringing(10_000, None), max_new=0)
    decision = experienced(name).decide(crowd)
    assert decision.place == 0
    assert len(set(decision.cancel)) == len(decision.cancel)


Levels = list[float]


def jumping(levels: Levels, span_s: float) -> Callable[[float], float]:
    """One level after the other, over and over."""
    return lambda t: levels[int(t // span_s) % len(levels)]


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=8, deadline=None)
@given(
    levels=st.lists(st.sampled_from([0.0, 0.05, 0.3, 0.7, 1.0]), min_size=1, max_size=5),
    span_s=st.sampled_from([20.0, 90.0, 400.0]),
    operators=st.integers(1, 12),
    tells_end=st.booleans(),
    seed=st.integers(0, 1_000),
)
@example(levels=[0.0, 0.7], span_s=400.0, operators=9, tells_end=False, seed=389)
def test_the_bound_holds_whatever_the_world_does(
    name: str, levels: Levels, span_s: float, operators: int, tells_end: bool, seed: int
) -> None:
    world = World(((0.0, operators),), 900.0, jumping(levels, span_s), tells_end=tells_end)
    came = simulate(PACERS[name](), world, seed)
    assert came.forbidden == 0
    assert came.abandoned <= world.limit * came.answered


@settings(max_examples=6, deadline=None)
@given(low=st.sampled_from([0.05, 0.3]), at=st.integers(400, 1_400), seed=st.integers(0, 1_000))
def test_a_jump_after_a_steady_time_is_survived(low: float, at: int, seed: int) -> None:
    world = World(((0.0, 10),), 1_800.0, lambda t: low if t < at else 1.0)
    came = simulate(PACERS["predictive"](), world, seed)
    assert came.forbidden == 0
    assert came.abandoned <= world.limit * came.answered


@settings(max_examples=40, deadline=None)
@given(
    answered=st.integers(80, 400),
    lost=st.integers(0, 12),
    free=st.integers(0, 6),
    rings=st.integers(0, 12),
    rung_s=st.sampled_from([None, 1.0, 10.0, 24.0]),
    left_s=st.sampled_from([0.0, 30.0, 400.0]),
)
def test_without_withdrawals_nothing_is_left_to_chance_near_the_end(
    answered: int, lost: int, free: int, rings: int, rung_s: float | None, left_s: float
) -> None:
    """Were all that ring answered, and no busy operator free again, the window would still end within the limit."""
    pacer = experienced("predictive-no-cancel", answered, replace(INFO, window_end_s=answered + left_s))
    for _ in range(lost):
        pacer.observe(Abandoned(float(answered)))
    place = pacer.decide(idle(free, float(answered), in_flight=ringing(rings, rung_s))).place
    unmet = rings + place - free
    surely_come = free * left_s / 175.0
    assert place == 0 or unmet <= 0 or lost + unmet <= 0.03 * (answered + unmet + surely_come)


@settings(max_examples=60, deadline=None)
@given(
    operators=st.integers(1, 50),
    answered=st.integers(0, 2_000),
    spent=st.floats(0.0, 1.0),
    left_s=st.floats(0.0, 14_400.0),
    answer=st.floats(0.05, 1.0),
)
def test_what_may_be_lost_at_once_is_made_good_for_by_those_who_surely_come(
    operators: int, answered: int, spent: float, left_s: float, answer: float
) -> None:
    """Three standard deviations fewer than one-to-one dialing brings; and never are more counted on than came, and some."""
    budget = Budget(replace(INFO, window_end_s=left_s))
    budget.counted(answered, int(0.03 * answered * spent))
    lost = math.floor(max(0.0, budget.room(0.0, operators, 175.0, answer)))
    expected = operators * left_s / (175.0 + 20.0 / answer)
    come = max(0.0, expected - 3.0 * math.sqrt(expected))
    if lost:
        assert budget.abandoned + lost <= 0.03 * (answered + lost + come) + 1e-6


@pytest.mark.parametrize("name", NAMES)
def test_detection_costs_budget_that_nobody_tells_of(name: str) -> None:
    world = World(((0.0, 10),), 1_800.0, detection=Detection(false_positive_rate=0.02))
    came = simulate(PACERS[name](), world, 7)
    assert came.forbidden == 0
    assert came.answered > 50


def test_predictive_keeps_operators_busier_than_progressive() -> None:
    world = World(((0.0, 20),), 2_700.0, steady(0.3))
    progressive, predictive = (simulate(PACERS[name](), world, 3) for name in ("progressive", "predictive"))
    assert predictive.utilisation > progressive.utilisation + 0.1
    assert predictive.abandonment <= 0.03
