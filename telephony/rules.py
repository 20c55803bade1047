"""Who may be dialed at all, and what a talk costs: the guard against toll fraud and wrong fingers. Pure.

Fits the dialer's `TollRules` by its shape. Emergency and premium-rate numbers are refused whatever a site sets.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import phonenumbers
from phonenumbers import PhoneNumberType

ANYWHERE = "*"
LEAST_DIGITS = 7
_PREMIUM = frozenset({PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST})


class BadRules(ValueError):
    """Rules that say nothing clear; the text names the word that is wrong."""


@dataclass(frozen=True, slots=True)
class DialRules:
    """`allowed`: countries ("RU"), beginnings of numbers ("+7495"), or "*" for everywhere. `rates`: kopecks a minute by the beginning of
    the number ("*": all others); the longest that fits counts. Each minute that was begun is paid for.

    Raises BadRules.
    """

    allowed: Sequence[str]
    rates: Mapping[str, int] = field(default_factory=dict)
    minutes_a_day: int | None = None
    kopecks_a_day: int | None = None

    def __post_init__(self) -> None:
        for word in self.allowed:
            if not (word == ANYWHERE or _is_beginning(word) or word in phonenumbers.SUPPORTED_REGIONS):
                raise BadRules(f"{word}: neither a country such as RU, nor the beginning of a number such as +7495")
        for word, rate in self.rates.items():
            if not (word == ANYWHERE or _is_beginning(word)) or rate < 0:
                raise BadRules(f"{word}: a price is kopecks a minute for the beginning of a number such as +7495")
        if self.kopecks_a_day is not None and not self.rates:
            raise BadRules("a cap of money needs prices")

    @property
    def seconds_a_day(self) -> float | None:
        return None if self.minutes_a_day is None else 60.0 * self.minutes_a_day

    def may_dial(self, number: str) -> bool:
        """Whether the number (E.164) may be dialed at all."""
        if is_never_dialed(number):
            return False
        region = _region(number)
        return any(word in (ANYWHERE, region) or (word[0] == "+" and number.startswith(word)) for word in self.allowed)

    def cost(self, number: str, seconds: float) -> int:
        """What a talk of that length costs (kopecks)."""
        fitting = [word for word in self.rates if number.startswith(word)]
        rate = self.rates[max(fitting, key=len)] if fitting else self.rates.get(ANYWHERE, 0)
        return rate * -int(-seconds // 60)


@lru_cache(maxsize=10_000)
def is_never_dialed(number: str) -> bool:
    """Emergency and premium-rate numbers, and what is no number of a person at all."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return True
    if len(number) <= LEAST_DIGITS or phonenumbers.number_type(parsed) in _PREMIUM:
        return True
    national = phonenumbers.national_significant_number(parsed)
    regions = phonenumbers.region_codes_for_country_code(parsed.country_code or 0)
    return any(phonenumbers.is_emergency_number(national, region) for region in regions)


@lru_cache(maxsize=10_000)
def _region(number: str) -> str:
    """The number's country; by its plan if no country's plan knows it. "" for one that is nobody's."""
    parsed = phonenumbers.parse(number)
    found = phonenumbers.region_code_for_number(parsed)
    return found or phonenumbers.region_code_for_country_code(parsed.country_code or 0) or ""


def home_country(own_number: str) -> str:
    """The country of the site's own number, to allow when nothing else is set; everywhere if it is no country's."""
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse("+" + own_number.lstrip("+")))
    except phonenumbers.NumberParseException:
        return ANYWHERE
    return region if region in phonenumbers.SUPPORTED_REGIONS else ANYWHERE


def _is_beginning(word: str) -> bool:
    return word.startswith("+") and word[1:].isdecimal() and 1 <= len(word) - 1 <= 14
