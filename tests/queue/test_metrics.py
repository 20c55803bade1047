"""Each figure on a list of events that a person can add up on paper."""

from datetime import UTC, datetime, timedelta

import pytest

from cordboard.queue.agent import AgentState
from cordboard.queue.channel import Arrival, ChannelKind, Direction, OfferFailure
from cordboard.queue.contact import Contact, advance, arrive
from cordboard.queue.contact_events import (
    AgentLegBroke,
    Connected,
    ContactEvent,
    CustomerLeft,
    Disposed,
    NodeLost,
    Offered,
    OfferFailed,
    Queued,
    TalkEnded,
)
from cordboard.queue.metrics import (
    AgentMoment,
    average_handle_time_s,
    average_speed_of_answer_s,
    occupancy,
    service,
    service_of,
    waited_s,
)

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def at(second: float) -> datetime:
    return NOON + timedelta(seconds=second)


def comes(name: str, second: float, direction: Direction = Direction.INBOUND) -> Contact:
    arrival = Arrival(ChannelKind.VOICE, direction, "orders", wire_key=name)
    return advance(arrive(name, arrival, at(second)), Queued(at(second)))


def story(contact: Contact, *events: ContactEvent) -> Contact:
    for event in events:
        contact = advance(contact, event)
    return contact


# Ten lines: who came when, and what became of them.
DAY = [
    story(
        comes("a", 0), Offered(at(4), "x"), Connected(at(10), "x"), TalkEnded(at(70)), Disposed(at(90), "changed", "")
    ),
    story(comes("b", 0), Offered(at(5), "y"), Connected(at(20), "y"), TalkEnded(at(60)), Disposed(at(65), "claim", "")),
    story(comes("c", 0), Offered(at(9), "x"), OfferFailed(at(29), OfferFailure.NO_ANSWER), Offered(at(30), "y")),
    story(comes("d", 0), Offered(at(30), "y"), Connected(at(50), "y")),
    story(comes("e", 0), CustomerLeft(at(30), "hung_up")),
    story(comes("f", 0), CustomerLeft(at(5), "hung_up")),
    story(comes("g", 90)),
    story(comes("h", 70)),
    story(comes("i", 40), NodeLost(at(45))),
    story(
        comes("k", 0, Direction.OUTBOUND), Connected(at(1), "x"), TalkEnded(at(31)), Disposed(at(41), "confirmed", "")
    ),
]
NOW = at(100)


def test_service_level_counts_who_was_answered_in_time_of_all_that_were_offered() -> None:
    # In time: a (10 s), b (20 s). Late: d. Not answered: e, i; c (100 s) and h (30 s) still wait, too long. Out: f short, g fresh.
    level = service(DAY, 20, NOW).level
    assert (level.part, level.whole) == (2, 7)


def test_abandonment_leaves_short_ones_and_those_who_still_wait_out() -> None:
    left = service(DAY, 20, NOW).abandonment
    assert (left.part, left.whole) == (1, 5)
    assert left.value == pytest.approx(0.2)


def test_an_ended_contact_counts_the_same_whenever_it_is_looked_at() -> None:
    ended = [contact for contact in DAY if not contact.is_open]
    assert len(ended) == 6
    for contact in ended:
        assert service_of(contact, 20, NOW) == service_of(contact, 20, NOW + timedelta(hours=9))


def test_speed_of_answer_is_the_mean_wait_of_the_answered() -> None:
    assert average_speed_of_answer_s(DAY, NOW) == pytest.approx((10 + 20 + 50) / 3)


def test_handle_time_is_talk_and_wrap_up_of_both_directions() -> None:
    assert average_handle_time_s(DAY) == pytest.approx(((60 + 20) + (40 + 5) + (30 + 10)) / 3)


def test_without_contacts_there_is_no_figure_rather_than_a_nought() -> None:
    assert service([], 20, NOW).level.value is None
    assert service([comes("a", 0)], 20, at(3)).abandonment.value is None
    assert average_speed_of_answer_s([], NOW) is None
    assert average_handle_time_s([comes("a", 0)]) is None
    assert occupancy([], NOW).value is None


def test_a_talk_between_two_waits_is_not_waiting() -> None:
    broken = story(comes("a", 0), Connected(at(10), "x"), AgentLegBroke(at(70)))
    assert waited_s(broken, at(75)) == pytest.approx(15)
    talking = story(broken, Offered(at(76), "y"), Connected(at(80), "y"))
    assert waited_s(talking, at(95)) == pytest.approx(20)
    closed = story(talking, TalkEnded(at(100)), Disposed(at(110), "changed", ""))
    assert waited_s(closed, at(500)) == pytest.approx(20)
    assert average_handle_time_s([closed]) == pytest.approx(60 + 20 + 10)


def test_a_customer_whose_talk_broke_and_who_then_left_was_answered() -> None:
    gone = story(comes("a", 0), Connected(at(10), "x"), AgentLegBroke(at(40)), CustomerLeft(at(50), "hung_up"))
    served = service([gone], 20, NOW)
    assert (served.gone, served.over, served.in_time) == (0, 1, 1)


def test_occupancy_is_handling_of_the_time_on_line() -> None:
    moments = [
        AgentMoment(at(0), "x", AgentState.READY),
        AgentMoment(at(0), "y", AgentState.READY),
        AgentMoment(at(20), "x", AgentState.RESERVED),
        AgentMoment(at(25), "x", AgentState.BUSY),
        AgentMoment(at(30), "y", AgentState.PAUSED),
        AgentMoment(at(60), "y", AgentState.NOT_RESPONDING),
        AgentMoment(at(65), "x", AgentState.WRAP_UP),
        AgentMoment(at(75), "x", AgentState.READY),
        AgentMoment(at(80), "y", AgentState.BUSY),
        AgentMoment(at(90), "x", AgentState.LOGGED_OUT),
    ]
    # x: 5 + 40 + 10 handling, 20 + 15 ready. y: 30 ready, then 20 busy to the end.
    used = occupancy(moments, at(100))
    assert (used.part, used.whole) == (75, 75 + 35 + 30)
