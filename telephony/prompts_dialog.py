"""What the spoken dialogs say (booking_by_phone.py, order_by_phone.py): words by the prompt's name, in both languages. Pure.

Whole phrases, each in one voice; numbers are those of prompts.py. `CORE_EN` names what Asterisk's English sound set has.
"""

from collections.abc import Mapping


def _each(words: str) -> list[str]:
    return words.split()


_DAYS_RU = _each(
    "первого второго третьего четвёртого пятого шестого седьмого восьмого девятого десятого одиннадцатого двенадцатого тринадцатого "
    "четырнадцатого пятнадцатого шестнадцатого семнадцатого восемнадцатого девятнадцатого двадцатого"
)
_MONTHS_RU = _each("января февраля марта апреля мая июня июля августа сентября октября ноября декабря")
_GENITIVE = _each(
    "ноля одного двух трёх четырёх пяти шести семи восьми девяти десяти одиннадцати двенадцати тринадцати четырнадцати пятнадцати "
    "шестнадцати семнадцати восемнадцати девятнадцати двадцати"
)
_TENS_GENITIVE = {20: "двадцати", 30: "тридцати", 40: "сорока", 50: "пятидесяти"}
_DAYS_EN = _each(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth fourteenth fifteenth sixteenth "
    "seventeenth eighteenth nineteenth twentieth"
)
_MONTHS_EN = _each("January February March April May June July August September October November December")
_KEYS_RU = _each("ноль один два три четыре пять шесть семь восемь девять")
_KEYS_EN = _each("zero one two three four five six seven eight nine")


def _genitive(number: int) -> str:
    """0..29 in words; the feminine's "одной" is the caller's affair."""
    return _GENITIVE[number] if number <= 20 else f"{_GENITIVE[20]} {_GENITIVE[number - 20]}"


def _hours_ru(hour: int) -> str:
    return f"{_genitive(hour)} {'часа' if hour % 10 == 1 and hour != 11 else 'часов'}"


def _minutes_ru(minute: int) -> str:
    return "одной минуты" if minute == 1 else f"{_TENS_GENITIVE.get(minute) or _genitive(minute)} минут"


def _days_ru() -> list[str]:
    return [*_DAYS_RU, *(f"двадцать {_DAYS_RU[day]}" for day in range(9)), "тридцатого", f"тридцать {_DAYS_RU[0]}"]


_SAID_RU = {
    "in-russian": "Чтобы говорить по-русски, нажмите один.",
    "wrong-key": "Такого варианта нет.",
    "plus": "плюс",
    "today": "сегодня,",
    "tomorrow": "завтра,",
    "day-after": "послезавтра,",
    "in-1": "примерно через одну минуту",
    "in-2": "примерно через две минуты",
    "in-3": "примерно через три минуты",
    "in-4": "примерно через четыре минуты",
    "in-about": "примерно через",
    "callback-or-time": (
        "Чтобы не ждать на линии, нажмите один: мы перезвоним вам, и ваше место в очереди сохранится. "
        "Чтобы выбрать время звонка, нажмите два."
    ),
    "dialogs-busy": "Выбрать время сейчас нельзя. Пожалуйста, оставайтесь на линии.",
    "call-to-number": "Мы перезвоним вам на номер",
    "number-or-other": "Если номер верный, нажмите один. Если нет, наберите другой номер и нажмите решётку.",
    "type-number": "Наберите номер телефона, на который вам перезвонить, и нажмите решётку.",
    "bad-number": "На такой номер позвонить нельзя.",
    "call-soon": "Чтобы мы позвонили как можно скорее,",
    "call-today": "Чтобы мы позвонили сегодня,",
    "call-tomorrow": "Чтобы мы позвонили завтра,",
    "call-day-after": "Чтобы мы позвонили послезавтра,",
    "back-to-queue": "Чтобы вернуться в очередь,",
    "free-times": "Свободное время, по вашим местным часам:",
    "later-times": "Чтобы услышать другое время,",
    "other-day": "Чтобы выбрать другой день,",
    "no-times": "К сожалению, свободного времени для звонка нет.",
    "we-call-soon": "Мы позвоним вам как можно скорее,",
    "we-call": "Мы позвоним вам",
    "on-number": "на номер",
    "confirm-or-change": "Всё верно: нажмите один. Выбрать другое время: нажмите два.",
    "time-taken": "Это время только что заняли.",
    "booked": "Звонок заказан. До свидания.",
    "moved": "Звонок перенесён. До свидания.",
    "cancelled": "Звонок отменён.",
    "booked-already": "У вас уже заказан звонок:",
    "booked-soon": "как можно скорее",
    "move-or-cancel": "Перенести его: нажмите один. Отменить: нажмите два.",
    "too-many-bookings": "На этот номер больше звонков заказать нельзя.",
    "cannot-book": "Заказать звонок сейчас не получилось.",
    "stay-for-operator": "Оставайтесь на линии, оператор вам ответит.",
    "order-offer": "Чтобы узнать, что с вашим заказом,",
    "book-offer": "Чтобы заказать звонок на удобное время,",
    "order-number": "Ваш заказ номер",
    "order-new": "принят, мы позвоним вам, чтобы его подтвердить.",
    "order-confirmed": "подтверждён и собирается.",
    "order-postponed": "отложен по вашей просьбе.",
    "order-shipped": "передан в доставку.",
}
_SAID_EN = {
    "in-english": "For English, press two.",
    "wrong-key": "There is no such choice.",
    "plus": "plus",
    "day-after": "the day after tomorrow,",
    "from": "from",
    "till": "to",
    "in-about": "in about",
    "callback-or-time": (
        "To hang up and keep your place in line, press one: we will call you back. To choose a time for our call, press two."
    ),
    "dialogs-busy": "A time cannot be chosen at the moment. Please stay on the line.",
    "call-to-number": "We will call you back at",
    "number-or-other": "If this is right, press one. If not, type another number and press the pound key.",
    "type-number": "Please type the number that we are to call, and press the pound key.",
    "bad-number": "We cannot call that number.",
    "call-soon": "To be called as soon as possible,",
    "call-today": "To be called today,",
    "call-tomorrow": "To be called tomorrow,",
    "call-day-after": "To be called the day after tomorrow,",
    "back-to-queue": "To go back to the queue,",
    "free-times": "Here are the free times, by your local clock:",
    "later-times": "To hear other times,",
    "other-day": "To choose another day,",
    "no-times": "We are sorry: no time for a call is free.",
    "we-call-soon": "We will call you as soon as possible,",
    "we-call": "We will call you",
    "on-number": "at the number",
    "confirm-or-change": "If this is right, press one. To choose another time, press two.",
    "time-taken": "This time has just been taken.",
    "booked": "Your call is booked. Goodbye.",
    "moved": "Your call is moved. Goodbye.",
    "cancelled": "Your call is cancelled.",
    "booked-already": "You have a call booked already:",
    "booked-soon": "as soon as possible",
    "move-or-cancel": "To move it, press one. To cancel it, press two.",
    "too-many-bookings": "No more calls can be booked for this number.",
    "cannot-book": "The call could not be booked now.",
    "stay-for-operator": "Please stay on the line, and an operator will answer you.",
    "order-offer": "To hear about your order,",
    "book-offer": "To book a call at a time that suits you,",
    "order-number": "Your order number",
    "order-new": "is received, and we will call you to confirm it.",
    "order-confirmed": "is confirmed and is being packed.",
    "order-postponed": "is postponed, as you asked.",
    "order-shipped": "is on its way to you.",
}
DIALOG_RU: Mapping[str, str] = {
    **_SAID_RU,
    **{f"press-{key}": f"нажмите {word}." for key, word in enumerate(_KEYS_RU)},
    **{f"day-{day}": text for day, text in enumerate(_days_ru(), 1)},
    **{f"month-{month}": text for month, text in enumerate(_MONTHS_RU, 1)},
    **{f"from-{hour}": f"с {_hours_ru(hour)}" for hour in range(24)},
    **{f"till-{hour}": f"до {_hours_ru(hour)}" for hour in range(25)},
    **{f"minutes-{minute}": _minutes_ru(minute) for minute in (*range(1, 20), *_TENS_GENITIVE)},
    **{f"tens-{tens}": word for tens, word in _TENS_GENITIVE.items()},
}
CORE_EN: Mapping[str, tuple[str, str]] = {
    "oh": ("oh", "digits/oh"),
    "a-m": ("a.m.", "digits/a-m"),
    "p-m": ("p.m.", "digits/p-m"),
    "today": ("today", "digits/today"),
    "tomorrow": ("tomorrow", "digits/tomorrow"),
    **{f"day-{day}": (word, f"digits/h-{day}") for day, word in enumerate(_DAYS_EN, 1)},
    "day-30": ("thirtieth", "digits/h-30"),
    **{f"month-{month}": (name, f"digits/mon-{month - 1}") for month, name in enumerate(_MONTHS_EN, 1)},
}
DIALOG_EN: Mapping[str, str] = {**_SAID_EN, **{f"press-{key}": f"press {word}." for key, word in enumerate(_KEYS_EN)}}
