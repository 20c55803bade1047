"""What a page is told, for every state of its contact."""

from dataclasses import dataclass, replace
from datetime import UTC, datetime

import pytest

from cordboard.queue.channel import Arrival, ChannelKind, Direction
from cordboard.queue.contact import ContactState, arrive
from cordboard.telephony.web_call_news import CONNECTING, farewell, news_of
from cordboard.telephony.web_call_wire import News

CONTACT = arrive(
    "contact-1",
    Arrival(ChannelKind.VOICE, Direction.INBOUND, "orders", "node/boot/leg-1"),
    datetime(2026, 11, 21, 12, tzinfo=UTC),
)


@dataclass(frozen=True)
class Second:
    position: int = 2
    expected_s: float | None = 170.4


@pytest.mark.parametrize("state", ContactState)
def test_every_state_is_told_or_is_the_ends_affair(state: ContactState) -> None:
    told = news_of(replace(CONTACT, state=state, lost_reason="closed"), None)
    stages = {
        ContactState.ARRIVED: "waiting",
        ContactState.QUEUED: "waiting",
        ContactState.OFFERED: "ringing",
        ContactState.CONNECTED: "talking",
        ContactState.HELD: "held",
        ContactState.OVERFLOWED: "told",
    }
    assert (told.stage if told else None) == stages.get(state)


def test_a_waiting_visitor_hears_his_place_and_whole_seconds() -> None:
    waiting = replace(CONTACT, state=ContactState.QUEUED)
    assert news_of(waiting, Second(), can_keep=True) == News("waiting", position=2, expected_s=170.0, can_keep=True)
    assert news_of(waiting, Second(1, None)) == News("waiting", position=1)


@pytest.mark.parametrize(
    ("state", "lost_reason", "last", "reason"),
    [
        (ContactState.WRAP_UP, None, News("waiting"), "over"),
        (ContactState.CLOSED, None, News("talking"), "over"),
        (ContactState.HELD, None, News("held"), "over"),
        (ContactState.OVERFLOWED, "closed", News("told", "closed"), "closed"),
        (ContactState.OVERFLOWED, "callback", News("waiting"), "callback"),
        (ContactState.ABANDONED, "cause_16", News("waiting"), "lost"),
        (ContactState.LOST, "node_lost", News("waiting"), "lost"),
    ],
)
def test_the_end_has_its_reason(state: ContactState, lost_reason: str | None, last: News, reason: str) -> None:
    assert farewell(replace(CONTACT, state=state, lost_reason=lost_reason), last) == News("ended", reason)


def test_a_call_that_nobody_heard_of_is_lost() -> None:
    assert farewell(None, CONNECTING) == News("ended", "lost")
