"""Trunks: the caps hold whatever happens, a dead one is left, and a customer always sees the same number of ours."""

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.dialer.pacing import PATIENCE
from cordboard.dialer.refusals import LastEnd
from cordboard.dialer.trunk import (
    BadTrunk,
    Blocked,
    Hold,
    Trunk,
    TrunkState,
    caller_id,
    choose,
    earliest,
)
from cordboard.queue.channel import AttemptOutcome

NOW = datetime(2026, 11, 28, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
POOL = ("+74951110001", "+74951110002", "+78121110001", "+442071110001", "+79161110001")

limits = st.builds(
    Trunk,
    st.sampled_from(["first", "second"]),
    channels=st.integers(1, 6),
    per_second=st.sampled_from([0.1, 0.5, 1.0, 1.5, 2.0, 3.9]),
)
steps = st.lists(
    st.tuples(
        st.sampled_from(["dial", "dial", "answer", "end", "trouble"]),
        st.floats(0, 1.5, allow_nan=False),
        st.integers(0, 30),
    ),
    max_size=80,
)


@given(limits, steps)
def test_no_sequence_goes_above_channels_or_rate(trunk: Trunk, events: list[tuple[str, float, int]]) -> None:
    state, now = TrunkState(trunk), NOW
    open_calls: list[str] = []
    begun: list[datetime] = []
    for number, (kind, pause_s, pick) in enumerate(events):
        now += timedelta(seconds=pause_s)
        known = open_calls[pick % len(open_calls)] if open_calls else "unknown"
        if kind == "dial":
            room = state.room(now)
            assert (room > 0) == (state.hold(now) is None)
            for each in range(room):
                assert state.hold(now) is None
                state = state.began(f"{number}-{each}", now)
                open_calls.append(f"{number}-{each}")
                begun.append(now)
            assert state.hold(now) is not None
        elif kind == "answer" and open_calls:
            state = state.answered(known)
        else:
            outcome = AttemptOutcome.BUSY if kind == "end" else AttemptOutcome.TRUNK_TROUBLE
            state = state.ended(known, LastEnd(outcome, now))
            open_calls = [each for each in open_calls if each != known]
        assert state.in_use == len(open_calls) <= trunk.channels
    span = max(SECOND, timedelta(seconds=1 / trunk.per_second))
    for first in begun:
        within = sum(first <= each < first + span for each in begun)
        assert within <= max(1.0, trunk.per_second)


@given(limits, limits, steps)
def test_the_choice_is_one_that_may_or_tells_what_keeps_each(
    one: Trunk, other: Trunk, events: list[tuple[str, float, int]]
) -> None:
    states, now = {"one": TrunkState(one), "other": TrunkState(other)}, NOW
    for number, (kind, pause_s, pick) in enumerate(events):
        now += timedelta(seconds=pause_s)
        chosen = choose(tuple(states.values()), now, ())
        if isinstance(chosen, tuple):
            assert chosen
            assert all(hold.until is None or hold.until > now for hold in chosen)
            key = "one" if pick % 2 else "other"
            states[key] = states[key].ended(f"{number - 1}", LastEnd(AttemptOutcome.BUSY, now))
            continue
        assert chosen.hold(now) is None
        key = next(key for key, state in states.items() if state is chosen)
        states[key] = chosen.began(str(number), now)
        if kind == "trouble":
            states[key] = states[key].ended(str(number), LastEnd(AttemptOutcome.CONGESTION, now))


def test_one_second_holds_one_seconds_worth_and_the_next_as_much() -> None:
    state = TrunkState(Trunk("first", per_second=3))
    assert state.room(NOW) == 3
    for number in range(3):
        state = state.began(str(number), NOW)
    assert state.hold(NOW) == Hold("first", Blocked.RATE, NOW + 1.1 * SECOND)
    assert state.hold(NOW + 1.09 * SECOND) is not None
    assert state.room(NOW + 1.1 * SECOND) == 3
    assert state.begun_in_last_second(NOW) == 3
    assert state.begun_in_last_second(NOW + SECOND) == 0


def test_less_than_one_call_a_second_is_one_call_in_several() -> None:
    state = TrunkState(Trunk("first", per_second=0.1)).began("a", NOW)
    assert state.hold(NOW + 10 * SECOND) == Hold("first", Blocked.RATE, NOW + 11 * SECOND)
    assert state.hold(NOW + 11 * SECOND) is None


def test_a_talk_holds_its_channel_until_it_ends() -> None:
    state = TrunkState(Trunk("first", channels=1)).began("a", NOW).answered("a")
    assert state.hold(NOW + 9 * SECOND) == Hold("first", Blocked.CHANNELS)
    assert state.ended("a", LastEnd(AttemptOutcome.PERSON, NOW)).hold(NOW + 9 * SECOND) is None


def test_a_call_that_never_left_gives_back_its_channel_and_its_place_in_the_second() -> None:
    state = TrunkState(Trunk("first", channels=1, per_second=1)).began("a", NOW)
    assert state.never_began("a", NOW) == TrunkState(Trunk("first", channels=1, per_second=1))
    assert state.never_began("b", NOW) == state  # told of another
    freed = state.freed("a")
    assert freed.in_use == 0
    assert freed.hold(NOW) == Hold("first", Blocked.RATE, NOW + 1.1 * SECOND)


def braked(name: str = "first", troubles: int = PATIENCE, at: datetime = NOW) -> TrunkState:
    state = TrunkState(Trunk(name))
    for number in range(troubles):
        state = state.began(str(number), at).ended(str(number), LastEnd(AttemptOutcome.CONGESTION, at, 34, "503"))
    return state


def test_trouble_in_a_row_holds_a_trunk_and_then_one_call_feels_the_way() -> None:
    assert braked(troubles=PATIENCE - 1).hold(NOW) is None
    state = braked()
    assert state.hold(NOW) == Hold("first", Blocked.TROUBLE, NOW + 5 * SECOND)
    later = NOW + 5 * SECOND
    assert state.room(later) == 1
    feeling = state.began("feels", later)
    assert feeling.hold(later) == Hold("first", Blocked.TROUBLE)
    again = feeling.ended("feels", LastEnd(AttemptOutcome.TRUNK_TROUBLE, later, 38, ""))
    assert again.hold(later) == Hold("first", Blocked.TROUBLE, later + 10 * SECOND)
    assert again.last is not None
    assert again.last.cause == 38
    assert feeling.ended("feels", LastEnd(AttemptOutcome.BUSY, later)).room(later) > 1
    assert feeling.answered("feels").room(later) > 1


def test_customers_who_do_not_answer_are_no_trouble() -> None:
    state = TrunkState(Trunk("first"))
    for number in range(50):
        state = state.began(str(number), NOW + number * SECOND)
        state = state.ended(str(number), LastEnd(AttemptOutcome.NO_ANSWER, NOW + number * SECOND))
    assert state.hold(NOW + 60 * SECOND) is None


def test_the_order_is_kept_and_the_dead_and_the_full_are_passed_over() -> None:
    first, second = TrunkState(Trunk("first", channels=1)), TrunkState(Trunk("second"))
    assert choose((first, second), NOW) is first
    assert choose((first.began("a", NOW), second), NOW) is second
    assert choose((braked(), second), NOW) is second
    holds = choose((braked(), first.began("a", NOW)), NOW)
    assert holds == (Hold("first", Blocked.CHANNELS),)  # what keeps the sound one is what one waits for
    both = choose((braked(), braked("second")), NOW)
    assert isinstance(both, tuple)
    assert [hold.trunk for hold in both] == ["first", "second"]
    assert earliest(both) == NOW + 5 * SECOND
    assert earliest(()) is None


def test_whom_a_trunk_failed_goes_by_the_other_one() -> None:
    first, second = TrunkState(Trunk("first")), TrunkState(Trunk("second", channels=1))
    assert choose((first, second), NOW, {"first"}) is second
    assert choose((first, second.began("a", NOW)), NOW, {"first"}) == (Hold("second", Blocked.CHANNELS),)
    assert choose((first, braked("second")), NOW, {"first"}) is first


def test_the_nearest_number_is_shown() -> None:
    trunk = Trunk("first", caller_ids=POOL)
    assert caller_id(trunk, "+78125550199") == "+78121110001"
    assert caller_id(trunk, "+79169990000") == "+79161110001"
    assert caller_id(trunk, "+442079460000") == "+442071110001"
    assert caller_id(trunk, "+442079460000", ("+74951110002",)) == "+74951110002"  # the campaign's own, and of the pool
    assert (
        caller_id(trunk, "+78125550199", ("+79990000000",)) == "+78121110001"
    )  # not of the pool: the carrier would refuse
    assert caller_id(trunk, "no number") in POOL
    assert caller_id(Trunk("first"), "+78125550199", ("100",)) == "100"


def test_a_customer_sees_the_same_number_whoever_joins_the_pool() -> None:
    own = tuple(f"+7495111{number:04}" for number in range(8))
    customers = [f"+7495{number:07}" for number in range(2_000_000, 2_000_400)]
    before = {each: caller_id(Trunk("first", caller_ids=own), each) for each in customers}
    assert before == {each: caller_id(Trunk("first", caller_ids=own[::-1]), each) for each in customers}
    assert min(Counter(before.values()).values()) > 20
    assert len(set(before.values())) == len(own)
    after = {each: caller_id(Trunk("first", caller_ids=(*own, "+74951119999")), each) for each in customers}
    moved = {each for each in customers if after[each] != before[each]}
    assert {after[each] for each in moved} == {"+74951119999"}
    assert len(moved) < 100


@pytest.mark.parametrize(
    ("field", "knobs"),
    [
        ("channels", {"channels": 0}),
        ("channels", {"channels": -1}),
        ("channels", {"channels": 5001}),
        ("per_second", {"per_second": 0.0}),
        ("per_second", {"per_second": -1.0}),
        ("per_second", {"per_second": 0.09}),
        ("per_second", {"per_second": 500.1}),
        ("per_second", {"per_second": float("nan")}),
        ("withdrawn", {"withdrawn": -0.01}),
        ("withdrawn", {"withdrawn": 1.01}),
        ("withdrawn", {"withdrawn": float("nan")}),
        ("caller_ids", {"caller_ids": ("74951110001",)}),
        ("caller_ids", {"caller_ids": ("+7495",)}),
        ("caller_ids", {"caller_ids": ("+7 495 111-00-01",)}),
        ("caller_ids", {"caller_ids": ("+74951110001\r\nX: y",)}),
        ("caller_ids", {"caller_ids": ("",)}),
        ("caller_ids", {"caller_ids": ("+74951110001", "+74951110001")}),
        ("caller_ids", {"caller_ids": tuple(f"+7495{number:07}" for number in range(501))}),
    ],
)
def test_a_trunk_that_cannot_be_is_refused_by_the_name_of_its_knob(field: str, knobs: dict[str, object]) -> None:
    with pytest.raises(BadTrunk) as refused:
        Trunk("first", **knobs)  # type: ignore[arg-type]
    assert refused.value.field == field
    assert "+7495111" not in str(refused.value)


def test_the_outermost_values_are_taken() -> None:
    assert Trunk("first", channels=1, per_second=0.1, caller_ids=("+74951110001",)).burst[0] == 1
    assert Trunk("first", channels=5000, per_second=500).burst[0] == 500


def test_the_rate_counts_a_call_from_when_it_leaves_us() -> None:
    state = TrunkState(Trunk("trunk", per_second=1.0)).began("a", NOW)
    later = NOW + timedelta(seconds=1)
    assert state.hold(later + timedelta(seconds=0.2)) is None
    left = state.left(NOW, later)
    assert left.hold(later + timedelta(seconds=0.2)) == Hold("trunk", Blocked.RATE, later + timedelta(seconds=1.1))
    assert left.ringing == {"a"}
