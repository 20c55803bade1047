"""Russian and English on the screens. The Russian text is the msgid; `locale/en*.po` hold the English, read once at start.

`Words` speaks one language: texts, counted nouns, numbers, money, dates. Nothing here knows of requests or templates.
"""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, tzinfo
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date, format_datetime, format_time
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent
from markupsafe import Markup, escape

Language = Literal["ru", "en"]
Day = date
LANGUAGES: tuple[Language, ...] = ("ru", "en")
LOCALE_DIR = Path(__file__).parent / "locale"
NBSP = "\u00a0"
SOON = timedelta(minutes=10)
_CURRENCY = {"RUB": "₽"}


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for "to be translated later"
    """Mark a text for the catalogue without translating it here."""
    return text


def is_language(text: str | None) -> bool:
    return text in LANGUAGES


def read_catalogues(folder: Path = LOCALE_DIR) -> list[Catalog]:
    """Every English catalogue of the folder, in the order of their names."""
    catalogues = []
    for path in sorted(folder.glob("en*.po")):
        with path.open("rb") as file:
            catalogues.append(read_po(file, locale="en", abort_invalid=True))
    return catalogues


@cache
def english() -> Mapping[str, str]:
    """msgid to English text; fuzzy and empty entries are left out, so they show in Russian and fail the test."""
    return {
        str(message.id): str(message.string)
        for catalogue in read_catalogues()
        for message in catalogue
        if message.id and message.string and not message.fuzzy
    }


@cache
def english_json() -> bytes:
    """The same catalogue for the scripts of the pages."""
    return json.dumps(dict(english()), ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def zone(name: str | None) -> tzinfo:
    """The named time zone, or UTC for a name that the machine does not know."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def minutes_seconds(seconds: float) -> str:
    """0:07, 12:34, 1:02:03 — never negative."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02}:{rest % 60:02}" if hours else f"{rest // 60}:{rest % 60:02}"


def phone(e164: str) -> str:
    """A number as people read it: +7 900 000-41-27. Digits that are no valid number stay as they are."""
    import phonenumbers  # 30 ms of metadata, wanted by pages only

    try:
        parsed = phonenumbers.parse(e164, None)
    except phonenumbers.NumberParseException:
        return e164
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL).replace(" ", NBSP)


class Words:
    """One language's way to say things. Instants are aware; a zone's name decides whose clock is shown."""

    def __init__(self, language: Language) -> None:
        self.language: Language = language
        self._locale = Locale.parse("ru_RU" if language == "ru" else "en_GB")
        self._texts = english() if language == "en" else {}

    def say(self, text: str, **values: object) -> str:
        """The text in this language; %(name)s places are filled (and escaped where a value is markup)."""
        said = self._texts.get(text, text)
        if not values:
            return said
        if any(hasattr(value, "__html__") for value in values.values()):
            return Markup(escape(said)) % values
        return said % values

    def counted(self, count: int, forms: str) -> str:
        """«звонок|звонка|звонков» with its number: 1 звонок, 2 звонка, 5 звонков. English forms: one|many."""
        said = self._texts.get(forms, forms).split("|")
        plural = self._locale.plural_form(abs(count))
        place = {"one": 0, "few": 1}.get(plural, len(said) - 1)
        return f"{self.number(count)}{NBSP}{said[min(place, len(said) - 1)]}"

    def number(self, value: float | Decimal) -> str:
        return format_decimal(value, locale=self._locale)

    def percent(self, share: float, digits: int = 0) -> str:
        """0.0234 with two digits: 2,34 % in Russian, 2.34% in English."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "") + (f"{NBSP}%" if self.language == "ru" else "%")
        return format_percent(share, format=pattern, locale=self._locale)

    def money(self, minor: int, currency: str = "RUB") -> str:
        """Minor units (kopecks) to 13 780 ₽; the kopecks are shown only where there are any."""
        amount = Decimal(minor) / 100
        pattern = "#,##0" if minor % 100 == 0 else "#,##0.00"
        return f"{format_decimal(amount, format=pattern, locale=self._locale)}{NBSP}{_CURRENCY.get(currency, currency)}"

    def time(self, instant: datetime, zone_name: str | None = None) -> str:
        """The hour and minute: 16:20."""
        return format_time(instant, "HH:mm", tzinfo=zone(zone_name), locale=self._locale)

    def day(self, instant: datetime | Day, zone_name: str | None = None) -> str:
        """A day with its weekday: пн, 23 ноября / Mon, 23 November."""
        if isinstance(instant, datetime):
            instant = instant.astimezone(zone(zone_name)).date()
        return format_date(instant, "EEE, d MMMM", locale=self._locale)

    def date(self, day: Day) -> str:
        """A day without its weekday, short: 23 нояб."""
        return format_date(day, "d MMM", locale=self._locale)

    def weekday(self, day: Day) -> str:
        """Its weekday alone, short: пн, Mon."""
        return format_date(day, "EEE", locale=self._locale)

    def moment(self, instant: datetime, zone_name: str | None = None) -> str:
        """A day and its time: пн, 23 ноября, 18:00."""
        return f"{self.day(instant, zone_name)}, {self.time(instant, zone_name)}"

    def stamp(self, instant: datetime, now: datetime, zone_name: str | None = None) -> str:
        """A short mark on a timeline: the time today, the day this year, else the day with its year."""
        local, today = instant.astimezone(zone(zone_name)), now.astimezone(zone(zone_name))
        if local.date() == today.date():
            return self.time(instant, zone_name)
        pattern = "d MMM" if local.year == today.year else "d MMM y"
        return format_datetime(local, pattern, tzinfo=zone(zone_name), locale=self._locale).replace(".", "")

    def end(self, instant: datetime, now: datetime, zone_name: str | None = None) -> str:
        """When something ends that is waited for: the time, to the second where that is soon; on another day its day before it."""
        local, today = instant.astimezone(zone(zone_name)), now.astimezone(zone(zone_name))
        if local.date() != today.date():
            return f"{self.stamp(instant, now, zone_name)}, {self.time(instant, zone_name)}"
        pattern = "HH:mm:ss" if abs(instant - now) < SOON else "HH:mm"
        return format_time(instant, pattern, tzinfo=zone(zone_name), locale=self._locale)

    def month(self, instant: datetime, zone_name: str | None = None) -> str:
        """A month with its year, as it stands alone: март 2024."""
        return format_datetime(instant, "LLLL y", tzinfo=zone(zone_name), locale=self._locale)


@cache
def words(language: Language) -> Words:
    return Words(language)
