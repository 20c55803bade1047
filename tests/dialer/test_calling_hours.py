from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.dialer.calling_hours import CallingHours, allowed, zone_of
from cordboard.dialer.holidays import Holiday, HolidayRefused, Holidays, checked

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


# Weekdays and holidays

WEEKEND = CallingHours(sat="10:00-16:00", sun="closed")
NEW_YEAR = Holidays([Holiday("RU", date(2027, 1, 1)), Holiday("RU", date(2027, 1, 2))])


@pytest.mark.parametrize(
    ("now", "may", "opens"),
    [
        ("2026-11-20T06:30", True, "2026-11-20T06:30"),  # Friday, 9:30 in Moscow
        ("2026-11-21T06:30", False, "2026-11-21T07:00"),  # Saturday opens at ten
        ("2026-11-21T13:00", False, "2026-11-23T06:00"),  # and closes at 16:00: until Monday
        ("2026-11-22T12:00", False, "2026-11-23T06:00"),  # Sunday
    ],
)
def test_a_weekday_has_hours_of_its_own(now: str, may: bool, opens: str) -> None:
    assert allowed(utc(now), "Europe/Moscow", WEEKEND) == (may, utc(opens))


@pytest.mark.parametrize(
    ("now", "zone", "may", "opens"),
    [
        ("2026-12-31T20:30", "Asia/Vladivostok", False, "2027-01-02T23:00"),  # the year began there: until the third
        ("2027-01-01T09:00", "Europe/Moscow", False, "2027-01-03T06:00"),
        ("2027-01-01T12:00", "Europe/London", True, "2027-01-01T12:00"),  # not their holiday
    ],
)
def test_a_holiday_is_its_countrys_and_lasts_from_midnight_to_midnight_there(
    now: str, zone: str, may: bool, opens: str
) -> None:
    assert allowed(utc(now), zone, CallingHours(), NEW_YEAR) == (may, utc(opens))


def test_a_holiday_may_have_hours_of_its_own_or_none_at_all() -> None:
    noon = utc("2027-01-01T09:00")
    assert allowed(noon, "Europe/Moscow", CallingHours(holidays="13:00-15:00"), NEW_YEAR) == (
        False,
        utc("2027-01-01T10:00"),
    )
    assert allowed(noon, "Europe/Moscow", CallingHours(holidays=""), NEW_YEAR) == (True, noon)


def test_holidays_of_one_zone_and_of_all() -> None:
    day = date(2027, 6, 12)
    assert Holidays([Holiday("Asia/Omsk", day)]).on("Asia/Omsk", day)
    assert not Holidays([Holiday("Asia/Omsk", day)]).on("Europe/Moscow", day)
    assert Holidays([Holiday("*", day)]).on("UTC", day)


@given(instants, st.sampled_from(ZONES), st.sets(st.dates(date(2024, 1, 1), date(2030, 1, 9)), max_size=9))
def test_an_instant_that_is_named_is_open_whatever_days_are_kept(now: datetime, zone: str, days: set[date]) -> None:
    kept = Holidays([Holiday("*", day) for day in days])
    may, opens = allowed(now, zone, WEEKEND, kept)
    assert allowed(opens, zone, WEEKEND, kept) == (True, opens)
    assert (opens == now) is may
    assert opens.astimezone(ZoneInfo(zone)).date() not in days


@pytest.mark.parametrize(("place", "plain"), [("ru", "RU"), ("Asia/Omsk", "Asia/Omsk"), (" * ", "*")])
def test_a_place_is_a_country_a_zone_or_everywhere(place: str, plain: str) -> None:
    assert checked(Holiday(place, date(2027, 1, 1))).place == plain


@pytest.mark.parametrize("place", ["", "Narnia", "ZZZ", "Asia/Narnia", "xq"])
def test_no_such_place_is_refused(place: str) -> None:
    with pytest.raises(HolidayRefused) as refused:
        checked(Holiday(place, date(2027, 1, 1)))
    assert refused.value.field == "place"


@pytest.mark.parametrize(
    ("city", "zone"),
    [
        ("Самара", "Europe/Samara"),
        ("г. Екатеринбург", "Asia/Yekaterinburg"),
        ("город Омск", "Asia/Omsk"),
        ("London", "Europe/London"),
        ("new york", "America/New_York"),
        ("Мытищи", "Europe/Moscow"),  # no zone is named after it: then the number tells
        ("", "Europe/Moscow"),
    ],
)
def test_the_city_of_the_customer_goes_before_what_a_mobile_number_tells(city: str, zone: str) -> None:
    assert zone_of("+79161234567", None, "Europe/Moscow", city) == zone


def test_what_is_known_of_the_customer_goes_before_his_city() -> None:
    assert zone_of("+79161234567", "Asia/Omsk", "Europe/Moscow", "Самара") == "Asia/Omsk"
