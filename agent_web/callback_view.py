"""What the page that books a call shows: days, half hours and zones to choose from, and what became of a booking. Texts are msgids."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cache

from babel.core import get_global
from babel.dates import get_timezone_location

from ..dialer.booking import BookingFault, BookingState
from ..dialer.booking_slots import Slot
from .i18n import N_, Language, Words
from .i18n import zone as zone_info

SOON = "soon"

FAULTS = {
    BookingFault.BAD_PHONE: N_("Это не номер телефона. Пример: +7 900 000-00-00"),
    BookingFault.DESTINATION: N_("На такие номера мы не звоним. Укажите обычный городской или мобильный."),
    BookingFault.PAST: N_("Это время уже прошло или слишком близко. Выберите другое."),
    BookingFault.HOURS: N_("В это время у вас ночь или слишком рано. Выберите другое."),
    BookingFault.TOO_FAR: N_("Так далеко мы пока не записываем. Выберите день поближе."),
    BookingFault.NO_SLOT: N_("Этого времени нет в списке. Выберите из тех, что есть."),
    BookingFault.TAKEN: N_("Это время только что заняли. Выберите другое."),
    BookingFault.NOT_SOON: N_("Прямо сейчас позвонить не сможем. Выберите время."),
    BookingFault.CLOSED: N_("Сейчас записать звонок нельзя. Позвоните нам сами или загляните завтра."),
    BookingFault.TOO_MANY: N_("Из вашей сети записали слишком много звонков. Попробуйте позже."),
    BookingFault.OVER: N_("Этот звонок уже состоялся или отменён."),
    BookingFault.IN_CALL: N_("Мы звоним вам прямо сейчас."),
}
NAME_TOO_LONG = N_("Имя длиннее 60 букв. Сократите его.")
CHOOSE_TIME = N_("Выберите время.")
PHONE_FAULTS = frozenset({BookingFault.BAD_PHONE, BookingFault.DESTINATION})
STATUS_OF = {BookingFault.TOO_MANY: 429, BookingFault.CLOSED: 503}
"""Of a refusal on a page; 422 where it is silent."""

STATES = {
    BookingState.BOOKED: ("clock", N_("Ждём назначенного времени")),
    BookingState.MOVED: ("clock", N_("Перенесено, ждём нового времени")),
    BookingState.DIALED: ("phone-out", N_("Звоним вам")),
    BookingState.DONE: ("check", N_("Готово: звонок состоялся или попытки закончились")),
    BookingState.CANCELLED: ("x", N_("Звонок отменён")),
    BookingState.MISSED: ("alert", N_("Не успели вовремя. Позвоним, как только сможем")),
}


@dataclass(frozen=True, slots=True)
class DayChoice:
    """`value` is the day as YYYY-MM-DD."""

    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class SlotChoice:
    """`value` is the instant; `time` its hour and minute where the customer is."""

    value: str
    time: str
    free: bool
    chosen: bool


@dataclass(frozen=True, slots=True)
class ZoneChoice:
    name: str
    label: str


@dataclass(frozen=True, slots=True)
class Times:
    """What can be chosen. `soon_min`: minutes until a call "as soon as possible", None when that is not offered."""

    zone: str
    now: datetime
    day: date
    days: tuple[DayChoice, ...]
    slots: tuple[SlotChoice, ...]
    soon_min: int | None
    chosen: str


def day_choices(today: date, chosen: date, days: int, words: Words) -> tuple[DayChoice, ...]:
    """Today and the days after it that can be booked."""
    near = {0: words.say(N_("Сегодня")), 1: words.say(N_("Завтра"))}
    found = []
    for number in range(days + 1):
        day = today + timedelta(days=number)
        label = near.get(number) or f"{words.weekday(day)}, {words.date(day)}".replace(".", "")
        found.append(DayChoice(day.isoformat(), label, day == chosen))
    return tuple(found)


def slot_choices(slots: Sequence[Slot], zone: str, chosen: str, words: Words) -> tuple[SlotChoice, ...]:
    return tuple(
        SlotChoice(
            value=slot.window.starts_at.isoformat(),
            time=words.time(slot.window.starts_at, zone),
            free=slot.free > 0,
            chosen=slot.free > 0 and slot.window.starts_at.isoformat() == chosen,
        )
        for slot in slots
    )


def zone_choices(countries: Sequence[str], own: str, now: datetime, language: Language) -> list[ZoneChoice]:
    """The zones of these countries and the visitor's own, from the west to the east."""
    names = {*(name for country in countries for name in _zones_of(country)), own}
    shown = sorted((_offset(name, now), city(name, language), name) for name in names)
    return [ZoneChoice(name, f"{place}, {_utc(offset)}") for offset, place, name in shown]


@cache
def city(zone: str, language: Language) -> str:
    """The city that a zone is named after, in the reader's language; the zone's own name when there is none."""
    try:
        return get_timezone_location(zone, locale="ru_RU" if language == "ru" else "en_GB", return_city=True)
    except (LookupError, ValueError):
        return zone


def _zones_of(country: str) -> Sequence[str]:
    found: Sequence[str] = get_global("territory_zones").get(country, ())
    return found


def _offset(zone: str, now: datetime) -> timedelta:
    return now.astimezone(zone_info(zone)).utcoffset() or timedelta()


def _utc(offset: timedelta) -> str:
    minutes = int(offset.total_seconds() // 60)
    hours, rest = divmod(abs(minutes), 60)
    return f"UTC{'−' if minutes < 0 else '+'}{hours}{f':{rest:02}' if rest else ''}"
