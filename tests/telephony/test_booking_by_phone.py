"""Booking a call by telephone, every turn of it: what is said in both languages, and what is booked. The house is a real small one."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from cordboard.telephony.booking_by_phone import Booked, Outcome, Refusal, Refused, Slot, Visit
from cordboard.telephony.dialog import Caller, CallerGone, HouseSilent
from cordboard.telephony.order_by_phone import OrderState, OrderTold, tell_order
from cordboard.telephony.prompts import LANGUAGES, PROMPTS
from cordboard.telephony.prompts_dialog import CORE_EN, DIALOG_EN, DIALOG_RU
from cordboard.telephony.spoken import day_words, delay_words, digits_words, span_words
from cordboard.telephony.visits import AfterHours, after_hours, from_the_queue
from tests.fakes.booking_book import BookingBook, half_hours
from tests.fakes.scripted_line import HANGS_UP, NoWait, ScriptedLine

NOW = datetime(2026, 11, 28, 9, 10, tzinfo=UTC)  # 12:10 in Moscow, a Saturday
NUMBER, OTHER = "+79161234567", "+79990000001"
TODAY_SLOTS = half_hours(NOW.replace(hour=10, minute=0), 6)
MONDAY_SLOT = half_hours(datetime(2026, 11, 30, 7, 0, tzinfo=UTC), 1)
WAITS = Visit(
    NUMBER, True, lambda typed: f"+7{typed[1:]}" if len(typed) == 11 else "", lambda _: "Europe/Moscow", lambda: NOW
)
ALONE = replace(WAITS, waits=False)
ORDER = OrderTold("A-1041", OrderState.SHIPPED)


@dataclass
class Told:
    """How one dialog went."""

    outcome: Outcome
    line: ScriptedLine
    book: BookingBook
    spoken: str = field(init=False)

    def __post_init__(self) -> None:
        self.spoken = self.line.text()

    @property
    def booked(self) -> list[tuple[str, Slot | None]]:
        return [(one.number, one.slot) for one in self.book.bookings.values()]


@pytest.fixture
def book() -> BookingBook:
    return BookingBook([*TODAY_SLOTS, *MONDAY_SLOT], lambda: NOW)


def in_queue(book: BookingBook, *keys: str, language: str = "ru", visit: Visit = WAITS, knows: bool = True) -> Told:
    line = ScriptedLine(list(keys))
    outcome = from_the_queue(Caller(line, language), NoWait(book), visit, knows_language=knows)
    assert line.keys == []
    return Told(outcome, line, book)


def at_night(book: BookingBook, *keys: str, language: str = "ru", **offered: object) -> Told:
    line = ScriptedLine(list(keys))
    choices = replace(AfterHours(closed=True, books=True, order=None), **offered)  # type: ignore[arg-type]
    outcome = after_hours(Caller(line, language), NoWait(book), ALONE, choices, knows_language=True)
    assert line.keys == []
    return Told(outcome, line, book)


def test_as_soon_as_possible(book: BookingBook) -> None:
    told = in_queue(book, "1", "1", "1")
    assert told.spoken == (
        "Мы перезвоним вам на номер плюс семь девять один шесть один два три четыре пять шесть семь "
        "Если номер верный, нажмите один. Если нет, наберите другой номер и нажмите решётку. "
        "Чтобы мы позвонили как можно скорее, примерно через пять минут нажмите один. "
        "Чтобы мы позвонили сегодня, нажмите два. Чтобы мы позвонили послезавтра, нажмите четыре. "
        "Чтобы вернуться в очередь, нажмите ноль. "
        "Мы позвоним вам как можно скорее, примерно через пять минут "
        "на номер плюс семь девять один шесть один два три четыре пять шесть семь "
        "Всё верно: нажмите один. Выбрать другое время: нажмите два. "
        "Звонок заказан. До свидания."
    )
    assert told.outcome is Outcome.BOOKED
    assert told.booked == [(NUMBER, None)]


def test_a_slot_on_the_second_page_in_english(book: BookingBook) -> None:
    told = in_queue(book, "2", "1", "2", "9", "2", "1", language="en", knows=False)
    assert told.line.heard[:2] == ["ru/in-russian", "en/in-english"]
    assert told.line.asked(3) == (
        "Here are the free times, by your local clock: "
        "from one p.m. to one thirty p.m. press one. from one thirty p.m. to two p.m. press two. "
        "from two p.m. to two thirty p.m. press three. from two thirty p.m. to three p.m. press four. "
        "To hear other times, press nine. To choose another day, press zero."
    )
    assert told.line.asked(4) == (
        "from three p.m. to three thirty p.m. press one. from three thirty p.m. to four p.m. press two. "
        "To hear other times, press nine. To choose another day, press zero."
    )
    assert told.line.asked(5) == (
        "We will call you today November twenty eighth from three thirty p.m. to four p.m. "
        "at the number plus seven nine one six one two three four five six seven "
        "If this is right, press one. To choose another time, press two."
    )
    assert told.booked == [(NUMBER, TODAY_SLOTS[5])]
    assert list(told.book.languages.values()) == ["en"]


def test_another_day_and_another_time(book: BookingBook) -> None:
    told = in_queue(book, "1", "2", "0", "4", "1", "2", "2", "3", "1")
    assert "Мы позвоним вам послезавтра, тридцатого ноября с десяти часов до десяти часов тридцати минут" in told.spoken
    assert told.booked == [(NUMBER, TODAY_SLOTS[2])]


def test_the_days_and_hours_are_the_customers(book: BookingBook) -> None:
    night = Slot(NOW.replace(hour=14, minute=0), NOW.replace(hour=14, minute=30))
    book.slots = [night]
    visit = replace(WAITS, zone_of=lambda _: "Asia/Vladivostok")  # there it is 0:00 of tomorrow
    told = in_queue(book, "1", "3", "1", "1", visit=visit)
    assert "завтра, двадцать девятого ноября с ноля часов до ноля часов тридцати минут" in told.spoken
    assert told.booked == [(NUMBER, night)]


def test_another_number_is_typed_and_said_back(book: BookingBook) -> None:
    told = in_queue(book, "89990000001", "1", "1", "1")
    assert "на номер плюс семь девять девять девять ноль ноль ноль ноль ноль ноль один Если номер верный" in told.spoken
    assert told.booked == [(OTHER, None)]


def test_who_hides_his_number_types_one(book: BookingBook) -> None:
    told = in_queue(book, "89990000001", "1", "1", "1", visit=replace(WAITS, number=""))
    assert told.spoken.startswith("Наберите номер телефона, на который вам перезвонить, и нажмите решётку.")
    assert told.booked == [(OTHER, None)]


def test_three_numbers_are_tried_and_no_more(book: BookingBook) -> None:
    told = in_queue(book, "123", "7", "55")
    assert told.spoken.count("На такой номер позвонить нельзя.") == 3
    assert told.spoken.endswith("Оставайтесь на линии, оператор вам ответит.")
    assert (told.outcome, told.booked) == (Outcome.NOTHING, [])


def test_a_number_that_may_not_be_called(book: BookingBook) -> None:
    visit = replace(WAITS, to_e164=lambda typed: f"+{typed}")
    told = in_queue(book, "88123456789012", "1", "1", "1", visit=visit)
    assert told.spoken.endswith("На такой номер позвонить нельзя. Оставайтесь на линии, оператор вам ответит.")
    assert (told.outcome, told.booked) == (Outcome.NOTHING, [])


@pytest.mark.parametrize("answers", [[], ["1"], ["1", "2"], ["1", "2", "1"], ["1", "4", "1"]])
def test_silence_is_asked_twice_more_and_books_nothing(book: BookingBook, answers: list[str]) -> None:
    told = in_queue(book, *answers, "", "", "")
    assert told.line.asked(-3).endswith(told.line.asked(-2))  # words that lead in to the question are not said again
    assert told.line.asked(-1) == told.line.asked(-2)
    assert told.spoken.endswith("Оставайтесь на линии, оператор вам ответит.")
    assert (told.outcome, told.booked) == (Outcome.NOTHING, [])


@pytest.mark.parametrize("answers", [[], ["1"], ["1", "2"], ["1", "2", "1"], ["1", "1"]])
def test_who_hangs_up_before_he_has_confirmed_has_booked_nothing(book: BookingBook, answers: list[str]) -> None:
    with pytest.raises(CallerGone):
        in_queue(book, *answers, HANGS_UP)
    assert book.bookings == {}


def test_a_wrong_key_is_said_and_asked_again(book: BookingBook) -> None:
    told = in_queue(book, "1", "8", "1", "5", "1")
    assert told.spoken.count("Такого варианта нет.") == 2
    assert told.booked == [(NUMBER, None)]


def test_back_to_the_queue(book: BookingBook) -> None:
    told = in_queue(book, "1", "0")
    assert told.spoken.endswith("Оставайтесь на линии, оператор вам ответит.")
    assert (told.outcome, told.booked) == (Outcome.NOTHING, [])


def test_a_slot_that_was_taken_meanwhile(book: BookingBook) -> None:
    class Quick(ScriptedLine):
        """Another is quicker, once: he books what this one is about to confirm."""

        def read(self, prompts: Sequence[str], most: int, wait_s: float) -> str:
            if "ru/confirm-or-change" in prompts and "rival" not in book.bookings:
                book.bookings["rival"] = Booked("rival", OTHER, TODAY_SLOTS[0])
            return super().read(prompts, most, wait_s)

    line = Quick(["1", "2", "1", "1", "2", "1", "1"])
    outcome = from_the_queue(Caller(line, "ru"), NoWait(book), WAITS, knows_language=True)
    assert "Это время только что заняли." in line.text()
    assert line.asked(-2).startswith(
        "Свободное время, по вашим местным часам: с тринадцати часов тридцати минут до четырнадцати часов нажмите один."
    )
    assert outcome is Outcome.BOOKED
    assert {one.slot for one in book.bookings.values()} == {TODAY_SLOTS[0], TODAY_SLOTS[1]}


def test_nothing_is_free(book: BookingBook) -> None:
    book.slots, book.soon_s = [Slot(NOW - timedelta(minutes=5), NOW + timedelta(minutes=25))], None
    told = in_queue(book, "1")
    assert told.spoken.endswith(
        "К сожалению, свободного времени для звонка нет. Оставайтесь на линии, оператор вам ответит."
    )


def test_a_delay_that_nobody_would_believe_is_not_told(book: BookingBook) -> None:
    book.soon_s = 5 * 3600.0
    told = in_queue(book, "1", "1", "1")
    assert "Чтобы мы позвонили как можно скорее, нажмите один." in told.spoken


def test_a_booking_is_heard_and_moved(book: BookingBook) -> None:
    in_queue(book, "1", "2", "1", "1")
    told = in_queue(book, "1", "4", "1", "1")
    assert told.line.asked(0) == (
        "У вас уже заказан звонок: сегодня, двадцать восьмого ноября с тринадцати часов до тринадцати часов тридцати минут "
        "Перенести его: нажмите один. Отменить: нажмите два. Чтобы вернуться в очередь, нажмите ноль."
    )
    assert told.spoken.endswith("Звонок перенесён. До свидания.")
    assert (told.outcome, told.booked) == (Outcome.BOOKED, [(NUMBER, MONDAY_SLOT[0])])


def test_a_booking_is_cancelled_and_he_waits_on(book: BookingBook) -> None:
    in_queue(book, "1", "1", "1")
    told = in_queue(book, "2")
    assert told.spoken == (
        "У вас уже заказан звонок: как можно скорее Перенести его: нажмите один. Отменить: нажмите два. "
        "Чтобы вернуться в очередь, нажмите ноль. Звонок отменён. Оставайтесь на линии, оператор вам ответит."
    )
    assert (told.outcome, told.booked) == (Outcome.CANCELLED, [])


def test_a_booking_that_he_leaves_as_it_is(book: BookingBook) -> None:
    in_queue(book, "1", "1", "1")
    assert in_queue(book, "0").booked == [(NUMBER, None)]


def test_another_numbers_booking_is_not_told(book: BookingBook) -> None:
    in_queue(book, "1", "1", "1", visit=replace(WAITS, number=OTHER))
    told = NoWait(book, contact="contact-2")
    line = ScriptedLine(["89990000001", "1", "1", "1"])
    assert from_the_queue(Caller(line, "ru"), told, WAITS, knows_language=True) is Outcome.NOTHING
    assert "заказан звонок" not in line.text()
    assert "На этот номер больше звонков заказать нельзя." in line.text()


def test_a_house_that_books_nothing_now_blames_no_number() -> None:
    class Closed(BookingBook):
        async def book(
            self, number: str, queue: str, slot: Slot | None, language: str, contact: str
        ) -> Booked | Refused:
            return Refused(Refusal.NOT_NOW)

    told = in_queue(Closed(TODAY_SLOTS, lambda: NOW), "1", "1", "1", language="en")
    assert "The call could not be booked now." in told.spoken
    assert "We cannot call that number." not in told.spoken
    assert told.outcome is Outcome.NOTHING


def test_after_hours_a_call_is_booked(book: BookingBook) -> None:
    told = at_night(book, "2", "1", "4", "1", "1", language="en")
    assert told.line.asked(0) == (
        "You have called outside our opening hours. To book a call at a time that suits you, press two."
    )
    assert told.spoken.endswith("Your call is booked. Goodbye.")
    assert told.booked == [(NUMBER, MONDAY_SLOT[0])]


def test_after_hours_the_order_is_told_and_asked_again(book: BookingBook) -> None:
    told = at_night(book, "1", "", "", "", order=ORDER)
    assert "Чтобы узнать, что с вашим заказом, нажмите один." in told.line.asked(0)
    assert "Ваш заказ номер один ноль четыре один передан в доставку." in told.spoken
    assert told.spoken.endswith("До свидания.")
    assert told.outcome is Outcome.NOTHING


def test_after_hours_without_a_booking_service_the_order_alone(book: BookingBook) -> None:
    told = at_night(book, "1", "", "", "", order=ORDER, books=False, closed=False)
    assert told.line.asked(0) == (
        "В данный момент никто не может принять ваш звонок. Чтобы узнать, что с вашим заказом, нажмите один."
    )


def test_after_hours_silence_ends_with_goodbye(book: BookingBook) -> None:
    told = at_night(book, "2", "", "", "")
    assert told.spoken.endswith("До свидания.")
    assert "Чтобы вернуться в очередь" not in told.spoken
    assert told.booked == []


@pytest.mark.parametrize("waits", [True, False])
def test_a_house_that_does_not_answer(waits: bool) -> None:
    class Silent(NoWait):
        def booked_by(self, number: str) -> Booked | None:
            raise HouseSilent

    line = ScriptedLine([] if waits else ["2"])
    house = Silent(BookingBook([]))
    if waits:
        from_the_queue(Caller(line, "en"), house, WAITS, knows_language=True)
    else:
        after_hours(Caller(line, "en"), house, ALONE, AfterHours(True, True, None), knows_language=True)
    assert "The call could not be booked now." in line.text()
    assert line.heard[-1] == ("en/stay-for-operator" if waits else "en/goodbye")


def all_said(language: str) -> Iterator[str]:
    """The prompts of dialogs that go every way."""
    ways = [
        ("1", "1", "1"),
        ("1", "2", "9", "1", "2", "2", "0", "3", "1", "1"),
        ("1", "0"),
        ("1", "7", "4", "1", "1"),
    ]
    for way, knows in product(ways, (True, False)):
        slots = [*TODAY_SLOTS, *half_hours(NOW + timedelta(days=1), 1), *MONDAY_SLOT]
        book = BookingBook(slots, lambda: NOW)
        for keys in (way, ("1", "1", "1"), ("2",)):
            answers = [*([] if knows else ["1" if language == "ru" else "2"]), *keys, "", "", "", ""]
            line = ScriptedLine(list(answers))
            from_the_queue(Caller(line, language), NoWait(book), WAITS, knows_language=knows)
            yield from line.heard


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_prompt_is_made_in_vain(language: str) -> None:
    """What the dialogs say, with all days, times and states: nothing else is spoken into files."""
    said = {prompt.split("/")[1] for prompt in all_said(language) if prompt.startswith(language)}
    for state in OrderState:
        line = ScriptedLine([])
        tell_order(Caller(line, language), OrderTold("0", state))
        said |= {prompt.split("/")[1] for prompt in line.heard}
    said |= set(digits_words("+0123456789")) | {f"press-{key}" for key in "01234567890"}
    midnight = datetime(2026, 1, 1, tzinfo=UTC)
    for minute in range(24 * 60):
        at = midnight + timedelta(minutes=minute)
        said |= set(span_words(at, at + timedelta(minutes=1), language))
    for ahead in range(366):
        said |= set(day_words(midnight.date() + timedelta(days=ahead), midnight.date(), language))
    said |= {name for minutes in range(200) for name in delay_words(minutes, language)}
    said |= {"time-taken", "too-many-bookings", "cannot-book", "no-times", "bad-number"}  # each has its test above
    said |= {"type-number", "order-offer", "book-offer", "booked-soon"}
    said |= {"callback-or-time", "dialogs-busy"}  # the waiting room's
    made = set(DIALOG_RU) if language == "ru" else set(DIALOG_EN) | set(CORE_EN)
    assert made <= said
    assert said <= set(PROMPTS[language])
