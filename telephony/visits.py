"""What a caller is led through: a time for our call, chosen from the queue, and the choices of one who calls after hours. Pure."""

from dataclasses import dataclass

from .booking_by_phone import House, Outcome, Visit, book_by_phone
from .dialog import Caller, HouseSilent, NoAnswer
from .order_by_phone import OrderTold, tell_order
from .spoken import key_words

ORDER, BOOK = "1", "2"


@dataclass(frozen=True, slots=True)
class AfterHours:
    """What can be offered to one whom nobody answers now. `closed`: the queue is, else there is nobody in it."""

    closed: bool
    books: bool
    order: OrderTold | None


def from_the_queue(caller: Caller, house: House, visit: Visit, *, knows_language: bool) -> Outcome:
    """Unless a call is booked he goes back to where he stood. Raises CallerGone."""
    outcome = Outcome.NOTHING
    try:
        if not knows_language:
            caller.choose_language()
        outcome = book_by_phone(caller, house, visit)
    except HouseSilent:
        caller.say("cannot-book")
    except NoAnswer:
        pass
    if outcome is not Outcome.BOOKED:
        caller.say("stay-for-operator")
    return outcome


def after_hours(caller: Caller, house: House, visit: Visit, offered: AfterHours, *, knows_language: bool) -> Outcome:
    """Ends with goodbye, whatever he does. Raises CallerGone."""
    outcome = Outcome.NOTHING
    try:
        if not knows_language:
            caller.choose_language()
        caller.lead_in("closed" if offered.closed else "nobody-free")
        outcome = _offer(caller, house, visit, offered)
    except HouseSilent:
        caller.say("cannot-book")
    except NoAnswer:
        pass
    if outcome is not Outcome.BOOKED:
        caller.say("goodbye")
    return outcome


def _offer(caller: Caller, house: House, visit: Visit, offered: AfterHours) -> Outcome:
    choices = {}
    if offered.order is not None:
        choices[ORDER] = ("order-offer", key_words(ORDER))
    if offered.books:
        choices[BOOK] = ("book-offer", key_words(BOOK))
    while choices:
        key = caller.ask(*(word for words in choices.values() for word in words), keys="".join(choices))
        if key == BOOK or offered.order is None:
            return book_by_phone(caller, house, visit)
        tell_order(caller, offered.order)
    caller.say("call-later")
    return Outcome.NOTHING
