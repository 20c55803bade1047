"""Numbers, telephone numbers, days and times of day as prompts (prompts.py), in Russian and English. Pure.

Russian says a span of time in the genitive (с десяти часов тридцати минут), a day as an ordinal (двадцать девятого ноября) and a delay in
the accusative (через две минуты); English has a.m. and p.m.
"""

from datetime import date, datetime, timedelta

from .announcing import LONGEST_RU_SENTENCE, number_words

NEAR_DAYS = ("today", "tomorrow", "day-after")


def digits_words(number: str) -> tuple[str, ...]:
    """A telephone or an order's number, digit by digit; a plus is said, all else is not."""
    names = {"+": "plus", **{digit: f"n-{digit}" for digit in "0123456789"}}
    return tuple(names[sign] for sign in number if sign in names)


def key_words(key: str) -> str:
    """ "Press so and so." """
    return f"press-{key}"


def day_words(day: date, today: date, language: str) -> tuple[str, ...]:
    """Today, tomorrow, the day after, and the date in any case."""
    ahead = (day - today).days
    near = (NEAR_DAYS[ahead],) if 0 <= ahead < len(NEAR_DAYS) else ()
    if language == "ru":
        return (*near, f"day-{day.day}", f"month-{day.month}")
    tens = (f"n-{day.day // 10 * 10}",) if day.day > 20 and day.day % 10 else ()
    return (*near, f"month-{day.month}", *tens, f"day-{day.day % 10 if tens else day.day}")


def span_words(starts: datetime, ends: datetime, language: str) -> tuple[str, ...]:
    """From when till when, both in the listener's own time; less than a day apart."""
    if language == "ru":
        last_hour = 24 if (ends.hour, ends.minute) == (0, 0) else ends.hour
        return (f"from-{starts.hour}", *_ru_minutes(starts.minute), f"till-{last_hour}", *_ru_minutes(ends.minute))
    return ("from", *_en_time(starts), "till", *_en_time(ends))


def _ru_minutes(minute: int) -> tuple[str, ...]:
    """In the genitive; a full hour has none."""
    if minute == 0:
        return ()
    if minute < 20 or minute % 10 == 0:
        return (f"minutes-{minute}",)
    return (f"tens-{minute // 10 * 10}", f"minutes-{minute % 10}")


def _en_time(at: datetime) -> tuple[str, ...]:
    minute = () if at.minute == 0 else ("oh", f"n-{at.minute}") if at.minute < 10 else number_words(at.minute)
    return (f"n-{at.hour % 12 or 12}", *minute, "a-m" if at.hour < 12 else "p-m")


def delay_words(minutes: int, language: str) -> tuple[str, ...]:
    """In about so many minutes (1..199, as `said_minutes` rounds them; 0 is said as one)."""
    minutes = max(minutes, 1)
    if language == "ru":
        if minutes <= LONGEST_RU_SENTENCE:
            return (f"in-{minutes}",)
        return ("in-about", *number_words(minutes), "minutes")
    hundred = ("n-1",) if minutes >= 100 else ()
    return ("in-about", *hundred, *number_words(minutes), "minute" if minutes == 1 else "minutes")


def days_from(today: date) -> tuple[date, ...]:
    """The days that can be chosen by telephone: today and the next two."""
    return tuple(today + timedelta(days=ahead) for ahead in range(len(NEAR_DAYS)))
