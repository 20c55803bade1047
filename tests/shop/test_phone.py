"""Numbers as people write them. Pure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.shop.phone import DEFAULT_ZONE, BadPhone, is_zone, mask_phone, to_e164, zone_of


@pytest.mark.parametrize(
    "text",
    ["+79123456789", "8 (912) 345-67-89", "8-912-345-67-89", "912 345 67 89", "+7 912 3456789", "007 912 345-67-89"],
)
def test_usual_spellings_are_one_number(text: str) -> None:
    if text.startswith("00"):  # not how one dials abroad from Russia
        with pytest.raises(BadPhone):
            to_e164(text)
        return
    assert to_e164(text) == "+79123456789"


def test_other_countries_by_code_or_region() -> None:
    assert to_e164("+44 20 7946 0018") == "+442079460018"
    assert to_e164("(212) 736-5000", region="US") == "+12127365000"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "12",
        "+7 912",
        "+7 000 000-00-00",
        "+999 123456789",
        "112",
        "+79123456789 ext. 5",
        "+7912345678\0",
        "9" * 100,
        "+7\n9123456789",
    ],
)
def test_what_cannot_be_dialed_is_refused(text: str) -> None:
    with pytest.raises(BadPhone) as refused:
        to_e164(text)
    assert not text or text not in str(refused.value)


@given(st.text(max_size=45))
def test_any_text_is_a_number_or_a_refusal(text: str) -> None:
    try:
        number = to_e164(text)
    except BadPhone:
        return
    assert number[0] == "+"
    assert number[1:].isascii()
    assert number[1:].isdigit()
    assert to_e164(number) == number


def test_a_masked_number_tells_too_little_to_dial() -> None:
    assert mask_phone("+79123456789") == "+79*******89"
    assert mask_phone("112") == "***"
    assert mask_phone("") == ""


def test_a_landline_tells_its_zone_and_a_mobile_does_not() -> None:
    assert zone_of("+73433712345") == "Asia/Yekaterinburg"
    assert zone_of("+79123456789") == DEFAULT_ZONE
    assert zone_of("+12127365000") == "America/New_York"


@pytest.mark.parametrize(
    ("name", "known"), [("Asia/Yekaterinburg", True), ("Mars/Olympus", False), ("../etc", False), ("", False)]
)
def test_zones_are_checked(name: str, known: bool) -> None:
    assert is_zone(name) is known
