"""The gauge of abandonment says what the bound counts: its own window, late answers, the group, and how many calls are left."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from cordboard.dialer.abandonment import CapBook, Counts, Verdict, Window
from cordboard.dialer.campaign import Campaign, with_settings
from cordboard.dialer.standing import standing
from cordboard.queue.channel import AttemptOutcome
from cordboard.storage.database import Database
from tests.fakes.dial_house import DialHouse

NOW = datetime(2026, 11, 21, 9, tzinfo=UTC)
MADE = NOW - timedelta(days=40)  # so that a period of 30 days began 10 days ago
MONTHLY = with_settings(Campaign("a", "Подтверждение", "orders", MADE), {"cap.jurisdiction": "us-ftc"})


def book(*told: tuple[str, float, Verdict, int]) -> CapBook:
    """Attempts by campaign and days before now."""
    book = CapBook("Europe/Moscow")
    for campaign_id, days, verdict, many in told:
        book.remember(campaign_id, NOW - timedelta(days=days), verdict, many)
    return book


def test_the_window_is_the_caps_own_and_not_the_last_thirty_days() -> None:
    counted = book(
        ("a", 12, Verdict.ABANDONED, 50),  # the period before
        ("a", 9, Verdict.SERVED, 990),
        ("a", 5, Verdict.ABANDONED, 9),
        ("a", 0.1, Verdict.SERVED, 9),
        ("a", 0.05, Verdict.ABANDONED, 1),
    )
    told = standing(counted, MONTHLY, [MONTHLY], NOW)
    assert (told.counts, told.today) == (Counts(1009, 10), Counts(10, 1))
    assert told.rate == pytest.approx(10 / 1009)
    assert (told.over, told.over_today) == (False, True)
    assert told.until == MADE + timedelta(days=60)


def test_what_is_left_is_what_the_dialer_may_place_and_calls_in_flight_are_off_it() -> None:
    counted = book(("a", 1, Verdict.SERVED, 1000))
    assert standing(counted, MONTHLY, [MONTHLY], NOW).room == 30
    counted.takes_off("x", "a", NOW)
    assert standing(counted, MONTHLY, [MONTHLY], NOW).room == 29


def test_a_group_that_binds_tighter_is_named() -> None:
    one = with_settings(MONTHLY, {"cap.group": "shop"})
    other = with_settings(
        Campaign("b", "Корзины", "orders", MADE), {"cap.jurisdiction": "us-ftc", "cap.group": "shop", "cap.limit": 0.01}
    )
    counted = book(("a", 1, Verdict.SERVED, 1000))
    told = standing(counted, one, [one, other], NOW)
    assert (told.room, told.by_group) == (10, True)
    assert standing(counted, MONTHLY, [MONTHLY, other], NOW).by_group is False


def test_a_window_that_only_rolls_never_begins_anew() -> None:
    rolling = with_settings(MONTHLY, {"cap.window": Window.ROLLING_DAY.value})
    assert standing(book(), rolling, [rolling], NOW).until is None
    assert standing(book(), rolling, [rolling], NOW).rate is None


async def test_the_counts_are_told_before_the_dialers_first_turn(database: Database) -> None:
    """A page may ask as soon as the engine is there, and several at once."""
    house = DialHouse(database)
    campaign = await house.open("maria")
    assert house.dialer.cap.standing(campaign, [campaign]) is None
    await house.order(1, 1_000)
    await house.tick()
    await house.dialer.on_answered(house.ringing())
    await house.desk.customer_left(house.ringing(), "hung_up")
    await house.desk.settle()
    await house.hang_up(house.ringing(), AttemptOutcome.PERSON)
    house._begin()  # the next engine, before it has dialed or recovered anything
    await asyncio.gather(house.dialer.cap.load(), house.dialer.cap.load(), house.dialer.cap.load())
    told = house.dialer.cap.standing(campaign, [campaign])
    assert told is not None
    assert (told.counts, told.today, told.room) == (Counts(1, 1), Counts(1, 1), 0)
