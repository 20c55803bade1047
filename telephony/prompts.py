"""What a customer can be told, waiting or in a spoken dialog: every prompt by its name, in every language. Pure.

A prompt is a recording of Asterisk's own sound set where that set has the words (`core`), else it is spoken by espeak-ng from
`text`. A site replaces any of them with DIR/prompts/<language>/<name>.wav (prompt_files.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from .prompts_dialog import CORE_EN, DIALOG_EN, DIALOG_RU

LANGUAGES = ("ru", "en")
TENS = (20, 30, 40, 50, 60, 70, 80, 90)


@dataclass(frozen=True, slots=True)
class Prompt:
    """`core` is a file of Asterisk's sound set in this language, "" when the set has no such words. Without `text` it is a tone."""

    name: str
    text: str
    core: str = ""


def spoken_text(names: Iterable[str], language: str) -> str:
    """The words of these prompts, one after the other. Raises KeyError for an unknown name or language."""
    return " ".join(PROMPTS[language][name].text for name in names if PROMPTS[language][name].text)


def _all(*prompts: Prompt) -> Mapping[str, Prompt]:
    return {prompt.name: prompt for prompt in prompts}


def _numbers(to_twenty: str, tens: str, hundred: str) -> tuple[Prompt, ...]:
    words = {**dict(enumerate(to_twenty.split(), 1)), **dict(zip(TENS[1:], tens.split(), strict=True))}
    prompts = tuple(Prompt(f"n-{number}", word, f"digits/{number}") for number, word in words.items())
    return (*prompts, Prompt("n-100", hundred, "digits/hundred"))


_BEEP = Prompt("beep", "", "beep")
_RU = _all(
    *_numbers(
        "один два три четыре пять шесть семь восемь девять десять одиннадцать двенадцать тринадцать четырнадцать пятнадцать "
        "шестнадцать семнадцать восемнадцать девятнадцать двадцать",
        "тридцать сорок пятьдесят шестьдесят семьдесят восемьдесят девяносто",
        "сто",
    ),
    Prompt("n-0", "ноль", "digits/0"),
    Prompt("position", "Ваша позиция в очереди:", "queue-thereare"),
    Prompt("please-wait", "Ожидайте, пожалуйста, ответа оператора.", "queue-callswaiting"),
    Prompt(
        "you-are-next",
        "Ваш звонок является первым в очереди и будет обслужен первым доступным оператором.",
        "queue-youarenext",
    ),
    Prompt(
        "stay-on-the-line",
        "Все наши операторы заняты. Пожалуйста, оставайтесь на линии, и ваш звонок будет обслужен первым доступным оператором.",
        "queue-periodic-announce",
    ),
    Prompt("wait", "Прогнозируемое время ожидания составляет", "queue-holdtime"),
    Prompt("minutes", "минут", "queue-minutes"),
    # Asterisk's Russian set knows neither "одна", "две" nor "минуты": a short wait is one sentence in one voice.
    Prompt("wait-0", "Прогнозируемое время ожидания: менее одной минуты."),
    Prompt("wait-1", "Прогнозируемое время ожидания: одна минута."),
    Prompt("wait-2", "Прогнозируемое время ожидания: две минуты."),
    Prompt("wait-3", "Прогнозируемое время ожидания: три минуты."),
    Prompt("wait-4", "Прогнозируемое время ожидания: четыре минуты."),
    Prompt(
        "callback-offer",
        "Чтобы не ждать на линии, нажмите один: мы перезвоним вам, и ваше место в очереди сохранится.",
    ),
    Prompt("callback-kept", "Ваше место в очереди сохранено, мы вам перезвоним. До свидания."),
    Prompt(
        "callback-impossible",
        "Ваш номер не определился, поэтому перезвонить вам мы не сможем. Пожалуйста, оставайтесь на линии.",
    ),
    Prompt("nobody-free", "В данный момент никто не может принять ваш звонок.", "vm-nobodyavail"),
    Prompt("queue-full", "В данный момент все линии заняты.", "all-circuits-busy-now"),
    Prompt("closed", "Вы позвонили в нерабочее время."),
    Prompt("call-later", "Попробуйте позвонить позднее.", "pls-try-call-later"),
    Prompt(
        "leave-message",
        "Оставьте сообщение после сигнала. После этого нажмите решётку или повесьте трубку.",
        "vm-intro",
    ),
    Prompt("message-kept", "Сообщение сохранено.", "vm-msgsaved"),
    Prompt("notice-confirmed", "Спасибо, заказ подтверждён. До свидания."),
    Prompt("notice-declined", "Заказ отменён. До свидания."),
    Prompt("notice-operator", "Соединяем с оператором."),
    Prompt("reconnecting", "Связь с оператором прервалась. Оставайтесь на линии, мы соединим вас снова."),
    Prompt("own-phone", "Ваш клиент на линии. Чтобы продолжить разговор, нажмите один."),
    Prompt("opted-out", "Мы вам больше не позвоним. До свидания."),
    Prompt("goodbye", "До свидания.", "vm-goodbye"),
    _BEEP,
    *(Prompt(name, text) for name, text in DIALOG_RU.items()),
)
_EN = _all(
    *_numbers(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen "
        "nineteen twenty",
        "thirty forty fifty sixty seventy eighty ninety",
        "hundred",
    ),
    Prompt("n-0", "zero", "digits/0"),
    Prompt("position", "You are currently caller number", "queue-thereare"),
    Prompt("please-wait", "waiting to speak with a representative.", "queue-callswaiting"),
    Prompt(
        "you-are-next",
        "Your call is now first in line and will be answered by the next available representative.",
        "queue-youarenext",
    ),
    Prompt(
        "stay-on-the-line",
        "All of our representatives are currently busy. Please stay on the line and your call will be answered by the next "
        "available representative.",
        "queue-periodic-announce",
    ),
    Prompt("wait", "The estimated hold time is currently", "queue-holdtime"),
    Prompt("less-than", "less than", "queue-less-than"),
    Prompt("minute", "minute", "queue-minute"),
    Prompt("minutes", "minutes", "queue-minutes"),
    Prompt("callback-offer", "To hang up and keep your place in line, press one: we will call you back."),
    Prompt("callback-kept", "Your place in line is kept, and we will call you back. Goodbye."),
    Prompt(
        "callback-impossible",
        "We cannot see your number, so we are unable to call you back. Please stay on the line.",
    ),
    Prompt("nobody-free", "Nobody is available to take your call at the moment.", "vm-nobodyavail"),
    Prompt("queue-full", "All of our lines are busy now.", "all-circuits-busy-now"),
    Prompt("closed", "You have called outside our opening hours."),
    Prompt("call-later", "Please try your call again later.", "pls-try-call-later"),
    Prompt(
        "leave-message",
        "Please leave your message after the tone. When done, hang up, or press the pound key.",
        "vm-intro",
    ),
    Prompt("message-kept", "Your message has been saved.", "vm-msgsaved"),
    Prompt("notice-confirmed", "Thank you, your order is confirmed. Goodbye."),
    Prompt("notice-declined", "Your order is cancelled. Goodbye."),
    Prompt("notice-operator", "Connecting you to an operator."),
    Prompt(
        "reconnecting", "The connection to the operator was lost. Please stay on the line, we will connect you again."
    ),
    Prompt("own-phone", "Your customer is on the line. To go on with the talk, press one."),
    Prompt("opted-out", "We will not call you again. Goodbye."),
    Prompt("goodbye", "Goodbye.", "vm-goodbye"),
    _BEEP,
    *(Prompt(name, text) for name, text in DIALOG_EN.items()),
    *(Prompt(name, text, core) for name, (text, core) in CORE_EN.items()),
)
PROMPTS: Mapping[str, Mapping[str, Prompt]] = {"ru": _RU, "en": _EN}
