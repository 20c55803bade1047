"""What the dialplan writes down of a call that ended while nobody listened, read back."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.telephony.byes import Bye, bye_of, instant

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
T = f"{AT.timestamp():.0f}"
KEY = "/cc-bye/lab-1.7"


def test_a_talk_is_told_whole() -> None:
    line = f"talk-agent-maria|{T}|{T}.500|{T}.750|+7495|+7916|%D0%90%D0%BD%D0%BD%D0%B0%7C"
    half, end = AT.replace(microsecond=500_000), AT.replace(microsecond=750_000)
    assert bye_of(KEY, line) == Bye("lab-1.7", AT, end, "agent-maria", half, "+7495", "+7916", "Анна|")


@pytest.mark.parametrize("state", ["hold", "fallback", "dial-agent-maria"])
def test_who_gave_up_had_no_talk(state: str) -> None:
    bye = bye_of(KEY, f"{state}|{T}|{T}|{T}|+7495||")
    assert bye == Bye("lab-1.7", AT, AT, dialed="+7495")


@pytest.mark.parametrize("state", ["answered", "abandon"])
def test_whom_we_called_and_left_alone_is_told(state: str) -> None:
    assert bye_of(KEY, f"{state}|{T}||{T}|||") == Bye("lab-1.7", AT, AT, left_alone=True)


@pytest.mark.parametrize("state", ["bye", "voicemail", ""])
def test_who_was_being_said_goodbye_to_is_no_news(state: str) -> None:
    assert bye_of(KEY, f"{state}|{T}|{T}|{T}|+7495||") is None


@given(st.text())
def test_nothing_that_stands_there_does_harm(line: str) -> None:
    bye_of(KEY, line)
    bye_of(KEY, f"talk-{line}|{line}|{line}|{T}|{line}")
    instant(line)
