from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.dialer.calling_hours import CallingHours, allowed, zone_of

ZONES = [
    "Europe/Moscow",
    "Asia/Vladivostok",
    "Europe/London",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "UTC",
]
instants = st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1)).map(lambda naive: naive.replace(tzinfo=UTC))
ALWAYS = CallingHours(0, 1440)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("now", "zone", "may", "opens"),
    [
        ("2026-11-21T06:00", "Europe/Moscow", True, "2026-11-21T06:00"),  # 9:00 there
        ("2026-11-21T05:59", "Europe/Moscow", False, "2026-11-21T06:00"),
        ("2026-11-21T17:59", "Europe/Moscow", True, "2026-11-21T17:59"),  # 20:59
        ("2026-11-21T18:00", "Europe/Moscow", False, "2026-11-22T06:00"),  # 21:00: till tomorrow
        ("2026-11-21T12:00", "Asia/Vladivostok", False, "2026-11-21T23:00"),  # 22:00: it opens on our own day
        ("2026-03-28T21:30", "Europe/London", False, "2026-03-29T08:00"),  # the night in which the clocks go forward
        ("2026-10-24T21:30", "Europe/London", False, "2026-10-25T09:00"),  # and back
    ],
)
def test_by_the_clock_on_the_customers_wall(now: str, zone: str, may: bool, opens: str) -> None:
    assert allowed(utc(now), zone, CallingHours()) == (may, utc(opens))


@given(instants, st.sampled_from(ZONES), st.integers(0, 1439), st.integers(1, 1440))
def test_when_it_opens_it_is_open_and_not_a_minute_earlier(now: datetime, zone: str, opens: int, length: int) -> None:
    hours = CallingHours(opens, min(1440, opens + length))
    may, instant = allowed(now, zone, hours)
    assert allowed(instant, zone, hours) == (True, instant)
    assert (instant == now) is may
    assert instant - now <= timedelta(days=2, hours=2)
    if not may and instant - timedelta(minutes=1) >= now:
        before = (instant - timedelta(minutes=1)).astimezone(ZoneInfo(zone))
        assert not hours.opens_min <= before.hour * 60 + before.minute < hours.closes_min


@given(instants, st.sampled_from(ZONES))
def test_round_the_clock_is_always(now: datetime, zone: str) -> None:
    assert allowed(now, zone, ALWAYS) == (True, now)


@pytest.mark.parametrize(("opens", "closes"), [(0, 0), (600, 540), (-1, 100), (0, 1441)])
def test_hours_that_are_no_hours_are_refused(opens: int, closes: int) -> None:
    with pytest.raises(ValueError, match="open before they close"):
        CallingHours(opens, closes)


@pytest.mark.parametrize(
    ("phone", "customers", "zone"),
    [
        ("+74232123456", "Asia/Omsk", "Asia/Omsk"),  # what is known of him goes first
        ("+74232123456", None, "Asia/Vladivostok"),
        ("+74232123456", "Middle/Earth", "Asia/Vladivostok"),
        ("+74232123456", "../etc/passwd", "Asia/Vladivostok"),
        ("+79161234567", None, "Europe/Moscow"),  # a mobile of the whole country, ours among it
        ("+442071234567", None, "Europe/London"),
        ("+88312345678901", None, "Europe/Moscow"),  # belongs to no country
    ],
)
def test_the_customers_zone(phone: str, customers: str | None, zone: str) -> None:
    assert zone_of(phone, customers, "Europe/Moscow") == zone


def test_a_foreign_mobile_stands_in_the_middle_of_its_country() -> None:
    zone = zone_of("+79161234567", None, "America/New_York")
    offset = datetime(2025, 1, 15, tzinfo=ZoneInfo(zone)).utcoffset()
    assert offset is not None
    assert timedelta(hours=5) <= offset <= timedelta(hours=9)
