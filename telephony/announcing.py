"""What a waiting customer is told, as the names of prompts (prompts.py) in the order in which they are played. Pure.

Russian says a wait of one to four minutes as a whole sentence, for its numbers take the gender of "минута" (одна, две) and the
noun their case (минута, минуты); from five on it is "минут", and longer waits are told in steps of five.
"""

from math import ceil

from ..queue.channel import Dismissal

KEEP_PLACE_KEY, CHOOSE_TIME_KEY = WAITING_KEYS = ("1", "2")
MOST_POSITION = 99
MOST_MINUTES = 120
EXACT_MINUTES = 20
COARSE_MINUTES = 5
LONGEST_RU_SENTENCE = 4


def announcement(
    position: int, expected_s: float | None, language: str, *, offers_callback: bool, offers_time: bool = False
) -> tuple[str, ...]:
    """The place in the queue (1 is next), the expected wait (s, None when nobody can tell), and the offer to call back."""
    offer = (offer_words(offers_time=offers_time),) if offers_callback else ()
    return (*place_words(position), *wait_words(said_minutes(expected_s), language), *offer)


def offer_words(*, offers_time: bool) -> str:
    """To be called back in his turn or, where that is offered, at a time that he chooses."""
    return "callback-or-time" if offers_time else "callback-offer"


def place_words(position: int) -> tuple[str, ...]:
    """A place beyond MOST_POSITION is no comfort: then he is asked to stay on the line."""
    if position == 1:
        return ("you-are-next",)
    if not 1 < position <= MOST_POSITION:
        return ("stay-on-the-line",)
    return ("position", *number_words(position), "please-wait")


def said_minutes(expected_s: float | None) -> int | None:
    """The wait as it is told: whole minutes rounded up, in steps of five above twenty; 0 for less than one.

    None, which is not told, when nobody knows it or nobody would believe it.
    """
    if expected_s is None or not 0 <= expected_s <= MOST_MINUTES * 60:
        return None
    if expected_s < 60:
        return 0
    minutes = ceil(expected_s / 60)
    return minutes if minutes <= EXACT_MINUTES else ceil(minutes / COARSE_MINUTES) * COARSE_MINUTES


def wait_words(minutes: int | None, language: str) -> tuple[str, ...]:
    """The expected wait as `said_minutes` rounds it."""
    if minutes is None:
        return ()
    if language == "ru":
        if minutes <= LONGEST_RU_SENTENCE:
            return (f"wait-{minutes}",)
        return ("wait", *number_words(minutes), "minutes")
    if minutes == 0:
        return ("wait", "less-than", "n-1", "minute")
    hundred = ("n-1",) if minutes >= 100 else ()
    return ("wait", *hundred, *number_words(minutes), "minute" if minutes == 1 else "minutes")


def number_words(number: int) -> tuple[str, ...]:
    """1..199 as prompts, the hundred without its "one"."""
    hundred = ("n-100",) if number >= 100 else ()
    rest = number % 100
    if rest == 0:
        return hundred
    if rest <= 20 or rest % 10 == 0:
        return (*hundred, f"n-{rest}")
    return (*hundred, f"n-{rest // 10 * 10}", f"n-{rest % 10}")


def dismissal_words(how: Dismissal, *, offers_time: bool = False) -> tuple[str, ...]:
    """What is said when the waiting ends by the overflow rule, or when the callback is offered by it. BOOK, where no dialog can be."""
    match how:
        case Dismissal.VOICEMAIL:
            return ("nobody-free", "leave-message", "beep")
        case Dismissal.CALLBACK:
            return ("nobody-free", offer_words(offers_time=offers_time))
        case Dismissal.CLOSED:
            return ("closed", "call-later", "goodbye")
        case Dismissal.FULL:
            return ("queue-full", "call-later", "goodbye")
        case Dismissal.BOOKED:
            return ("booked",)
        case Dismissal.MESSAGE | Dismissal.BOOK:
            return ("nobody-free", "call-later", "goodbye")
