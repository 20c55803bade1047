"""Where calls may go, and what they cost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.telephony.rules import BadRules, DialRules, home_country

ANYWHERE = DialRules(["*"])


@pytest.mark.parametrize(
    ("allowed", "number", "may"),
    [
        (["RU"], "+79161234567", True),
        (["RU"], "+74950000001", True),
        (["RU"], "+77011234567", False),  # Kazakhstan has the same country code
        (["RU", "KZ"], "+77011234567", True),
        (["RU"], "+442079460000", False),
        (["RU", "+4420"], "+442079460000", True),
        (["+4420"], "+441619460000", False),
        (["*"], "+442079460000", True),
        ([], "+79161234567", False),
    ],
)
def test_only_where_the_site_calls(allowed: list[str], number: str, may: bool) -> None:
    assert DialRules(allowed).may_dial(number) is may


@pytest.mark.parametrize(
    "number",
    [
        "+78091234567",  # premium rate
        "+449098790000",
        "+19002345678",
        "+979123456789",  # the world's own premium code
        "+7112",
        "+44999",
        "+1911",
        "+38112",
        "112",
        "+",
        "",
        "+7495000000A1234567890",
    ],
)
def test_premium_emergency_and_no_number_at_all_are_refused_whatever_is_allowed(number: str) -> None:
    assert not ANYWHERE.may_dial(number)


@pytest.mark.parametrize(
    ("number", "seconds", "kopecks"),
    [
        ("+74950000001", 0, 0),
        ("+74950000001", 1, 90),
        ("+74950000001", 60, 90),
        ("+74950000001", 60.5, 180),
        ("+79161234567", 61, 300),
        ("+442079460000", 60, 1000),
    ],
)
def test_each_minute_begun_is_paid_by_the_longest_beginning_that_fits(
    number: str, seconds: float, kopecks: int
) -> None:
    rules = DialRules(["*"], {"+7": 150, "+7495": 90, "*": 1000})
    assert rules.cost(number, seconds) == kopecks


@given(st.from_regex(r"\+[1-9][0-9]{6,14}", fullmatch=True), st.floats(0, 10_000), st.floats(0, 10_000))
def test_a_longer_talk_is_never_cheaper(number: str, first: float, more: float) -> None:
    rules = DialRules(["*"], {"+7": 150, "*": 10})
    assert rules.cost(number, first) <= rules.cost(number, first + more)


def test_minutes_are_counted_in_seconds() -> None:
    assert DialRules(["RU"], minutes_a_day=10).seconds_a_day == 600
    assert DialRules(["RU"]).seconds_a_day is None


@pytest.mark.parametrize(
    ("allowed", "rates", "money"),
    [
        (["Russia"], {}, None),
        (["+"], {}, None),
        (["7495"], {}, None),
        (["RU"], {"RU": 1}, None),
        (["RU"], {"+7": -1}, None),
        (["RU"], {}, 100),
    ],
)
def test_rules_that_say_nothing_clear_are_refused(allowed: list[str], rates: dict[str, int], money: int | None) -> None:
    with pytest.raises(BadRules):
        DialRules(allowed, rates, kopecks_a_day=money)


@pytest.mark.parametrize(
    ("own", "country"), [("74950000100", "RU"), ("+442079460000", "GB"), ("100", "*"), ("00", "*")]
)
def test_when_nothing_is_set_the_country_of_our_own_number_is_allowed(own: str, country: str) -> None:
    assert home_country(own) == country
