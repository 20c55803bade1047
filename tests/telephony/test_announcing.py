"""What is said about the place and the wait is right Russian and right English, for every number that can be said."""

import pytest

from cordboard.queue.channel import Dismissal
from cordboard.telephony.announcing import (
    MOST_MINUTES,
    MOST_POSITION,
    announcement,
    dismissal_words,
    number_words,
    place_words,
    said_minutes,
    wait_words,
)
from cordboard.telephony.prompts import LANGUAGES, PROMPTS, spoken_text
from cordboard.telephony.prompts_dialog import CORE_EN, DIALOG_EN, DIALOG_RU

RU_TEENS = (
    "десять одиннадцать двенадцать тринадцать четырнадцать пятнадцать шестнадцать семнадцать восемнадцать девятнадцать"
)
RU_ONES = "один два три четыре пять шесть семь восемь девять"
RU_TENS = "двадцать тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто"
EN_TEENS = "ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
EN_ONES = "one two three four five six seven eight nine"
EN_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"


def spelled(number: int, language: str) -> str:
    """The number in words, as a grammar book has it: the masculine of Russian."""
    ones, teens, tens = (RU_ONES, RU_TEENS, RU_TENS) if language == "ru" else (EN_ONES, EN_TEENS, EN_TENS)
    hundred = {"ru": "сто", "en": "hundred"}[language]
    words = [hundred] if number >= 100 else []
    rest = number % 100
    if 10 <= rest < 20:
        words.append(teens.split()[rest - 10])
    else:
        words += [tens.split()[rest // 10 - 2]] if rest >= 20 else []
        words += [ones.split()[rest % 10 - 1]] if rest % 10 else []
    return " ".join(words)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("number", range(1, 200))
def test_every_number_is_spelled(language: str, number: int) -> None:
    assert spoken_text(number_words(number), language) == spelled(number, language)


@pytest.mark.parametrize("position", range(2, 22))
def test_the_place_in_both_languages(position: int) -> None:
    words = place_words(position)
    assert spoken_text(words, "ru") == (
        f"Ваша позиция в очереди: {spelled(position, 'ru')} Ожидайте, пожалуйста, ответа оператора."
    )
    assert spoken_text(words, "en") == (
        f"You are currently caller number {spelled(position, 'en')} waiting to speak with a representative."
    )


def test_the_first_place_and_a_hopeless_one() -> None:
    assert place_words(1) == ("you-are-next",)
    assert "n-90" in place_words(MOST_POSITION)
    for position in (0, -1, MOST_POSITION + 1, 5000):
        assert place_words(position) == ("stay-on-the-line",)


def noun(minutes: int) -> str:
    """The Russian noun after a number."""
    if minutes % 100 in range(11, 15):
        return "минут"
    return {1: "минута", 2: "минуты", 3: "минуты", 4: "минуты"}.get(minutes % 10, "минут")


def feminine(minutes: int) -> str:
    words = spelled(minutes, "ru").split()
    return " ".join([*words[:-1], {"один": "одна", "два": "две"}.get(words[-1], words[-1])])


@pytest.mark.parametrize("minutes", range(0, MOST_MINUTES + 1))
def test_the_wait_in_russian(minutes: int) -> None:
    said = said_minutes(minutes * 60)
    assert said is not None
    assert minutes <= said < minutes + 5
    text = spoken_text(wait_words(said, "ru"), "ru")
    if said == 0:
        assert text == "Прогнозируемое время ожидания: менее одной минуты."
    elif said <= 4:
        assert text == f"Прогнозируемое время ожидания: {feminine(said)} {noun(said)}."
    else:
        assert text == f"Прогнозируемое время ожидания составляет {feminine(said)} {noun(said)}"


@pytest.mark.parametrize("minutes", range(0, MOST_MINUTES + 1))
def test_the_wait_in_english(minutes: int) -> None:
    said = said_minutes(minutes * 60)
    assert said is not None
    told = {0: "less than one minute", 1: "one minute"}.get(
        said, f"{'one ' if said >= 100 else ''}{spelled(said, 'en') if said else ''} minutes"
    )
    assert spoken_text(wait_words(said, "en"), "en") == f"The estimated hold time is currently {told}"


@pytest.mark.parametrize(
    ("expected_s", "said"),
    [
        (None, None),
        (-1.0, None),
        (MOST_MINUTES * 60 + 0.1, None),
        (0.0, 0),
        (59.9, 0),
        (60.0, 1),
        (60.1, 2),
        (20 * 60.0, 20),
        (20 * 60 + 0.1, 25),
        (25 * 60.0, 25),
        (26 * 60.0, 30),
        (float("inf"), None),
        (float("nan"), None),
    ],
)
def test_a_wait_is_rounded_up_and_one_that_nobody_knows_is_not_told(expected_s: float | None, said: int | None) -> None:
    assert said_minutes(expected_s) == said


def test_the_whole_announcement() -> None:
    assert announcement(3, 130.0, "ru", offers_callback=True) == (
        *("position", "n-3", "please-wait", "wait-3", "callback-offer"),
    )
    assert announcement(1, None, "en", offers_callback=False) == ("you-are-next",)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_prompt_that_can_be_said_exists(language: str) -> None:
    names = {name for how in Dismissal for name in dismissal_words(how)}
    for position in range(0, 120):
        for minutes in (*range(0, 130), None):
            expected_s = None if minutes is None else minutes * 60.0
            names |= set(announcement(position, expected_s, language, offers_callback=True))
    names |= {"callback-kept", "callback-impossible", "message-kept", "goodbye", "n-0", "reconnecting", "own-phone"}
    names |= {"notice-confirmed", "notice-declined", "notice-operator", "opted-out"}  # said by the dialplan alone
    spoken = set(DIALOG_RU) if language == "ru" else set(DIALOG_EN) | set(CORE_EN)  # test_booking_by_phone.py has those
    assert names | spoken == set(PROMPTS[language])
    for name, prompt in PROMPTS[language].items():
        assert name == prompt.name
        assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")  # all that the dialplan lets through
