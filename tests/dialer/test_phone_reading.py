"""The short way to a number comes to the same end as the long way, for every beginning of a Russian or Kazakh number that is tried."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.dialer.calling_hours import zone_of
from cordboard.dialer.phone_reading import read_phone
from cordboard.shop.phone import BadPhone, to_e164

HOME = "Europe/Moscow"


def long_way(text: str) -> tuple[str, str] | None:
    try:
        phone = to_e164(text)
    except BadPhone:
        return None
    return phone, zone_of(phone, None, HOME)


def short_way(text: str) -> tuple[str, str] | None:
    try:
        return read_phone(text, HOME)
    except BadPhone:
        return None


def test_the_end_of_a_number_decides_nothing_in_the_plan_of_7() -> None:
    """Beginnings drawn from all, and those where the plan looks as far as the sixth digit."""
    chance = Random(5)
    beginnings = {f"{chance.choice('3479')}{chance.randrange(10**5):05}" for _ in range(700)}
    beginnings |= {f"9300{end:02}" for end in range(100)} | {f"71{end:04}" for end in range(1000, 1100)}
    for beginning in sorted(beginnings):
        for end in ("0000", "9999", f"{chance.randrange(10**4):04}"):
            assert short_way(f"+7{beginning}{end}") == long_way(f"+7{beginning}{end}"), beginning


@pytest.mark.parametrize(
    "text",
    [
        "8 (912) 345-67-89",
        "+7 912 345-67-89",
        "79123456789",
        "9123456789",
        "8.495.123.45.67",
        "+44 20 7946 0958",
        "88001234567",
        "+77012345678",
        "8 701 234 56 78",
        "7012345678",
        "0",
        "",
        "112",
        "8912345678",
        "891234567890",
        "позвонить Анне",
        "+7912345678x",
        "٨٩١٢٣٤٥٦٧٨٩",
        "+7 912 345-67-89 доб. 5",
        "1" * 41,
        "8\u00b29123456789",
    ],
)
def test_whatever_is_typed_reads_the_same(text: str) -> None:
    assert short_way(text) == long_way(text)


def test_the_spaces_of_a_spreadsheet_are_spaces() -> None:
    assert read_phone(" +7\u00a0495\u00a0123-45-67 ", HOME) == ("+74951234567", HOME)


@given(st.from_regex(r"(\+7|8|7|)[ -]?\(?[3-9][0-9]{2}\)?[ -]?[0-9]{3}-?[0-9]{4}", fullmatch=True))
def test_usual_spellings_read_the_same(text: str) -> None:
    assert short_way(text) == long_way(text)
