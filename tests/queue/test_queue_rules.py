"""The rules of a queue, each alone: skills, capacity, hours, expected wait, overflow."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from cordboard.queue import contact as contacts
from cordboard.queue import contact_events
from cordboard.queue.capacity import Capacity, Room, room_for
from cordboard.queue.channel import Arrival, ChannelKind, Direction, Dismissal
from cordboard.queue.contact import Contact
from cordboard.queue.expectation import Pace, expected_wait_s
from cordboard.queue.hours import closes_at, is_open
from cordboard.queue.lifts import lifts_of_past
from cordboard.queue.overflow import Conditions, dismissal_of, looks_again_at, name_of, rule_for
from cordboard.queue.setup import Lift, OpeningHours, OverflowAction, OverflowRule, OverflowWhen, QueueRules
from cordboard.queue.skill import Need, Relaxing, lacking, needs_after, needs_of, relaxes_in_s

VOICE, CHAT, EMAIL = ChannelKind.VOICE, ChannelKind.CHAT, ChannelKind.EMAIL
LAMPS, ENGLISH = Need("lamps", 4), Need("english", 1)
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)  # a Monday
WEEKDAYS = OpeningHours("Europe/Moscow", ((540, 1260),) * 5 + (None, None), frozenset({date(2026, 11, 24)}))
When, Action = OverflowWhen, OverflowAction


@pytest.mark.parametrize(
    ("waited_s", "left"),
    [
        (0, (ENGLISH, LAMPS)),
        (29.9, (ENGLISH, LAMPS)),
        (30, (Need("lamps", 3),)),
        (95, (Need("lamps", 1),)),
        (120, ()),
        (9e9, ()),
    ],
)
def test_needs_relax_level_by_level_and_are_let_go(waited_s: float, left: tuple[Need, ...]) -> None:
    assert needs_after((LAMPS, ENGLISH), waited_s, Relaxing(30, 0)) == left


def test_needs_relax_to_their_floor_and_no_further_than_they_were() -> None:
    assert needs_after((LAMPS, ENGLISH), 9e9, Relaxing(30, 2)) == (ENGLISH, Need("lamps", 2))
    assert needs_after((LAMPS,), 9e9, Relaxing()) == (LAMPS,)
    assert needs_after((LAMPS,), 1.0, Relaxing(4.8e-304, 0)) == ()


@pytest.mark.parametrize(("waited_s", "left_s"), [(0, 30), (29, 1), (30, 30), (60, None)])
def test_when_the_next_need_relaxes(waited_s: float, left_s: float | None) -> None:
    assert relaxes_in_s((LAMPS,), waited_s, Relaxing(30, 2)) == left_s


def test_what_is_lacking_and_how_needs_are_written() -> None:
    assert lacking({"lamps": 3, "english": 5}, (LAMPS, ENGLISH)) == (LAMPS,)
    assert needs_of([str(LAMPS), str(ENGLISH)]) == (ENGLISH, LAMPS)


@pytest.mark.parametrize(
    ("held", "coming", "room"),
    [
        ((), VOICE, Room.FREE),
        ((CHAT, CHAT), CHAT, Room.FREE),
        ((CHAT, CHAT, CHAT), CHAT, Room.FULL),
        ((CHAT, CHAT, CHAT), VOICE, Room.FREE),
        ((VOICE, CHAT), CHAT, Room.IN_THE_WAY),
        ((VOICE,), VOICE, Room.FULL),
        ((EMAIL,), CHAT, Room.FREE),
        ((EMAIL,), EMAIL, Room.FULL),
        ((CHAT,), EMAIL, Room.IN_THE_WAY),
    ],
)
def test_a_call_or_chats_and_letters_in_between(held: tuple[ChannelKind, ...], coming: ChannelKind, room: Room) -> None:
    assert room_for(Capacity(), held, coming) is room


def test_who_takes_no_calls_is_full_of_them() -> None:
    assert room_for(Capacity({CHAT: 2}, {}), (), VOICE) is Room.FULL


@pytest.mark.parametrize(
    ("at", "opened", "closes"),
    [
        (datetime(2026, 11, 23, 5, 59, tzinfo=UTC), False, None),
        (datetime(2026, 11, 23, 6, tzinfo=UTC), True, datetime(2026, 11, 23, 18, tzinfo=UTC)),
        (datetime(2026, 11, 23, 18, tzinfo=UTC), False, None),
        (datetime(2026, 11, 24, 9, tzinfo=UTC), False, None),  # a holiday
        (datetime(2026, 11, 27, 20, tzinfo=UTC), False, None),  # a weekend
    ],
)
def test_hours_of_a_week_with_a_holiday(at: datetime, opened: bool, closes: datetime | None) -> None:
    assert is_open(WEEKDAYS, at) is opened
    assert closes_at(WEEKDAYS, at) == closes


def test_summer_time_moves_the_hours_with_the_clocks_of_the_place() -> None:
    berlin = OpeningHours("Europe/Berlin", ((540, 1080),) * 7)
    assert not is_open(berlin, datetime(2026, 10, 24, 6, 59, tzinfo=UTC))
    assert is_open(berlin, datetime(2026, 10, 24, 7, tzinfo=UTC))
    assert not is_open(berlin, datetime(2026, 10, 25, 7, tzinfo=UTC))
    assert is_open(berlin, datetime(2026, 10, 25, 8, tzinfo=UTC))


def test_without_hours_it_is_always_open_and_with_none_never() -> None:
    assert is_open(None, NOON)
    assert closes_at(None, NOON) is None


def test_the_expected_wait_is_learned_from_what_contacts_took() -> None:
    pace = Pace()
    guess = pace.handle_s("orders", VOICE)
    pace.took("orders", VOICE, 100)
    assert pace.handle_s("orders", VOICE) == 100
    pace.took("orders", VOICE, 200)
    assert pace.handle_s("orders", VOICE) == 110
    assert pace.handle_s("claims", VOICE) == guess
    assert expected_wait_s(3, 100, 2) == 150
    assert expected_wait_s(1, 100, 0) is None


def waiting(kind: ChannelKind = VOICE, direction: Direction = Direction.INBOUND) -> Contact:
    fresh = contacts.arrive("k", Arrival(kind, direction, "orders", "w"), NOON)
    return contacts.advance(fresh, contact_events.Queued(NOON))


def conditions(after_s: float = 0, waits: int = 0, agents: int = 1, expected: float | None = 10) -> Conditions:
    return Conditions(NOON + timedelta(seconds=after_s), waits, agents, expected)


@pytest.mark.parametrize(
    ("rule", "met", "unmet"),
    [
        (OverflowRule(When.WAIT, Action.MESSAGE, 60), conditions(60), conditions(59)),
        (OverflowRule(When.EXPECTED_WAIT, Action.CALLBACK, 300), conditions(expected=300), conditions(expected=None)),
        (OverflowRule(When.NO_AGENTS, Action.VOICEMAIL), conditions(agents=0), conditions()),
    ],
)
def test_an_overflow_rule_applies_once(rule: OverflowRule, met: Conditions, unmet: Conditions) -> None:
    rules = QueueRules("orders", "", "", overflow=(rule,))
    assert rule_for(waiting(), rules, unmet, arriving=False) is None
    assert rule_for(waiting(), rules, met, arriving=False) == rule
    done = contacts.advance(waiting(), contact_events.OverflowMet(NOON, name_of(rule, "orders")))
    assert rule_for(done, rules, met, arriving=False) is None


def test_whom_we_called_ourselves_does_not_overflow() -> None:
    rules = QueueRules("orders", "", "", overflow=(OverflowRule(When.WAIT, Action.MESSAGE, 1),), max_waiting=0)
    assert rule_for(waiting(direction=Direction.OUTBOUND), rules, conditions(99, 9), arriving=True) is None


def test_a_closed_or_full_queue_tells_who_arrives_without_a_rule_for_it() -> None:
    closed = QueueRules("orders", "", "", hours=OpeningHours("UTC"))
    rule = rule_for(waiting(), closed, conditions(), arriving=True)
    assert rule is not None
    assert dismissal_of(rule) is Dismissal.CLOSED
    assert rule_for(waiting(), closed, conditions(), arriving=False) is None
    assert rule_for(waiting(EMAIL), closed, conditions(), arriving=True) is None
    full = QueueRules("orders", "", "", max_waiting=2)
    assert rule_for(waiting(), full, conditions(waits=1), arriving=True) is None
    rule = rule_for(waiting(), full, conditions(waits=2), arriving=True)
    assert rule is not None
    assert dismissal_of(rule) is Dismissal.FULL


def test_when_to_look_again() -> None:
    wait = QueueRules("orders", "", "", overflow=(OverflowRule(When.WAIT, Action.MESSAGE, 60),))
    assert looks_again_at(waiting(), wait, NOON) == NOON + timedelta(seconds=60)
    nobody = QueueRules("orders", "", "", overflow=(OverflowRule(When.NO_AGENTS, Action.MESSAGE),))
    assert looks_again_at(waiting(), nobody, NOON) == NOON + timedelta(seconds=5)
    closing = QueueRules("orders", "", "", hours=WEEKDAYS, overflow=(OverflowRule(When.CLOSED, Action.MESSAGE),))
    assert looks_again_at(waiting(), closing, NOON) == datetime(2026, 11, 23, 18, tzinfo=UTC)
    assert looks_again_at(waiting(), QueueRules("orders", "", ""), NOON) is None


@pytest.mark.parametrize(
    ("disposition", "days_ago", "callback_in_h", "lifts"),
    [
        ("claim", 6, None, {Lift.CLAIM}),
        ("claim", 8, None, set()),
        ("consulted", 1, None, set()),
        ("postponed", 1, 2, {Lift.PROMISED}),
        ("postponed", 1, 48, set()),
        ("postponed", 9, -30, set()),
    ],
)
def test_the_past_says_who_goes_first(
    disposition: str, days_ago: int, callback_in_h: int | None, lifts: set[Lift]
) -> None:
    callback = None if callback_in_h is None else NOON + timedelta(hours=callback_in_h)
    ended = replace(waiting(), disposition=disposition, closed_at=NOON - timedelta(days=days_ago), callback_at=callback)
    assert lifts_of_past([waiting(), ended], NOON) == lifts
