"""Digits, days, times of day and delays are right Russian and right English, for every one that can be said."""

from datetime import UTC, date, datetime, timedelta

import pytest

from cordboard.telephony.prompts import LANGUAGES, PROMPTS, spoken_text
from cordboard.telephony.spoken import day_words, delay_words, digits_words, span_words

TODAY = date(2026, 11, 28)
LATER = TODAY + timedelta(days=40)


def said(words: tuple[str, ...], language: str) -> str:
    return spoken_text(words, language)


def span(begins: str, ends: str, language: str) -> str:
    at = [datetime.fromisoformat(f"2026-11-28T{each}").replace(tzinfo=UTC) for each in (begins, ends)]
    return said(span_words(at[0], at[1], language), language)


def test_a_telephone_number_digit_by_digit() -> None:
    assert said(digits_words("+79160"), "ru") == "плюс семь девять один шесть ноль"
    assert said(digits_words("+79160"), "en") == "plus seven nine one six zero"
    assert said(digits_words("A-1041"), "en") == "one zero four one"


@pytest.mark.parametrize(
    ("day", "ru", "en"),
    [
        (TODAY, "сегодня, двадцать восьмого ноября", "today November twenty eighth"),
        (TODAY + timedelta(days=1), "завтра, двадцать девятого ноября", "tomorrow November twenty ninth"),
        (
            TODAY + timedelta(days=2),
            "послезавтра, тридцатого ноября",
            "the day after tomorrow, November thirtieth",
        ),
        (TODAY + timedelta(days=3), "первого декабря", "December first"),
        (TODAY - timedelta(days=1), "двадцать седьмого ноября", "November twenty seventh"),
        (date(2026, 12, 31), "тридцать первого декабря", "December thirty first"),
        (date(2026, 3, 3), "третьего марта", "March third"),
        (date(2026, 5, 20), "двадцатого мая", "May twentieth"),
        (date(2026, 5, 21), "двадцать первого мая", "May twenty first"),
        (date(2026, 8, 12), "двенадцатого августа", "August twelfth"),
    ],
)
def test_a_day(day: date, ru: str, en: str) -> None:
    assert said(day_words(day, TODAY, "ru"), "ru") == ru
    assert said(day_words(day, TODAY, "en"), "en") == en


@pytest.mark.parametrize(
    ("begins", "ends", "ru", "en"),
    [
        ("10:00", "11:00", "с десяти часов до одиннадцати часов", "from ten a.m. to eleven a.m."),
        ("10:30", "11:00", "с десяти часов тридцати минут до одиннадцати часов", "from ten thirty a.m. to eleven a.m."),
        ("01:01", "01:21", "с одного часа одной минуты до одного часа двадцати одной минуты",
         "from one oh one a.m. to one twenty one a.m."),
        ("11:45", "12:00", "с одиннадцати часов сорока пяти минут до двенадцати часов", "from eleven forty five a.m. to twelve p.m."),
        ("20:05", "21:15", "с двадцати часов пяти минут до двадцати одного часа пятнадцати минут",
         "from eight oh five p.m. to nine fifteen p.m."),
        ("23:30", "00:00", "с двадцати трёх часов тридцати минут до двадцати четырёх часов", "from eleven thirty p.m. to twelve a.m."),
        ("00:00", "00:50", "с ноля часов до ноля часов пятидесяти минут", "from twelve a.m. to twelve fifty a.m."),
    ],
)  # fmt: skip
def test_a_span_of_time(begins: str, ends: str, ru: str, en: str) -> None:
    assert span(begins, ends, "ru") == ru
    assert span(begins, ends, "en") == en


@pytest.mark.parametrize(
    ("minutes", "ru", "en"),
    [
        (0, "примерно через одну минуту", "in about one minute"),
        (1, "примерно через одну минуту", "in about one minute"),
        (2, "примерно через две минуты", "in about two minutes"),
        (4, "примерно через четыре минуты", "in about four minutes"),
        (5, "примерно через пять минут", "in about five minutes"),
        (25, "примерно через двадцать пять минут", "in about twenty five minutes"),
        (105, "примерно через сто пять минут", "in about one hundred five minutes"),
    ],
)
def test_a_delay(minutes: int, ru: str, en: str) -> None:
    assert said(delay_words(minutes, "ru"), "ru") == ru
    assert said(delay_words(minutes, "en"), "en") == en


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_can_be_said_has_its_prompts(language: str) -> None:
    names: set[str] = set(digits_words("+0123456789"))
    for ahead in range(-1, 370):
        names |= set(day_words(TODAY + timedelta(days=ahead), TODAY, language))
    midnight = datetime(2026, 11, 28, tzinfo=UTC)
    for minute in range(24 * 60):
        at = midnight + timedelta(minutes=minute)
        names |= set(span_words(at, at + timedelta(minutes=1), language))
    for minutes in range(200):
        names |= set(delay_words(minutes, language))
    assert names <= set(PROMPTS[language])
