"""A campaign's day by the hour."""

from datetime import UTC, datetime, timedelta

import pytest

from cordboard.dialer.day import Day, day_of
from cordboard.queue.channel import AttemptOutcome
from cordboard.storage.database import Database
from tests.fakes.dial_house import DialHouse

MIDNIGHT = datetime(2026, 11, 21, tzinfo=UTC)
PERSON, BUSY, ABANDONED = AttemptOutcome.PERSON, AttemptOutcome.BUSY, AttemptOutcome.ABANDONED


def test_each_hour_has_its_own_contact_rate_and_penetration_grows_over_the_day() -> None:
    attempts = [(9, PERSON, 3), (9, BUSY, 1), (11, ABANDONED, 1), (11, BUSY, 1), (11, None, 2)]
    tried = [(9, False, 3), (9, True, 1), (11, True, 2)]
    day = day_of(MIDNIGHT, MIDNIGHT + timedelta(hours=12, minutes=5), attempts, tried, waiting=17)
    assert [hour.at.hour for hour in day.hours] == [9, 10, 11, 12]
    assert [hour.attempts for hour in day.hours] == [4, 0, 4, 0]
    assert [hour.contact_rate for hour in day.hours] == [0.75, None, 0.5, None]
    assert [hour.penetration for hour in day.hours] == [0.2, 0.2, 0.3, 0.3]
    assert (day.tried, day.listed, day.penetration) == (6, 20, 0.3)


def test_a_day_without_calls_and_a_list_without_leads_are_told_as_such() -> None:
    assert day_of(MIDNIGHT, MIDNIGHT + timedelta(hours=9), [], [], waiting=0) == Day((), 0, 0, None)
    assert day_of(MIDNIGHT, MIDNIGHT + timedelta(hours=9), [], [], waiting=5) == Day((), 0, 5, 0.0)


@pytest.fixture
def house(database: Database) -> DialHouse:
    return DialHouse(database)


async def test_the_hours_are_those_of_the_site_and_the_list_is_what_was_tried_and_what_waits(house: DialHouse) -> None:
    campaign = await house.open("maria")
    for number in range(4):
        await house.order(number, 1_000)
    await house.tick()
    await house.serve()
    await house.tick()
    await house.hang_up(house.ringing(), AttemptOutcome.NO_ANSWER)
    house.clock.pass_s(3_600)
    await house.tick()
    day = await house.dialer.day(campaign.id)
    first, *_, last = day.hours
    assert first.at.utcoffset() == timedelta(hours=3)
    assert first.at <= house.clock.now() - timedelta(hours=1) < first.at + timedelta(hours=1)
    assert (first.attempts, first.contact_rate, last.attempts, last.contact_rate) == (2, 0.5, 1, None)
    assert (day.tried, day.listed, day.penetration) == (3, 4, 0.75)
    assert (first.penetration, last.penetration) == pytest.approx((0.5, 0.75))
