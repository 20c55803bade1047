"""Pacers on a floor that was built otherwise (bench/other_floor.py), with clocks that lie, and under nonsense: the bound is kept, nothing
is withdrawn that rings too short, nothing bursts, nothing raises."""

from collections.abc import Callable
from dataclasses import replace
from math import sin

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from bench.other_floor import OtherWorld, simulate_other
from cordboard.dialer.pacing import (
    PACERS,
    Abandoned,
    CallEnded,
    Connected,
    Decision,
    InFlight,
    Outcome,
    Pacer,
    PacingEvent,
    PacingInfo,
    Predictive,
    Snapshot,
    TalkEnded,
    WrapUpEnded,
)
from cordboard.dialer.simulate import World, simulate, steady

NAMES = sorted(PACERS)
STATELESS = ["progressive", "power"]
INFO = PacingInfo(0.03, 2.0, 25.0, 15.0, False, 0.0, None)


def levels(rates: list[float], span_s: float) -> Callable[[float], float]:
    return lambda t: rates[int(max(0.0, t) // span_s) % len(rates)]


WORLDS = {
    "small": OtherWorld(5, 750.0, steady(0.3)),
    "alone": OtherWorld(1, 750.0, steady(0.5)),
    "drifting, with breaks": OtherWorld(12, 750.0, lambda t: 0.3 + 0.2 * sin(t / 300), breaks=0.05),
    "late answers, seldom": OtherWorld(8, 750.0, steady(0.12), ring_s=15.0, ring_shape=2.5, set_up_s=(0.5, 2.0)),
    "detection": OtherWorld(15, 750.0, steady(0.25), machines=0.4, false_machine=0.0),
    "long talks of all kinds": OtherWorld(12, 750.0, steady(0.35), talk_s=300.0, talk_shape=0.8),
    "leaving, announced": OtherWorld(15, 750.0, steady(0.3), leaves_at=((350.0, 6, True), (550.0, 9, True))),
    "leads that differ": OtherWorld(6, 750.0, steady(0.3), lead_spread=1.0, shown_noise=0.7),
    "leads told falsely": OtherWorld(6, 750.0, steady(0.3), lead_spread=0.1, shown_noise=3.0),
    "the end unknown": OtherWorld(10, 750.0, steady(0.3), tells_end=False),
    "nobody answers": OtherWorld(5, 600.0, steady(0.0)),
    "all answer": OtherWorld(5, 900.0, steady(1.0)),
    "no operators": OtherWorld(0, 300.0, steady(0.3)),
}


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("world", WORLDS)
def test_the_bound_holds_on_another_floor(name: str, world: str) -> None:
    came = simulate_other(PACERS[name](), WORLDS[world], 1)
    assert came.forbidden == 0
    assert came.abandoned <= WORLDS[world].limit * came.answered
    assert (came.placed == 0) is (world == "no operators")


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=3, deadline=None)
@given(
    rates=st.lists(st.sampled_from([0.0, 0.04, 0.3, 0.8, 1.0]), min_size=1, max_size=4),
    span_s=st.sampled_from([25.0, 120.0, 500.0]),
    operators=st.integers(1, 25),
    tells_end=st.booleans(),
    seed=st.integers(0, 1_000),
)
@example(rates=[0.04, 1.0], span_s=500.0, operators=20, tells_end=True, seed=1)
def test_the_bound_holds_there_whatever_the_answer_rate_does(
    name: str, rates: list[float], span_s: float, operators: int, tells_end: bool, seed: int
) -> None:
    world = OtherWorld(operators, 800.0, levels(rates, span_s), tells_end=tells_end)
    came = simulate_other(PACERS[name](), world, seed)
    assert came.forbidden == 0
    assert came.abandoned <= world.limit * came.answered


class Misled:
    """A pacer whose clock jumps by `by_s` at `at_s`, or stands from then on (`by_s` None)."""

    def __init__(self, pacer: Pacer, at_s: float, by_s: float | None) -> None:
        self._pacer, self._at_s, self._by_s = pacer, at_s, by_s

    def _told(self, t: float) -> float:
        if t < self._at_s:
            return t
        return self._at_s if self._by_s is None else t + self._by_s

    def reset(self, info: PacingInfo) -> None:
        self._pacer.reset(info)

    def observe(self, event: PacingEvent) -> None:
        self._pacer.observe(replace(event, t=self._told(event.t)))

    def decide(self, snapshot: Snapshot) -> Decision:
        return self._pacer.decide(replace(snapshot, t=self._told(snapshot.t)))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("by_s", [None, -300.0, 45.0, 86_400.0, 1e12])
def test_a_clock_that_stands_or_jumps_breaks_no_bound(name: str, by_s: float | None) -> None:
    world = World(((0.0, 8),), 900.0, steady(0.3), tells_end=by_s != -300.0)
    came = simulate(Misled(PACERS[name](), 400.0, by_s), world, 5)
    assert came.forbidden == 0
    assert came.abandoned <= world.limit * came.answered
    assert came.connected > 15  # and it works on


@pytest.mark.parametrize("name", NAMES)
def test_all_leave_at_once_and_it_was_announced(name: str) -> None:
    world = World(((0.0, 12), (900.0, 0)), 1_100.0, steady(0.3))
    came = simulate(PACERS[name](), world, 4)
    assert came.forbidden == 0
    at_most = world.limit * came.answered + (2 if name in STATELESS else 0)  # those look at no announcement
    assert came.abandoned <= at_most


@pytest.mark.parametrize("name", NAMES)
def test_asked_over_and_over_in_one_moment_it_places_no_more(name: str) -> None:
    pacer = PACERS[name]()
    pacer.reset(INFO)
    for at in range(3_000):
        pacer.observe(CallEnded(float(at), Outcome.PERSON if at % 3 == 0 else Outcome.NO_ANSWER, 14.0))
        pacer.observe(Connected(float(at)))
    none = np.zeros(0)
    calls: tuple[InFlight, ...] = ()
    counts = []
    for _ in range(600):
        snapshot = Snapshot(3_001.0, 10, 0, 0, 0, 0, none, none, np.zeros(10), calls, (), none, 10_000)
        decision = pacer.decide(snapshot)
        kept = [call for call in calls if call.id not in decision.cancel]
        fresh = [InFlight(len(calls) + at, 0.0, None, None, None) for at in range(decision.place)]
        calls = (*kept, *fresh)
        counts.append(len(calls))
    assert counts[-1] == counts[300] <= 60


CALLS = st.builds(
    InFlight,
    id=st.integers(0, 10_000),
    since_dial_s=st.floats(0, 100),
    since_ring_s=st.none() | st.floats(0, 60),
    since_pickup_s=st.none() | st.floats(0, 5),
    answer_probability=st.none() | st.floats(0, 1) | st.just(float("nan")),
)
TIMES = st.floats(-1e6, 1e9)
EVENTS = st.one_of(
    st.builds(CallEnded, t=TIMES, outcome=st.sampled_from(Outcome), age_s=st.floats(0, 1e5)),
    st.builds(Connected, t=TIMES),
    st.builds(Abandoned, t=TIMES),
    st.builds(TalkEnded, t=TIMES, duration_s=st.floats(0, 1e6)),
    st.builds(WrapUpEnded, t=TIMES, duration_s=st.floats(0, 1e6)),
)


@st.composite
def snapshots(draw: st.DrawFn) -> Snapshot:
    def elapsed() -> np.ndarray:
        return np.array(draw(st.lists(st.floats(0, 1e5), max_size=60)), dtype=float)

    idle, talks, wraps = elapsed(), elapsed(), elapsed()
    return Snapshot(
        t=draw(TIMES),
        idle=len(idle),
        talking=len(talks),
        wrap_up=len(wraps),
        paused=draw(st.integers(0, 9)),
        waiting=draw(st.integers(0, 9)),
        talk_elapsed_s=talks,
        wrap_up_elapsed_s=wraps,
        idle_elapsed_s=idle,
        in_flight=tuple(draw(st.lists(CALLS, max_size=60, unique_by=lambda call: call.id))),
        departures=tuple(draw(st.lists(st.tuples(TIMES, st.integers(0, 99)), max_size=3))),
        upcoming_answer_probability=np.array(draw(st.lists(st.floats(0, 1) | st.just(float("nan")), max_size=9))),
        max_new=draw(st.integers(0, 500)),
    )


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=40, deadline=None)
@given(
    steps=st.lists(st.tuples(st.lists(EVENTS, max_size=25), snapshots()), min_size=1, max_size=6),
    info=st.builds(
        PacingInfo,
        abandonment_limit=st.floats(0, 1),
        grace_s=st.floats(0, 10),
        ring_timeout_s=st.floats(5, 120),
        min_ring_s=st.floats(0, 20),
        machine_detection=st.booleans(),
        false_positive_rate=st.floats(0, 1),
        window_end_s=st.none() | TIMES,
    ),
)
def test_nonsense_raises_nothing_and_is_answered_within_the_contract(
    name: str, steps: list[tuple[list[PacingEvent], Snapshot]], info: PacingInfo
) -> None:
    pacer = PACERS[name]()
    pacer.reset(info)
    for events, snapshot in steps:
        for event in events:
            pacer.observe(event)
        decision = pacer.decide(snapshot)
        assert 0 <= decision.place <= snapshot.max_new
        if snapshot.idle + snapshot.talking + snapshot.wrap_up == 0:
            assert decision.place == 0
        there = {call.id: call for call in snapshot.in_flight}
        assert len(set(decision.cancel)) == len(decision.cancel)
        for call in (there[call_id] for call_id in decision.cancel):
            assert call.since_pickup_s is None
            assert call.since_ring_s is None or call.since_ring_s >= info.min_ring_s
        if isinstance(pacer, Predictive):
            assert 0 < pacer.beliefs.answer().mean < 1


def test_a_withdrawal_that_was_refused_is_counted_on_again() -> None:
    """The call is still there: persons may answer it, and it says what calls say."""
    pacer = Predictive()
    pacer.reset(INFO)
    for at in range(100):
        pacer.observe(CallEnded(float(at), Outcome.PERSON, 14.0))
        pacer.observe(Abandoned(float(at)))
    none = np.zeros(0)
    talks = np.linspace(0.0, 20.0, 5)
    empty = Snapshot(100.0, 0, 5, 0, 0, 0, talks, none, none, (), (), none, 100)
    calls = tuple(InFlight(at, 1.0, None, None, None) for at in range(9))
    gone = pacer.decide(replace(empty, in_flight=calls)).cancel
    assert gone
    assert all(pacer.beliefs.weight(call_id) == 0.0 for call_id in gone)
    rings = tuple(replace(call, since_dial_s=11.0, since_ring_s=8.0) for call in calls)
    pacer.decide(replace(empty, t=110.0, in_flight=rings))
    assert all(pacer.beliefs.weight(call_id) == 1.0 for call_id in gone)
