"""When somebody wants to be called, as he says it: «завтра после шести», "friday morning", «через два часа». Pure.

The answer is a window on the customer's own wall. A word that is not understood is an error with that word: a wish that is half
understood would be a promise that was never asked for. Hours without a half of the day are read as hours at which people are called.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from .spoken_words import MONTHS, PARTS, WEEKDAY, WEEKDAYS, leftover, plain

OPENS, CLOSES = 9 * 60, 21 * 60
"""What is meant when only a day is named, in minutes after midnight."""
DAY = 24 * 60
MOMENT = 30
"""How long a moment is: «в шесть» is from six to half past (minutes)."""
MOST_DAYS = 60
TEXT_LENGTH = 200

_CLOCK = r"(\d{1,2})(?:[:.](\d{2}))?(?: ?(?:часов|часа|час|ч|oclock|o clock))?(?: (утра|дня|вечера|am|pm))?(?![\d:.])"
_RANGE = re.compile(rf" (?:с |со |from |between |между )?{_CLOCK} ?(?:до|to|till|until|и|and|-|по) ?{_CLOCK}")
_AFTER = re.compile(rf" (?:после|позже|не раньше|начиная с|с|со|after|from|no earlier than|not before) {_CLOCK}")
_BEFORE = re.compile(rf" (?:до|не позже|before|until|till|no later than|not after) {_CLOCK}")
_ABOUT = re.compile(rf" (?:около|где-то в|примерно в|ближе к|к|around|about|by|towards) {_CLOCK}")
_AT = re.compile(rf" (?:ровно )?(?:в |во |at |на )?{_CLOCK}")
_LONE_HOUR = re.compile(r"(?<!\d )\bчас(?:а|у)?\b(?= |$)")


class NotUnderstood(Exception):
    """`word` is what was not understood, '' when nothing was said of any time; `is_past`: it was, and is over."""

    def __init__(self, word: str = "", *, is_past: bool = False) -> None:
        super().__init__(word)
        self.word, self.is_past = word, is_past


@dataclass(frozen=True, slots=True)
class Span:
    """From `opens` to `closes` (minutes after midnight, in `zone`) on each day from `first` to `last`."""

    first: date
    last: date
    opens: int
    closes: int
    zone: str

    @property
    def starts_at(self) -> datetime:
        return _instant(self.first, self.opens, self.zone)

    @property
    def ends_at(self) -> datetime:
        return _instant(self.last, self.closes, self.zone)

    @property
    def days(self) -> Iterator[date]:
        return (self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1))

    def holds(self, instant: datetime) -> bool:
        """Whether the instant lies in it."""
        here = instant.astimezone(ZoneInfo(self.zone))
        return self.first <= here.date() <= self.last and self.opens <= here.hour * 60 + here.minute < self.closes


def understand(text: str, now: datetime, zone: str) -> Span:
    """The window that was meant, in the customer's zone (IANA). Raises NotUnderstood."""
    here, said = now.astimezone(ZoneInfo(zone)), _Said(plain(text[:TEXT_LENGTH]))
    soon = _soon(said)
    if soon is not None:
        said.must_be_empty()
        at = here + soon
        opens = at.hour * 60 + at.minute
        return Span(at.date(), at.date(), opens, min(DAY, opens + MOMENT), zone)
    days = _days(said, here.date())
    evening = said.take(r"\btonight\b", keep=True) is not None
    if evening and days is None:
        days = (here.date(), here.date())
    part = _part(said)
    hours = _hours(said, part, here if days is None or days[0] == here.date() else None)
    said.must_be_empty()
    if days is None and part is None and hours is None:
        raise NotUnderstood
    return _placed(days, hours or part or (OPENS, CLOSES), here, zone, is_weekday=said.is_weekday)


class _Said:
    """What was said, of which each piece that is understood is taken away."""

    def __init__(self, text: str) -> None:
        self.text, self.is_weekday = text, False

    def take(self, pattern: str | re.Pattern[str], *, keep: bool = False) -> re.Match[str] | None:
        found = re.search(pattern, self.text)
        if found is not None and not keep:
            self.text = f"{self.text[: found.start()]} {self.text[found.end() :]} "
        return found

    def must_be_empty(self) -> None:
        word = leftover(self.text.split())
        if word:
            raise NotUnderstood(word)


def _instant(day: date, minute: int, zone: str) -> datetime:
    midnight = datetime.combine(day, time(), ZoneInfo(zone))
    if minute >= DAY:
        return datetime.combine(day + timedelta(days=1), time(), ZoneInfo(zone))
    return midnight.replace(hour=minute // 60, minute=minute % 60)


def _soon(said: _Said) -> timedelta | None:
    """A wait in minutes or hours."""
    if said.take(r"\bчерез (?:пол ?часа|полчасика)\b|\bin half an hour\b"):
        return timedelta(minutes=30)
    if said.take(r"\bчерез полтора часа\b|\bin an hour and a half\b"):
        return timedelta(minutes=90)
    if said.take(r"\bчерез (?:час|часик)\b|\bin an hour\b"):
        return timedelta(hours=1)
    found = said.take(r"\b(?:через|in) (\d{1,3}) ?(мин\w*|minutes?|час\w*|hours?)\b")
    if found is None:
        return None
    is_minutes = found[2].startswith(("мин", "min"))
    return timedelta(minutes=int(found[1])) if is_minutes else timedelta(hours=int(found[1]))


def _days(said: _Said, today: date) -> tuple[date, date] | None:
    """The first and the last day that were named."""
    if said.take(r"\bпослезавтра\b|\b(?:the )?day after tomorrow\b"):
        return _one(today + timedelta(days=2))
    if said.take(r"\bзавтра\b|\btomorrow\b"):
        return _one(today + timedelta(days=1))
    if said.take(r"\bсегодня\b|\btoday\b"):
        return _one(today)
    found = said.take(r"\b(?:через|in) (?:(\d{1,2}) )?(?:(a )?(недел\w+|weeks?)|(дн\w+|день|days?))\b")
    if found is not None:
        is_weeks = found[3] is not None
        count = int(found[1]) if found[1] else (1 if is_weeks else 2)  # «через день»: the day after tomorrow
        return _one(_within(today, count * (7 if is_weeks else 1)))
    monday = today - timedelta(days=today.weekday())
    named = said.take(rf"\b(?:(следующ\w+|next) )?(?:в |во |on )?(?:(следующ\w+|next) |эт\w+ |this )?({WEEKDAY})\b")
    if named is not None:
        weekday = next(n for n, names in enumerate(WEEKDAYS) if names.fullmatch(named[3]))
        if named[1] or named[2]:
            return _one(monday + timedelta(days=7 + weekday))
        said.is_weekday = True
        return _one(today + timedelta(days=(weekday - today.weekday()) % 7))
    if said.take(r"\b(?:на |в |at the |on the |this )?(?:выходны[ех]|выходной|weekend)\b"):
        return max(today, monday + timedelta(days=5)), monday + timedelta(days=6)
    if said.take(r"\b(?:на )?следующей неделе\b|\bnext week\b"):
        return monday + timedelta(days=7), monday + timedelta(days=11)
    return _date(said, today)


def _within(today: date, days: int) -> date:
    if days > MOST_DAYS:
        raise NotUnderstood(str(days))
    return today + timedelta(days=days)


def _one(day: date) -> tuple[date, date]:
    return day, day


def _date(said: _Said, today: date) -> tuple[date, date] | None:
    months = "|".join(MONTHS)
    found = said.take(rf"\b(\d{{1,2}})(?:-?го|th|st|nd|rd)? (?:of )?({months})\b")
    if found is not None:
        return _one(_next_date(int(found[1]), MONTHS[found[2]], today))
    found = said.take(rf"\b({months}) (\d{{1,2}})(?:th|st|nd|rd)?\b(?!:)")
    if found is not None:
        return _one(_next_date(int(found[2]), MONTHS[found[1]], today))
    found = said.take(
        r"(?<! в)(?<! с)(?<!до)(?<!после)(?<! к)(?<!at)(?<!from)(?<!to)(?<!after)(?<!before) (\d{1,2})\.(0[1-9]|1[0-2])(?![\d:.])"
    )
    if found is not None:
        return _one(_next_date(int(found[1]), int(found[2]), today))
    found = said.take(r"\b(\d{1,2})(?:-?го(?: числа)?| числа)\b|\bthe (\d{1,2})(?:th|st|nd|rd)\b")
    if found is None:
        return None
    day = int(found[1] or found[2])
    month = today.month if day >= today.day else today.month % 12 + 1
    return _one(_next_date(day, month, today))


def _next_date(day: int, month: int, today: date) -> date:
    for year in (today.year, today.year + 1):
        try:
            found = date(year, month, day)
        except ValueError:
            raise NotUnderstood(f"{day}.{month:02}") from None
        if found >= today:
            return found
    raise NotUnderstood(f"{day}.{month:02}")


def _part(said: _Said) -> tuple[int, int] | None:
    for pattern, opens, closes in PARTS:
        if said.take(rf"\b(?:{pattern})\b") is not None:
            return opens, closes
    return None


def _hours(said: _Said, part: tuple[int, int] | None, today: datetime | None) -> tuple[int, int] | None:
    """From when to when, by the hours that were named. `today`: the time now, where the hours may be today's."""
    said.text = _LONE_HOUR.sub("1", said.text)
    found = said.take(_RANGE)
    if found is not None:
        opens = _minute(found[1], found[2], found[3] or found[6], part, today)
        closes = _minute(found[4], found[5], found[6], part, today)
        return opens, _checked(closes if closes > opens else closes + 12 * 60, opens)
    found = said.take(_AFTER)
    if found is not None:
        opens = _minute(found[1], found[2], found[3], part, today)
        closes = part[1] if part is not None and part[1] > opens else CLOSES
        return opens, max(closes, min(DAY, opens + 60))
    found = said.take(_BEFORE)
    if found is not None:
        closes = _minute(found[1], found[2], found[3], part, today)
        opens = part[0] if part is not None and part[0] < closes else OPENS
        return min(opens, max(0, closes - 60)), closes
    found = said.take(_ABOUT)
    if found is not None:
        at = _minute(found[1], found[2], found[3], part, today)
        return max(0, at - MOMENT), min(DAY, at + MOMENT)
    found = said.take(_AT)
    if found is not None:
        at = _minute(found[1], found[2], found[3], part, today)
        return at, min(DAY, at + MOMENT)
    return None


def _checked(closes: int, opens: int) -> int:
    if not opens < closes <= DAY:
        raise NotUnderstood
    return closes


def _minute(
    hour: str, minute: str | None, mark: str | None, part: tuple[int, int] | None, today: datetime | None
) -> int:
    """The minute after midnight. An hour without a half of the day is taken for the one at which people are called."""
    h, m = int(hour), int(minute or 0)
    if h > 23 or m > 59:
        raise NotUnderstood(f"{hour}:{minute}" if minute else hour)
    if mark in ("утра", "am"):
        h = h % 12
    elif mark in ("дня", "вечера", "pm") or (part is not None and part[0] >= 12 * 60):
        h = h if h >= 12 else h + 12
    elif part is None and len(hour) < 3 and not hour.startswith("0"):
        late = today is not None and h * 60 + m <= today.hour * 60 + today.minute
        h = h + 12 if 1 <= h <= 7 or (late and h * 60 + m + 12 * 60 < CLOSES) else h
    return h * 60 + m


def _placed(
    days: tuple[date, date] | None, hours: tuple[int, int], here: datetime, zone: str, *, is_weekday: bool
) -> Span:
    """On the day that was named, else on the first day on which it is still to come."""
    today, (opens, closes) = here.date(), hours
    first, last = days or (today, today)
    over = last == today and _instant(today, closes, zone) <= here
    if over and days is not None and not is_weekday:
        raise NotUnderstood(is_past=True)
    if over:
        first = last = today + timedelta(days=7 if is_weekday else 1)
    return Span(first, last, opens, closes, zone)
