"""Words for days and hours in Russian and English, as people say them when they ask to be called. Pure."""

import re
from collections.abc import Iterable, Mapping

_RU_HOURS = (
    "один одного одному",
    "два двух двум",
    "три трех трем",
    "четыре четырех четырем",
    "пять пяти",
    "шесть шести",
    "семь семи",
    "восемь восьми",
    "девять девяти",
    "десять десяти",
    "одиннадцать одиннадцати",
    "двенадцать двенадцати",
    "тринадцать тринадцати",
    "четырнадцать четырнадцати",
    "пятнадцать пятнадцати",
    "шестнадцать шестнадцати",
    "семнадцать семнадцати",
    "восемнадцать восемнадцати",
    "девятнадцать девятнадцати",
    "двадцать двадцати",
)
_RU_MORE = {
    "две": 2,
    "тремя": 3,
    "двумя": 2,
    "четырьмя": 4,
    "пятью": 5,
    "шестью": 6,
    "семью": 7,
    "восемью": 8,
    "тридцать": 30,
}
_EN_NUMBERS = (
    "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
    "nineteen twenty"
)
_RU_HALF = (
    "первого второго третьего четвертого пятого шестого седьмого восьмого девятого десятого одиннадцатого двенадцатого"
)
_WEEKDAYS = (
    r"понедельник|monday",
    r"вторник|tuesday",
    r"сред[ау]|wednesday",
    r"четверг|thursday",
    r"пятниц[ау]|friday",
    r"суббот[ау]|saturday",
    r"воскресенье|sunday",
)
_RU_MONTHS = "января февраля марта апреля мая июня июля августа сентября октября ноября декабря"
_EN_MONTHS = "january february march april may june july august september october november december"

NUMBERS: Mapping[str, int] = (
    {form: n for n, forms in enumerate(_RU_HOURS, 1) for form in forms.split()}
    | _RU_MORE
    | {word: n for n, word in enumerate(_EN_NUMBERS.split(), 1)}
    | {"thirty": 30}
)
HALVES: Mapping[str, int] = {word: n for n, word in enumerate(_RU_HALF.split(), 1)}
"""The hour that is half gone: «полпятого» is half past four."""
MONTHS: Mapping[str, int] = {word: n for months in (_RU_MONTHS, _EN_MONTHS) for n, word in enumerate(months.split(), 1)}
WEEKDAYS = tuple(re.compile(rf"(?:{names})") for names in _WEEKDAYS)
WEEKDAY = "|".join(_WEEKDAYS)

PARTS: tuple[tuple[str, int, int], ...] = (
    (r"с утра до обеда|до обеда|до полудня|перв\w+ половин\w+ дня|before lunch", 9 * 60, 13 * 60),
    (r"после обеда|втор\w+ половин\w+ дня|after lunch|(?:in the )?afternoon", 13 * 60, 18 * 60),
    (r"в обед|в обеденный перерыв|at lunch(?:time)?|lunchtime", 12 * 60, 14 * 60),
    (r"рано утром|пораньше|early(?: in the)? morning", 8 * 60, 10 * 60),
    (r"поздно вечером|late(?: in the)? evening", 20 * 60, 22 * 60),
    (r"с утра|утром|(?:in the )?morning", 9 * 60, 12 * 60),
    (r"вечером|вечерком|(?:in the )?evening|tonight", 18 * 60, 21 * 60),
    (r"днем|during the day|daytime", 12 * 60, 18 * 60),
    (r"в любое время|весь день|any ?time|all day", 9 * 60, 21 * 60),
)
"""A part of the day and its minutes after midnight; the longer phrase stands before the one it holds."""

_FILLERS = (
    "пожалуйста лучше можно где-то давайте мне удобно час часа часов часам ч в во на будет перезвоните позвоните наберите тогда число "
    "числа этот эту это этой же ну да хорошо так если как-нибудь меня примерно "
    "please at on in the call me back lets let s is fine good maybe best o clock oclock hour hours then would be of i think this it"
)
FILLERS = frozenset(_FILLERS.split())
"""What may stand beside it and means nothing. Any other word is not understood: it might be a «не»."""


def plain(text: str) -> str:
    """Small letters, numbers as digits, half hours as times, nothing else than words and times."""
    text = text.casefold().replace("ё", "е").replace("–", "-").replace("—", "-")
    text = re.sub(r"\b([ap])\.?\s?m\b\.?", r"\1m", text)
    text = re.sub(r"(\d)\s*([ap]m)\b", r"\1 \2", text)
    text = re.sub(r"[^\w:.\-]+", " ", text)
    text = re.sub(r"(?<!\d)[.:]|[.:](?!\d)", " ", text)
    text = " ".join(_number(word) for word in text.split())
    return f" {_halves(text)} "


def _number(word: str) -> str:
    return str(NUMBERS[word]) if word in NUMBERS else word


def _halves(text: str) -> str:
    """Halves and quarters of an hour become times."""
    ordinals = "|".join(HALVES)
    text = re.sub(rf"\bпол(?:овине)?[ -]?({ordinals})\b", lambda m: _before(HALVES[m[1]], 30), text)
    text = re.sub(r"\bбез (?:четверти|15) (\d{1,2})\b", lambda m: _before(int(m[1]), 15), text)
    text = re.sub(r"\b(?:a )?quarter to (\d{1,2})\b", lambda m: _before(int(m[1]), 15), text)
    text = re.sub(r"\b(?:a )?quarter past (\d{1,2})\b", r"\1:15", text)
    text = re.sub(r"\bhalf past (\d{1,2})\b", r"\1:30", text)
    return re.sub(r"\b(?:noon|полдень|полудня)\b", "12:00", text) if "до полудня" not in text else text


def _before(hour: int, minutes: int) -> str:
    return f"{(hour - 1) or 12}:{60 - minutes:02}"


def leftover(words: Iterable[str]) -> str:
    """The first word that nobody has understood; '' when all are."""
    return next((word for word in words if word not in FILLERS), "")
