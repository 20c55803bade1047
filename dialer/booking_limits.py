"""What keeps the booking page from being a tool to make us dial: where we call to, and how often one may ask. Pure."""

import hashlib
import hmac
from collections import deque
from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

import phonenumbers
from phonenumbers import PhoneNumberType

from ..access.address import network_of
from ..shop.phone import BadPhone, to_e164
from .booking import BookingFault, BookingRefused

DAY = timedelta(hours=24)
TRIES_WINDOW_S = 60.0
_DEAR = frozenset(
    {
        PhoneNumberType.PREMIUM_RATE,
        PhoneNumberType.SHARED_COST,
        PhoneNumberType.UAN,
        PhoneNumberType.PAGER,
        PhoneNumberType.VOICEMAIL,
        PhoneNumberType.TOLL_FREE,
    }
)


@dataclass(frozen=True, slots=True)
class BookingRules:
    """`countries` (ISO codes) are those that the page may make us call; 24 hours count as a day.

    `per_asker`: bookings of one address. `per_number`: calls booked for one number. `per_day`: bookings of the whole site from the page.
    `tries`: requests of one address in a minute.
    """

    countries: tuple[str, ...] = ("RU",)
    per_asker: int = 5
    per_number: int = 3
    per_day: int = 500
    days_ahead: int = 7
    tries: int = 20


def destination(typed: str, rules: BookingRules, own: Collection[str]) -> str:
    """The number in E.164. Raises BookingRefused for what is none, is not called from here, or is our own (`own`: digits)."""
    try:
        phone = to_e164(typed, rules.countries[0] if rules.countries else "RU")
    except BadPhone as bad:
        raise BookingRefused(BookingFault.BAD_PHONE) from bad
    number = phonenumbers.parse(phone)
    country, kind = phonenumbers.region_code_for_number(number), phonenumbers.number_type(number)
    if country not in rules.countries or kind in _DEAR or phone.lstrip("+") in own:
        raise BookingRefused(BookingFault.DESTINATION)
    return phone


def asker_mark(address: str, key: bytes) -> str:
    """What is kept of where a visitor came from: the same for one address (of IPv6: one network), of no use without the key."""
    return hmac.digest(key, network_of(address).encode(), hashlib.sha256).hex()


class Tries:
    """Counts what each asker tries within TRIES_WINDOW_S; forgotten at a restart. Instants are of the monotonic clock (s)."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._tries: deque[tuple[float, str]] = deque()

    def enter(self, asker: str, now: float) -> None:
        """One try more. Raises BookingRefused(TOO_MANY)."""
        while self._tries and self._tries[0][0] <= now - TRIES_WINDOW_S:
            self._tries.popleft()
        if sum(one == asker for _at, one in self._tries) >= self._limit:
            raise BookingRefused(BookingFault.TOO_MANY)
        self._tries.append((now, asker))
