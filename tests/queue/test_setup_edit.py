"""Items of the setup as JSON and back, and the setup after edits."""

from dataclasses import replace
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from cordboard.queue.capacity import Capacity
from cordboard.queue.channel import ChannelKind
from cordboard.queue.setup import (
    OpeningHours,
    OverflowAction,
    OverflowRule,
    OverflowWhen,
    PauseCode,
    QueueRules,
    QueueSetup,
    Reason,
    Seat,
    Skill,
    Strategy,
)
from cordboard.queue.setup_check import check
from cordboard.queue.setup_edit import (
    LiftRules,
    Noun,
    edit,
    edited,
    item_in,
    item_of,
    json_of,
    key_of,
    with_item,
    without_queue,
    without_skill,
)
from cordboard.queue.skill import Need, Relaxing

SETUP = QueueSetup(
    queues={code: QueueRules(code, code, code) for code in ("orders", "claims")},
    skills={"en": Skill("en", "Английский", "English")},
    pause_codes={"lunch": PauseCode("lunch", "Обед", "Lunch", 2700)},
    reasons={"too_dear": Reason("too_dear", "Дорого", "Too dear", "cancelled")},
    seats={"a": Seat("a", frozenset({"orders", "claims"}), {"en": 3}), "b": Seat("b", frozenset({"orders"}))},
)

days = st.none() | st.tuples(st.integers(0, 700), st.integers(701, 1440))
queues = st.builds(
    QueueRules,
    st.just("orders"),
    st.text(max_size=9),
    st.text(max_size=9),
    strategy=st.sampled_from(Strategy),
    target_s=st.dictionaries(st.sampled_from(ChannelKind), st.floats(1, 999)),
    needs=st.tuples(st.builds(Need, st.sampled_from(["en", "de"]), st.integers(1, 5))),
    relaxing=st.builds(Relaxing, st.floats(0, 60), st.integers(0, 5)),
    overflow=st.lists(
        st.builds(OverflowRule, st.sampled_from(OverflowWhen), st.sampled_from(OverflowAction), st.floats(0, 99))
    ).map(tuple),
    hours=st.none()
    | st.builds(OpeningHours, st.just("UTC"), st.tuples(*[days] * 7), st.frozensets(st.dates(date(2026, 1, 1)))),
    max_waiting=st.none() | st.integers(1, 9),
)
capacities = st.builds(
    Capacity,
    st.dictionaries(st.sampled_from(ChannelKind), st.integers(0, 9)),
    st.dictionaries(st.sampled_from(ChannelKind), st.frozensets(st.sampled_from(ChannelKind))),
)
seats = st.builds(
    Seat, st.just("a"), st.frozensets(st.sampled_from(["orders", "claims"])), capacity=st.none() | capacities
)


@given(queues, seats, capacities)
def test_what_is_written_is_read_again(queue: QueueRules, seat: Seat, capacity: Capacity) -> None:
    for noun, item in ((Noun.QUEUE, queue), (Noun.SEAT, seat), (Noun.CAPACITY, capacity)):
        assert item_of(noun, json_of(noun, item)) == item


@given(queues, seats, capacities, st.booleans())
def test_any_setup_can_be_checked_and_is_judged_the_same_twice(
    queue: QueueRules, seat: Seat, capacity: Capacity, works: bool
) -> None:
    setup = replace(SETUP, queues={queue.code: queue}, seats={seat.agent_id: seat}, capacity=capacity)
    assert check(setup, {"a": works}) == check(setup, {"a": works})


def test_a_newer_field_stands_at_its_default_and_one_that_is_gone_is_passed_over() -> None:
    read = item_of(Noun.QUEUE, {"code": "x", "name_ru": "Икс", "name_en": "X", "weight": 2, "colour": "red"})
    assert read == QueueRules("x", "Икс", "X", weight=2)


def test_every_item_is_put_taken_and_found() -> None:
    for noun in Noun:
        key = {
            Noun.QUEUE: "orders",
            Noun.SKILL: "en",
            Noun.PAUSE_CODE: "lunch",
            Noun.REASON: "too_dear",
            Noun.SEAT: "a",
        }.get(noun, "house")
        item = item_in(SETUP, noun, key)
        assert item is not None
        assert key_of(noun, item) == key
        assert with_item(with_item(SETUP, noun, key, None), noun, key, item) == SETUP


def test_what_there_is_one_of_goes_back_to_its_default() -> None:
    changed = with_item(SETUP, Noun.LIFTS, "house", LiftRules({}, 5))
    assert (changed.lifts_s, changed.dear_order) == ({}, 5)
    assert with_item(changed, Noun.LIFTS, "house", None) == SETUP


def test_an_edit_undone_is_as_if_it_had_not_been() -> None:
    heavier = edit(SETUP, Noun.QUEUE, "orders", replace(SETUP.queues["orders"], weight=3))
    fresh = edit(SETUP, Noun.SKILL, "de", Skill("de", "Немецкий", "German"))
    after = edited(SETUP, (heavier, fresh))
    assert after.queues["orders"].weight == 3
    assert "de" in after.skills
    assert edited(after, (fresh.undone, heavier.undone)) == SETUP


def test_a_queue_leaves_the_seats_too_and_a_skill_those_who_had_it() -> None:
    after = edited(SETUP, without_queue(SETUP, "orders"))
    assert set(after.queues) == {"claims"}
    assert {seat.agent_id: set(seat.queues) for seat in after.seats.values()} == {"a": {"claims"}, "b": set()}
    edits = without_skill(SETUP, "en")
    after = edited(SETUP, edits)
    assert not after.skills
    assert not after.seats["a"].skills
    assert edited(after, [each.undone for each in reversed(edits)]) == SETUP
