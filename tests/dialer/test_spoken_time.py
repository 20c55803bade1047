"""What people say when they ask to be called, and the window that is meant; now is Monday, 23 November 2026, 12:00 in Yekaterinburg."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cordboard.dialer.spoken_time import NotUnderstood, Span, understand

ZONE = "Asia/Yekaterinburg"
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=ZoneInfo(ZONE))


def heard(text: str, now: datetime = NOW) -> str:
    """As `24.11 18:00-21:00`, a range of days as `28.11..29.11 09:00-21:00`."""
    span = understand(text, now, ZONE)
    days = f"{span.first:%d.%m}" + (f"..{span.last:%d.%m}" if span.last != span.first else "")
    return f"{days} {_clock(span.opens)}-{_clock(span.closes)}"


def _clock(minute: int) -> str:
    return f"{minute // 60:02}:{minute % 60:02}"


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("завтра после шести", "24.11 18:00-21:00"),
        ("Завтра, после шести, пожалуйста!", "24.11 18:00-21:00"),
        ("завтра вечером", "24.11 18:00-21:00"),
        ("завтра", "24.11 09:00-21:00"),
        ("завтра утром", "24.11 09:00-12:00"),
        ("завтра с утра", "24.11 09:00-12:00"),
        ("завтра днём", "24.11 12:00-18:00"),
        ("послезавтра в три", "25.11 15:00-15:30"),
        ("послезавтра в 15:30", "25.11 15:30-16:00"),
        ("в пятницу утром", "27.11 09:00-12:00"),
        ("в пятницу, в десять утра", "27.11 10:00-10:30"),
        ("в следующую пятницу вечером", "04.12 18:00-21:00"),
        ("в среду после обеда", "25.11 13:00-18:00"),
        ("во вторник до обеда", "24.11 09:00-13:00"),
        ("в четверг в обед", "26.11 12:00-14:00"),
        ("во второй половине дня", "23.11 13:00-18:00"),
        ("сегодня вечером", "23.11 18:00-21:00"),
        ("вечером", "23.11 18:00-21:00"),
        ("утром", "24.11 09:00-12:00"),
        ("после семи", "23.11 19:00-21:00"),
        ("после 19", "23.11 19:00-21:00"),
        ("до пяти", "23.11 09:00-17:00"),
        ("завтра до десяти утра", "24.11 09:00-10:00"),
        ("завтра к шести", "24.11 17:30-18:30"),
        ("завтра около трёх", "24.11 14:30-15:30"),
        ("завтра с трёх до пяти", "24.11 15:00-17:00"),
        ("завтра между двумя и четырьмя", "24.11 14:00-16:00"),
        ("завтра с 10 до 2", "24.11 10:00-14:00"),
        ("завтра 18-20", "24.11 18:00-20:00"),
        ("завтра с семи до восьми вечера", "24.11 19:00-20:00"),
        ("завтра в полпятого", "24.11 16:30-17:00"),
        ("завтра в половине пятого", "24.11 16:30-17:00"),
        ("завтра без четверти пять", "24.11 16:45-17:15"),
        ("завтра в час дня", "24.11 13:00-13:30"),
        ("завтра после часа", "24.11 13:00-21:00"),
        ("завтра в 9", "24.11 09:00-09:30"),
        ("завтра в девять вечера", "24.11 21:00-21:30"),
        ("завтра вечером после семи", "24.11 19:00-21:00"),
        ("завтра вечером в восемь", "24.11 20:00-20:30"),
        ("в 10", "24.11 10:00-10:30"),
        ("в 8", "23.11 20:00-20:30"),
        ("через два часа", "23.11 14:00-14:30"),
        ("через час", "23.11 13:00-13:30"),
        ("через полчаса", "23.11 12:30-13:00"),
        ("через полтора часа", "23.11 13:30-14:00"),
        ("через 15 минут", "23.11 12:15-12:45"),
        ("через три дня", "26.11 09:00-21:00"),
        ("через день вечером", "25.11 18:00-21:00"),
        ("через неделю после обеда", "30.11 13:00-18:00"),
        ("25 ноября в 15:30", "25.11 15:30-16:00"),
        ("25.11 после 18", "25.11 18:00-21:00"),
        ("25-го вечером", "25.11 18:00-21:00"),
        ("5 числа утром", "05.12 09:00-12:00"),
        ("10 января", "10.01 09:00-21:00"),
        ("на выходных", "28.11..29.11 09:00-21:00"),
        ("на выходных утром", "28.11..29.11 09:00-12:00"),
        ("на следующей неделе", "30.11..04.12 09:00-21:00"),
        ("перезвоните завтра лучше вечером", "24.11 18:00-21:00"),
    ],
)
def test_russian(text: str, window: str) -> None:
    assert heard(text) == window


@pytest.mark.parametrize(
    ("text", "window"),
    [
        ("tomorrow evening", "24.11 18:00-21:00"),
        ("Tomorrow after six, please", "24.11 18:00-21:00"),
        ("tomorrow morning", "24.11 09:00-12:00"),
        ("friday morning", "27.11 09:00-12:00"),
        ("on Friday at 10 a.m.", "27.11 10:00-10:30"),
        ("next friday", "04.12 09:00-21:00"),
        ("in two hours", "23.11 14:00-14:30"),
        ("in an hour", "23.11 13:00-13:30"),
        ("in half an hour", "23.11 12:30-13:00"),
        ("in an hour and a half", "23.11 13:30-14:00"),
        ("in 20 minutes", "23.11 12:20-12:50"),
        ("the day after tomorrow at three", "25.11 15:00-15:30"),
        ("tonight", "23.11 18:00-21:00"),
        ("this afternoon", "23.11 13:00-18:00"),
        ("after lunch", "23.11 13:00-18:00"),
        ("tomorrow before lunch", "24.11 09:00-13:00"),
        ("monday before noon", "30.11 09:00-12:00"),
        ("november 25 at 3:30 pm", "25.11 15:30-16:00"),
        ("25th of november", "25.11 09:00-21:00"),
        ("tomorrow from 3 to 5", "24.11 15:00-17:00"),
        ("tomorrow between three and five", "24.11 15:00-17:00"),
        ("tomorrow from 9 to 11 am", "24.11 09:00-11:00"),
        ("tomorrow at half past four", "24.11 16:30-17:00"),
        ("tomorrow quarter to five", "24.11 16:45-17:15"),
        ("tomorrow at a quarter past five", "24.11 17:15-17:45"),
        ("tomorrow around three", "24.11 14:30-15:30"),
        ("tomorrow by six", "24.11 17:30-18:30"),
        ("tomorrow before 11", "24.11 09:00-11:00"),
        ("at the weekend", "28.11..29.11 09:00-21:00"),
        ("next week in the evening", "30.11..04.12 18:00-21:00"),
        ("in a week", "30.11 09:00-21:00"),
        ("in three days", "26.11 09:00-21:00"),
        ("tomorrow at 5 o'clock", "24.11 17:00-17:30"),
        ("any time tomorrow", "24.11 09:00-21:00"),
        ("call me back tomorrow at 6pm", "24.11 18:00-18:30"),
    ],
)
def test_english(text: str, window: str) -> None:
    assert heard(text) == window


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("", ""),
        ("   ", ""),
        ("пожалуйста", ""),
        ("не завтра", "не"),
        ("завтра или в среду", "или"),
        ("как-нибудь потом", "потом"),
        ("завтра ночью", "ночью"),
        ("not tomorrow", "not"),
        ("whenever", "whenever"),
        ("завтра в 25", "25"),
        ("завтра в 10:75", "10:75"),
        ("30 февраля", "30.02"),
        ("через 99 дней", "99"),
        ("завтра утром вечером", "вечером"),
        ("🙂 завтра\u202e вечером <b>", "b"),
    ],
)
def test_what_is_not_understood_is_named(text: str, word: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        understand(text, NOW, ZONE)
    assert (caught.value.word, caught.value.is_past) == (word, False)


@pytest.mark.parametrize("text", ["сегодня утром", "сегодня до 11:00", "today from 9 to 11 am", "23 ноября утром"])
def test_what_is_over_is_past(text: str) -> None:
    with pytest.raises(NotUnderstood) as caught:
        understand(text, NOW, ZONE)
    assert caught.value.is_past


def test_a_weekday_that_is_today_is_today_until_it_is_over() -> None:
    assert heard("в понедельник вечером") == "23.11 18:00-21:00"
    assert heard("в понедельник утром") == "30.11 09:00-12:00"


def test_the_customer_s_own_day_counts() -> None:
    """In Moscow it is still Monday when Vladivostok has Tuesday."""
    late = datetime(2026, 11, 23, 20, 0, tzinfo=UTC)
    span = understand("завтра вечером", late, "Asia/Vladivostok")
    assert span.first == date(2026, 11, 25)
    assert span.starts_at.astimezone(UTC) == datetime(2026, 11, 25, 8, 0, tzinfo=UTC)


def test_the_wall_is_believed_when_the_clocks_change() -> None:
    span = understand("tomorrow evening", datetime(2026, 10, 24, 12, 0, tzinfo=UTC), "Europe/Berlin")
    assert span.starts_at.astimezone(UTC) == datetime(
        2026, 10, 25, 17, 0, tzinfo=UTC
    )  # an hour later than the day before


def test_a_span_holds_its_hours_of_each_day() -> None:
    span = Span(date(2026, 11, 28), date(2026, 11, 29), 9 * 60, 12 * 60, ZONE)
    zone = ZoneInfo(ZONE)
    assert span.holds(datetime(2026, 11, 29, 11, 59, tzinfo=zone))
    assert not span.holds(datetime(2026, 11, 28, 12, 0, tzinfo=zone))
    assert not span.holds(datetime(2026, 11, 30, 10, 0, tzinfo=zone))
    assert span.ends_at == datetime(2026, 11, 29, 12, 0, tzinfo=zone)


def test_a_span_may_end_at_midnight() -> None:
    span = understand("сегодня после 23:30", NOW, ZONE)
    assert span.ends_at == datetime(2026, 11, 24, 0, 0, tzinfo=ZoneInfo(ZONE))


PIECES = "завтра сегодня в пятницу вечером утром после до шести 18 18:30 25.11 через два часа полпятого tomorrow at pm next 31 с и - 00"


@given(st.lists(st.sampled_from(PIECES.split()), max_size=7), st.integers(0, 24 * 60 - 1))
def test_whatever_is_said_the_window_is_sound_and_not_over(pieces: list[str], minute: int) -> None:
    now = NOW.replace(hour=0) + timedelta(minutes=minute)
    try:
        span = understand(" ".join(pieces), now, ZONE)
    except NotUnderstood:
        return
    assert 0 <= span.opens < span.closes <= 24 * 60
    assert span.first <= span.last
    assert span.ends_at > now


@given(st.text(max_size=60))
def test_any_text_is_understood_or_refused(text: str) -> None:
    try:
        understand(text, NOW, ZONE)
    except NotUnderstood:
        return
